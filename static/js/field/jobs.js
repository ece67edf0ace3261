/* Today's jobs: what bites next on top with its clock, then the others, then what is done. */

import { band, governing, left, thereAt } from "./band.js";
import { chip, draw, icon, say, slot } from "./dom.js";
import { live } from "./live.js";
import { isOver, isUnderWay } from "./progress.js";
import * as steps from "./steps.js";
import { clock, dayOf, now, span, when } from "./time.js";

export const place = (job) => [job.hospital.name, job.site.name].filter(Boolean).join(" · ");
export const title = (job) => job.ticket?.title || job.subject;

/* One line of a card: picture, words, and a button at the end. */
export function row(picture, text, more, end) {
  return draw("row", { picture: icon(picture), text, more, end });
}

/* A round button that leads out of the app: to a map or to a call. */
export function out(address, picture, label) {
  const link = document.createElement("a");
  link.className = "m-tool m-tool-box";
  link.href = address;
  link.setAttribute("aria-label", label);
  link.append(icon(picture));
  return link;
}

export function mapLink({ site }) {
  const point = site.latitude === null ? "" : `${site.latitude},${site.longitude}`;
  const address = /iPhone|iPad/.test(navigator.userAgent)
    ? `maps://?daddr=${encodeURIComponent(point || site.address)}`
    : `geo:${point || "0,0"}?q=${encodeURIComponent(point ? `${point}(${site.name})` : site.address)}`;
  return out(address, "navigation", say("navigate"));
}

export function callLink({ contact }) {
  return contact?.phone ? out(`tel:${contact.phone.replace(/[^+0-9]/g, "")}`, "phone", say("call", { name: contact.name })) : null;
}

const PLACES = { depot: ["partAtDepot", "warn"], way: ["partOnWay", "warn"], site: ["partHere", "ok"] };

/* Whether all parts are where the engineer needs them. */
export function partsChip(job) {
  const worst = ["depot", "way", "site"].find((where) => job.parts.some((request) => request.where === where));
  if (!worst) return null;
  const [word, tone] = PLACES[worst];
  return chip(say(word), worst === "site" ? "check" : "package", tone);
}

export function tags(job) {
  const { ticket } = job;
  const made = [];
  if (ticket?.priority === 1) made.push(chip([ticket.fault_class?.name, say("highest")].filter(Boolean).join(" · "), "triangle-alert", "alarm"));
  else if (ticket?.fault_class) made.push(chip(ticket.fault_class.name, "wrench"));
  if (ticket?.verdict) made.push(chip(ticket.verdict.text, "shield-check", ticket.verdict.tone));
  return made;
}

function hero({ job, view }) {
  const { travel } = job;
  const way = !travel ? say("wayUnknown") : say(travel.is_estimate ? "wayAbout" : "way", { km: travel.km ?? "–", minutes: travel.minutes });
  const lines = job.parts.flatMap((request) => request.lines);
  const made = draw("hero", {
    band: band(job, view),
    tags: [...tags(job), ...(job.ticket ? [chip(job.ticket.number, "ticket")] : [])],
    where: place(job),
    what: title(job),
    rows: [
      row("map-pin", way, [job.site.address, job.ticket?.place, job.site.access_notes].filter(Boolean).join(" · "), mapLink(job)),
      ...(job.contact ? [row("user", job.contact.name, job.contact.phone, callLink(job))] : []),
      ...(lines.length ? [row("package", say("reserved", { count: lines.length }), lines.map((line) => line.name).join(say("comma")), partsChip(job))] : []),
    ],
  });
  slot(made, "link").href = `#/visit/${job.id}`;
  return made;
}

function card({ job, view }) {
  const done = isOver(view);
  const one = governing(view);
  const made = draw("job", {
    time: clock(done ? view.steps.finished_at || job.starts_at : job.starts_at, job.site.timezone),
    kind: job.day === "overdue" && !done ? say("overdue") : job.purpose_text,
    where: job.hospital.name,
    what: title(job),
    way: done || !job.travel ? "" : say("wayShort", { minutes: job.travel.minutes, from: job.travel.from }),
    tags: [
      ...(one ? [deadline(one)] : []),
      ...(view.pending ? [chip(say("toSend", { count: view.pending }), "cloud-upload")] : []),
      ...(done || view.pending ? [] : [chip(say("onPhone"), "smartphone")]),
      ...(done ? [] : [partsChip(job)].filter(Boolean)),
    ],
  });
  made.href = `#/visit/${job.id}`;
  return made;
}

function deadline(one) {
  const made = document.createElement("span");
  return live(made, () => made.replaceChildren(left(one) < 0 ? chip(say("overBy", { time: span(left(one)) }), "triangle-alert", "bad") : chip(say("leftBy", { time: span(left(one)) }), "clock", "act")));
}

export function show(data, { act, prepare }) {
  const open = data.pairs.filter(({ view }) => !isOver(view));
  const first = open.find(({ job, view }) => job.day !== "tomorrow" || isUnderWay(view));
  const rest = open.filter((pair) => pair !== first);
  const groups = {
    next: rest.filter(({ job }) => job.day !== "tomorrow"),
    tomorrow: rest.filter(({ job }) => job.day === "tomorrow"),
    done: data.pairs.filter(({ view }) => isOver(view)),
  };
  const values = { hero: first ? hero(first) : null, empty: !data.pairs.length };
  for (const [name, pairs] of Object.entries(groups)) {
    values[`${name}Box`] = pairs.length > 0;
    values[`${name}Count`] = String(pairs.length);
    values[name] = pairs.map(card);
  }
  const today = data.pairs.filter(({ job }) => job.day !== "tomorrow").length;
  const main = draw("jobs", values);
  main.querySelector("[data-act=prepare]").addEventListener("click", act(prepare));
  return {
    title: say("today", { count: today }),
    subtitle: [dayOf(now()), data.person?.name].filter(Boolean).join(" · "),
    tab: "jobs",
    main,
    dock: first ? [dock(first, data, act)] : [],
  };
}

function dock({ job, view }, data, act) {
  if (view.phase === "planned") {
    const made = draw("dock-button", { picture: steps.picture("depart"), text: say("departTo", { name: job.hospital.short_name || job.hospital.name }), more: goBy(job) });
    made.addEventListener("click", act(() => steps.take(job, "depart", data.policy)));
    return made;
  }
  const made = draw("dock-button", { picture: icon("arrow-right"), text: say("goOn", { name: job.hospital.short_name || job.hospital.name }), more: say(`phase_${view.phase}`) });
  made.addEventListener("click", () => { location.hash = `#/visit/${job.id}`; });
  return made;
}

/* "leave by 12:12, leaving now you are there at 12:44" */
export function goBy(job) {
  if (!job.travel) return "";
  const there = say("leavingNow", { time: clock(thereAt(job), job.site.timezone) });
  return job.depart_by ? [say("leaveBy", { time: when(job.depart_by, job.site.timezone) }), there].join(say("comma")) : there;
}
