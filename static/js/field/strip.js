/* The strip under the head: what has been sent, in one of a few states, always in words. Above all a promise: nothing is lost. */

import { byId, fill, icon, say } from "./dom.js";
import { clock } from "./time.js";

const LOOKS = { denied: "triangle-alert", problem: "git-compare-arrows", signin: "log-in", sending: "cloud-upload", offline: "wifi-off", waiting: "cloud-upload", synced: "cloud-check" };

/* The worst of what there is to say. */
export function stateOf(data, sending) {
  if (["signin", "denied"].includes(data.reach)) return data.reach;
  if (data.problems.length) return "problem";
  if (data.reach === "away" || !navigator.onLine) return "offline";
  if (sending) return "sending";
  return data.unsent.length ? "waiting" : "synced";
}

export function strip(data, sending) {
  const state = stateOf(data, sending);
  const count = data.unsent.length;
  const age = data.madeAt ? say("storedAt", { time: clock(data.madeAt) }) : "";
  const texts = {
    signin: [say("stripSignin"), count ? say("keptHere", { count }) : ""],
    denied: [say("stripDenied"), count ? say("keptHere", { count }) : ""],
    problem: [say("stripProblem", { count: data.problems.length }), say("look")],
    offline: [count ? say("stripOffline", { count }) : say("stripOfflineEmpty"), age],
    sending: [say("stripSending", { count }), ""],
    waiting: [say("toSend", { count }), age],
    synced: [say("stripSynced"), data.fetchedAt ? clock(data.fetchedAt) : ""],
  };
  const [text, more] = texts[state];
  const place = byId("strip");
  place.hidden = !data.fetchedAt && state === "synced";
  place.dataset.state = state;
  place.href = state === "signin" ? document.body.dataset.login : data.problems.length === 1 && data.problems[0].conflict ? `#/conflict/${data.problems[0].seq}` : "#/outbox";
  fill(place, { picture: icon(LOOKS[state]), text, more });
  const badge = byId("waiting");
  badge.hidden = !count;
  badge.textContent = count;
}
