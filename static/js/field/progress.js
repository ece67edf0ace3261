/* A job as it stands: what the server knew, and on top of it what this phone has written down since. Pure. */

const STEPS = { depart: "departed_at", arrive: "arrived_at", start: "started_at", finish: "finished_at", leave: "left_at" };
/* Clocks that an act of ours has ended, before the server says so. */
const ENDED = { arrive: /^onsite/, finish: /^(onsite|fix)/ };

/* The acts of a job that count and that the pack does not hold yet, oldest first. */
export function fresh(job, acts, madeAt) {
  const settled = (act) => act.state === "sent" && Date.parse(act.recordedAt) <= Date.parse(madeAt);
  return acts.filter((act) => act.visit === job.id && act.state !== "problem" && !settled(act));
}

/* When an act happened, by the server's clock, as RFC 3339. */
export const happened = (act) => new Date(Date.parse(act.at) - act.offset).toISOString();

/* How far a number is outside its check's bounds: 13, -2, or 0. */
export function excess(item, value) {
  const number = Number(value);
  if (value === "" || Number.isNaN(number)) return 0;
  const round = (difference) => Number(difference.toFixed(6));
  if (item.high !== null && item.high !== undefined && number > item.high) return round(number - item.high);
  if (item.low !== null && item.low !== undefined && number < item.low) return round(number - item.low);
  return 0;
}

const isGood = (item, value) => (item.kind === "check" ? value !== "bad" : excess(item, value) === 0);

/* Answers {phase, steps, results, photos, notes, parts, signed, outcome, found, done, clocks, gaps, filled, total, pending}. */
export function standing(job, acts, madeAt) {
  const items = job.checklist?.items || [];
  const view = {
    steps: { ...job.steps }, results: { ...job.results }, photos: {}, notes: job.records.filter((one) => one.kind === "note" || (one.kind === "photo" && !one.item)), fitted: {}, unused: {}, asked: [],
    outcome: job.outcome, found: job.found, done: job.done, signed: job.signed, clocks: job.clocks, pending: 0,
  };
  for (const one of job.records.filter(({ kind, item }) => kind === "photo" && item)) (view.photos[one.item] ??= []).push(one);
  for (const act of fresh(job, acts, madeAt)) apply(view, act, items);
  view.phase = phase(job, view);
  view.gaps = items.filter((item) => item.required && !isFilled(view, item));
  view.filled = items.filter((item) => isFilled(view, item)).length;
  view.total = items.length;
  return view;
}

export const isFilled = (view, item) => Boolean(item.kind === "photo" ? view.photos[item.key] : view.results[item.key]?.value);

function apply(view, act, items) {
  const at = happened(act);
  const waits = act.state !== "sent";
  if (waits) view.pending += 1;
  if (STEPS[act.kind]) view.steps[STEPS[act.kind]] ??= at;
  if (ENDED[act.kind]) view.clocks = view.clocks.filter((clock) => !ENDED[act.kind].test(clock.code));
  const { body } = act;
  if (act.kind === "reading") {
    const item = items.find((other) => other.key === body.item);
    if (item) view.results[body.item] = { value: body.value, ok: isGood(item, body.value), text: body.text, at, waits };
  } else if (act.kind === "photo") {
    if (body.item) (view.photos[body.item] ??= []).push(act);
    else view.notes.push({ kind: "photo", at, text: body.text, is_public: body.is_public, thumb: act.thumb, waits, mine: true });
  } else if (act.kind === "note") {
    view.notes.push({ kind: "note", at, text: body.text, is_public: body.is_public, waits, mine: true });
  } else if (act.kind === "part") {
    (view.fitted[body.line] ??= []).push({ ...body, waits });
  } else if (act.kind === "unused") {
    (view.unused[body.line] ??= []).push({ ...body, waits });
  } else if (act.kind === "ask_part") {
    view.asked.push(...body.parts);
  } else if (act.kind === "finish") {
    Object.assign(view, { outcome: body.outcome, found: body.found, done: body.done });
  } else if (act.kind === "sign") {
    view.signed = true;
  }
}

/* planned, travel, on_site, working, finished, signed, left or cancelled: by the furthest step there is. */
function phase(job, { steps, signed, outcome }) {
  if (job.state === "cancelled") return "cancelled";
  if (steps.left_at) return "left";
  if (signed || (steps.finished_at && outcome === "no_access")) return "signed";
  if (steps.finished_at || job.state === "done") return "finished";
  if (steps.started_at) return "working";
  if (steps.arrived_at) return "on_site";
  return steps.departed_at ? "travel" : "planned";
}

export const isOver = (view) => ["signed", "left", "cancelled"].includes(view.phase);
export const isUnderWay = (view) => ["travel", "on_site", "working", "finished"].includes(view.phase);

/* The list's order: what is under way, what is overdue, then by the hour; what only lacks a signature of another day,
   and then what is over, last. */
export function ordered(pairs) {
  const rank = ({ job, view }) => {
    if (isOver(view)) return 4;
    if (view.phase === "finished" && job.day === "overdue") return 3;
    return isUnderWay(view) ? 0 : job.day === "overdue" ? 1 : 2;
  };
  return [...pairs].sort((a, b) => rank(a) - rank(b) || Date.parse(a.job.starts_at) - Date.parse(b.job.starts_at));
}
