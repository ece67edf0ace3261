/* Everything that a screen shows, read at once from the phone's store. */

import * as outbox from "./outbox.js";
import { ordered, standing } from "./progress.js";
import * as store from "./store.js";
import { setOffset } from "./time.js";

const FACTS = ["person", "madeAt", "fetchedAt", "policy", "reach", "offset", "faultClasses", "persisted", "decided"];

export async function load() {
  const [jobs, acts, ...values] = await Promise.all([store.jobs(), store.acts(), ...FACTS.map((name) => store.meta(name))]);
  const data = Object.fromEntries(FACTS.map((name, index) => [name, values[index]]));
  setOffset(data.offset);
  data.acts = acts;
  data.pairs = ordered(jobs.map((job) => ({ job, view: standing(job, acts, data.madeAt) })));
  data.unsent = acts.filter(outbox.isUnsent);
  data.problems = acts.filter((act) => act.state === "problem");
  return data;
}

export const find = (data, id) => data.pairs.find(({ job }) => job.id === Number(id));
