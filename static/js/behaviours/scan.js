/* The field of a hand scanner: form[data-scan-form="#what the answers replace"]. A scanner types and ends with Enter,
   sometimes faster than the desk answers: codes wait in line and are sent one after the other. The focus comes back to
   the field, and what is typed elsewhere on the page goes into it. Right: a short beep. Wrong: a long buzz. */
"use strict";
(() => {
  const form = document.querySelector("[data-scan-form]");
  if (!form || !window.htmx) return;
  const field = form.elements.code;
  const target = form.dataset.scanForm;
  const BUZZ = 400;
  const waiting = [];
  let sending = false;
  let sound;

  const ready = () => document.querySelector("dialog[open]") || field.focus({ preventScroll: true });

  function tone(hertz, milliseconds) {
    try {
      sound = sound || new AudioContext();
      const source = sound.createOscillator();
      const volume = sound.createGain();
      volume.gain.value = 0.15;
      source.frequency.value = hertz;
      source.connect(volume).connect(sound.destination);
      source.start();
      source.stop(sound.currentTime + milliseconds / 1000);
    } catch {
      // No sound here: the line says it, and the phone shakes.
    }
  }

  function tell() {
    const said = document.querySelector("#scan-said [data-scan]");
    if (!said || said.dataset.heard) return;
    said.dataset.heard = "1";
    if (said.dataset.scan === "right") return void tone(880, 90);
    tone(180, BUZZ);
    if (navigator.vibrate) navigator.vibrate(BUZZ);
  }

  /* Nothing came back, so nothing is known to be counted: say so and keep what was not sent for another try. */
  function lost(code) {
    const line = document.createElement("div");
    line.className = "dep-said dep-said-wrong";
    line.dataset.scan = "wrong";
    line.textContent = form.dataset.offline.replace("{code}", [code, ...waiting].join(", "));
    document.getElementById("scan-said").replaceChildren(line);
    waiting.length = 0;
    tell();
  }

  async function send(code) {
    waiting.push(code);
    if (sending) return;
    sending = true;
    while (waiting.length) {
      const next = waiting.shift();
      const values = { code: next, request: form.elements.request.value };
      await htmx.ajax("POST", form.action, { source: form, target, swap: "outerHTML", values }).catch(() => lost(next));
    }
    sending = false;
    ready();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = field.value.trim();
    field.value = "";
    if (code) send(code);
    ready();
  });

  // Before the page's shortcuts hear of it: a serial number is full of them.
  window.addEventListener("keydown", (event) => {
    const elsewhere = !event.target.closest("input, select, textarea, dialog, .dropdown-menu");
    if (!elsewhere || event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    ready();
  }, true);

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status !== 422 || `#${event.detail.target.id}` !== target) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    tell();
    if (document.activeElement === document.body) ready();
  });
  document.addEventListener("close", () => setTimeout(ready), true);

  const camera = form.querySelector("[data-camera]");
  const dialog = document.getElementById("scan-camera");
  const video = dialog.querySelector("video");

  async function look() {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    dialog.addEventListener("close", () => stream.getTracks().forEach((track) => track.stop()), { once: true });
    dialog.showModal();
    video.srcObject = stream;
    await video.play();
    const detector = new BarcodeDetector();
    while (dialog.open) {
      const [found] = await detector.detect(video).catch(() => []);
      if (found) {
        dialog.close();
        send(found.rawValue);
        return;
      }
      await new Promise((resolve) => { setTimeout(resolve, 200); });
    }
  }

  camera.hidden = !("BarcodeDetector" in window && navigator.mediaDevices);
  camera.addEventListener("click", () => look().catch(() => dialog.close()));

  tell();
  ready();
})();
