// The field of a code: one input over as many cells as a code has characters.

import { $, element } from "./dom.js";

const input = $("#otp");
const cells = $(".cells");
let [length, alphabet] = [6, "numeric"];
let complete = () => {};

/** Makes the field one for codes of this form; `submit` is called when one is whole. */
export function setUp(code, submit) {
  ({ length, alphabet } = code);
  complete = submit;
  input.inputMode = alphabet === "numeric" ? "numeric" : "text";
  $("label[for=otp]").textContent = `Code of ${length} ${alphabet === "numeric" ? "digits" : "characters"}`;
  cells.replaceChildren(...Array.from({ length }, () => element("span")));
  draw();
}

/** Types a code for the person, as a phone that fills it in does. */
export function fill(code) {
  input.value = code;
  input.focus();
  typed();
}

export function clear() {
  input.value = "";
  draw();
}

/** Returns the code in what was typed or pasted: a whole text may have been, with other numbers in it. */
function codeIn(text) {
  const whole = new RegExp(`(?<![0-9A-Za-z])[0-9${alphabet === "numeric" ? "" : "A-Za-z"}]{${length}}(?![0-9A-Za-z])`);
  const found = whole.exec(text)?.[0] ?? text.replace(alphabet === "numeric" ? /[^0-9]/g : /[^0-9A-Za-z]/g, "");
  return found.slice(0, length).toLowerCase();
}

function draw() {
  const code = input.value;
  const focused = document.activeElement === input;
  [...cells.children].forEach((cell, at) => {
    cell.textContent = code[at] ?? "";
    cell.classList.toggle("next", focused && at === Math.min(code.length, length - 1));
  });
}

function typed() {
  // What was wrong stays in words; the cells are those of the next try.
  input.removeAttribute("aria-invalid");
  input.value = codeIn(input.value);
  draw();
  if (input.value.length === length) complete();
}

input.addEventListener("input", typed);
for (const event of ["focus", "blur"]) input.addEventListener(event, draw);
