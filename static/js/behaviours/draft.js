/* What was typed or ticked is not lost: forms with data-draft="key" keep it per person in this tab until
   it arrived. Arrived means: a success message on the next page, or an htmx answer below
   400 that brought the form back without errors. Log-out wipes them. */
"use strict";
(() => {
  const PREFIX = "desk-draft:";
  const user = document.body.dataset.user || "";
  const words = document.getElementById("sd-words").dataset;
  const FIELDS = 'textarea:not([data-no-draft]), input[type="text"]:not([data-no-draft]), input:not([type]):not([data-no-draft])';

  const TICKS = 'input[type="radio"], input[type="checkbox"]';

  // Forms that an htmx answer is about to draw anew, under the hands of whoever types: nothing was away, nothing is told.
  let replaced = new Set();

  const keyOf = (form) => `${PREFIX}${user}:${form.dataset.draft}`;
  const fieldsOf = (form) => [...form.querySelectorAll(FIELDS)].filter((field) => field.name);
  const ticksOf = (form) => [...form.elements].filter((field) => field.matches(TICKS) && field.name && field.dataset.noDraft === undefined);
  const load = (key) => JSON.parse(sessionStorage.getItem(key) || "null");
  const drop = (key) => sessionStorage.removeItem(key);

  function keys() {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  }

  function store(key, draft) {
    try {
      sessionStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // Storage full or forbidden: the form still works, it only loses its safety net.
    }
  }

  function save(form, sent) {
    const texts = {};
    for (const field of fieldsOf(form)) if (field.value !== field.defaultValue) texts[field.name] = field.value;
    const ticks = ticksOf(form).filter((field) => field.checked && !field.defaultChecked).map((field) => [field.name, field.value]);
    if (Object.keys(texts).length || ticks.length) store(keyOf(form), { texts, ticks, sent });
    else drop(keyOf(form));
  }

  function note(form, key, restored) {
    const line = document.createElement("p");
    line.className = "sd-draft-note";
    line.setAttribute("role", "status");
    const discard = document.createElement("button");
    discard.type = "button";
    discard.textContent = words.draftDrop;
    discard.addEventListener("click", () => {
      for (const field of restored) {
        if (field.matches(TICKS)) tick(field, field.defaultChecked);
        else field.value = field.defaultValue;
      }
      drop(key);
      line.remove();
    });
    line.append(words.draft, discard);
    const text = restored.find((field) => !field.matches(TICKS));
    if (text) text.after(line);
    else form.prepend(line);
  }

  /* Parts of the page that follow a choice hear of it as if a person had made it. */
  function tick(field, checked) {
    field.checked = checked;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* Where the page comes with a choice already, that one is newer. */
  function ticksToRestore(form, kept) {
    const fields = ticksOf(form);
    const chosen = new Set(fields.filter((field) => field.checked).map((field) => field.name));
    return fields.filter((field) => !chosen.has(field.name) && kept.some(([name, value]) => name === field.name && value === field.value));
  }

  function restore(form) {
    const key = keyOf(form);
    const draft = load(key);
    // What is on its way is neither lost nor unsent.
    if (!draft || draft.sent || form.dataset.draftReady) return;
    form.dataset.draftReady = "1";
    const restored = fieldsOf(form).filter((field) => !field.value && draft.texts[field.name]);
    for (const field of restored) field.value = draft.texts[field.name];
    const ticks = ticksToRestore(form, draft.ticks || []);
    for (const field of ticks) tick(field, true);
    restored.push(...ticks);
    if (restored.length && !replaced.has(key)) note(form, key, restored);
  }

  /* Which sent drafts arrived? Only a signed-in page with a success message can say so. */
  function settle() {
    const arrived = user && document.querySelector(".sd-message-success");
    for (const key of keys()) {
      const draft = load(key);
      if (!draft.sent) continue;
      if (arrived && key.startsWith(`${PREFIX}${user}:`)) drop(key);
      else store(key, { ...draft, sent: false });
    }
  }

  function restoreAll() {
    if (user) document.querySelectorAll("form[data-draft]").forEach(restore);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (user && form && form.dataset.draft) save(form, false);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.logout !== undefined) keys().forEach(drop);
    else if (user && event.target.dataset.draft) save(event.target, true);
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form[data-draft]");
    if (!user || !form || event.detail.requestConfig.verb === "get") return;
    const key = keyOf(form);
    if (!event.detail.successful) return;
    const login = document.body.dataset.loginUrl;
    if (login && new URL(event.detail.xhr.responseURL, location.href).pathname === login) return;
    // The answer holds the form again; errors in it mean that nothing was taken.
    if (!/aria-invalid="true"|class="sd-errors"/.test(event.detail.xhr.responseText)) drop(key);
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const forms = event.detail.target.querySelectorAll("form[data-draft]:not(:has(.sd-draft-note))");
    replaced = new Set([...forms].map(keyOf));
  });
  // At once, before another key falls into the empty field; and again when what came beside the target has settled.
  document.body.addEventListener("htmx:afterSwap", restoreAll);
  document.body.addEventListener("htmx:afterSettle", restoreAll);

  // After htmx, so that it hears of the choices that come back.
  document.addEventListener("DOMContentLoaded", () => {
    settle();
    restoreAll();
  });
})();
