/* The clock band: the one promise of a job that bites next, as the server counts it. Here it only counts down. */

import { draw, fill, icon, say, slot } from "./dom.js";
import { live } from "./live.js";
import { clock, now, span, when } from "./time.js";

const LOOKS = { running: "clock", soon: "hourglass", over: "triangle-alert", paused: "pause", later: "clock" };

/* On-site until the check-in, then the repair; none when the work is over. */
export function governing(view) {
  const of = (pattern) => view.clocks.find((one) => pattern.test(one.code));
  if (["planned", "travel"].includes(view.phase)) return of(/^onsite/) || of(/^fix/);
  return ["on_site", "working"].includes(view.phase) ? of(/^fix/) : undefined;
}

export function stateOf(one) {
  if (one.is_paused) return "paused";
  if (now() >= Date.parse(one.due_at)) return "over";
  return now() >= Date.parse(one.warn_at) ? "soon" : "running";
}

export const left = (one) => (one.is_paused ? one.remaining_s * 1000 : Date.parse(one.due_at) - now());

/* When somebody who leaves now is there; the site's stored way is used. */
export const thereAt = (job) => now() + (job.travel?.minutes ?? 0) * 60000;

export function band(job, view) {
  const one = governing(view);
  if (!one) return starting(job, view);
  const made = draw("band", {
    name: [one.name, one.clause].filter(Boolean).join(" · "),
    due: one.is_paused ? say("paused") : say("by", { time: when(one.due_at, job.site.timezone) }),
    bar: !one.is_paused, goBox: false, then: one.breach_text,
  });
  return live(made, () => count(made, job, view, one));
}

function count(made, job, view, one) {
  const state = stateOf(one);
  if (made.dataset.state !== state) {
    made.dataset.state = state;
    fill(made, { picture: icon(LOOKS[state]), leftWord: say(state === "over" ? "overWord" : "leftWord") });
  }
  fill(made, { left: span(left(one)) });
  const began = Date.parse(one.started_at);
  const share = (moment) => `${Math.min(100, Math.max(0, (100 * (moment - began)) / (Date.parse(one.due_at) - began)))}%`;
  const bar = slot(made, "bar");
  bar.querySelector("i").style.width = share(now());
  const leaving = view.phase === "planned" && job.depart_by && job.travel && !one.is_paused;
  bar.querySelector("u").hidden = !leaving;
  if (!leaving) return;
  bar.querySelector("u").style.left = share(Date.parse(job.depart_by));
  const zone = job.site.timezone;
  fill(made, { goBox: true, go: say("leaveBy", { time: when(job.depart_by, zone) }), now: job.travel && say("leavingNow", { time: clock(thereAt(job), zone) }) });
}

/* Checked in without a signal: the next clock runs, but only the server says until when. */
function starting(job, view) {
  if (!job.ticket || !view.pending || !["on_site", "working"].includes(view.phase) || job.steps.arrived_at) return null;
  const made = draw("band", {
    picture: icon("clock"), name: say("repairClock"), due: say("since", { time: clock(view.steps.arrived_at, job.site.timezone) }),
    leftBox: false, bar: false, goBox: false, then: say("deadlineLater"),
  });
  made.dataset.state = "later";
  return made;
}
