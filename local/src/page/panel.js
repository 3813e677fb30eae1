// Scenes: what the messenger does next, what time it is, and who reads.

import { $, $$, element, say } from "./dom.js";
import { now, onTick, set } from "./time.js";

const SCRIPTS = {
  ordinary: {},
  delayed: { delay: { minMillis: 3000, maxMillis: 3000 } },
  refused: { then: { answer: { status: 503 } } },
  silent: { then: { hang: {} } },
};
const [HOUR, DAY] = [3600, 86400];

/** Returns the fields by which the reader of a text is known. */
export function reader() {
  const [locale, client] = [$("#locale").value, $("#client").value];
  return { ...(locale && { locale }), ...(client && { client }) };
}

/** Sets the scenes up; `current` returns who is signing up, whose code the clock is moved for. */
export function start(state, current) {
  messenger(state);
  clock(state, current);
  languages(state);
}

async function tell(method, path, body) {
  try {
    const response = await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const answer = response.status === 204 ? {} : await response.json();
    return response.ok ? answer : { fault: answer.message };
  } catch {
    return { fault: "`local` does not answer." };
  }
}

function messenger({ script, textsGoOut }) {
  const words = $("#messenger .problem");
  const same = name => JSON.stringify(SCRIPTS[name]) === JSON.stringify(script);
  for (const radio of $$("#messenger input")) {
    radio.checked = same(radio.value);
    radio.disabled = textsGoOut;
    radio.addEventListener("change", async () => {
      const { fault } = await tell("PUT", "/_local/script", SCRIPTS[radio.value]);
      words.textContent = fault ?? "";
    });
  }
  if (textsGoOut) words.textContent = "Texts go out for real: the messenger is not ours to direct.";
}

function clock({ clockStands, now: time, advancedSeconds }, current) {
  const words = $("#clock .problem");
  set(time);
  ahead(advancedSeconds);
  onTick(() => { $("[data-now]").textContent = new Date(now()).toISOString().slice(11, 19); });
  for (const button of $$("[data-past]")) {
    button.disabled = Boolean(clockStands);
    button.addEventListener("click", async () => {
      const advanceSeconds = by(button.dataset.past, current());
      const answer = await tell("POST", "/_local/clock", { advanceSeconds });
      words.textContent = answer.fault ?? "";
      if (answer.fault) return;
      set(answer.now);
      ahead(answer.advancedSeconds);
      say(`The clock is at ${answer.now.slice(11, 19)} UTC`);
    });
  }
  if (clockStands) words.textContent = clockStands;
}

/** Returns by how many seconds a button moves the clock. */
function by(what, { otp, waitsUntil }) {
  const until = at => Math.ceil((at - now()) / 1000) + 1;
  const seconds = {
    cooldown: waitsUntil > now() ? until(waitsUntil) : 30,
    expiry: otp?.expires > now() ? until(otp.expires) : 600,
    hour: HOUR,
    day: DAY - (Math.floor(now() / 1000) % DAY),
  }[what];
  return Math.max(1, seconds);
}

function ahead(seconds) {
  const parts = [[Math.floor(seconds / DAY), "d"], [Math.floor(seconds / HOUR) % 24, "h"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"]];
  const words = parts.filter(([n]) => n).slice(0, 2).map(([n, unit]) => `${n} ${unit}`).join(" ");
  $("[data-ahead]").textContent = words && `${words} ahead of this machine`;
}

function languages({ languages, lastLines }) {
  const options = languages.map(({ tag, rightToLeft }) => {
    const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
    return element("option", { value: tag, lang: tag, dir: rightToLeft ? "rtl" : "ltr" }, name);
  });
  $("#locale").replaceChildren(...options);
  const binding = () => {
    const client = $("#client").value || "web";
    $("[data-binding]").textContent = !lastLines.includes(client)
      ? "No last line is set for it: the code is typed by hand."
      : client === "android" ? "The last line is the hash of the Android app." : "The last line binds the code to the site: phones offer to fill it in.";
  };
  $("#client").addEventListener("change", binding);
  binding();
}
