/* The wall is dark; its switch makes it light, and the screen remembers. */
"use strict";
(() => {
  const KEY = "desk-wall-theme";
  const root = document.documentElement;
  const saved = localStorage.getItem(KEY);
  if (saved) root.dataset.bsTheme = saved;
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, root.dataset.bsTheme);
  });
})();
