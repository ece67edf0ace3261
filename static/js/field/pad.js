/* A box to sign in, with finger, pen or mouse. The strokes are kept, so that a turned phone can draw them again. */

const INK = "#1b2733";
const PAPER = "#ffffff";

export function pad(canvas) {
  const strokes = [];
  const context = canvas.getContext("2d");
  let ratio = 1;

  function fit() {
    ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    redraw();
  }

  function redraw() {
    context.fillStyle = PAPER;
    context.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(context, { strokeStyle: INK, fillStyle: INK, lineCap: "round", lineJoin: "round" });
    strokes.forEach(line);
  }

  function line(stroke) {
    context.lineWidth = 2.6 * ratio;
    context.beginPath();
    context.moveTo(stroke[0][0] * ratio, stroke[0][1] * ratio);
    // A single touch is a dot.
    if (stroke.length === 1) context.lineTo(stroke[0][0] * ratio + 0.1, stroke[0][1] * ratio);
    for (let index = 1; index < stroke.length; index += 1) {
      const [x, y] = stroke[index - 1];
      context.quadraticCurveTo(x * ratio, y * ratio, ((x + stroke[index][0]) / 2) * ratio, ((y + stroke[index][1]) / 2) * ratio);
    }
    context.stroke();
  }

  const at = (event) => [event.offsetX, event.offsetY];
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    strokes.push([at(event)]);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1).push(at(event));
    redraw();
  });
  new ResizeObserver(fit).observe(canvas);

  return {
    clear() {
      strokes.length = 0;
      redraw();
    },
    /* A slip of the finger is no signature. */
    isSigned: () => strokes.reduce((sum, stroke) => sum + stroke.length, 0) > 8,
    png: () => new Promise((resolve) => canvas.toBlob(resolve, "image/png")),
  };
}
