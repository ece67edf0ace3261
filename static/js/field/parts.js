/* Parts of a job: what is reserved, what was used with its numbers in and out, what is still needed. */

import { chip, draw, say, sheet, slot } from "./dom.js";
import * as outbox from "./outbox.js";
import { bindScan, scan } from "./scanner.js";
import { when } from "./time.js";
import { stored, toast } from "./toast.js";

const TONES = { depot: "warn", way: "warn", site: "off" };

export const used = (view) => Object.values(view.fitted).flat().reduce((sum, one) => sum + one.quantity, 0);
const lines = (job) => job.parts.flatMap((request) => request.lines.map((line) => ({ ...line, request })));
const pieces = (acts) => (acts || []).reduce((sum, one) => sum + one.quantity, 0);
const usedOf = (line, view) => line.used + pieces(view.fitted[line.line]);
const unusedOf = (line, view) => (line.unused || 0) + pieces(view.unused[line.line]);

export function card(job, view) {
  const all = lines(job);
  const count = all.reduce((sum, line) => sum + usedOf(line, view), 0);
  return {
    partsCount: all.length ? say("partsCount", { used: count, total: all.reduce((sum, line) => sum + line.quantity, 0) }) : "",
    lines: all.length ? [...all.map((line) => lineOf(line, view, job)), ...asked(view, job)] : [...asked(view, job), ...(view.asked.length ? [] : [draw("no-lines")])],
  };
}

function lineOf(line, view, job) {
  const { request } = line;
  const fitted = view.fitted[line.line] || [];
  const done = usedOf(line, view) + unusedOf(line, view) >= line.quantity;
  const end = usedOf(line, view) ? chip(say("used"), "check", "ok") : chip(say("notNeeded"), "undo-2", "off");
  const numbers = fitted.flatMap((one) => [one.serial && say("fittedIn", { serial: one.serial }), one.faulty_serial && say("takenOut", { serial: one.faulty_serial })]);
  return draw("line", {
    text: [line.name, line.code].filter(Boolean).join(" "),
    where: [request.number, request.state_text, request.carrier && `${request.carrier} ${request.waybill}`, request.expected_at && !done && say("expected", { time: when(request.expected_at, job.site.timezone) })].filter(Boolean).join(" · "),
    serials: (numbers.length ? numbers : line.serials).filter(Boolean).join(" · "),
    state: done ? end : chip(say(`part_${request.where}`), request.where === "site" ? "lock" : "package", TONES[request.where]),
  });
}

function asked(view, job) {
  return view.asked.map((one) => draw("line", { text: job.fits.find((part) => part.part === one.part)?.name || "", where: say("askedFor", { count: one.quantity }), serials: "", state: chip(say("waits"), "smartphone") }));
}

/* Writes down which part went in and which came out, or that it was not needed; with `first`, asks for its number before
   all. */
export async function fit(job, first = false) {
  const open = lines(job);
  const code = first ? await scan() : "";
  if (first && !code) return;
  const line = open.find((one) => one.serials.includes(code)) || open[0];
  if (first && open.length && !open.some((one) => one.serials.includes(code))) toast(say("notReserved", { serial: code }), "triangle-alert");
  const said = await sheet("sheet-fit", { none: !open.length, lineBox: open.length > 0, fateBox: open.length > 0, yes: open.length > 0 }, (form) => prepare(form, open, line, code));
  if (!said) return;
  const chosen = open.find((one) => one.line === Number(said.line));
  if (said.fate === "unused") {
    const back = chosen.is_serialised ? { serial: said.serial.trim(), quantity: 1 } : { quantity: Number(said.quantity) };
    stored(await outbox.enqueue("unused", job, { line: chosen.line, ...back }, { about: chosen.name }), say("done_unused"));
    return;
  }
  const body = chosen.is_serialised
    ? { line: chosen.line, serial: said.serial.trim(), faulty_serial: said.faulty_serial.trim(), quantity: 1 }
    : { line: chosen.line, faulty_serial: said.faulty_serial.trim(), quantity: Number(said.quantity) };
  stored(await outbox.enqueue("part", job, body, { about: chosen.name }), say("done_part"));
}

function prepare(form, open, line, code) {
  bindScan(form);
  const select = form.elements.line;
  const adapt = () => {
    const chosen = open.find((one) => one.line === Number(select.value));
    slot(form, "serialBox").hidden = !chosen?.is_serialised;
    slot(form, "faultyBox").hidden = !chosen || form.elements.fate.value === "unused";
    slot(form, "quantityBox").hidden = !chosen || chosen.is_serialised;
    slot(form, "known").replaceChildren(...(chosen?.serials || []).map((serial) => new Option(serial, serial)));
  };
  select.append(...open.map((one) => new Option([one.name, one.code].join(" "), one.line, false, one === line)));
  select.addEventListener("change", adapt);
  form.elements.fate.addEventListener("change", adapt);
  adapt();
  form.elements.serial.value = code;
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "back") return;
    const chosen = open.find((one) => one.line === Number(select.value));
    const wrong = chosen.is_serialised ? !form.elements.serial.value.trim() : !/^[1-9]\d{0,3}$/.test(form.elements.quantity.value);
    if (!wrong) return;
    event.preventDefault();
    const problem = slot(form, "problem");
    problem.hidden = false;
    problem.textContent = say(chosen.is_serialised ? "serialMissing" : "quantityWrong");
  });
}

/* The list of parts that fit, each with a count; answers a function that gives [{part, quantity}]. */
export function chooser(place, job) {
  const rows = job.fits.map((part) => {
    const row = draw("wanted", { name: part.name, code: part.code });
    const output = slot(row, "count");
    const step = (by) => () => { output.value = String(Math.min(99, Math.max(0, Number(output.value) + by))); };
    row.querySelector("[data-less]").addEventListener("click", step(-1));
    row.querySelector("[data-more]").addEventListener("click", step(1));
    return { row, part, output };
  });
  place.replaceChildren(...rows.map(({ row }) => row));
  return () => rows.map(({ part, output }) => ({ part: part.part, quantity: Number(output.value) })).filter(({ quantity }) => quantity > 0);
}

export async function need(job) {
  let wanted = () => [];
  const any = job.fits.length > 0;
  const said = await sheet("sheet-need", { none: !any, reasonBox: any, yes: any }, (form) => {
    wanted = chooser(slot(form, "choices"), job);
  });
  if (!said || !wanted().length) return;
  stored(await outbox.enqueue("ask_part", job, { parts: wanted(), reason: said.reason.trim() }), say("done_ask_part"));
}

