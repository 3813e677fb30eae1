// The phone: each text as it arrives, in its script, with its code to tap.

import { $, element, say } from "./dom.js";
import { onTick, now } from "./time.js";
import { grouped } from "./words.js";

const KEPT = 30;
const texts = $(".texts");
const thread = $(".thread");
const suggestion = $(".suggestion");

let directions = new Map();
let offered = null;
let flow = null;

/** Shows texts as they arrive, and types their codes into `app`, which is `{current, suggest}`. */
export function start({ app, languages, textsGoOut }, typing) {
  flow = typing;
  directions = new Map(languages.map(({ tag, rightToLeft }) => [tag, rightToLeft ? "rtl" : "ltr"]));
  $("[data-app]").textContent = app;
  $(".avatar").textContent = app.slice(0, 1);
  onTick(() => { $("[data-clock]").textContent = new Date(now()).toISOString().slice(11, 16); });
  if (textsGoOut) {
    $(".phone .empty").textContent = "Texts go out for real: look at the phone that you signed up with.";
    return;
  }
  const source = new EventSource("/_local/texts");
  // Who comes again is told the newest once more.
  source.addEventListener("open", () => texts.replaceChildren());
  source.addEventListener("message", event => arrived(JSON.parse(event.data)));
}

function arrived(text) {
  const otp = text.request?.message?.to?.data?.otp;
  const lines = text.text.split("\n");
  const last = lines.length > 1 && otp && lines.at(-1).startsWith("@") && lines.at(-1).endsWith(`#${otp}`);
  const direction = text.language ? directions.get(text.language) ?? "ltr" : "auto";
  const bubble = element("div", { class: "bubble", lang: text.language, dir: direction });
  lines.forEach((line, at) => {
    const machine = at > 0 && at === lines.length - 1 && /^(@|[A-Za-z0-9+/]{11}$)/.test(line);
    bubble.append(machine ? element("p", { class: "machine", dir: "ltr", lang: "en" }, line) : element("p", {}, ...tappable(line, otp)));
  });
  const at = new Date(text.at).toISOString().slice(11, 19);
  const size = text.segments ? [`${text.segments} ${text.segments === 1 ? "segment" : "segments"}`, text.encoding] : [];
  const facts = [at, ...size, text.language].filter(Boolean).join(" · ");
  texts.append(element("li", {}, element("p", { class: "to", dir: "ltr" }, `to ${grouped(text.to)}`), bubble, element("p", { class: "facts" }, facts)));
  while (texts.children.length > KEPT) texts.firstChild.remove();
  $(".phone .empty").hidden = true;
  thread.scrollTop = thread.scrollHeight;
  // Texts of earlier runs are shown, and not offered.
  if (Math.abs(now() - Date.parse(text.at)) < 60_000) say(`A text arrived for ${grouped(text.to)}`);
  if (text.to === flow.current().number || !flow.current().number) offer(last ? otp : null);
}

/** Returns the parts of a line, in which the code is a button. */
function tappable(line, otp) {
  const at = otp ? line.indexOf(otp) : -1;
  if (at < 0) return [line];
  const button = element("button", { type: "button", class: "code", dir: "ltr", "aria-label": `Fill in the code ${[...otp].join(" ")}` }, otp);
  button.addEventListener("click", () => flow.suggest(otp));
  return [line.slice(0, at), button, line.slice(at + otp.length)];
}

/** Offers the code above the keyboard, as a phone does where the last line binds it to this page. */
function offer(otp) {
  offered = otp;
  suggestion.hidden = !otp;
  $("b", suggestion).textContent = otp ?? "";
}

suggestion.addEventListener("click", () => offered && flow.suggest(offered));
