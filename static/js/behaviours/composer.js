/* The composer: a key or a link opens it for one reader; chosen files are named on the button. */
"use strict";
(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-compose]");
    const form = document.getElementById("composer");
    if (!opener || !form) return;
    const tab = form.querySelector(`input[name="kind"][value="${opener.dataset.compose}"]`);
    if (!tab) return;
    event.preventDefault();
    tab.checked = true;
    form.querySelector("textarea").focus();
    form.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-files]")) return;
    const words = event.target.closest("label").querySelector("[data-files-words]");
    words.dataset.usual ||= words.textContent;
    words.textContent = [...event.target.files].map((file) => file.name).join(", ") || words.dataset.usual;
  });
})();
