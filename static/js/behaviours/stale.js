/* Says so when the figures on the page are old, and when the session has ended; closes messages. */
"use strict";
(() => {
  const strip = document.getElementById("sd-stale");
  const text = strip.querySelector("[data-stale-text]");
  let fresh = new Date();

  function show() {
    const time = fresh.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    text.textContent = text.dataset.words.replace("{time}", time);
    strip.hidden = false;
  }

  function clear() {
    fresh = new Date();
    strip.hidden = true;
  }

  /* A request that was sent to the log-in page must not put that page into a corner of this one. */
  function expired(event) {
    const login = document.body.dataset.loginUrl;
    const answered = new URL(event.detail.xhr.responseURL || location.href, location.href);
    if (!login || answered.pathname !== login || location.pathname === login) return false;
    event.preventDefault();
    const link = document.createElement("a");
    link.href = `${login}?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = document.getElementById("sd-words").dataset.expired;
    text.replaceChildren(link);
    strip.hidden = false;
    return true;
  }

  for (const name of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(name, show);
  document.body.addEventListener("htmx:responseError", (event) => event.detail.xhr.status >= 502 && show());
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!expired(event) && event.detail.xhr.status < 400) clear();
  });
  document.body.addEventListener("desk:stale", show);
  document.body.addEventListener("desk:fresh", clear);
  addEventListener("offline", show);
  addEventListener("online", () => document.body.dispatchEvent(new CustomEvent("live:refresh")));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dismiss]");
    if (button) button.parentElement.remove();
  });
})();
