/* "Scan": a number or a site's code leads to its job, among those on this phone. */

import { draw, say, slot } from "./dom.js";
import { place, row } from "./jobs.js";
import { scan } from "./scanner.js";

export function show(data, context) {
  const made = draw("scan", { found: [] });
  const form = made.querySelector("form");
  const find = () => {
    const code = form.elements.code.value.trim();
    const found = code ? data.pairs.flatMap((pair) => hits(pair, code.toLowerCase())) : [];
    const problem = slot(made, "problem");
    problem.hidden = found.length > 0 || !code;
    problem.textContent = say("notFound", { code });
    slot(made, "found").hidden = !found.length;
    slot(made, "found").replaceChildren(...found);
    form.elements.code.select();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    find();
  });
  made.querySelector("[data-act=camera]").addEventListener("click", context.act(async () => {
    const code = await scan();
    if (!code) return;
    form.elements.code.value = code;
    find();
  }));
  return { title: say("scanTitle"), subtitle: "", tab: "scan", main: made, dock: [], still: true };
}

/* A site's code begins with its key; whether the rest is right is the desk's to say. */
const isOf = (code, site) => /(?:^|\/)(\d+)-[0-9a-f]{20}\/?$/.exec(code)?.[1] === String(site.id);

function hits({ job }, code) {
  const is = (text) => Boolean(text) && (text.toLowerCase() === code || code.endsWith(`/${text.toLowerCase()}`));
  const lines = job.parts.flatMap((request) => request.lines);
  const found = [];
  if (isOf(code, job.site)) found.push(["map-pin", job.site.name]);
  if (is(job.device?.serial)) found.push(["server", job.device.name]);
  if (is(job.ticket?.number)) found.push(["ticket", job.ticket.title]);
  for (const line of lines) if (is(line.code) || line.serials.some(is)) found.push(["package", line.name]);
  return found.map(([picture, text]) => {
    const link = document.createElement("a");
    link.className = "m-card m-card-body";
    link.href = `#/visit/${job.id}`;
    link.append(row(picture, text, place(job), null));
    return link;
  });
}
