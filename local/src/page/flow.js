// The app: sign up, enter the code, verified; and signing a verified user in again.

import { request, verify } from "./api.js";
import { clear, fill, setUp } from "./code.js";
import { $, $$, say } from "./dom.js";
import { reader } from "./panel.js";
import { now, onTick, secondsUntil, duration } from "./time.js";
import { NONE_LIVE, grouped, problems } from "./words.js";

const forms = { signup: $("#signup"), signin: $("#signin"), code: $("#code") };
const resend = $("[data-resend]");

/** Who is signing up or in. `otp` is that of the newest answer to this person's own calls. */
let person = {};
/** The usernames that are known to be verified: by our own 200, or because signup said that the name is taken. */
const verified = new Set();
/** Until when each form's button waits, because an answer said so. */
const waits = new Map();
let busy = false;
/** True when a code is whole while a call is under way: a text may be faster than the answer to who asked for it. */
let deferred = false;
let webOtp = null;

/** An id is known for an hour after its issue (docs/api.md). */
const KNOWN = 3_600_000;

/** Returns who is signing up or in, and until when the last of their buttons waits. */
export const current = () => ({ ...person, waitsUntil: Math.max(0, ...waits.values()) });

export function start({ code, textsGoOut }) {
  $("[data-fictitious]").hidden = textsGoOut;
  setUp(code, () => forms.code.requestSubmit());
  onTick(draw);
}

function show(screen) {
  for (const part of $$("[data-screen]")) part.hidden = part.dataset.screen !== screen;
  const step = screen === "signin" ? "signup" : screen;
  const order = ["signup", "code", "done"];
  for (const item of $$("[data-step]")) {
    item.toggleAttribute("data-done", order.indexOf(item.dataset.step) < order.indexOf(step) || step === "done");
    if (item.dataset.step === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  $("[data-step=signup]").textContent = person.signingIn ? "Sign in" : "Sign up";
  for (const name of $$("[data-user]")) name.textContent = person.username ?? "";
  draw();
  const heading = $(`[data-screen=${screen}] h2`);
  (screen === "code" ? $("#otp") : heading).focus({ preventScroll: true });
  if (screen === "code") say(heading.textContent);
}

/** Shows what is wrong, each problem at its field, and moves the focus to the first; no problems clear them. */
function complain(form, list = []) {
  for (const field of $$("input", form)) {
    const words = list.filter(([name]) => name === field.name).map(([, words]) => words).join(" ");
    $(`#${field.id}-problem`).textContent = words;
    field.removeAttribute("aria-invalid");
    if (words) field.setAttribute("aria-invalid", "true");
  }
  const named = new Set($$("input", form).map(field => field.name));
  const [ofFields, ofForm] = [true, false].map(own => list.filter(([name]) => named.has(name) === own).map(([, words]) => words).join(" "));
  $(".alert", form).textContent = ofForm;
  // An alert is read out by itself; what describes a field that has the focus already is not.
  say(ofFields);
  $("[aria-invalid]", form)?.focus();
}

/** Runs one call at a time, and shows of its reply what the person has to know. */
async function calling(form, button, call) {
  if (busy || secondsUntil(waits.get(button) ?? 0)) return null;
  busy = true;
  button.setAttribute("aria-busy", "true");
  complain(form);
  const reply = await call();
  busy = false;
  button.removeAttribute("aria-busy");
  if (reply.wait) waits.set(button, now() + reply.wait * 1000);
  if (!reply.ok) complain(form, problems(reply));
  draw();
  if (deferred) setTimeout(() => {
    deferred = false;
    forms.code.requestSubmit();
  });
  return reply;
}

/** Awaits a text: no code of an earlier one is offered, and the browser reads it where it can (WebOTP). */
function listen() {
  $(".suggestion").hidden = true;
  if (!("OTPCredential" in window)) return;
  webOtp?.abort();
  webOtp = new AbortController();
  navigator.credentials.get({ otp: { transport: ["sms"] }, signal: webOtp.signal })
    .then(credential => credential && suggest(credential.code), () => {});
}

/** Fills a code in, if one is being asked for. */
export function suggest(code) {
  if (!$("[data-screen=code]").hidden) fill(code);
}

/** Asks for a text. */
function issue(path, body) {
  listen();
  return request(path, body);
}

function issued({ otp }) {
  person.otp = { id: otp.id, knownUntil: now() + KNOWN, expires: Date.parse(otp.expiresAt), live: otp.status === "PENDING" };
  person.sent = otp.delivery;
  waits.set(resend, now() + otp.resendAfter * 1000);
  if (!deferred) clear();
  show("code");
  const words = {
    SENT: "",
    UNKNOWN: "The messenger gave no answer: the text may come or not. If it comes, its code is valid.",
    FAILED: "The text could not be sent. Your account is there: ask for another code.",
  }[otp.delivery];
  complain(forms.code, words ? [["", words]] : []);
}

forms.signup.addEventListener("submit", async event => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(forms.signup));
  const body = { ...fields, mobileNo: fields.mobileNo.replace(/[\s().-]/g, ""), ...reader() };
  const reply = await calling(forms.signup, $(".primary", forms.signup), () => {
    person = { username: body.username.toLowerCase(), number: body.mobileNo };
    return issue("/signup", body);
  });
  if (!reply) return;
  const taken = reply.answer.code === "username_taken";
  $("[data-signin]", forms.signup).hidden = !taken;
  if (taken) {
    verified.add(person.username);
    // Theirs may be another number than the one that was typed here.
    person.number = null;
  }
  if (reply.ok) issued(reply.answer);
});

