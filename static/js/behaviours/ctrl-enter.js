/* Ctrl + Enter (or Cmd) sends form[data-ctrl-enter] from any of its fields: nobody leaves the keyboard in a call. */
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.form;
  if (form && form.dataset.ctrlEnter !== undefined) form.requestSubmit();
});
