/* Moments in words. The browser only subtracts: deadlines come from the server, and so does the time of day. */

import { say } from "./dom.js";

const MINUTE = 60000;
const language = document.documentElement.lang;

let ahead = 0;

/* How far this phone's clock is ahead of the server's, ms. */
export function setOffset(ms) {
  ahead = ms || 0;
}

export const now = () => Date.now() - ahead;

/* The device's clock at a true moment: what an act says. */
export const onDevice = (moment) => moment + ahead;

const format = (options) => {
  const made = {};
  return (moment, zone = document.body.dataset.zone) => {
    made[zone] ??= new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
    return made[zone].format(new Date(moment));
  };
};

export const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const dayOf = format({ month: "long", day: "numeric", weekday: "short" });
const date = format({ month: "2-digit", day: "2-digit" });

/* "12:47", and with its day when that is not today's. */
export function when(moment, zone) {
  const at = clock(moment, zone);
  return date(moment, zone) === date(now(), zone) ? at : `${date(moment, zone)} ${at}`;
}

/* Hours and minutes of a span in ms, rounded down: "00:38"; from 100 hours on, days. */
export function span(ms) {
  const minutes = Math.floor(Math.abs(ms) / MINUTE);
  const hours = Math.floor(minutes / 60);
  if (hours >= 100) return say("days", { days: Math.floor(hours / 24), hours: hours % 24 });
  return `${String(hours).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

export const minutes = (ms) => Math.floor(Math.abs(ms) / MINUTE);

/* "early by 4 min" or "late by 11 min" of something done at `at` against `due`. */
export function margin(at, due) {
  const left = Date.parse(due) - Date.parse(at);
  return say(left >= 0 ? "early" : "late", { minutes: minutes(left) });
}

/* The value of an <input type="datetime-local"> as a moment in `zone`, by two rounds of correction. */
export function moment(local, zone) {
  const wanted = Date.parse(`${local}:00Z`);
  let guess = wanted;
  for (let round = 0; round < 2; round += 1) guess -= wall(guess, zone) - wanted;
  return guess;
}

/* What clocks on the wall in `zone` show at `at`, as if they showed UTC. */
function wall(at, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(new Date(at));
  const value = Object.fromEntries(parts.map((part) => [part.type, part.value]));
  return Date.UTC(value.year, value.month - 1, value.day, value.hour, value.minute, value.second);
}

/* For an <input type="datetime-local">. */
export const localValue = (at, zone) => new Date(wall(at, zone)).toISOString().slice(0, 16);
