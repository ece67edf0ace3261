/* Who uses this phone, what it keeps, and the way out: refused as long as something has not been sent. */

import { byId, draw, forgetAll, say, slot } from "./dom.js";
import * as outbox from "./outbox.js";
import { room } from "./photo.js";
import * as server from "./server.js";
import * as store from "./store.js";
import { when } from "./time.js";

const FEW = 20;
/* Why somebody could not sign out, until something changes that: this screen is drawn anew under their eyes. */
let refusal = { text: "", unsent: 0 };

export function show(data, context) {
  const made = draw("me", {
    name: data.person?.name || say("nobody"),
    phone: data.person?.phone,
    facts: [
      fact("factJobs", data.pairs.length ? say("jobsOf", { count: data.pairs.length, time: when(data.madeAt) }) : say("nothing")),
      fact("factWaiting", data.unsent.length ? say("toSend", { count: data.unsent.length }) : say("allSent")),
      fact("factClock", data.offset === undefined ? say("unknown") : Math.abs(data.offset) < 60000 ? say("clockRight") : say(data.offset > 0 ? "clockFast" : "clockSlow", { minutes: Math.round(Math.abs(data.offset) / 60000) })),
      fact("factKept", say(data.persisted ? "keptSafe" : "keptLoose")),
    ],
    space: false,
  });
  if (refusal.unsent === data.unsent.length) tellWhy(made);
  made.querySelector("[data-act=prepare]").addEventListener("click", context.act(context.prepare));
  made.querySelector("[data-act=leave]").addEventListener("click", context.act(() => leave(made, data, context)));
  room().then((free) => free && free.photos < FEW && byId("main").querySelector("[data-slot=space]")?.replaceChildren(say("littleRoom", { count: free.photos })));
  return { title: say("meTitle"), subtitle: data.person?.name, tab: "me", main: made, dock: [] };
}

const fact = (name, text) => draw("fact", { name: say(name), text });

function tellWhy(made) {
  const problem = slot(made, "problem");
  problem.hidden = !refusal.text;
  problem.textContent = refusal.text;
}

async function leave(made, data, context) {
  const refuse = (text) => {
    refusal = { text, unsent: data.unsent.length };
    tellWhy(byId("main"));
  };
  if ((await store.acts()).some(outbox.isUnsent)) return refuse(say("leaveRefused", { count: data.unsent.length }));
  return context.sure(say("leaveSure"), say("leaveWords"), async () => {
    try {
      const { csrf } = await server.clock();
      await empty();
      const form = made.querySelector("form");
      form.elements.csrfmiddlewaretoken.value = csrf;
      form.submit();
    } catch (error) {
      if (!(error instanceof server.Away || error instanceof server.SignedOut)) throw error;
      refuse(say("leaveNeedsSignal"));
    }
  });
}

/* Nothing of the jobs stays: stores, drafts, caches and the worker. */
export async function empty(revoked = false) {
  await store.wipe(revoked);
  forgetAll();
  const names = await caches.keys();
  await Promise.all(names.map((name) => caches.delete(name)));
  const registrations = await navigator.serviceWorker.getRegistrations();
  await Promise.all(registrations.map((registration) => registration.unregister()));
}
