/* One job: its clock, its steps, and all that is read and written down there. */

import { band, governing, left } from "./band.js";
import * as checks from "./checks.js";
import { find } from "./data.js";
import { draw, forget, icon, say, sheet, slot } from "./dom.js";
import { callLink, goBy, mapLink, row, tags, title } from "./jobs.js";
import * as outbox from "./outbox.js";
import * as parts from "./parts.js";
import { shrink } from "./photo.js";
import * as steps from "./steps.js";
import { localValue, margin, moment, span, when } from "./time.js";
import { stored } from "./toast.js";

const STEPS = [["depart", "departed_at"], ["arrive", "arrived_at"], ["start", "started_at"], ["finish", "finished_at"]];
const WORD_SOON = 30 * 60000;
const AT = { planned: 0, travel: 1, on_site: 2, working: 3, finished: 4, signed: 4, left: 4, cancelled: 4 };

export function show(data, context, id) {
  const pair = find(data, id);
  if (!pair) return { title: say("gone"), back: "#/", main: draw("gone"), dock: [] };
  const { job, view } = pair;
  const made = draw("visit", {
    alert: view.phase === "cancelled" ? say("cancelled") : "",
    band: band(job, view),
    steps: STEPS.map((step, index) => stepOf(step, index, job, view)),
    later: Boolean(steps.NEXT[view.phase]) && view.phase !== "signed",
    laterText: say("forgot"),
    ...overview(job, view, data, context),
    ...checks.card(job, view, context),
    ...parts.card(job, view),
    ...procedure(job),
    ...device(job),
    notes: view.notes.map((note) => noteOf(note, job)),
    waitsForWord: waitsForWord(job),
    unable: ["on_site", "working"].includes(view.phase),
  });
  jumps(made, job, view);
  slot(made, "noteField").dataset.keep = `note-${job.id}`;
  bind(made, pair, data, context);
  return { title: job.hospital.name, subtitle: [job.ticket?.number, job.site.name].filter(Boolean).join(" · "), back: "#/", main: made, dock: dock(pair, data, context) };
}

function stepOf([kind, field], index, job, view) {
  const at = view.steps[field];
  const here = AT[view.phase];
  const onSite = job.clocks.find((one) => one.code === "onsite");
  const made = draw("step", {
    node: index < here || at ? icon("check") : String(index + 1),
    name: say(`step_${kind}`),
    time: at ? [when(at, job.site.timezone), kind === "arrive" && onSite ? margin(at, onSite.due_at) : ""].filter(Boolean).join(" ") : index === here ? say("stepNow") : "",
  });
  made.className = index < here || at ? "m-step-done" : index === here ? "m-step-now" : "";
  if (index === here) made.setAttribute("aria-current", "step");
  return made;
}

function jumps(made, job, view) {
  const names = { overview: say("overview"), checks: say("checks", { filled: view.filled, total: view.total }), parts: say("parts"), procedure: say("procedure"), device: say("device"), notes: say("notes") };
  const present = Object.entries(names).filter(([name]) => !made.querySelector(`#part-${name}`).hidden);
  slot(made, "jumps").replaceChildren(...present.map(([name, text]) => {
    const button = draw("jump", { text });
    button.dataset.mark = `jump-${name}`;
    button.addEventListener("click", () => document.getElementById(`part-${name}`).scrollIntoView());
    return button;
  }));
}

function overview(job, view, data, context) {
  const where = [job.site.address, job.site.access_notes].filter(Boolean).join(" · ");
  return {
    tags: tags(job),
    what: title(job),
    words: job.ticket?.description,
    rows: [
      row("map-pin", [job.site.name, job.ticket?.place].filter(Boolean).join(" · "), where, mapLink(job)),
      ...(job.contact ? [row("user", job.contact.name, job.contact.phone, callLink(job))] : []),
      ...(job.crew.length > 1 ? [row("users", job.crew.map((one) => one.name).join(say("comma")), say("crew"))] : []),
    ],
    fields: Object.entries(job.fields || {}).map(([name, value]) => fieldOf(job, name, value, data, context)),
  };
}

/* A field of the ticket that the engineer may correct; the last change of this phone shows until it is sent. */
function fieldOf(job, name, value, data, context) {
  const edit = data.acts.findLast((act) => act.visit === job.id && act.kind === "edit" && act.body.field === name && act.state === "waiting");
  const made = draw("field", { name: say(`field_${name}`), text: shown(name, edit ? edit.body.value : value.value, job, data) || value.text || say("nothing") });
  const button = slot(made, "change");
  button.dataset.mark = `change-${name}`;
  button.setAttribute("aria-label", say("change", { name: say(`field_${name}`) }));
  button.addEventListener("click", context.act(() => change(job, name, value, data)));
  return made;
}

export function shown(name, value, job, data) {
  if (name === "next_visit") return value ? when(value, job?.site.timezone) : "";
  return name === "fault_class" ? data.faultClasses.find((one) => one.code === value)?.name || value : value;
}

async function change(job, name, value, data) {
  const values = { title: say("change", { name: say(`field_${name}`) }), before: say("before", { value: shown(name, value.value, job, data) || say("nothing") }), input: inputFor(job, name, value, data) };
  const said = await sheet("sheet-edit", values);
  if (!said || said.value === value.value) return;
  const chosen = name === "next_visit" && said.value ? new Date(moment(said.value, job.site.timezone)).toISOString() : said.value;
  stored(await outbox.enqueue("edit", job, { field: name, base: value.value, value: chosen, text: said.text }), say("done_edit"));
}

