/* A verb's form in the page's dialog. The link stays a link: without scripts it opens the form's page.
   Answers 409 and 422 bring the form back with what is wrong, so they are shown too. */
"use strict";
(() => {
  const dialog = document.getElementById("desk-form");
  if (!dialog || !dialog.showModal) return;

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if (target === dialog && (xhr.status === 409 || xhr.status === 422)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector(".desk-conflict, .sd-errors") || dialog.querySelector("input:not([type=hidden]), select, textarea") || dialog.querySelector(".btn-primary");
    if (first) first.focus();
  });

  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.replaceChildren());
})();
