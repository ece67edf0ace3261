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
    hint();
    form.querySelector("textarea").focus();
    form.scrollIntoView({ block: "nearest" });
  });

  /* The hint in the empty box names the same reader as the tab. */
  const hint = () => {
    const tab = document.querySelector("#composer input[name=kind]:checked");
    const text = document.querySelector("#composer textarea");
    if (tab && text) text.placeholder = text.dataset[tab.value] || "";
  };
  document.addEventListener("change", (event) => event.target.name === "kind" && hint());
  hint();

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-files]")) return;
    const words = event.target.closest("label").querySelector("[data-files-words]");
    words.dataset.usual ||= words.textContent;
    words.textContent = [...event.target.files].map((file) => file.name).join(", ") || words.dataset.usual;
  });
})();
