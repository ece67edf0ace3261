/* "To send": every act of this phone and where it is: on the phone, waiting for a signal, needing somebody, delivered. */

import { chip, draw, icon, say } from "./dom.js";
import * as outbox from "./outbox.js";
import { happened } from "./progress.js";
import { when } from "./time.js";

const PICTURES = {
  depart: "car", arrive: "map-pin-check", start: "play", finish: "check", leave: "log-out", sign: "signature", note: "message-square-text",
  photo: "camera", reading: "list-checks", part: "package", unused: "undo-2", ask_part: "package", edit: "pencil", resolve: "git-compare-arrows",
};

export function show(data, context) {
  const sent = data.acts.filter((act) => act.state === "sent").reverse();
  const main = draw("outbox", {
    listBox: data.unsent.length > 0,
    empty: !data.unsent.length,
    list: data.unsent.map((act) => lineOf(act, data, context)),
    sentBox: sent.length > 0,
    sentCount: String(sent.length),
    sent: sent.map((act) => lineOf(act, data, context)),
  });
  return { title: say("outboxTitle"), subtitle: data.unsent.length ? say("toSend", { count: data.unsent.length }) : say("allSent"), tab: "outbox", main, dock: [] };
}

function lineOf(act, data, context) {
  const made = draw("act", {
    picture: icon(PICTURES[act.kind]),
    text: act.about ? say("about", { act: say(`act_${act.kind}`), what: act.about }) : say(`act_${act.kind}`),
    where: [when(happened(act)), act.label, act.tries > 1 && act.state === "waiting" ? say("tried", { count: act.tries }) : ""].filter(Boolean).join(" · "),
    said: act.conflict ? "" : act.detail,
    state: stateOf(act, data),
    decided: decidedOf(act, data),
    buttons: buttonsOf(act, context),
  });
  return made;
}

/* What became of an act that was held back for a lead. */
function decidedOf(act, data) {
  const decision = outbox.isKept(act) && outbox.decisionOn(act, data.decided);
  return decision ? say(`decided_${decision.choice}`, { name: decision.by, time: when(decision.at) }) : "";
}

function stateOf(act, data) {
  if (act.state === "sent" && outbox.isKept(act)) {
    const choice = outbox.decisionOn(act, data.decided)?.choice;
    if (!choice) return chip(say("leadLooks"), "headset", "warn");
    return choice === "mine" ? chip(say("countsAfterAll"), "check", "ok") : chip(say("leftAsIs"), "history");
  }
  if (act.state === "sent") return chip(say("delivered"), "check", "ok");
  if (act.state === "problem") return chip(say("needsYou"), "triangle-alert", "bad");
  if (act.person !== data.person?.id) return chip(say("othersAct"), "user", "warn");
  return act.tries || data.reach === "away" ? chip(say("noSignal"), "refresh-cw", "warn") : chip(say("onPhone"), "smartphone");
}

function buttonsOf(act, context) {
  if (act.state !== "problem") return [];
  if (act.conflict) {
    const link = draw("link", { text: say("compare") });
    link.href = `#/conflict/${act.seq}`;
    return [link];
  }
  const again = draw("small-button", { text: say("again") });
  again.addEventListener("click", context.act(() => outbox.again(act)));
  const drop = draw("small-button", { text: say("putAway") });
  drop.addEventListener("click", context.act(() => context.sure(say("putAwaySure"), say("putAwayWords"), () => outbox.discard(act))));
  return [again, drop];
}

