/* One event stream per page (body[data-live-url]). The stream only says that something changed:
   `event: ticket`, `data: 12` fires live:ticket and live:ticket-12 on the body; htmx fetches the rest
   with the normal checks. While the stream is away, live:refresh fires every 60 s instead. */
"use strict";
(() => {
  const body = document.body;
  const url = body.dataset.liveUrl;
  const POLL = 60000;
  // A browser has six connections for one site: pages that nobody looks at give theirs back.
  const UNSEEN = 30000;
  const names = (body.dataset.liveEvents || "ticket inbox").split(/\s+/);
  let connected = false;
  let source;
  let leaving;
  let heard = Date.now();

  const fire = (name, detail) => body.dispatchEvent(new CustomEvent(name, { detail }));

  function refresh() {
    heard = Date.now();
    fire("live:refresh");
  }

  function disconnect() {
    if (source) source.close();
    source = undefined;
    connected = false;
  }

  function connect() {
    if (source || document.hidden) return;
    source = new EventSource(url);
    source.addEventListener("open", () => {
      // What happened while the stream was away was not told: ask once.
      if (!connected && Date.now() - heard > 5000) refresh();
      connected = true;
    });
    source.addEventListener("error", () => {
      connected = false;
      if (source.readyState === EventSource.CLOSED) {
        source = undefined;
        setTimeout(connect, POLL / 2);
      }
    });
    for (const name of names) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        fire(`live:${name}`, { id: event.data });
        fire(`live:${name}-${event.data}`, { id: event.data });
      });
    }
  }

  const start = () => url && "EventSource" in window && connect();

  start();
  setInterval(() => connected || document.hidden || refresh(), POLL);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(disconnect, UNSEEN);
    else {
      if (Date.now() - heard > POLL) refresh();
      start();
    }
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", start);
})();
