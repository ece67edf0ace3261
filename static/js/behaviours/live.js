/* One event stream per page (body[data-live-url]). The stream only says that something changed:
   `event: ticket`, `data: 12` fires live:ticket and live:ticket-12 on the body; htmx fetches the rest
   with the normal checks. While the stream is away, live:refresh fires every 60 s instead. */
"use strict";
(() => {
  const body = document.body;
  const url = body.dataset.liveUrl;
  const POLL = 60000;
  const names = (body.dataset.liveEvents || "ticket inbox").split(/\s+/);
  let connected = false;
  let source;
  let heard = Date.now();

  const fire = (name, detail) => body.dispatchEvent(new CustomEvent(name, { detail }));

  function refresh() {
    heard = Date.now();
    fire("live:refresh");
  }

  function connect() {
    source = new EventSource(url);
    source.addEventListener("open", () => {
      // What happened while the stream was away was not told: ask once.
      if (!connected && Date.now() - heard > 5000) refresh();
      connected = true;
    });
    source.addEventListener("error", () => {
      connected = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, POLL / 2);
    });
    for (const name of names) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        fire(`live:${name}`, { id: event.data });
        fire(`live:${name}-${event.data}`, { id: event.data });
      });
    }
  }

  if (url && "EventSource" in window) connect();
  setInterval(() => connected || document.hidden || refresh(), POLL);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - heard > POLL) refresh();
  });
  addEventListener("pagehide", () => source && source.close());
  addEventListener("pageshow", (event) => event.persisted && url && connect());
})();