forms.signin.addEventListener("submit", async event => {
  event.preventDefault();
  const body = { username: person.username, ...reader() };
  const reply = await calling(forms.signin, $(".primary", forms.signin), () => issue("/send", body));
  if (reply?.ok) issued(reply.answer);
  else if (reply?.answer.code === "otp_pending") {
    waits.set(resend, waits.get($(".primary", forms.signin)) ?? 0);
    person.otp = { live: true };
    show("code");
    complain(forms.code, problems(reply));
  }
});

resend.addEventListener("click", async () => {
  const { id, live, knownUntil } = person.otp;
  const forgotten = id && knownUntil <= now();
  if (forgotten && !person.signingIn) {
    complain(forms.code, [["", "This signup is more than an hour old. Start over to get a code of your own."]]);
    return;
  }
  const path = live ? "/resend" : "/send";
  const body = { username: person.username, ...(id && !forgotten && { otpId: id }), ...reader() };
  const reply = await calling(forms.code, resend, () => issue(path, body));
  if (reply?.ok) {
    issued(reply.answer);
    say("Another code was sent");
  }
});

forms.code.addEventListener("submit", async event => {
  event.preventDefault();
  deferred = busy;
  if (busy) return;
  const body = { username: person.username, otp: $("#otp").value, ...(person.otp.id && { otpId: person.otp.id }) };
  const reply = await calling(forms.code, $(".primary", forms.code), () => verify(body));
  if (!reply) return;
  if (reply.ok) {
    webOtp?.abort();
    verified.add(person.username);
    $("[data-outcome]").textContent = person.signingIn
      ? "Signed in: the code confirmed it once more."
      : `${grouped(person.number)} is in the hands of whoever typed the code. From here on nobody else can sign up as ${person.username}.`;
    show("done");
    return;
  }
  if (NONE_LIVE.includes(reply.answer.code)) person.otp.live = false;
  if (reply.status) clear();
  $("#otp").focus();
});

for (const button of $$("[data-signin]")) {
  button.addEventListener("click", () => {
    // Of others it is not known that they are verified, and who is not signs up.
    if (!verified.has(person.username)) return;
    person = { username: person.username, number: person.number, signingIn: true };
    complain(forms.signin);
    show("signin");
  });
}

for (const button of $$("[data-restart], [data-back]")) {
  button.addEventListener("click", () => {
    person = {};
    complain(forms.signup);
    $("[data-signin]", forms.signup).hidden = true;
    const username = $("#username");
    if (verified.has(username.value.trim().toLowerCase())) username.value = unused(username.value);
    show("signup");
  });
}

/** Returns a username like `name` that is not known to be taken. */
function unused(name) {
  const stem = name.replace(/\d+$/, "");
  let number = 2;
  while (verified.has(`${stem}${number}`)) number += 1;
  return `${stem}${number}`;
}

/** Draws what depends on the time. */
function draw() {
  for (const [form, words] of [["signup", "Text me a code"], ["signin", "Text me a code"], ["code", "Verify"]]) {
    label($(".primary", forms[form]), words, "Try again in");
  }
  label(resend, "Send another code", "Another code in");
  $("[data-number]").textContent = person.number ? grouped(person.number) : "the phone of this account";
  $("[data-sent]").textContent = person.sent === "FAILED" ? "No code could be sent to" : "We texted a code to";
  const { expires, live } = person.otp ?? {};
  const left = expires ? secondsUntil(expires) : 0;
  $("[data-life]").textContent = !expires || !live ? "" : left ? `It is valid for ${duration(left)}.` : "It has expired.";
}

function label(button, words, waiting) {
  const seconds = secondsUntil(waits.get(button) ?? 0);
  const text = seconds ? `${waiting} ${duration(seconds)}` : words;
  if (button.textContent !== text) button.textContent = text;
  button.setAttribute("aria-disabled", String(Boolean(seconds)));
}
