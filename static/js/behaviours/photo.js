/* Shows chosen photos before they are sent and says at once which cannot go: input[data-photos] inside
   .sd-photos, limits in data-max-bytes and data-max-files. The server checks again. */
"use strict";
(() => {
  const words = document.getElementById("sd-words").dataset;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const WIDTH = 208;
  // Choosing again adds to what is there: phones hand over one photo at a time.
  const chosen = new WeakMap();

  function refuse(file, input, position) {
    const limit = Number(input.dataset.maxBytes || Infinity);
    const many = Number(input.dataset.maxFiles || Infinity);
    if (!file.type.startsWith("image/")) return fill(words.photoKind, { name: file.name });
    if (file.size > limit) return fill(words.photoBig, { name: file.name, size: Math.floor(limit / 1048576) });
    if (position >= many) return fill(words.photoMany, { count: many });
    return "";
  }

  /* A small copy as data: URL, because blob: is not in the page's policy; formats that the browser
     cannot read (HEIC) show their name only. */
  async function thumbnail(file) {
    const bitmap = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = Math.round((WIDTH * bitmap.height) / bitmap.width);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const image = document.createElement("img");
    image.src = canvas.toDataURL("image/jpeg", 0.7);
    image.alt = "";
    return image;
  }

  function placeholder(file) {
    const box = document.createElement("span");
    box.className = "sd-photo-file";
    box.textContent = file.name.split(".").pop().toUpperCase();
    return box;
  }

  function figure(input, file) {
    const box = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", fill(words.photoDrop, { name: file.name }));
    remove.addEventListener("click", () => {
      keep(input, [...input.files].filter((other) => other !== file));
      draw(input, []);
      input.focus();
    });
    box.append(caption, remove);
    thumbnail(file).catch(() => placeholder(file)).then((picture) => box.prepend(picture));
    return box;
  }

  function keep(input, files) {
    const list = new DataTransfer();
    files.forEach((file) => list.items.add(file));
    input.files = list.files;
    chosen.set(input, files);
  }

  function draw(input, problems) {
    const area = input.closest(".sd-photos");
    area.querySelectorAll("figure, .sd-error").forEach((old) => old.remove());
    const add = input.closest(".sd-photo-add");
    [...input.files].forEach((file) => area.insertBefore(figure(input, file), add));
    for (const problem of new Set(problems)) {
      const line = document.createElement("p");
      line.className = "sd-error";
      line.setAttribute("role", "alert");
      line.textContent = problem;
      area.append(line);
    }
  }

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches || !input.matches("input[data-photos]")) return;
    const good = [];
    const problems = [];
    for (const file of [...(chosen.get(input) || []), ...input.files]) {
      const problem = refuse(file, input, good.length);
      if (problem) problems.push(problem);
      else good.push(file);
    }
    keep(input, good);
    draw(input, problems);
  });
})();
