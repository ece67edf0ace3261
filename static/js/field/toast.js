/* Says that an act is stored, and takes it back as long as it has not left. */

import { byId, draw, icon, say, slot } from "./dom.js";
import * as outbox from "./outbox.js";

const place = () => byId("toast");
let timer;

function show(made, ms) {
  clearTimeout(timer);
  place().replaceChildren(made);
  timer = setTimeout(() => place().replaceChildren(), ms);
}

export function toast(text, picture = "check") {
  show(draw("toast", { picture: icon(picture), text, undo: false }), 5000);
}

/* For an act that was just stored: five seconds in which it can be taken back. */
export function stored(act, text, undone = () => {}) {
  const made = draw("toast", { picture: icon("check"), text: say("stored", { what: text }), undo: true });
  slot(made, "undo").addEventListener("click", async () => {
    const back = await outbox.undo(act);
    toast(say(back ? "takenBack" : "alreadyGone"), back ? "undo-2" : "info");
    if (back) undone();
  });
  show(made, Math.max(0, act.sendAfter - Date.now()));
}
