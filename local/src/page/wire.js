// Each call as `curl` and as JSON, the newest first.

import { exchanges } from "./api.js";
import { $, element, say } from "./dom.js";

const KEPT = 20;
const calls = $(".calls");

exchanges.addEventListener("exchange", ({ detail }) => {
  const { path, headers, body, status, answer, millis } = detail;
  $("#wire .empty").hidden = true;
  for (const open of calls.querySelectorAll("details[open]")) open.open = false;
  const outcome = status ? `${status}` : "no answer";
  const summary = element("summary", {},
    element("code", {}, `POST ${path}`),
    element("span", { class: status >= 200 && status < 300 ? "good" : "bad" }, outcome),
    element("span", { class: "reason" }, answer?.code ?? answer?.message ?? ""),
    element("span", { class: "millis" }, `${millis} ms`));
  const received = answer ? JSON.stringify(answer, null, 2) : "";
  const panes = element("div", { class: "panes" }, pane("Request", curl(path, headers, body)), pane("Answer", received || "No answer came."));
  calls.prepend(element("li", {}, element("details", { class: "card", open: "" }, summary, panes)));
  while (calls.children.length > KEPT) calls.lastChild.remove();
});

/** Returns a command line for a POSIX shell. */
function curl(path, headers, body) {
  const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = [`curl -i ${location.origin}${path}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`  -H ${quoted(`${name}: ${value}`)}`);
  lines.push(`  -d ${quoted(JSON.stringify(body, null, 2))}`);
  return lines.join(" \\\n");
}

function pane(title, text) {
  const copy = element("button", { type: "button", class: "copy", "aria-label": `Copy: ${title}` }, "Copy");
  copy.addEventListener("click", async () => {
    // There is no clipboard over plain HTTP from another machine.
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    copy.textContent = copied ? "Copied" : "Not allowed";
    if (copied) say("Copied");
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  return element("figure", {}, element("figcaption", {}, title, copy), element("pre", { tabindex: "0", role: "region", "aria-label": title }, text));
}
