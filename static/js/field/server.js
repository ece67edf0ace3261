/* The doors of the desk, as docs/field.md names them. A request that did not get there is `Away`. */

import * as store from "./store.js";

const TIMEOUT = 20000;
const TIMEOUT_WITH_FILES = 120000;

/* No network, a server that is down, a proxy that answers in its place: nothing was refused, so nothing is lost. */
export class Away extends Error {}

/* The person has to sign in again. */
export class SignedOut extends Error {}

/* The person does field work no more: what is not theirs to see goes. */
export class Denied extends Error {}

/* The office has revoked this phone: it empties itself. */
export class Revoked extends Error {}

/* This phone's name for the desk, made once. */
export async function phone() {
  let id = await store.meta("phone");
  if (!id) {
    id = crypto.randomUUID();
    await store.setMeta("phone", id);
  }
  return id;
}

async function ask(path, options = {}, timeout = TIMEOUT) {
  const headers = { Accept: "application/json", "X-Phone": await phone(), ...options.headers };
  let response;
  try {
    // A redirect can only lead to the sign-in page or to a network's own log-in.
    response = await fetch(path, { ...options, headers, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(timeout) });
  } catch {
    throw new Away();
  }
  if (response.status === 410) throw new Revoked();
  if (response.status === 401 || response.type === "opaqueredirect") throw new SignedOut();
  if (response.status >= 500 || response.status === 429) throw new Away();
  // Of the desk itself: a network's own log-in may say 403, too.
  const isOurs = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  if (response.status === 403 && isOurs && !options.method) throw new Denied();
  return response;
}

async function answer(response) {
  try {
    return await response.json();
  } catch {
    throw new Away();
  }
}

/* Asks for the time `times` times and believes the answer with the shortest way. Keeps how far this phone's clock is
   ahead (ms) and gives who is signed in and a fresh CSRF token. */
export async function clock(times = 1) {
  let best;
  for (let turn = 0; turn < times; turn += 1) {
    const asked = Date.now();
    const response = await ask("/m/clock");
    if (!response.ok) throw new Away();
    const said = await answer(response);
    const way = Date.now() - asked;
    if (!best || way < best.way) best = { ...said, way, offset: Math.round(asked + way / 2 - Date.parse(said.now)) };
  }
  await store.setMeta("offset", best.offset);
  await store.setMeta("csrf", best.csrf);
  return best;
}

async function post(path, options, timeout) {
  const send = async () => ask(path, { method: "POST", ...options, headers: { ...options.headers, "X-CSRFToken": await store.meta("csrf") } }, timeout);
  const response = await send();
  if (response.status !== 403) return response;
  // The token was of an earlier sign-in: once more with a new one.
  await clock();
  return send();
}

/* Sends one act with its files; answers {status, body}. */
export async function push(act, files) {
  const body = JSON.stringify({ ...act.body, kind: act.kind, visit: act.visit, at: act.at, offset_ms: act.offset, sent_at: new Date().toISOString() });
  const headers = { "Idempotency-Key": act.key };
  let response;
  if (files.length) {
    const form = new FormData();
    form.set("act", body);
    files.forEach(([name, file]) => form.set(name, file, file.type === "image/png" ? `${name}.png` : `${name}.jpg`));
    response = await post("/m/push", { headers, body: form }, TIMEOUT_WITH_FILES);
  } else {
    response = await post("/m/push", { headers: { ...headers, "Content-Type": "application/json" }, body });
  }
  return { status: response.status, body: await answer(response) };
}

/* Says what still waits here, so that it can be asked for again should the phone be lost. */
export async function announce(name, pending) {
  const body = JSON.stringify({ name, offset_ms: (await store.meta("offset")) || 0, pending });
  await post("/m/phone", { headers: { "Content-Type": "application/json" }, body });
}

/* The person's jobs; null when they are as they were. */
export async function pack(have, etag) {
  const response = await ask(`/m/pack?have=${have.join(",")}`, { headers: etag ? { "If-None-Match": etag } : {} });
  if (response.status === 304) return null;
  if (!response.ok) throw new Away();
  return { ...(await answer(response)), etag: response.headers.get("ETag") };
}
