/* The checklist: what has to be looked at, with readings, photos and what is out of range. */

import { chip, draw, icon, say, slot } from "./dom.js";
import * as outbox from "./outbox.js";
import { excess, isFilled } from "./progress.js";
import { shrink } from "./photo.js";
import { when } from "./time.js";
import { stored } from "./toast.js";

export function card(job, view, context) {
  if (!view.total) return { checks: false };
  return {
    checks: true,
    checksName: job.checklist.name,
    checksCount: say("checksCount", { filled: view.filled, total: view.total }),
    items: job.checklist.items.map((item, index) => itemOf(item, index, job, view, context)),
  };
}

/* Leads to an item that is not filled in yet. */
export function goTo(item) {
  const place = document.getElementById(`item-${item.key}`);
  place.scrollIntoView({ block: "center" });
  place.querySelector("input:not([type=file]), textarea, button, label")?.focus({ preventScroll: true });
}

function itemOf(item, index, job, view, context) {
  const result = view.results[item.key];
  const filled = isFilled(view, item);
  const over = item.kind === "number" && filled ? excess(item, result.value) : 0;
  const bad = over !== 0 || (item.kind === "check" && result?.value === "bad");
  const made = draw("item", {
    picture: icon(bad ? "triangle-alert" : filled ? "circle-check" : "circle-dashed"),
    text: `${index + 1} ${item.text}`,
    hint: [bounds(item), item.hint].filter(Boolean).join(" · "),
    state: stateOf(item, result, filled, over),
    answer: [answerOf(item, job, view, context), ...(bad ? more(item, job, view, context, result) : [])],
  });
  made.id = `item-${item.key}`;
  made.classList.add(bad ? "m-item-bad" : filled ? "m-item-done" : item.required ? "m-item-gap" : "m-item-free");
  return made;
}

function bounds({ low, high, unit = "" }) {
  const has = (value) => value !== null && value !== undefined;
  if (has(low) && has(high)) return say("between", { low, high, unit });
  if (has(high)) return say("atMost", { high, unit });
  return has(low) ? say("atLeast", { low, unit }) : "";
}

function stateOf(item, result, filled, over) {
  if (over) return chip(say("outOfRange", { by: over > 0 ? `+${over}` : over }), "triangle-alert", "bad");
  if (!filled) return item.required ? chip(say("required"), "circle-dashed", "act") : chip(say("optional"), "circle-dashed");
  if (item.kind === "check" && result.value !== "ok") return result.value === "bad" ? chip(say("bad"), "x", "bad") : chip(say("notApplicable"), "minus");
  return chip(say("good"), "check", "ok");
}

const ANSWERS = { check: checkOf, number: numberOf, text: textOf, photo: photosOf };

function answerOf(item, job, view, context) {
  return (ANSWERS[item.kind] || textOf)(item, job, view, context);
}

/* Stores a reading, or the same one with a sentence to it. */
async function read(job, item, value, text = "") {
  const { code, version } = job.checklist;
  const act = await outbox.enqueue("reading", job, { item: item.key, value, text, checklist: { code, version } }, { about: item.text });
  stored(act, say("done_reading"));
}

function checkOf(item, job, view, context) {
  const made = draw("item-check");
  made.setAttribute("aria-label", item.text);
  for (const choice of made.children) {
    choice.setAttribute("aria-pressed", String(view.results[item.key]?.value === choice.value));
    choice.dataset.mark = `${item.key}-${choice.value}`;
    choice.addEventListener("click", context.act(() => read(job, item, choice.value)));
  }
  return made;
}

function numberOf(item, job, view, context) {
  const result = view.results[item.key];
  const made = draw("item-number", { unit: item.unit, at: result ? [when(result.at, job.site.timezone), result.waits ? say("waits") : ""].filter(Boolean).join(" · ") : "" });
  const input = made.querySelector("input");
  input.setAttribute("aria-label", [item.text, item.unit].filter(Boolean).join(", "));
  input.value = result?.value ?? "";
  input.dataset.mark = `reading-${item.key}`;
  input.addEventListener("change", context.act(() => {
    const value = input.value.trim().replace(",", ".");
    if (!/^-?\d+(\.\d+)?$/.test(value)) {
      input.value = result?.value ?? "";
      return null;
    }
    return value === result?.value ? null : read(job, item, value);
  }));
  return made;
}

function textOf(item, job, view, context) {
  const made = draw("item-text");
  const result = view.results[item.key];
  made.setAttribute("aria-label", item.text);
  made.value = result?.value ?? "";
  made.dataset.mark = `reading-${item.key}`;
  made.addEventListener("change", context.act(() => made.value.trim() && made.value !== result?.value && read(job, item, made.value.trim())));
  return made;
}

function photosOf(item, job, view, context) {
  const taken = view.photos[item.key] || [];
  const add = draw("photo-add", { text: say(taken.length ? "anotherPhoto" : "takePhoto") });
  add.querySelector("input").addEventListener("change", context.act(async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    const { file: small, thumb: little } = await shrink(file);
    stored(await outbox.enqueue("photo", job, { item: item.key }, { files: { photo: small }, thumb: little, about: item.text }), say("done_photo"));
  }));
  return draw("item-photo", { photos: [...taken.map((one) => (one.thumb ? thumb(one.thumb, one.state === "sent" ? "" : say("waits")) : chip(one.file || say("photo"), "image"))), add] });
}

export function thumb(source, text) {
  const made = draw("thumb", { text });
  made.querySelector("img").src = source;
  return made;
}

/* Out of range, or not good: a photo and a sentence are asked for, but nothing is held up. */
function more(item, job, view, context, result) {
  const why = draw("item-why");
  const field = why.querySelector("textarea");
  field.value = result.text || "";
  field.dataset.mark = `why-${item.key}`;
  field.addEventListener("change", context.act(() => field.value.trim() && field.value !== result.text && read(job, item, result.value, field.value.trim())));
  return [...(item.kind === "photo" ? [] : [photosOf(item, job, view, context)]), why];
}
