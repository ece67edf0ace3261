/* Acts wait here until the desk has them: stored first, sent oldest first, each exactly once.
   Runs in the page and in the service worker; a lock lets only one of them send. */

import * as server from "./server.js";
import * as store from "./store.js";

const LOCK = "desk-field-send";
const UNDO = 5000;
/* So long an act waits while its person is asked for more of it. */
export const ASKING = 60000;
const DAY = 86400000;

const channel = new BroadcastChannel("desk-field");
const listeners = new Set();

/* `heard(kind)`: "stored" (something new waits), "sending", "changed" or "revoked"; by this tab, another one or the worker. */
export function listen(heard) {
  listeners.add(heard);
}
channel.onmessage = (event) => listeners.forEach((heard) => heard(event.data));

export function tell(kind) {
  channel.postMessage(kind);
  listeners.forEach((heard) => heard(kind));
}

export const isUnsent = (act) => act.state !== "sent";
export const isHeld = (act) => act.state === "waiting" && act.sendAfter - Date.now() > 0 && act.sendAfter - Date.now() <= ASKING;

/* An act that the desk holds back until a lead has decided, and the decision; a choice is decided with its edit. */
export const isKept = (act) => Boolean(act.flags?.includes("held"));
export const decisionOn = (act, decided) => decided?.find(({ key }) => key === (act.body.edit || act.key));

/* Stores an act and answers it. `job` and `about` (the check, the part) name it in the list, even when the job is long gone. */
export async function enqueue(kind, job, body = {}, { files = {}, at = Date.now(), thumb = "", about = "", hold = UNDO } = {}) {
  const act = {
    key: crypto.randomUUID(),
    kind,
    visit: job.id,
    label: job.hospital.name,
    about,
    body,
    at: new Date(at).toISOString(),
    offset: (await store.meta("offset")) || 0,
    files: Object.keys(files),
    thumb,
    person: (await store.meta("person")).id,
    sendAfter: Date.now() + hold,
    state: "waiting",
    tries: 0,
  };
  act.seq = await store.addAct(act, files);
  tell("stored");
  return act;
}

/* Adds to an act that has not left yet: where somebody is comes some seconds after the tap. False when it has. */
export async function amend(act, changes, { files = {}, hold = UNDO } = {}) {
  const current = (await store.acts()).find((other) => other.seq === act.seq && other.state === "waiting" && !other.tries);
  if (!current) return false;
  await store.amendAct({
    ...current,
    body: { ...current.body, ...changes },
    files: [...new Set([...current.files, ...Object.keys(files)])],
    sendAfter: Date.now() + hold,
  }, files);
  tell("stored");
  return true;
}

/* Takes an act back; false when it is on its way already. */
export function undo(act) {
  return navigator.locks.request(LOCK, async () => {
    const current = (await store.acts()).find((other) => other.seq === act.seq);
    if (!current || current.state === "sent" || current.tries) return false;
    await store.dropActs([current]);
    tell("changed");
    return true;
  });
}

/* Puts a marked act away: the person has read why it was not taken. */
export async function discard(act) {
  await store.dropActs([act]);
  tell("changed");
}

/* Sends a marked act once more, under its own key. */
export async function again(act) {
  await store.putAct({ ...act, state: "waiting", sendAfter: 0, detail: "" });
  tell("stored");
}

/* A marked edit is answered by the choice that was stored after it; with `reopen`, it is a question again. */
export async function answer(act) {
  await store.putAct({ ...act, state: "sent", recordedAt: new Date().toISOString(), detail: "" });
  tell("changed");
}

export async function reopen(act) {
  await store.putAct(act);
  tell("changed");
}

async function filesOf(act) {
  const pairs = await Promise.all(act.files.map(async (name) => [name, await store.blob(`${act.key}/${name}`)]));
  return pairs.filter(([, file]) => file);
}

