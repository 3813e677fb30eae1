//! Histories, and how they are drawn.
//!
//! A step is an intention, such as "types the newest code of this name": what it comes to is decided when it is played,
//! from what the model knows by then. So a history stays one, and means nearly the same, when a failing one is shrunk by
//! leaving steps out.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::strategy::Union;

use crate::reference::{Messenger, Numbers};

/// Usernames of a history.
pub(super) const NAMES: usize = 3;
/// Phones of a history: two names share one, and so meet its caps.
pub(super) const PHONES: usize = 2;
/// Addresses of a history.
pub(super) const ADDRESSES: usize = 2;

/// One history.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) setting: Setting,
    pub(super) steps: Vec<Step>,
}

/// The numbers of the service, so that each limit is near in some histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    /// As it comes.
    Default,
    /// Few codes per phone and address.
    Capped,
    /// Few wrong codes before the lock.
    Guessed,
    /// Few dollars, and codes that live long.
    Poor,
}

impl Setting {
    pub(super) fn numbers(self) -> Numbers {
        let default = Numbers::default();
        match self {
            Self::Default => default,
            Self::Capped => Numbers {
                tries: 2,
                cooldown: 10,
                codes_per_phone: 3,
                signup_codes_per_phone: 3,
                codes_per_address: 6,
                ..default
            },
            // The cooldown is shorter than the wait that a run of failures begins with.
            Self::Guessed => Numbers { cooldown: 5, failures: 20, signup_codes_per_phone: 12, ..default },
            Self::Poor => Numbers {
                code_life: 900,
                cooldown: 400,
                codes_per_username: 3,
                codes_per_address: 0,
                dollars: 9,
                verified_percent: 40,
                ..default
            },
        }
    }
}

/// What happens next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Signup {
        name: usize,
        as_who: AsWho,
        from: usize,
        key: Option<usize>,
        messenger: Messenger,
    },
    /// With the details of the name's last signup.
    SignupAgain {
        name: usize,
        from: usize,
        key: Option<usize>,
    },
    Send {
        name: usize,
        id: Id,
        from: usize,
        key: Option<usize>,
        messenger: Messenger,
    },
    Resend {
        name: usize,
        id: Id,
        from: usize,
        key: Option<usize>,
        messenger: Messenger,
    },
    Verify {
        name: usize,
        typed: Otp,
        id: Id,
    },
    /// Wrong codes until no try is left.
    GuessOut {
        name: usize,
    },
    /// The wait before the next code, and that code.
    WaitAndResend {
        name: usize,
    },
    /// The last call once more.
    Repeat {
        from: usize,
    },
    Wait(Wait),
    /// The database deletes what has expired.
    Sweep,
}

/// With which details a name is signed up for: its own ones, or others in one or all respects.
#[derive(Clone, Copy, Debug)]
pub(super) enum AsWho {
    Oneself,
    OtherPassword,
    OtherPhone,
    OtherName,
    AnotherPerson,
    /// With a number that is none.
    Malformed,
}

/// Which `otpId` is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Id {
    None,
    /// Of the newest code, unless that is an hour old.
    Newest,
    /// Of the newest code or, counting back, one before it.
    Any(usize),
    /// Of the newest code of another name.
    Foreign,
    /// Of no code.
    Guessed,
    Malformed,
}

/// Which code is typed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Otp {
    Newest,
    Earlier(usize),
    /// The newest code of another name.
    Foreign,
    Wrong,
    Malformed,
}

/// How much time passes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    Seconds(i64),
    /// Until `End` of this name, or a second before or after it.
    Until {
        end: End,
        name: usize,
        off: i64,
    },
}

/// What ends by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// The newest code's life.
    Code,
    /// The wait before the next code.
    Cooldown,
    /// The hour after the newest code.
    NewestHour,
    /// The hour after the oldest code of the last hour.
    OldestHour,
    /// The PENDING user's day.
    Day,
    /// The PENDING user.
    User,
    /// The hour of the clock.
    ClockHour,
    /// The UTC day.
    Midnight,
}

/// A history of up to `longest` steps.
pub(super) fn history(longest: usize) -> impl Strategy<Value = History> {
    let setting = prop_oneof![
        3 => Just(Setting::Default),
        2 => Just(Setting::Capped),
        2 => Just(Setting::Guessed),
        2 => Just(Setting::Poor),
    ];
    (setting, opening(), vec(step(), longest / 3..longest)).prop_map(|(setting, mut steps, more)| {
        steps.extend(more);
        History { setting, steps }
    })
}

