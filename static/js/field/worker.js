/* The service worker: keeps the shell, so that /m/ opens without a signal, and sends what waits where the browser
   wakes it up for that. Jobs and answers of the desk are never cached here; the page keeps its own in IndexedDB. */

import { flush } from "./outbox.js";

const PREFIX = "desk-field-";

/* `version` is the hash of all files of the shell, `files` their addresses: old and new are never mixed. */
export function start(version, files) {
  const name = PREFIX + version;

  async function install() {
    const cache = await caches.open(name);
    const requests = files.map((file) => new Request(file, { cache: "reload", credentials: "same-origin" }));
    const responses = await Promise.all(requests.map((request) => fetch(request)));
    // The sign-in page must not become the shell.
    if (responses.some((response) => !response.ok || response.redirected)) throw new Error("The shell is not to be had.");
    await Promise.all(requests.map((request, index) => cache.put(request, responses[index])));
    await self.skipWaiting();
  }

  async function activate() {
    const names = await caches.keys();
    await Promise.all(names.filter((other) => other.startsWith(PREFIX) && other !== name).map((other) => caches.delete(other)));
    await self.clients.claim();
  }

  async function find(request) {
    const cache = await caches.open(name);
    const kept = await cache.match(request.mode === "navigate" ? "/m/" : request);
    return kept || fetch(request);
  }

  /* The browser tries again later what fails. */
  async function send() {
    if ((await flush()) === "away") throw new Error("There was no way to the desk.");
  }

  self.addEventListener("install", (event) => event.waitUntil(install()));
  self.addEventListener("activate", (event) => event.waitUntil(activate()));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const path = new URL(request.url).pathname;
    if (request.method === "GET" && (path === "/m/" || files.includes(path))) event.respondWith(find(request));
  });
  self.addEventListener("sync", (event) => event.waitUntil(send()));
}
