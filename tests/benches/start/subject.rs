//! What is measured: the functions, each with its secrets in both places, and two yardsticks.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::lab::scenes::{Pace, SCENES, Scene};
use tests::lab::{FUNCTIONS, Lab, SecretsAt};
use tests::runtime::binaries::Binaries;
use tests::runtime::{Functions, Process};
use tokio::process::Command;

/// A program that is measured.
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    pub(crate) binary: PathBuf,
    functions: Functions,
}

/// The kind of a subject.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A function that only answers.
    Hello,
    /// A function that only writes.
    Update,
    /// One of ours, in one scene.
    Function(&'static Scene, SecretsAt),
}

/// All of them, in the order of tables.
pub(crate) fn all(lab: &Lab, built: &Binaries) -> Vec<Subject> {
    let mut kinds = vec![Kind::Hello, Kind::Update];
    for function in FUNCTIONS {
        // The first scene of each is the ordinary one.
        let scene = SCENES.iter().find(|scene| scene.function == function).expect("a scene of each function");
        kinds.extend(SecretsAt::ALL.map(|secrets| Kind::Function(scene, secrets)));
    }
    let of = |kind: Kind| Subject {
        binary: built.get(kind.binary()).expect("a binary").clone(),
        functions: lab.functions(kind.secrets()),
        kind,
    };
    kinds.into_iter().map(of).collect()
}

impl Kind {
    fn binary(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Update => "update",
            Self::Function(scene, _) => scene.function,
        }
    }

    fn secrets(self) -> SecretsAt {
        match self {
            Self::Hello | Self::Update => SecretsAt::Environment,
            Self::Function(_, secrets) => secrets,
        }
    }

    /// Its name in tables.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Hello => "a bare function".to_owned(),
            Self::Update => "a bare function with one write".to_owned(),
            Self::Function(scene, secrets) => {
                format!("{}, secrets in {}", scene.function, secrets.in_words())
            }
        }
    }
}

/// A call that is ready to be made.
pub(crate) struct Prepared(Value);

/// What a call took.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    /// From its event's handing out until its answer.
    pub(crate) call: Duration,
    /// Of that, a yardstick's write alone, in milliseconds.
    pub(crate) write: Option<f64>,
}

impl Subject {
    /// Starts the program, in the place of verify where it is none of our functions.
    pub(crate) async fn start(&self) -> Process {
        let function = match self.kind {
            Kind::Hello | Kind::Update => "verify",
            Kind::Function(scene, _) => scene.function,
        };
        self.functions.start_as(function, Command::new(&self.binary)).await
    }

    /// Returns whether a call takes so long that fewer must do.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self.kind, Kind::Function(scene, _) if scene.pace != Pace::Usual)
    }

    /// Stores what a call meets.
    pub(crate) async fn prepare(&self, lab: &Lab) -> Prepared {
        Prepared(match self.kind {
            Kind::Hello | Kind::Update => json!({ "username": "yardstick", "otp": "314159" }),
            Kind::Function(scene, _) => scene.prepare(lab).await,
        })
    }

    /// Makes a call.
    pub(crate) async fn call(&self, process: &Process, Prepared(body): &Prepared) -> Took {
        let begun = Instant::now();
        let answer = process.post(body).await;
        let call = begun.elapsed();
        match self.kind {
            Kind::Hello | Kind::Update => assert_eq!(answer.status, 200, "{answer:?}"),
            Kind::Function(scene, _) => assert_eq!(answer.outcome(), scene.outcome, "{answer:?}"),
        }
        Took { call, write: answer.body["milliseconds"].as_f64() }
    }
}
