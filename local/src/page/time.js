// The time of the service: the machine's clock and what it was put ahead by. All that counts down is drawn by `onTick`.

let ahead = 0;
const drawn = new Set();

export const now = () => Date.now() + ahead;

/** Sets the time to what the service says it is. */
export function set(text) {
  ahead = Date.parse(text) - Date.now();
  tick();
}

export function onTick(draw) {
  drawn.add(draw);
  draw();
}

export function tick() {
  for (const draw of drawn) draw();
}

/** Returns whole seconds from now until `at`, none of them when it is past. */
export const secondsUntil = at => Math.max(0, Math.ceil((at - now()) / 1000));

export function duration(seconds) {
  const two = n => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

setInterval(tick, 250);
