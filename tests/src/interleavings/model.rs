//! All that can happen in a scenario, as a state machine whose every state is visited.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use stateright::{Model, Property};

use super::database::{Engine, Part, Version};
use super::edit::Edit;
use super::facts::{Doer, Facts, Rule};
use super::process::{Point, Processes, Reply, Request, Step, Text};
use super::scenario::{BEFORE, Deed, Knowledge, Party, SETTINGS, Scenario};
use crate::proxy::Operation;

/// A scenario with what it is run by.
pub(super) struct Interleavings {
    scenario: Scenario,
    edit: Option<Edit>,
    machines: Mutex<Machines>,
}

struct Machines {
    processes: Processes,
    engine: Engine,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    moment: usize,
    rows: Version,
    clients: Vec<Client>,
    texts: Vec<Text>,
    faults: u8,
    facts: Facts,
}

impl State {
    /// The rule that was broken.
    pub(super) fn broken(&self) -> Option<Rule> {
        self.facts.broken
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Client {
    made: u8,
    knows: Knowledge,
    running: Option<Running>,
}

/// A call under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Running {
    /// Its process.
    at: Point,
    /// The first half of a batch of reads: the table, and its rows.
    half: Option<(&'static str, String)>,
    wrote: bool,
}

/// The beginning of a call.
#[derive(Clone, Copy)]
struct Beginning {
    deed: Deed,
    now: u64,
    /// The seed of what it draws: no other call's.
    dice: u64,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// A client begins a call.
    Begins(usize, Deed),
    /// What its process asked is done and answered.
    Goes(usize),
    /// Of a batch of reads, the rows of this table are read, and the others not yet.
    Reads(usize, &'static str),
    /// What it asked is not done, and not answered.
    LosesRequest(usize),
    /// What it asked is done, and not answered.
    LosesAnswer(usize),
    /// Courier answers with this status.
    Courier(usize, u16),
    /// What its process asked is done and answered, and the answer that it then gives is lost.
    Unheard(usize),
    /// Its process is killed.
    Crashes(usize),
    /// The clock moves on to the next moment.
    Ticks,
}

/// The one property of all states.
const RULES: &str = "every rule holds";

/// Courier's answers: accepted, surely not, and taken but in doubt.
const ACCEPTED: u16 = 202;
const REFUSED: u16 = 400;
const IN_DOUBT: u16 = 409;

impl Interleavings {
    /// Boots the functions for a scenario.
    #[must_use]
    pub(super) fn of(scenario: Scenario, edit: Option<Edit>) -> Self {
        let machines = Machines { processes: Processes::boot(&SETTINGS), engine: Engine::new() };
        Self { scenario, edit, machines: Mutex::new(machines) }
    }

    /// How many points processes came to.
    #[must_use]
    pub(super) fn points(&self) -> usize {
        self.machines().processes.points()
    }

    fn machines(&self) -> MutexGuard<'_, Machines> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plays what was done before the scenario.
    fn begin(&self) -> State {
        let clients = self.scenario.clients.iter();
        let idle = Client { made: 0, knows: Knowledge::default(), running: None };
        let mut state = State {
            moment: 0,
            rows: Engine::EMPTY,
            clients: clients.map(|_| idle.clone()).collect(),
            texts: Vec::new(),
            faults: self.scenario.faults,
            facts: Facts::default(),
        };
        for (nth, deed) in self.scenario.before.iter().enumerate() {
            let dice = 0x100 + nth as u64;
            let beginning = Beginning { deed: *deed, now: BEFORE, dice };
            state = self.begins(&state, 0, beginning).expect("what was done before can be done");
            while let Some(running) = &state.clients[0].running {
                let action = match *self.next(running) {
                    Step::Texts(_) => Action::Courier(0, ACCEPTED),
                    _ => Action::Goes(0),
                };
                state = self.next_state(&state, action).expect("a step");
            }
        }
        let knows = state.clients[0].knows.clone();
        for (client, role) in state.clients.iter_mut().zip(&self.scenario.clients) {
            client.made = 0;
            let is_of_the_party = role.party == self.scenario.clients[0].party;
            client.knows = if is_of_the_party { knows.clone() } else { Knowledge::default() };
        }
        state
    }

    fn party(&self, client: usize) -> Party {
        self.scenario.clients[client].party
    }

    fn next(&self, running: &Running) -> Arc<Step> {
        self.machines().processes.at(running.at).1
    }

    fn begins(&self, state: &State, client: usize, beginning: Beginning) -> Option<State> {
        let Beginning { deed, now, dice } = beginning;
        let (call, body) = deed.request(self.party(client), &state.clients[client].knows, &state.texts)?;
        let at = self.machines().processes.begin(&Request { call, body: body.to_string(), now, dice });
        let mut next = state.clone();
        next.clients[client].made += 1;
        next.clients[client].running = Some(Running { at, half: None, wrote: false });
        // What is refused at once has no further step.
        self.end(&mut next, client, true);
        Some(next)
    }

    /// Carries out a part of what the process of `client` asks of DynamoDB.
    fn carry_out(&self, state: &mut State, client: usize, part: Part) -> Option<Reply> {
        let at = state.clients[client].running.as_ref()?.at;
        let (request, step) = self.machines().processes.at(at);
        let Step::Asks(operation, body) = &*step else { return None };
        let mut body = body.clone();
        if let Some(edit) = self.edit {
            edit(operation, &mut body);
        }
        let mut machines = self.machines();
        let Machines { processes, engine } = &mut *machines;
        let (after, reply) = engine.carry_out(state.rows, at, part, (operation, &body));
        if state.rows != after {
            let compared = compared(processes.replies(at));
            let (party, compared) = (self.party(client), compared.as_deref());
            let doer = Doer { party, request: &request, wrote: true, compared };
            state.facts.wrote(doer, &engine.rows(state.rows), &engine.rows(after));
            state.rows = after;
            state.clients[client].running.as_mut()?.wrote = true;
        }
        Some(reply)
    }

    /// Gives the process of `client` a reply; if it then answers, it has ended. Returns whether it has.
    fn reply(&self, state: &mut State, client: usize, reply: Reply, is_heard: bool) -> bool {
        let running = state.clients[client].running.as_mut().expect("it runs");
        running.at = self.machines().processes.reply(running.at, reply);
        self.end(state, client, is_heard)
    }

    fn end(&self, state: &mut State, client: usize, is_heard: bool) -> bool {
        let Running { at, wrote, .. } = *state.clients[client].running.as_ref().expect("it runs");
        let machines = self.machines();
        let (request, step) = machines.processes.at(at);
        let Step::Answers(status, body) = &*step else { return false };
        let compared = compared(machines.processes.replies(at));
        let doer =
            Doer { party: self.party(client), request: &request, wrote, compared: compared.as_deref() };
        state.facts.answered(doer, *status, body, &machines.engine.rows(state.rows));
        let client = &mut state.clients[client];
        client.running = None;
        if is_heard {
            client.knows.hear(*status, body);
        }
        true
    }

    fn goes(&self, state: &State, client: usize, is_heard: bool) -> Option<State> {
        let mut next = state.clone();
        let half = next.clients[client].running.as_mut()?.half.take();
        let part = half.as_ref().map_or(Part::Whole, |(table, _)| Part::Without(table));
        let reply = self.carry_out(&mut next, client, part)?;
        let reply = half.map_or(reply.clone(), |(_, first)| both(&first, &reply));
        let ended = self.reply(&mut next, client, reply, is_heard);
        (ended || is_heard).then_some(next)
    }
}

impl Model for Interleavings {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.begin()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        // Nothing is learnt from what comes after a broken rule.
        if state.broken().is_some() {
            return;
        }
        if state.moment + 1 < self.scenario.moments.len() {
            actions.push(Action::Ticks);
        }
        for (nth, client) in state.clients.iter().enumerate() {
            let role = &self.scenario.clients[nth];
            let Some(running) = &client.running else {
                if client.made < role.calls {
                    actions.extend(role.deeds.iter().map(|deed| Action::Begins(nth, *deed)));
                }
                continue;
            };
            let step = self.next(running);
            match &*step {
                Step::Asks(operation, _) => {
                    actions.push(Action::Goes(nth));
                    if *operation == Operation::BatchGetItem && running.half.is_none() {
                        actions.extend([Action::Reads(nth, "users"), Action::Reads(nth, "otps")]);
                    }
                }
                Step::Texts(_) => actions.push(Action::Courier(nth, ACCEPTED)),
                Step::Answers(..) => unreachable!("it has ended"),
            }
            if state.faults == 0 || running.half.is_some() {
                continue;
            }
            actions.extend([Action::Crashes(nth), Action::Unheard(nth)]);
            match &*step {
                Step::Asks(operation, _) => {
                    actions.push(Action::LosesRequest(nth));
                    if matches!(operation, Operation::UpdateItem | Operation::TransactWriteItems) {
                        actions.push(Action::LosesAnswer(nth));
                    }
                }
                _ => actions.extend([Action::Courier(nth, REFUSED), Action::Courier(nth, IN_DOUBT)]),
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Ticks => next.moment += 1,
            Action::Begins(client, deed) => {
                let dice = 0x1_0000 * (1 + client as u64) + u64::from(state.clients[client].made);
                let now = self.scenario.moments[state.moment];
                return self.begins(state, client, Beginning { deed, now, dice });
            }
            Action::Goes(client) => return self.goes(state, client, true),
            Action::Unheard(client) => {
                next = self.goes(state, client, false)?;
                next.faults -= 1;
            }
            Action::Reads(client, table) => {
                let read = self.carry_out(&mut next, client, Part::Only(table))?;
                let Reply::Answered(200, read) = read else { return None };
                next.clients[client].running.as_mut()?.half = Some((table, read));
            }
            Action::LosesRequest(client) => {
                next.faults -= 1;
                self.reply(&mut next, client, Reply::Lost, true);
            }
            Action::LosesAnswer(client) => {
                next.faults -= 1;
                self.carry_out(&mut next, client, Part::Whole)?;
                self.reply(&mut next, client, Reply::Lost, true);
            }
            Action::Courier(client, status) => {
                let step = self.next(state.clients[client].running.as_ref()?);
                let Step::Texts(text) = &*step else { return None };
                next.faults -= u8::from(status != ACCEPTED);
                next.facts.texted(text);
                if status != REFUSED {
                    next.texts.push(text.clone());
                }
                let answer = json!({ "requestId": format!("1-{}", text.id) }).to_string();
                self.reply(&mut next, client, Reply::Answered(status, answer), true);
            }
            Action::Crashes(client) => {
                next.faults -= 1;
                next.clients[client].running = None;
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(RULES, |_, state: &State| state.broken().is_none())]
    }
}

/// The id of the code that the typed one was compared with: that of the row that was read, or answered, first.
fn compared(replies: &[Reply]) -> Option<String> {
    replies.iter().find_map(|reply| {
        let Reply::Answered(200, body) = reply else { return None };
        let body: Value = serde_json::from_str(body).ok()?;
        let row = ["Attributes", "Item"].into_iter().find_map(|name| body.get(name))?;
        Some(row["otpId"]["S"].as_str()?.to_owned())
    })
}

impl Knowledge {
    fn hear(&mut self, status: u16, body: &Value) {
        if let Some(id) = body.pointer("/otp/id").and_then(Value::as_str) {
            self.id = Some(id.to_owned());
        }
        self.signed_up |= status == 201;
    }
}

/// The answer to a batch of reads whose halves were answered so.
fn both(first: &str, second: &Reply) -> Reply {
    let Reply::Answered(200, second) = second else { return second.clone() };
    let [mut first, second]: [Value; 2] =
        [first, second].map(|half| serde_json::from_str(half).expect("JSON"));
    let rows = second["Responses"].as_object().expect("rows by table").clone();
    first["Responses"].as_object_mut().expect("rows by table").extend(rows);
    Reply::Answered(200, first.to_string())
}
