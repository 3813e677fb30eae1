//! The journeys' executable, and how some of them end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tests::proxy::mutant::{NAME, RECORD};

use crate::reach::Journey;

/// How often a journey's own time it may take, and what it may take besides, before it hangs.
const PATIENCE: u32 = 5;
const GRACE: Duration = Duration::from_mins(1);

/// Those of which a change of an expression is a change of what they compare, however right it is.
const OF_THE_TEXT: &str = "writes::";

pub(crate) struct Journeys {
    executable: PathBuf,
    /// Those that have passed without a mutant.
    sound: RefCell<BTreeSet<String>>,
}

/// How a run ended.
pub(crate) enum Ended {
    Passed,
    /// At the first that failed.
    Failed(String),
    /// Without a word of any.
    Broken,
    /// It did not.
    Hung,
}

impl Journeys {
    /// Builds them.
    pub(crate) fn build() -> Self {
        let cargo = Command::new(env!("CARGO"))
            .args(["test", "-p", "tests", "--test", "journeys", "--no-run", "--locked"])
            .args(["--message-format", "json-render-diagnostics"])
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo");
        assert!(cargo.status.success(), "the journeys are not built");
        let lines = String::from_utf8(cargo.stdout).expect("JSON");
        let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut built = messages.filter(|message| message["target"]["name"] == "journeys");
        let executable = built.find_map(|message| message["executable"].as_str().map(PathBuf::from));
        // A copy: what is built meanwhile changes nothing.
        let copy = crate::folder().join("journeys");
        drop(std::fs::remove_file(&copy));
        std::fs::copy(executable.expect("an executable"), &copy).expect("a copy");
        Self { executable: copy, sound: RefCell::default() }
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        let listed = self.command().args(["--list", "--format", "terse"]).output().expect("a list");
        let listed = String::from_utf8(listed.stdout).expect("names");
        let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
        names.filter(|name| !name.starts_with(OF_THE_TEXT)).map(str::to_owned).collect()
    }

    /// Runs one alone: how long it took, and the writes that it sent.
    pub(crate) fn measure(&self, name: &str) -> Journey {
        let record = crate::folder().join("record");
        drop(std::fs::remove_file(&record));
        let begun = Instant::now();
        let mut command = self.command();
        command.args(["--exact", name]).env(RECORD, &record).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().expect("a run");
        assert!(status.success(), "{name} fails without any mutant");
        let took = begun.elapsed();
        let writes = std::fs::read_to_string(&record).unwrap_or_default();
        Journey { name: name.to_owned(), took, writes: writes.lines().map(str::to_owned).collect() }
    }

    /// Whether one passes alone without a mutant.
    pub(crate) fn passes(&self, journey: &Journey) -> bool {
        let is_sound = self.sound.borrow().contains(&journey.name)
            || matches!(self.run(&[journey], None), Ended::Passed);
        if is_sound {
            self.sound.borrow_mut().insert(journey.name.clone());
        }
        is_sound
    }

    /// Runs some until one fails.
    pub(crate) fn run(&self, journeys: &[&Journey], mutant: Option<&str>) -> Ended {
        let mut command = self.command();
        command.arg("--exact").args(journeys.iter().map(|journey| OsString::from(&journey.name)));
        command.envs(mutant.map(|mutant| (NAME, mutant)));
        command.stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().expect("a run");
        let lines = BufReader::new(child.stdout.take().expect("its lines")).lines();
        let (told, tells) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| told.send(line)));
        let patience = journeys.iter().map(|journey| journey.took).sum::<Duration>() * PATIENCE + GRACE;
        let end = Instant::now() + patience;
        loop {
            match tells.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let failed = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED"));
                    if let Some(name) = failed {
                        kill(&mut child);
                        return Ended::Failed(name.to_owned());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    kill(&mut child);
                    return Ended::Hung;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let has_passed = child.wait().is_ok_and(|status| status.success());
                    return if has_passed { Ended::Passed } else { Ended::Broken };
                }
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).env("RUST_BACKTRACE", "0");
        command
    }
}

/// Ends a run, and the processes that its journeys have started.
fn kill(child: &mut Child) {
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    drop(child.wait());
}
