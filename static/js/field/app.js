/* The field app: which screen is shown, the strip that says what is sent, and when to try. */

import * as conflict from "./conflict.js";
import { load } from "./data.js";
import { byId, redraw, say, sheet } from "./dom.js";
import * as finish from "./finish.js";
import * as jobs from "./jobs.js";
import * as me from "./me.js";
import * as outbox from "./outbox.js";
import * as queue from "./queue.js";
import * as search from "./search.js";
import * as sign from "./sign.js";
import * as store from "./store.js";
import { strip } from "./strip.js";
import { toast } from "./toast.js";
import * as visit from "./visit.js";

const ROUTES = [
  [/^$/, jobs], [/^scan$/, search], [/^outbox$/, queue], [/^me$/, me], [/^conflict\/(\d+)$/, conflict],
  [/^visit\/(\d+)$/, visit], [/^visit\/(\d+)\/finish$/, finish], [/^visit\/(\d+)\/sign$/, sign],
];
const FRESH = 10 * 60000;
const RETRY = 30000;

const context = { act, prepare, sure };
let drawn = "";
let drawing = Promise.resolve();
let sending = false;

/* A handler that never fails silently. */
function act(deed) {
  return (event) => Promise.resolve(deed(event)).catch(complain);
}

function complain(error) {
  const full = error?.name === "QuotaExceededError" || /NO_SPACE/.test(error?.message);
  toast(say(full ? "phoneFull" : "broken"), "triangle-alert");
  console.error(error);
}

async function sure(title, words, deed) {
  if (await sheet("sheet-sure", { title, words })) await deed();
}

const path = () => location.hash.replace(/^#\/?/, "");

/* One drawing after the other: two at once would mix their data. */
function render() {
  drawing = drawing.then(drawScreen).catch(complain);
  return drawing;
}

async function drawScreen() {
  const data = await load();
  const here = path();
  strip(data, sending);
  const [pattern, screen] = ROUTES.find(([one]) => one.test(here)) || ROUTES[0];
  const same = drawn === here;
  // Somebody is writing there: only the strip moves.
  if (same && byId("main").dataset.still) return;
  const view = screen.show(data, context, ...(pattern.exec(here)?.slice(1) || []));
  drawn = here;
  frame(view);
  redraw(byId("main"), view.main);
  if (!same) window.scrollTo(0, 0);
  byId("main").dataset.still = view.still ? "yes" : "";
}

function frame(view) {
  byId("title").textContent = view.title;
  byId("subtitle").textContent = view.subtitle || "";
  document.title = view.title;
  byId("back").hidden = !view.back;
  if (view.back) byId("back").href = view.back;
  byId("tabs").hidden = !view.tab;
  for (const tab of byId("tabs").children) {
    if (tab.dataset.tab === view.tab) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  byId("dock").hidden = !view.dock.length;
  byId("dock").replaceChildren(...view.dock);
}

async function prepare() {
  await store.setMeta("persisted", Boolean(await navigator.storage?.persist?.()));
  await store.setMeta("phoneName", phoneName());
  sending = true;
  const reach = await outbox.prepare().finally(() => { sending = false; });
  render();
  const words = { "": "prepared", away: "prepareAway", signin: "prepareSignin" }[reach];
  if (words) toast(say(words), reach ? "wifi-off" : "check");
}

function phoneName() {
  const { platform, brands } = navigator.userAgentData || {};
  const brand = brands?.find((one) => !/Not/.test(one.brand))?.brand;
  return [brand || (/Safari/.test(navigator.userAgent) ? "Safari" : ""), platform || navigator.platform].filter(Boolean).join(" · ").slice(0, 80);
}

/* Sends what is due; when it could not, somebody wakes us: the network, the person, the browser or half a minute. */
async function flush() {
  const data = await load();
  const wait = Math.min(...data.acts.filter(outbox.isHeld).map((one) => one.sendAfter - Date.now()));
  if (Number.isFinite(wait)) plan(wait + 50);
  const reach = await outbox.flush();
  if (reach === "away") plan(RETRY);
  navigator.serviceWorker?.ready.then((registration) => reach === "away" && registration.sync?.register("send")).catch(() => {});
}

let planned;
function plan(ms) {
  clearTimeout(planned);
  planned = setTimeout(act(flush), ms);
}

async function heard(kind) {
  if (kind === "revoked") {
    await me.empty(true);
    location.reload();
    return;
  }
  sending = kind === "sending";
  if (kind === "stored") plan(50);
  render();
}

/* Fresh jobs when those here are old and somebody looks. */
async function refresh() {
  const fetchedAt = await store.meta("fetchedAt");
  if (!fetchedAt || Math.abs(Date.now() - Date.parse(fetchedAt)) > FRESH) await outbox.prepare();
  else await flush();
  render();
}

function keepShell() {
  if (!navigator.serviceWorker) return;
  const { worker, scope } = document.body.dataset;
  navigator.serviceWorker.register(worker, { scope, type: "module", updateViaCache: "none" }).catch(() => {});
  const had = Boolean(navigator.serviceWorker.controller);
  // A new version is whole: the page takes it when nobody is in the middle of something.
  navigator.serviceWorker.addEventListener("controllerchange", () => had && path() === "" && location.reload());
}

window.addEventListener("hashchange", render);
window.addEventListener("online", act(flush));
window.addEventListener("offline", render);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && act(refresh)());
document.querySelector("[data-skip]").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
outbox.listen(heard);
keepShell();
render().then(act(refresh));
