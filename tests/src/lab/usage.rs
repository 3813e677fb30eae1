//! What the operating system says that a process used. Linux alone says so.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::runtime::Process;

/// What a process used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// The time that its threads ran on a core; those of a thread that has ended are not in it.
    pub cpu: Duration,
    /// The memory that it holds, in bytes.
    pub resident: u64,
    /// The most memory that it ever held, in bytes.
    pub peak: u64,
}

impl Usage {
    /// Reads the usage of the process `id`.
    ///
    /// # Panics
    /// When there is no such process.
    #[must_use]
    pub fn of(id: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("a living process");
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of it");
            line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("kibibytes") * 1_024
        };
        let nanoseconds = tasks(id, "schedstat").iter().map(|stat| first_number(stat)).sum();
        Self { cpu: Duration::from_nanos(nanoseconds), resident: bytes("VmRSS:"), peak: bytes("VmHWM:") }
    }
}

/// Looks so often that a process rests, before that is believed: a packet may be on its way to it.
const LOOKS: u32 = 5;

/// Waits until a process does nothing more: it has asked for its next event, and what follows an answer is done.
pub async fn rest(process: &Process) {
    let mut at_rest = 0;
    while at_rest < LOOKS {
        at_rest = if is_at_rest(process.id()) { at_rest + 1 } else { 0 };
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Returns whether every thread of a process waits for something.
fn is_at_rest(id: u32) -> bool {
    // The state follows the name, which is in brackets and may hold some.
    tasks(id, "stat").iter().all(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S')))
}

fn first_number(stat: &str) -> u64 {
    stat.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// What `file` says of each thread of a process. A thread may end meanwhile.
fn tasks(id: u32, file: &str) -> Vec<String> {
    let folder = format!("/proc/{id}/task");
    let tasks = fs::read_dir(Path::new(&folder)).expect("a living process");
    tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join(file)).ok()).collect()
}
