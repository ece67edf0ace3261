/* j and k walk the rows of the queue, Enter or o opens one. The focus is the selection; a live update
   that replaces the rows gives it back to the same ticket. */
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const link = (row) => row && row.querySelector("a");
  const current = () => document.activeElement.closest && document.activeElement.closest("[data-row]");
  let kept = null;

  const tabs = document.getElementById("queue-tabs");
  const tab = tabs.querySelector("[aria-current]");
  if (tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;

  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    const all = rows();
    const at = all.findIndex((row) => row.dataset.row === (kept || (current() || { dataset: {} }).dataset.row));
    if (step.dataset.step === "open") return void (link(all[at]) && link(all[at]).click());
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + Number(step.dataset.step), 0), all.length - 1)];
    if (!next) return;
    link(next).focus();
    next.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) kept = row.dataset.row;
    else if (!event.target.closest("[data-step]")) kept = null;
  });
  document.body.addEventListener("htmx:beforeSwap", () => { kept = current() ? current().dataset.row : kept; });
  document.body.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    const row = rows().find((one) => one.dataset.row === kept);
    if (row && document.activeElement === document.body) link(row).focus({ preventScroll: true });
  });
})();