/* Sends one act and keeps what came of it. */
async function send(act) {
  await store.putAct({ ...act, tries: act.tries + 1 });
  const { status, body } = await server.push(act, await filesOf(act));
  const tried = { ...act, tries: act.tries + 1 };
  if (status >= 200 && status < 300) {
    await store.dropFiles(act);
    await store.putAct({ ...tried, state: "sent", recordedAt: body.recorded_at, flags: body.flags || [], detail: body.detail || "" });
  } else if (status === 403) {
    throw new server.SignedOut();
  } else {
    await store.putAct({ ...tried, state: "problem", status, detail: body.detail || "", conflict: body.conflict || null, lead: body.lead || "" });
  }
}

/* The next one in the row; nothing while it may still be taken back. */
async function next(person) {
  const act = (await store.acts()).find((other) => other.state === "waiting" && other.person === person);
  return act && !isHeld(act) ? act : null;
}

/* Sends what is due of `person`. Answers how many. Raises `Away`, `SignedOut`, `Revoked`. */
async function empty(person) {
  let sent = 0;
  for (let act = await next(person.id); act; act = await next(person.id)) {
    tell("sending");
    await send(act);
    sent += 1;
    tell("changed");
  }
  return sent;
}

async function announce() {
  const waiting = (await store.acts()).filter(isUnsent).slice(0, 500);
  const pending = waiting.map(({ key, kind, visit, at }) => ({ key, kind, visit, at }));
  const said = JSON.stringify(pending.map(({ key }) => key));
  if (said === ((await store.meta("announced")) ?? "[]")) return;
  await server.announce((await store.meta("phoneName")) || "", pending);
  await store.setMeta("announced", said);
}

/* Fetches the jobs anew; what the desk has taken by then is in them, and old lines of the list go. */
async function fetchPack(again) {
  const have = (await store.jobs()).map((job) => job.id);
  const pack = await server.pack(have, again ? "" : await store.meta("etag"));
  await store.setMeta("fetchedAt", new Date().toISOString());
  if (!pack) return;
  const { jobs, etag, made_at: madeAt, person, hotline, policy, fault_classes: faultClasses, decided } = pack;
  await store.replaceJobs(jobs, { etag, madeAt, person, hotline, policy, faultClasses, decided });
  // What a lead is to decide about stays in the list until that has been seen for a day.
  const since = (act) => (isKept(act) ? decisionOn(act, decided)?.at : act.recordedAt);
  const old = (act) => act.state === "sent" && Date.parse(madeAt) - Date.parse(since(act)) > DAY;
  await store.dropActs((await store.acts()).filter(old));
}

/* How the last contact went: "" well, else "away", "signin", "revoked". */
async function contact(work) {
  let reach = "";
  try {
    await work();
  } catch (error) {
    if (error instanceof server.Revoked) reach = "revoked";
    else if (error instanceof server.SignedOut) reach = "signin";
    else if (error instanceof server.Away) reach = "away";
    else if (error instanceof server.Denied) {
      reach = "denied";
      await store.replaceJobs([], { etag: "", madeAt: "" });
    }
    else throw error;
  }
  await store.setMeta("reach", reach);
  tell(reach === "revoked" ? "revoked" : "changed");
  return reach;
}

/* Sends what waits, then fetches what came of it. Answers "" or why it could not (see `contact`). */
export function flush() {
  return navigator.locks.request(LOCK, () => contact(async () => {
    const { person } = await server.clock();
    await settle(person);
    const sent = await empty(person);
    await announce();
    if (sent) await fetchPack(false);
  }));
}

/* "Prepare for offline": the time by three askings, what waits, then all jobs. */
export function prepare() {
  return navigator.locks.request(LOCK, () => contact(async () => {
    const { person } = await server.clock(3);
    await settle(person);
    await empty(person);
    await announce();
    await fetchPack(true);
  }));
}

/* Somebody else has signed in on this phone: the jobs of the one before go, what waits to be sent stays theirs. */
async function settle(person) {
  const before = await store.meta("person");
  if (before && before.id !== person.id) await store.replaceJobs([], { etag: "", madeAt: "" });
  await store.setMeta("person", person);
}
