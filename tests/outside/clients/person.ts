// A person at the page of docs/web.md, in a browser without a screen: from the sign-up over a wrong code to the newest one,
// which the browser reads out of its text (WebOTP). The first answers of sign-up and resend are lost.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Window } from "happy-dom";

const PATIENCE_MS = 30_000;
const NUMBER = "+12125550143";
const DETAILS = { username: "ada-at-a-page", password: "a quiet harbour at dawn", mobileNo: NUMBER, name: "Ada" };

/** The last line of a text that is for pages of this host alone. */
const LAST_LINE = /\n@example\.com #([0-9]{6})$/;

const inbox = new URL(`${process.argv[2]}/inbox?${new URLSearchParams({ to: NUMBER })}`);
const send = globalThis.fetch;

/** The texts, newest first. */
async function texts(): Promise<string[]> {
  const messages = (await (await send(inbox)).json()) as { text: string }[];
  return messages.map(({ text }) => text);
}

async function newestCode(): Promise<string> {
  return LAST_LINE.exec((await texts())[0] ?? "")?.[1] ?? assert.fail("no text is for the page");
}

async function until<Value>(what: string, look: () => Value | Promise<Value>): Promise<NonNullable<Value>> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(10)) {
    const seen = await look();
    if (seen) return seen;
  }
  return assert.fail(`${what} did not come: the page says ${status()}`);
}

const browser = new Window({ url: "https://example.com/" });
browser.document.write(await readFile(new URL("../page.html", import.meta.url), "utf8"));
const { document } = browser;
const status = () => document.querySelector("#status")?.textContent ?? "";
const shown = (text: string) => until(`"${text}"`, () => status() === text);
const form = (id: string) => document.querySelector(`#${id}`) as unknown as HTMLFormElement;
const field = (name: string) => document.querySelector(`[name=${name}]`) as unknown as HTMLInputElement;
const another = document.querySelector("#another") as unknown as HTMLButtonElement;

function type(otp: string) {
  field("otp").value = otp;
  form("verify").requestSubmit();
}

let read = 0;
const calls: string[] = [];
const lost = new Set(["/signup", "/resend"]);
const globals = {
  document,
  window: browser,
  FormData: browser.FormData,
  navigator: { credentials: { get: readNextText } },
  async fetch(request: Request) {
    const answer = await send(request.clone());
    const { pathname } = new URL(request.url);
    calls.push(`${pathname} ${answer.status}`);
    if (lost.delete(pathname)) throw new TypeError("the answer is lost");
    return answer;
  },
};
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

/** What a browser with WebOTP does: it waits for a text that was not there before, and is for the page. */
async function readNextText({ signal }: { signal: AbortSignal }) {
  const code = await until("a text", async () => {
    signal.throwIfAborted();
    const [newest = "", ...before] = await texts();
    return before.length >= read ? LAST_LINE.exec(newest)?.[1] : undefined;
  });
  return { code };
}

await import(new URL("page.js", import.meta.url).href);

for (const [name, value] of Object.entries(DETAILS)) field(name).value = value;
form("signup").requestSubmit();
await shown("We have texted you a code.");
assert.deepEqual(calls.splice(0), ["/signup 201", "/signup 201"]);
assert.equal((await texts()).length, 1, "the repeated sign-up sent a second text");
assert.ok(form("signup").hidden && !form("verify").hidden);

const wrong = (Number(await newestCode()) + 1) % 1_000_000;
type(String(wrong).padStart(6, "0"));
await shown("Wrong code. Attempts left: 4.");
assert.deepEqual(calls.splice(0), ["/verify 422"]);

Object.defineProperty(browser, "OTPCredential", { value: class {} });
await until("the end of the wait", () => !another.disabled);
read = (await texts()).length;
another.click();
await shown("Your number is verified.");
// The text is read before the answer with its id has come.
assert.deepEqual(calls, ["/resend 202", "/resend 202", "/verify 200"]);
assert.equal((await texts()).length, 2, "the repeated resend sent a third text");
assert.ok(form("verify").hidden);
console.log("   the person is verified");
await browser.happyDOM.close();
