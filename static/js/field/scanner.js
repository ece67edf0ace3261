/* One number or code: by camera where there is one, by hand scanner or typing everywhere. */

import { sheet, slot } from "./dom.js";

const FORMATS = ["qr_code", "code_128", "code_39", "data_matrix", "ean_13"];
const EVERY = 250;

/* Answers the text, or "" when put away. */
export async function scan() {
  let stop = () => {};
  const said = await sheet("sheet-scan", {}, (form, dialog) => {
    stop = watch(form, dialog);
    // A hand scanner types and ends with Enter: the first button would be "Back".
    form.elements.code.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      dialog.close(form.elements.code.value.trim() ? "yes" : "back");
    });
  });
  stop();
  return said ? said.code.trim() : "";
}

/* The browser's own reader; where it knows no codes, one of QR codes. */
async function reader() {
  let Detector = window.BarcodeDetector;
  let known = Detector ? await Detector.getSupportedFormats() : [];
  if (!known.length) {
    ({ BarcodeDetector: Detector } = await import(document.body.dataset.reader));
    known = await Detector.getSupportedFormats();
  }
  return new Detector({ formats: FORMATS.filter((name) => known.includes(name)) });
}

function watch(form, dialog) {
  const video = slot(form, "camera");
  const able = Boolean(navigator.mediaDevices?.getUserMedia);
  video.hidden = !able;
  slot(form, "noCamera").hidden = able;
  if (!able) return () => {};
  let stream;
  let over = false;
  const look = async () => {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    const detector = await reader();
    while (!over) {
      const [found] = await detector.detect(video);
      if (found) {
        form.elements.code.value = found.rawValue;
        navigator.vibrate?.(80);
        dialog.close("yes");
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  };
  look().catch(() => {
    video.hidden = true;
    slot(form, "noCamera").hidden = false;
  }).finally(() => over && stream?.getTracks().forEach((track) => track.stop()));
  return () => {
    over = true;
    stream?.getTracks().forEach((track) => track.stop());
  };
}

/* Buttons with data-scan="field" below `form` put what is read into that field. Only outside of a sheet that is open. */
export function bindScan(form) {
  for (const button of form.querySelectorAll("[data-scan]")) {
    button.addEventListener("click", async () => {
      const text = await scan();
      if (text) form.elements[button.dataset.scan].value = text;
    });
  }
}
