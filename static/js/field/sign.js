/* The customer's word: the report first, then solved or not, then a signature or the reason for none. Below it the
   engineer signs, anew each time: a stroke that were kept could be put under a report that nobody has read. */

import { find } from "./data.js";
import { draw, icon, say, slot } from "./dom.js";
import { title } from "./jobs.js";
import * as outbox from "./outbox.js";
import { pad } from "./pad.js";
import { isFilled } from "./progress.js";
import { dayOf, margin, when } from "./time.js";
import { stored } from "./toast.js";
import { button } from "./visit.js";

export function show(data, context, id) {
  const pair = find(data, id);
  if (!pair) return { title: say("gone"), back: "#/", main: draw("gone"), dock: [] };
  const { job, view } = pair;
  const made = draw("sign", {
    number: [job.ticket?.number, dayOf(view.steps.finished_at || job.starts_at, job.site.timezone)].filter(Boolean).join(" · "),
    lines: reportOf(job, view),
    allText: say("wholeReport", { checks: view.total, notes: view.notes.filter((note) => note.is_public).length }),
    all: wholeOf(job, view),
    refusalBox: false,
    refuse: say("refuse"),
    own: say("ownSignature", { name: data.person.name }),
  });
  const pads = { customer: pad(slot(made, "pad")), own: pad(slot(made, "ownPad")) };
  const state = { refused: false };
  made.querySelector("[data-act=clear]").addEventListener("click", () => pads.customer.clear());
  made.querySelector("[data-act=clear-own]").addEventListener("click", () => pads.own.clear());
  made.querySelector("[data-act=refuse]").addEventListener("click", () => turn(made, state));
  made.addEventListener("submit", (event) => event.preventDefault());
  prefill(made, job);
  return {
    title: say("signTitle"),
    subtitle: [job.hospital.name, say("handedBy", { name: data.person.name })].join(" · "),
    back: `#/visit/${job.id}`,
    main: made,
    dock: [button(icon("signature"), say("signSend"), "", context.act(() => sign(made, job, pads, state)))],
    still: true,
  };
}

/* The name of who reported the fault is a proposal, and may be changed. */
function prefill(made, job) {
  made.elements.name.value = job.contact?.name || "";
}

function turn(made, state) {
  state.refused = !state.refused;
  slot(made, "signBox").hidden = state.refused;
  slot(made, "refusalBox").hidden = !state.refused;
  slot(made, "refuse").textContent = say(state.refused ? "signAfterAll" : "refuse");
}

const line = (name, text) => (text ? [draw("report-line", { name: say(name), text })] : []);

function reportOf(job, view) {
  const zone = job.site.timezone;
  const onSite = job.clocks.find((one) => one.code === "onsite");
  const parts = job.parts.flatMap((request) => request.lines).flatMap((one) => (view.fitted[one.line] || []).map((used) => [one.name, used.serial].filter(Boolean).join(" ")));
  const arrived = view.steps.arrived_at;
  return [
    ...line("report_fault", title(job)),
    ...line("report_found", view.found),
    ...line("report_done", view.done),
    ...line("report_parts", parts.join(say("comma"))),
    ...line("report_arrived", arrived && [when(arrived, zone), onSite && margin(arrived, onSite.due_at)].filter(Boolean).join(say("comma"))),
    ...line("report_finished", view.steps.finished_at && when(view.steps.finished_at, zone)),
    ...line("report_outcome", view.outcome && say(`outcome_${view.outcome}`)),
    ...line("report_costs", job.ticket?.verdict?.text),
  ];
}

function wholeOf(job, view) {
  const checks = (job.checklist?.items || []).map((item) => {
    const value = view.results[item.key]?.value;
    const words = { ok: say("good"), bad: say("bad"), na: say("notApplicable") };
    const text = item.kind === "photo" ? (isFilled(view, item) ? say("photo") : "") : words[value] || [value, value && item.unit].filter(Boolean).join(" ");
    return draw("report-line", { name: item.text, text: text || say("nothing") });
  });
  const notes = view.notes.filter((note) => note.is_public && note.text).map((note) => draw("report-line", { name: when(note.at, job.site.timezone), text: note.text }));
  return [...checks, ...notes];
}

function refuse(made, text) {
  const problem = slot(made, "problem");
  problem.hidden = false;
  problem.textContent = text;
  problem.scrollIntoView({ block: "center" });
}

async function sign(made, job, pads, { refused }) {
  const said = Object.fromEntries(new FormData(made));
  const value = (name) => (said[name] || "").trim();
  if (!said.is_solved) return refuse(made, say("chooseSolved"));
  if (refused && !value("refusal")) return refuse(made, say("refusalMissing"));
  if (!refused && !pads.customer.isSigned()) return refuse(made, say("signatureMissing"));
  if (!refused && !value("name")) return refuse(made, say("nameMissing"));
  if (!pads.own.isSigned()) return refuse(made, say("ownMissing"));
  const body = {
    is_solved: said.is_solved === "yes",
    satisfaction: said.satisfaction ? Number(said.satisfaction) : null,
    name: refused ? "" : value("name"),
    department: refused ? "" : value("department"),
    refusal: refused ? value("refusal") : "",
  };
  const files = { ...(refused ? {} : { signature: await pads.customer.png() }), engineer_signature: await pads.own.png() };
  const act = await outbox.enqueue("sign", job, body, { files });
  stored(act, say("done_sign"), () => { location.hash = `#/visit/${job.id}/sign`; });
  location.hash = `#/visit/${job.id}`;
  return null;
}
