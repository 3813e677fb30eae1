// Each problem in words, and the field that it is shown at.

const WORDS = {
  username_taken: ["username", "Somebody verified this name. Choose another one, or sign in if it is yours."],
  otp_id_required: ["", "Others have signed up with this name, too. Start over to get a code of your own."],
  otp_pending: ["", "A code is on its way and still valid. Type it, or ask for another one."],
  otp_already_used: ["otp", "This code was right, and was used before. Ask for another one to sign in."],
  otp_expired: ["otp", "This code is too old. Ask for another one."],
  otp_exhausted: ["otp", "The tries at this code are used up. Ask for another one."],
  otp_not_found: ["otp", "No code is waiting. Ask for one."],
  resend_too_soon: ["", "Another code cannot be sent yet."],
  rate_limited: ["", "Too many codes were asked for."],
  sms_unavailable: ["", "The text could not be sent: the messenger is down."],
  sms_budget_spent: ["", "The texts of this day are used up."],
  unavailable: ["", "The service is busy or partly down."],
  attestation_required: ["", "Only the app itself may ask for a code, and this page could not get a token for one."],
  locked: ["", "Too many wrong codes in a row: this name is locked. If it was never verified, start over."],
};

/** The codes of problems after which no code is live, so that `/send` and not `/resend` issues the next one. */
export const NONE_LIVE = ["otp_expired", "otp_exhausted", "otp_not_found"];

/** Returns what a reply says is wrong: a list of `[field, words]`, where no field means the whole form. */
export function problems({ status, answer }) {
  const { code, detail, errors, attemptsRemaining: left } = answer;
  if (!status) return [["", "No answer came. What became of the call is not known; it is safe to try again."]];
  if (errors) return errors.map(error => [error.field, error.detail]);
  if (code === "invalid_otp" || code === "otp_superseded") {
    const wrong = code === "invalid_otp" ? "That is not the code." : "That code is of an earlier text. Type the newest one.";
    return [["otp", left === undefined ? wrong : `${wrong} ${tries(left)}`]];
  }
  return [WORDS[code] ?? ["", detail ?? answer.message ?? `Something went wrong (${status}).`]];
}

const tries = left => (left === 0 ? "No tries are left." : left === 1 ? "One try is left." : `${left} tries are left.`);

/** Returns a number in groups, as people write it: +1 202 555 0143. */
export function grouped(number) {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return american ? `+1 ${american.slice(1).join(" ")}` : number.replace(/^(\+\d{2})(\d{3})(\d{3})(\d+)$/, "$1 $2 $3 $4");
}
