/* The dispatch board: a waiting ticket ([data-send]) is dragged to an engineer's hours ([data-engineer]), or picked by its
   button and given by the button of a row. Either opens the form to send somebody, with engineer and start filled in. */
"use strict";
(() => {
  const SLOP = 6;
  const STEP = 15 * 60000;
  let picked = null;
  let drag = null;

  const tickets = () => document.querySelectorAll("[data-send]");

  function ask(url, engineer, at) {
    const query = new URLSearchParams({ engineer });
    if (at) query.set("starts_at", at);
    window.htmx.ajax("GET", `${url}?${query}`, { target: "#desk-form", swap: "innerHTML" });
  }

  // The hour under the pointer, on the wall of the board's own zone: its start carries the offset.
  function moment(track, x) {
    const { start, end } = track.closest("[data-start]").dataset;
    const box = track.getBoundingClientRect();
    const share = Math.min(Math.max((x - box.left) / box.width, 0), 1);
    const from = Date.parse(start);
    const at = Math.round((from + share * (Date.parse(end) - from)) / STEP) * STEP;
    if (at <= Date.now()) return "";
    const zone = start.match(/([+-])(\d\d):(\d\d)$/);
    const shift = zone ? (zone[1] === "-" ? -1 : 1) * (zone[2] * 60 + Number(zone[3])) * 60000 : 0;
    return new Date(at + shift).toISOString().slice(0, 16);
  }

  function pick(ticket) {
    picked = ticket && picked !== ticket.dataset.send ? ticket.dataset.send : null;
    show();
    if (picked) {
      const status = document.getElementById("dp-status");
      status.textContent = status.dataset.picked;
      document.querySelector("[data-here]").focus();
    }
  }

  function show() {
    for (const ticket of tickets()) {
      const button = ticket.querySelector("[data-pick]");
      button.hidden = false;
      button.setAttribute("aria-pressed", String(ticket.dataset.send === picked));
      ticket.classList.toggle("dp-picked", ticket.dataset.send === picked);
    }
    for (const button of document.querySelectorAll("[data-here]")) button.hidden = !picked;
  }

  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-pick]");
    if (chosen) return pick(chosen.closest("[data-send]"));
    const here = event.target.closest("[data-here]");
    if (here && picked) ask(picked, here.closest("[data-engineer]").dataset.engineer, "");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    drop();
    if (picked && !document.querySelector("dialog[open]")) pick(null);
  });

  const under = (event) => {
    const found = document.elementFromPoint(event.clientX, event.clientY);
    return found && found.closest("[data-engineer]");
  };

  function drop() {
    if (!drag) return;
    if (drag.ghost) drag.ghost.remove();
    for (const line of document.querySelectorAll(".dp-over")) line.classList.remove("dp-over");
    drag = null;
  }

  document.addEventListener("pointerdown", (event) => {
    const ticket = event.target.closest("[data-send]");
    if (!ticket || event.button || event.pointerType === "touch" || event.target.closest("a, button")) return;
    event.preventDefault();
    drag = { url: ticket.dataset.send, ticket, x: event.clientX, y: event.clientY, ghost: null };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < SLOP) return;
    if (!drag.ghost) {
      drag.ghost = document.createElement("div");
      drag.ghost.className = "dp-ghost";
      drag.ghost.textContent = drag.ticket.querySelector("a").textContent;
      document.body.append(drag.ghost);
    }
    drag.ghost.style.transform = `translate(${event.clientX + 10}px, ${event.clientY + 10}px)`;
    const over = under(event);
    for (const line of document.querySelectorAll(".dp-over")) line.classList.toggle("dp-over", line === over);
    if (over) over.classList.add("dp-over");
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { url, ghost } = drag;
    const line = ghost && under(event);
    drop();
    if (line) ask(url, line.dataset.engineer, moment(line.querySelector("ol"), event.clientX));
  });
  document.addEventListener("pointercancel", drop);

  document.addEventListener("htmx:afterSettle", show);
  show();
})();
