/* What changes with every second, as long as it is on the screen. */

const watched = new Map();

export function live(element, update) {
  update();
  watched.set(element, update);
  return element;
}

function tick() {
  for (const [element, update] of watched) {
    if (element.isConnected) update();
    else watched.delete(element);
  }
}

setInterval(() => document.hidden || tick(), 1000);
document.addEventListener("visibilitychange", tick);
