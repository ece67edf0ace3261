/* A part that the reader unfolded stays unfolded when a live update brings it anew (<details id>). */
"use strict";
(() => {
  const open = new Map();
  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details[id]") && event.target.isConnected) open.set(event.target.id, event.target.open);
  }, true);
  const restore = (event) => {
    for (const part of event.target.querySelectorAll("details[id]")) {
      if (open.has(part.id)) part.open = open.get(part.id);
    }
  };
  document.body.addEventListener("htmx:oobAfterSwap", restore);
  document.body.addEventListener("htmx:afterSwap", restore);
})();