function inputFor(job, name, value, data) {
  const input = document.createElement(name === "fault_class" ? "select" : "input");
  input.name = "value";
  if (name === "fault_class") {
    input.append(...(data.faultClasses || []).map((one) => new Option(one.name, one.code, false, one.code === value.value)));
  } else if (name === "next_visit") {
    input.type = "datetime-local";
    input.value = value.value ? localValue(Date.parse(value.value), job.site.timezone) : "";
  } else {
    input.maxLength = 200;
    input.value = value.value;
  }
  return input;
}

function procedure({ checklist }) {
  if (!checklist?.procedure) return { procedureBox: false };
  const lines = checklist.procedure.split("\n").filter((line) => line.trim());
  return {
    procedureBox: true,
    procedureName: say("version", { name: checklist.name, version: checklist.version }),
    procedure: lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  };
}

function device({ device: one }) {
  if (!one) return { deviceBox: false };
  return {
    deviceBox: true,
    device: [one.name, one.model].filter(Boolean).join(" · "),
    serial: [one.serial && say("serial", { serial: one.serial }), one.software && say("software", { version: one.software }), one.place].filter(Boolean).join(" · "),
    accepted: one.accepted_on && say("accepted", { date: one.accepted_on }),
    history: one.history.map((entry) => draw("entry", { on: entry.on.slice(2), text: entry.text, kind: entry.kind_text })),
  };
}

function noteOf(note, job) {
  const head = [when(note.at, job.site.timezone), note.mine ? "" : note.by, say(note.is_public ? "public" : "internal"), note.waits ? say("waits") : ""];
  return draw("note", { head: head.filter(Boolean).join(" · "), text: note.text || (note.kind === "photo" ? note.file || say("photo") : ""), photo: note.thumb ? checks.thumb(note.thumb, "") : null });
}

/* The hospital waits for a word: with less than half an hour left, the note box says so first. */
function waitsForWord(job) {
  const update = job.clocks.find((one) => one.code === "update" && !one.is_paused);
  return update && left(update) < WORD_SOON ? say("waitsForWord", { time: when(update.due_at, job.site.timezone) }) : "";
}

function bind(made, { job, view }, data, context) {
  const on = (name, deed) => made.querySelector(`[data-act="${name}"]`)?.addEventListener("click", context.act(deed));
  on("later", () => steps.takeLater(job, steps.NEXT[view.phase]));
  on("fit", () => parts.fit(job));
  on("need", () => parts.need(job));
  on("finish", () => { location.hash = `#/visit/${job.id}/finish`; });
  made.querySelector("[data-act-form=note]").addEventListener("submit", context.act(async (event) => {
    event.preventDefault();
    const field = slot(made, "noteField");
    const text = field.value.trim();
    if (!text) return field.focus();
    field.value = "";
    const act = await outbox.enqueue("note", job, { text, is_public: event.submitter?.value === "public" }).catch((error) => {
      field.value = text;
      throw error;
    });
    forget(`note-${job.id}`);
    return stored(act, say("done_note"));
  }));
}

/* The photo and scan tools, and the one button that says what comes next. */
function dock(pair, data, context) {
  const { job, view } = pair;
  const made = next(pair, data, context);
  if (!made || ["planned", "travel", "signed"].includes(view.phase)) return made ? [made] : [];
  const photo = tool("camera", say("toolPhoto"));
  const picker = document.createElement("input");
  Object.assign(picker, { type: "file", accept: "image/*", hidden: true });
  picker.setAttribute("capture", "environment");
  photo.addEventListener("click", () => picker.click());
  picker.addEventListener("change", context.act(() => picker.files[0] && takePhoto(job, picker.files[0])));
  const scan = tool("scan-line", say("toolScan"));
  scan.addEventListener("click", context.act(() => parts.fit(job, true)));
  return [photo, picker, scan, made];
}

function tool(picture, text) {
  return draw("dock-tool", { picture: icon(picture), text });
}

export async function takePhoto(job, file, body = {}) {
  const { file: small, thumb } = await shrink(file);
  stored(await outbox.enqueue("photo", job, body, { files: { photo: small }, thumb }), say("done_photo"));
}

function next({ job, view }, data, context) {
  const step = (kind, more) => button(steps.picture(kind), say(`do_${kind}`), more, context.act(() => steps.take(job, kind, data.policy)));
  const go = (picture, text, more, path) => button(icon(picture), text, more, () => { location.hash = `#/visit/${job.id}/${path}`; });
  const one = governing(view);
  const until = one && !one.is_paused ? when(one.due_at, job.site.timezone) : "";
  if (view.phase === "planned") return step("depart", goBy(job));
  if (view.phase === "travel") return step("arrive", until && say("byLeft", { time: until, left: span(left(one)) }));
  if (view.phase === "on_site") return step("start", until && say("repairUntil", { time: until }));
  if (view.phase === "working" && view.gaps.length) {
    return button(icon("arrow-right"), say("do_finish"), say("missing", { count: view.gaps.length }), () => checks.goTo(view.gaps[0]));
  }
  if (view.phase === "working") return go("signature", say("do_sign"), say("filled", { filled: view.filled, total: view.total, parts: parts.used(view) }), "finish");
  if (view.phase === "finished") return go("signature", say("do_signature"), view.gaps.length ? "" : say("filled", { filled: view.filled, total: view.total, parts: parts.used(view) }), "sign");
  return view.phase === "signed" ? step("leave", say("leaveMore")) : null;
}

export function button(picture, text, more, deed) {
  const made = draw("dock-button", { picture, text, more });
  made.addEventListener("click", deed);
  return made;
}

