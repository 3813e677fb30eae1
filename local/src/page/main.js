// Starts the page with what the service says of itself.

import * as api from "./api.js";
import * as flow from "./flow.js";
import * as panel from "./panel.js";
import * as phone from "./phone.js";
import { set } from "./time.js";
import "./wire.js";

const load = async () => (await fetch("/_local/state")).json();
const state = await load();
api.start(state);
panel.start(state, flow.current);
flow.start(state);
phone.start(state, flow);

// Another tab may have moved the clock, or the machine have slept.
document.addEventListener("visibilitychange", () => document.hidden || load().then(({ now }) => set(now), () => {}));
document.documentElement.dataset.ready = "";
