// Starts the page with what the service says of itself.

import * as flow from "./flow.js";
import * as panel from "./panel.js";
import * as phone from "./phone.js";
import "./wire.js";

const state = await (await fetch("/_local/state")).json();
panel.start(state, flow.current);
flow.start(state);
phone.start(state, flow);
document.documentElement.dataset.ready = "";