/// How a history begins: with nobody, with a user in one of the states, or with a run of wrong codes.
fn opening() -> impl Strategy<Value = Vec<Step>> {
    let signup = |as_who| Step::Signup { name: 0, as_who, from: 0, key: None, messenger: Messenger::Takes };
    let pending = vec![signup(AsWho::Oneself)];
    let contested = vec![signup(AsWho::OtherPassword), signup(AsWho::Oneself)];
    let verified = vec![signup(AsWho::Oneself), Step::Verify { name: 0, typed: Otp::Newest, id: Id::None }];
    let begun = Union::new_weighted(vec![
        (1, Just(vec![])),
        (2, Just(pending)),
        (2, Just(contested)),
        (4, Just(verified)),
    ]);
    let rounds = prop_oneof![4 => Just(0_usize), 1 => 1..=5_usize];
    (begun, rounds, prop_oneof![2 => Just(0_usize), 1 => Just(2)]).prop_map(|(mut steps, rounds, name)| {
        for _ in 0..rounds {
            steps.extend([Step::WaitAndResend { name }, Step::GuessOut { name }]);
        }
        steps
    })
}

fn step() -> impl Strategy<Value = Step> {
    let from = || prop_oneof![3 => Just(0), 1 => 0..ADDRESSES];
    let key = || option::weighted(0.25, 0..2_usize);
    let signup = (name(), as_who(), from(), key(), messenger())
        .prop_map(|(name, as_who, from, key, messenger)| Step::Signup { name, as_who, from, key, messenger });
    let again = (name(), from(), key()).prop_map(|(name, from, key)| Step::SignupAgain { name, from, key });
    let ask = || (name(), id(), from(), key(), messenger());
    let send =
        ask().prop_map(|(name, id, from, key, messenger)| Step::Send { name, id, from, key, messenger });
    let resend =
        ask().prop_map(|(name, id, from, key, messenger)| Step::Resend { name, id, from, key, messenger });
    let verify = (name(), otp(), id()).prop_map(|(name, typed, id)| Step::Verify { name, typed, id });
    prop_oneof![
        6 => signup,
        4 => again,
        12 => send,
        14 => resend,
        24 => verify,
        4 => name().prop_map(|name| Step::GuessOut { name }),
        12 => name().prop_map(|name| Step::WaitAndResend { name }),
        5 => from().prop_map(|from| Step::Repeat { from }),
        20 => wait().prop_map(Step::Wait),
        1 => Just(Step::Sweep),
    ]
}

fn as_who() -> impl Strategy<Value = AsWho> {
    prop_oneof![
        5 => Just(AsWho::Oneself),
        3 => Just(AsWho::OtherPassword),
        2 => Just(AsWho::OtherPhone),
        1 => Just(AsWho::OtherName),
        1 => Just(AsWho::AnotherPerson),
        1 => Just(AsWho::Malformed),
    ]
}

/// Mostly the first, so that much happens to one.
fn name() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0_usize), 2 => Just(1), 2 => Just(2)]
}

fn messenger() -> impl Strategy<Value = Messenger> {
    prop_oneof![
        24 => Just(Messenger::Takes),
        3 => Just(Messenger::RefusesTheNumber),
        2 => Just(Messenger::Doubts),
        1 => Just(Messenger::RefusesTheAccount),
    ]
}

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![
        12 => Just(Id::None),
        10 => Just(Id::Newest),
        3 => (0..4_usize).prop_map(Id::Any),
        1 => Just(Id::Foreign),
        1 => Just(Id::Guessed),
        1 => Just(Id::Malformed),
    ]
}

fn otp() -> impl Strategy<Value = Otp> {
    prop_oneof![
        9 => Just(Otp::Newest),
        3 => (0..4_usize).prop_map(Otp::Earlier),
        1 => Just(Otp::Foreign),
        6 => Just(Otp::Wrong),
        1 => Just(Otp::Malformed),
    ]
}

fn wait() -> impl Strategy<Value = Wait> {
    let ends = Union::new_weighted(vec![
        (5, Just(End::Code)),
        (5, Just(End::Cooldown)),
        (3, Just(End::NewestHour)),
        (3, Just(End::OldestHour)),
        (2, Just(End::Day)),
        (2, Just(End::User)),
        (1, Just(End::ClockHour)),
        (1, Just(End::Midnight)),
    ]);
    let until = (ends, name(), -1..=1_i64).prop_map(|(end, name, off)| Wait::Until { end, name, off });
    prop_oneof![
        2 => (1..=3_i64).prop_map(Wait::Seconds),
        3 => (20..=400_i64).prop_map(Wait::Seconds),
        1 => (600..=4_000_i64).prop_map(Wait::Seconds),
        8 => until,
    ]
}
