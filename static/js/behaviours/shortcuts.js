/* Keyboard shortcuts. data-shortcut="r" or "g q" on a link, button or field; `?` lists what this page
   has. Single keys can be switched off (WCAG 2.1.4) and are silent while somebody types. */
"use strict";
(() => {
  const OFF = "desk-shortcuts-off";
  const dialog = document.getElementById("sd-shortcuts");
  const enabled = dialog.querySelector("[data-enabled]");
  let typed = "";
  let timer;

  const targets = () => [...document.querySelectorAll("[data-shortcut]")].filter((element) => element.getClientRects().length);
  const label = (element) => element.dataset.shortcutLabel || element.getAttribute("aria-label") || element.textContent.trim().replace(/\s+/g, " ") || element.placeholder || element.name;

  function list() {
    const rows = dialog.querySelector("[data-list]");
    rows.replaceChildren();
    const help = { dataset: { shortcut: "?", shortcutLabel: dialog.querySelector("h2").textContent.trim() } };
    const seen = new Set();
    for (const element of [help, ...targets()]) {
      if (seen.has(element.dataset.shortcut)) continue;
      seen.add(element.dataset.shortcut);
      const keys = document.createElement("dt");
      const words = document.createElement("dd");
      for (const key of element.dataset.shortcut.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        keys.append(cap);
      }
      words.textContent = label(element);
      rows.append(keys, words);
    }
    enabled.checked = !localStorage.getItem(OFF);
    dialog.showModal();
  }

  function act(element) {
    if (element.matches("input:not([type=radio], [type=checkbox]), textarea, select")) element.focus();
    else {
      element.click();
      if (element.matches("input")) element.focus();
    }
  }

  function typing(event) {
    const target = event.target;
    return target.isContentEditable || target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])");
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length > 1) return;
    if (!event.target.matches || typing(event) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      list();
      return;
    }
    if (localStorage.getItem(OFF)) return;
    clearTimeout(timer);
    typed = `${typed} ${event.key}`.trim();
    const all = targets();
    const hit = all.find((element) => element.dataset.shortcut === typed) || all.find((element) => element.dataset.shortcut === event.key);
    if (hit && !all.some((element) => element.dataset.shortcut.startsWith(`${typed} `))) {
      event.preventDefault();
      typed = "";
      act(hit);
      return;
    }
    timer = setTimeout(() => { typed = ""; }, 1200);
  });

  document.addEventListener("click", (event) => event.target.closest("[data-shortcuts-open]") && list());
  enabled.addEventListener("change", () => {
    if (enabled.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
})();
