//! Counts the instructions of starts and calls, with callgrind around each process.

use std::path::{Path, PathBuf};

use futures::stream::{self, StreamExt as _};
use tests::lab::scenes::{Pace, SCENES, Scene};
use tests::lab::usage::rest;
use tests::lab::{FUNCTIONS, Lab, SecretsAt};
use tests::runtime::Process;
use tests::runtime::binaries::Binaries;
use tokio::process::Command;

/// The numbers of calls between which a line is fitted: its slope is the cost of a call, and the start and what is made
/// at the first call are not in it. Fifty calls apart, since two starts are up to 80,000 instructions apart: maps are
/// hashed with random seeds, and threads meet in another order.
const fn calls(scene: &Scene) -> [u32; 2] {
    match scene.pace {
        Pace::Usual => [5, 55],
        Pace::Waits => [5, 25],
        // A hash is a hundred times the rest of a call, and the same each time.
        Pace::Hashes => [1, 3],
    }
}

/// The most often that a start is tried.
const STARTS: usize = 5;

/// A figure that was counted.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: u64,
}

/// Returns where valgrind is, or how to get it.
pub(crate) fn valgrind() -> Result<PathBuf, String> {
    let found = std::process::Command::new("sh").args(["-c", "command -v valgrind"]).output();
    let found =
        found.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if found.is_empty() {
        return Err(
            "the guard needs valgrind: install the package valgrind, as `.ci/run guard` does".to_owned()
        );
    }
    Ok(found.into())
}

/// One process that is to be counted.
struct Count<'a> {
    lab: &'a Lab,
    valgrind: &'a Path,
    binary: &'a Path,
    function: &'static str,
    secrets: SecretsAt,
}

/// Counts everything of the functions, or of `only` one.
pub(crate) async fn all(lab: &Lab, valgrind: &Path, built: &Binaries, only: Option<&str>) -> Vec<Figure> {
    let functions = || FUNCTIONS.into_iter().filter(|function| only.is_none_or(|only| only == *function));
    let process = |function, secrets| {
        let binary = built.get(function).expect("a binary of each function").as_path();
        Count { lab, valgrind, binary, function, secrets }
    };
    let sizes = functions().map(|function| {
        let size = std::fs::metadata(&built[function]).expect("a binary").len();
        Figure { name: format!("{function}: bytes of the binary"), value: size }
    });
    let starts = functions().flat_map(|function| SecretsAt::ALL.map(|secrets| (function, secrets)));
    let starts = starts.map(async |(function, secrets)| {
        let value = process(function, secrets).instructions(None).await;
        Figure { name: format!("{function}: start, secrets in {}", secrets.in_words()), value }
    });
    let scenes = SCENES.iter().filter(|scene| only.is_none_or(|only| only == scene.function));
    let calls = scenes.map(async |scene| {
        let [few, many] = calls(scene);
        let process = process(scene.function, SecretsAt::Environment);
        let less = process.instructions(Some((scene, few))).await;
        let more = process.instructions(Some((scene, many))).await;
        let status = scene.outcome.split(' ').next().unwrap_or_default();
        let name = format!("{}: {status}, {}", scene.function, scene.name);
        Figure { name, value: more.saturating_sub(less) / u64::from(many - few) }
    });
    // One after the other: a process that waits for its turn on a core may open a connection that it would not need.
    let mut figures: Vec<Figure> = sizes.collect();
    figures.extend(stream::iter(starts).then(|start| start).collect::<Vec<_>>().await);
    figures.extend(stream::iter(calls).then(|call| call).collect::<Vec<_>>().await);
    figures
}

impl Count<'_> {
    /// Returns the instructions of a whole process: its start, and so many calls of a scene if there is one.
    async fn instructions(&self, calls: Option<(&Scene, u32)>) -> u64 {
        let mut bodies = Vec::new();
        if let Some((scene, times)) = calls {
            for _ in 0..times {
                bodies.push((scene, scene.prepare(self.lab).await));
            }
        }
        let process = self.start().await;
        for (scene, body) in &bodies {
            scene.play(&process, body).await;
        }
        rest(&process).await;
        let output = process.terminate().await;
        let collected = output.lines().find_map(|line| line.split("Collected : ").nth(1));
        collected.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no count: {output}"))
    }

    /// Starts the function under callgrind, which makes it some fifty times slower: on a busy machine its own time-outs
    /// may then end it. What it counts does not depend on when that is.
    async fn start(&self) -> Process {
        let mut outputs = Vec::new();
        while outputs.len() < STARTS {
            let mut program = Command::new(self.valgrind);
            program
                .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no"])
                .arg(self.binary);
            match self.lab.functions(self.secrets).try_start_as(self.function, program).await {
                Ok(process) => return process,
                Err(output) => outputs.push(output),
            }
        }
        panic!("{} does not start: {}", self.function, outputs.join("\n"));
    }
}
