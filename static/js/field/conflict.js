/* Two people changed the same field: both versions, who, when and why; nothing is chosen beforehand. */

import { draw, icon, say } from "./dom.js";
import * as outbox from "./outbox.js";
import { stored } from "./toast.js";
import { when } from "./time.js";
import { button, shown } from "./visit.js";

export function show(data, context, seq) {
  const act = data.acts.find((other) => other.seq === Number(seq));
  if (!act?.conflict) return { title: say("conflictTitle"), back: "#/outbox", main: draw("outbox", { listBox: false, empty: true, sentBox: false }), dock: [] };
  const { conflict } = act;
  const job = data.pairs.find((pair) => pair.job.id === act.visit)?.job;
  const text = (version) => shown(conflict.field, version.value, job, data) || version.text || say("nothing");
  const others = data.acts.filter((other) => other.visit === act.visit && other.state === "sent").length;
  const made = draw("conflict", {
    words: act.detail,
    name: conflict.name,
    base: say("before", { value: text(conflict.base) }),
    mine: versionOf(conflict.mine, "mine", text(conflict.mine), "smartphone"),
    theirs: versionOf(conflict.theirs, "theirs", text(conflict.theirs), "cloud"),
    othersBox: others > 0,
    others: say("othersSent", { count: others }),
    lead: act.lead ? say("leadDecides", { name: act.lead }) : say("someLeadDecides"),
  });
  const choice = () => made.querySelector("[name=choice]:checked")?.value;
  const place = document.createElement("div");
  place.className = "m-dock-place";
  const adapt = () => place.replaceChildren(button(icon("arrow-right"), say("sendChoice"), choice() ? "" : say("chooseFirst"), context.act(() => (choice() ? settle(act, choice(), job) : made.querySelector("[name=choice]").focus()))));
  made.addEventListener("change", adapt);
  made.querySelector("[data-act=lead]").addEventListener("click", context.act(() => settle(act, "lead", job)));
  adapt();
  return { title: say("conflictTitle"), subtitle: act.label, back: "#/outbox", main: made, dock: [place], still: true };
}

function versionOf(version, value, text, picture) {
  const made = draw("version", {
    picture: icon(picture),
    whose: say(value),
    at: [when(version.at), version.by].filter(Boolean).join(" "),
    text,
    why: version.why && say("quoted", { text: version.why }),
    follows: version.follows && `→ ${version.follows}`,
  });
  made.querySelector("input").value = value;
  return made;
}

async function settle(act, choice, job) {
  const { conflict } = act;
  const body = { edit: conflict.edit, choice, seen: conflict.theirs.value };
  const visit = job || { id: act.visit, hospital: { name: act.label } };
  // The edit that was refused is answered by this act; it is put away together with it.
  const made = await outbox.enqueue("resolve", visit, body);
  await outbox.answer(act);
  stored(made, say("done_resolve"), () => outbox.reopen(act));
  location.hash = "#/outbox";
}

