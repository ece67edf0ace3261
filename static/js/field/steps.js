/* The steps of a visit: out of the door, there, at work, away. Each tap is stored first and can be taken back. */

import { bindScan, scan } from "./scanner.js";
import { icon, say, sheet } from "./dom.js";
import * as outbox from "./outbox.js";
import { shrink } from "./photo.js";
import { localValue, moment, now, onDevice } from "./time.js";
import { stored } from "./toast.js";

export const NEXT = { planned: "depart", travel: "arrive", on_site: "start", signed: "leave" };
export const PICTURES = { depart: "car", arrive: "map-pin-check", start: "play", leave: "log-out" };
const LOCATING = 15000;
const EARTH_M = 6371000;

export async function take(job, kind, policy) {
  const act = await outbox.enqueue(kind, job, {}, kind === "arrive" ? { hold: LOCATING } : {});
  stored(act, say(`done_${kind}`));
  if (kind === "arrive") await locate(act, job, policy);
}

/* A step that was forgotten: the person says when it was. */
export async function takeLater(job, kind) {
  const zone = job.site.timezone;
  const said = await sheet("sheet-later", { title: say(`when_${kind}`) }, (form) => {
    form.elements.at.value = localValue(now(), zone);
    form.elements.at.max = localValue(now(), zone);
  });
  if (!said) return;
  const act = await outbox.enqueue(kind, job, { afterwards: true }, { at: onDevice(moment(said.at, zone)) });
  stored(act, say(`done_${kind}`));
}

/* Where the phone is, once, for this check-in only; below ground a photo or the site's code says it. */
async function locate(act, job, policy) {
  const position = await here();
  if (!position) return insteadOfPosition(act, job);
  const { latitude, longitude, accuracy: accuracy_m } = position.coords;
  const away = job.site.latitude === null ? 0 : distance(job.site, position.coords);
  const isFar = away > policy.far_m;
  await outbox.amend(act, { position: { latitude, longitude, accuracy_m: Math.round(accuracy_m) } }, isFar ? { hold: outbox.ASKING } : {});
  if (!isFar) return null;
  const title = say("far", { metres: Math.round(away / 100) * 100 });
  return add(act, job, { reason: (await sheet("sheet-far", { title }))?.reason || "" });
}

/* What comes when the check-in has left already goes as a line of its own. */
async function add(act, job, changes, files = {}) {
  if (await outbox.amend(act, changes, { files })) return;
  const text = changes.reason || changes.code;
  if (files.photo) await outbox.enqueue("photo", job, {}, { files });
  else if (text) await outbox.enqueue("note", job, { text });
}

function here() {
  if (!navigator.geolocation) return null;
  const options = { enableHighAccuracy: true, timeout: 8000, maximumAge: 60000 };
  return new Promise((resolve) => navigator.geolocation.getCurrentPosition(resolve, () => resolve(null), options));
}

/* Metres on the great circle. */
function distance(site, coords) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const [from, to] = [radians(site.latitude), radians(coords.latitude)];
  const across = Math.sin((to - from) / 2) ** 2 + Math.cos(from) * Math.cos(to) * Math.sin(radians(coords.longitude - site.longitude) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(across));
}

async function insteadOfPosition(act, job) {
  await outbox.amend(act, {}, { hold: outbox.ASKING });
  await sheet("sheet-place", {}, (form, dialog) => {
    bindScan(form);
    form.querySelector("[data-photo]").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      dialog.close("yes");
      if (file) await add(act, job, {}, { photo: (await shrink(file)).file });
    });
    form.querySelector("[data-scan-code]").addEventListener("click", async () => {
      const code = await scan();
      dialog.close("yes");
      if (code) await add(act, job, { code });
    });
  });
}

export const picture = (kind) => icon(PICTURES[kind]);
