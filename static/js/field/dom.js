/* Templates of the page, cloned and filled. The words stand in the page, in the person's language; none is made here. */

const words = document.getElementById("words").dataset;

export const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export const byId = (id) => document.getElementById(id);

/* The first element of the template `t-<name>`, with its slots filled. */
export function draw(name, values = {}) {
  return fill(byId(`t-${name}`).content.firstElementChild.cloneNode(true), values);
}

/* Fills [data-slot] below `root`: words or nodes; what is empty is hidden. Slots that `values` does not name stay. */
export function fill(root, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const slot of slots(root, name)) put(slot, value);
  }
  return root;
}

function slots(root, name) {
  const found = [...root.querySelectorAll(`[data-slot="${name}"]`)];
  return root.matches(`[data-slot="${name}"]`) ? [root, ...found] : found;
}

function put(slot, value) {
  const empty = value === null || value === undefined || value === false || value === "" || (Array.isArray(value) && !value.length);
  slot.hidden = empty;
  if (empty || value === true) return;
  if (Array.isArray(value)) slot.replaceChildren(...value);
  else if (value instanceof Node) slot.replaceChildren(value);
  else slot.textContent = value;
}

export const slot = (root, name) => slots(root, name)[0];

/* A copy of one of the page's pictures. */
export function icon(name) {
  return document.querySelector(`#icons [data-icon="${name}"] svg`).cloneNode(true);
}

/* A chip: picture and words in a tone (ok, warn, bad, act, off). */
export function chip(text, picture, tone = "off") {
  const made = document.createElement("span");
  made.className = `m-chip m-chip-${tone}`;
  made.append(icon(picture), text);
  return made;
}

/* What is typed and not stored yet survives drawing anew and a killed browser: fields with data-keep="key". */
const DRAFTS = "desk-field-drafts";
const drafts = () => JSON.parse(localStorage.getItem(DRAFTS) || "{}");

export function restore(root) {
  const kept = drafts();
  for (const field of root.querySelectorAll("[data-keep]")) {
    if (kept[field.dataset.keep] !== undefined) field.value = kept[field.dataset.keep];
  }
}

export function forget(key) {
  const kept = drafts();
  delete kept[key];
  localStorage.setItem(DRAFTS, JSON.stringify(kept));
}

export const forgetAll = () => localStorage.removeItem(DRAFTS);

document.addEventListener("input", (event) => {
  const key = event.target.dataset?.keep;
  if (key) localStorage.setItem(DRAFTS, JSON.stringify({ ...drafts(), [key]: event.target.value }));
});

/* Draws `made` into `place` and leaves hands and eyes where they were: focus, open parts, place of reading. */
export function redraw(place, made) {
  const active = document.activeElement;
  const key = active && place.contains(active) ? active.dataset.keep || active.dataset.mark : "";
  const range = key && active.selectionStart !== undefined ? [active.selectionStart, active.selectionEnd] : null;
  const open = [...place.querySelectorAll("details[open]")].map((part) => part.dataset.mark);
  const top = window.scrollY;
  restore(made);
  place.replaceChildren(made);
  open.forEach((mark) => place.querySelector(`details[data-mark="${mark}"]`)?.setAttribute("open", ""));
  window.scrollTo(0, top);
  if (!key) return;
  const again = [...place.querySelectorAll("[data-keep], [data-mark]")].find((one) => (one.dataset.keep || one.dataset.mark) === key);
  again?.focus({ preventScroll: true });
  try {
    if (range && again) again.setSelectionRange(...range);
  } catch {
    // Fields of numbers have no selection.
  }
}

/* Asks in a sheet from below: `name` is a template with a <form method="dialog">. Answers the form's values with the
   button's value as `answer`; null when put away. `prepare(form, dialog)` may change it first. Sheets may lie on sheets. */
export function sheet(name, values = {}, prepare = () => {}) {
  const dialog = document.createElement("dialog");
  const form = draw(name, values);
  dialog.className = "m-sheet";
  dialog.setAttribute("aria-labelledby", form.querySelector("h2").id);
  dialog.append(form);
  document.body.append(dialog);
  prepare(form, dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const said = { ...Object.fromEntries(new FormData(form)), answer: dialog.returnValue };
      dialog.remove();
      resolve(said.answer && said.answer !== "back" ? said : null);
    });
  });
}
