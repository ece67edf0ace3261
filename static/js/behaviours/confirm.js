/* Asks before something that is hard to undo: form[data-confirm] and htmx's hx-confirm, in one dialog. */
"use strict";
(() => {
  const dialog = document.getElementById("sd-confirm");
  const text = document.getElementById("sd-confirm-text");
  const yes = dialog.querySelector('[value="yes"]');
  const usual = yes.textContent;
  let go = null;

  function ask(question, label, then) {
    text.textContent = question;
    yes.textContent = label || usual;
    go = then;
    dialog.returnValue = "no";
    dialog.showModal();
  }

  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes" && go) go();
    go = null;
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter;
    ask(form.dataset.confirm, form.dataset.confirmYes, () => {
      form.dataset.confirmed = "1";
      form.requestSubmit(button);
      delete form.dataset.confirmed;
    });
  }, true);

  document.body.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, event.detail.elt.dataset.confirmYes, () => event.detail.issueRequest(true));
  });
})();
