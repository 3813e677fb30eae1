// The four calls, as docs/api.md advises a client to make them.

/** Tells of each exchange: `detail` is `{path, headers, body, status, answer, millis}`. */
export const exchanges = new EventTarget();

/** Longer than a function may take. */
const PATIENCE = 20_000;
/** The pauses before a call whose answer was lost is made again. */
const PAUSES = [500, 1_500];

/** True where the calls bring an App Check token, as an app's do. */
let attested = false;

/** The key of the last attempt at each call, while its outcome is not known. */
const open = new Map();

/** Makes the calls as the service wants them. */
export function start({ appCheck }) {
  attested = appCheck;
}

/**
 * Calls signup, send or resend. An attempt has a key, and keeps it until it is known what became of it: made again after
 * a lost answer, it sends no second text.
 */
export async function request(path, body) {
  const same = JSON.stringify(body);
  if (open.get(path)?.same !== same) open.set(path, { same, key: drawn() });
  const { key } = open.get(path);
  let reply = await once(path, body, key);
  for (const pause of PAUSES) {
    if (reply.status) break;
    await new Promise(done => setTimeout(done, pause));
    reply = await once(path, body, key);
  }
  if (reply.status && reply.status < 500 && reply.status !== 429) open.delete(path);
  return reply;
}

/** Returns a new key. `randomUUID` is not there over plain HTTP from another machine. */
function drawn() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");
}

/** Calls verify. A code is confirmed once, so a lost answer is for the person to see and not to be asked for again. */
export const verify = body => once("/verify", body);

/** Returns the header with a new token: one from before the clock was put ahead may have ended. */
async function attestation() {
  if (!attested) return {};
  const given = await fetch("/_local/app-check", { method: "POST" }).then(answer => answer.json(), () => ({}));
  return given.token ? { "X-Firebase-AppCheck": given.token } : {};
}

async function once(path, body, key) {
  const headers = { "Content-Type": "application/json", ...(key && { "Idempotency-Key": key, ...(await attestation()) }) };
  const began = performance.now();
  let [status, answer, wait] = [0, null, 0];
  try {
    const response = await fetch(path, {
      method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE),
    });
    answer = await response.json();
    status = response.status;
    wait = Number(answer.retryAfter ?? response.headers.get("Retry-After")) || 0;
  } catch {
    // No answer, or half of one: what became of the call is not known.
  }
  const millis = Math.round(performance.now() - began);
  exchanges.dispatchEvent(new CustomEvent("exchange", { detail: { path, headers, body, status, answer, millis } }));
  return { status, answer: answer ?? {}, wait, ok: status >= 200 && status < 300 };
}
