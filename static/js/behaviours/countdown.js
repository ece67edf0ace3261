/* Keeps times alive between refreshes. The deadline comes from the server; only the subtraction is done here.
   data-due (+ data-soon): a [data-countdown] inside shows what is left, the element's state class follows.
   data-since: the element shows how long ago that was. data-wall-clock: the time of day. */
"use strict";
(() => {
  const meta = document.querySelector('meta[name="server-time"]');
  const [navigation] = performance.getEntriesByType("navigation");
  // A wrong clock on the reader's machine must not move a deadline. The page's start is counted back from that clock as it
  // stands now: performance.timeOrigin keeps what it said before somebody set it.
  const opened = Date.now() - performance.now();
  const offset = meta ? Date.parse(meta.content) - (opened + (navigation ? navigation.responseStart : 0)) : 0;
  const STATES = ["running", "soon", "over"];
  const words = () => document.getElementById("sd-words").dataset;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);

  /* Same reading as common/wording.py: hours:minutes rounded down, days from 100 hours on. */
  function span(milliseconds) {
    const seconds = Math.floor(Math.abs(milliseconds) / 1000);
    const hours = Math.floor(seconds / 3600);
    if (seconds < 60) return words().minute;
    if (hours >= 100) return fill(words().days, { days: Math.floor(hours / 24), hours: hours % 24 });
    return `${hours}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}`;
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function due(element, now) {
    const left = Date.parse(element.dataset.due) - now;
    const soon = element.dataset.soon && now >= Date.parse(element.dataset.soon);
    const state = left < 0 ? "over" : soon ? "soon" : "running";
    const figure = element.querySelector("[data-countdown]");
    if (figure) write(figure, fill(state === "over" ? words().over : words().left, { time: span(left) }));
    for (const name of STATES) {
      for (const prefix of ["sd-chip-", "sd-governing-"]) {
        if (element.classList.contains(prefix + name) && name !== state) {
          element.classList.replace(prefix + name, prefix + state);
        }
      }
    }
  }

  function tick() {
    const now = Date.now() + offset;
    document.querySelectorAll("[data-due]").forEach((element) => due(element, now));
    document.querySelectorAll("[data-since]").forEach((element) => {
      write(element, fill(words().ago, { time: span(now - Date.parse(element.dataset.since)) }));
    });
    document.querySelectorAll("[data-wall-clock]").forEach((element) => {
      write(element, new Date(now).toLocaleTimeString("en-GB", { timeZone: element.dataset.zone || undefined }));
    });
  }

  setInterval(() => document.hidden || tick(), 1000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("htmx:afterSettle", tick);
  tick();
})();
