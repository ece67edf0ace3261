/* How the visit ended: solved, a part is needed, somebody has to come again, or nobody let us in. */

import { governing } from "./band.js";
import { find } from "./data.js";
import { draw, forget, icon, say, slot } from "./dom.js";
import * as outbox from "./outbox.js";
import { chooser } from "./parts.js";
import { moment, when } from "./time.js";
import { stored } from "./toast.js";
import { button } from "./visit.js";

const BUTTONS = { solved: "signature", part: "package", return: "history", no_access: "log-out" };

export function show(data, context, id) {
  const pair = find(data, id);
  if (!pair) return { title: say("gone"), back: "#/", main: draw("gone"), dock: [] };
  const { job, view } = pair;
  const made = draw("finish", { none: !job.fits.length });
  slot(made, "found").dataset.keep = `found-${job.id}`;
  slot(made, "done").dataset.keep = `done-${job.id}`;
  const wanted = chooser(slot(made, "choices"), job);
  const place = document.createElement("div");
  place.className = "m-dock-place";
  const outcome = () => made.querySelector("[name=outcome]:checked")?.value || "";
  const adapt = () => {
    slot(made, "wantedBox").hidden = outcome() !== "part";
    slot(made, "nextBox").hidden = !["part", "return"].includes(outcome());
    place.replaceChildren(button(icon(BUTTONS[outcome()] || "arrow-right"), say(`finish_${outcome() || "none"}`), hint(pair, outcome()), context.act(keep)));
  };
  const keep = () => finish(made, pair, outcome(), wanted(), data);
  made.addEventListener("change", (event) => event.target.name === "outcome" && adapt());
  adapt();
  return { title: say("finishTitle"), subtitle: job.hospital.name, back: `#/visit/${job.id}`, main: made, dock: [place], still: true };
}

/* What is missing, or until when it has to be decided. */
function hint({ job, view }, outcome) {
  if (outcome === "solved" && view.gaps.length) return say("missing", { count: view.gaps.length });
  const one = governing(view);
  return outcome === "part" && one && !one.is_paused ? say("decideBy", { time: when(one.due_at, job.site.timezone) }) : "";
}

function refuse(made, text) {
  const problem = slot(made, "problem");
  problem.hidden = false;
  problem.textContent = text;
  problem.scrollIntoView({ block: "center" });
}

async function finish(made, { job, view }, outcome, parts) {
  const value = (name) => made.querySelector(`[name=${name}]`).value.trim();
  if (!outcome) return refuse(made, say("chooseOutcome"));
  if (outcome === "solved" && view.gaps.length) {
    location.hash = `#/visit/${job.id}`;
    return null;
  }
  if (outcome === "solved" && !(value("found") && value("done"))) return refuse(made, say("bothWords"));
  if (outcome !== "solved" && !value("found")) return refuse(made, say("foundWords"));
  if (outcome === "part" && job.fits.length && !parts.length) return refuse(made, say("choosePart"));
  const next = value("next_at") && outcome !== "solved" ? new Date(moment(value("next_at"), job.site.timezone)).toISOString() : null;
  const body = { outcome, found: value("found"), done: value("done"), parts: outcome === "part" ? parts : [], next_at: next };
  const act = await outbox.enqueue("finish", job, body);
  ["found", "done"].forEach((name) => forget(`${name}-${job.id}`));
  stored(act, say("done_finish"), () => { location.hash = `#/visit/${job.id}`; });
  location.hash = outcome === "no_access" ? `#/visit/${job.id}` : `#/visit/${job.id}/sign`;
  return null;
}
