//! The binaries of the four functions and of the operator's tool, built by the cargo that builds the tests.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Binaries by their names.
pub type Binaries = BTreeMap<String, PathBuf>;

const FUNCTIONS: [&str; 4] = ["signup", "send", "resend", "verify"];

/// The executable of a function, or of `operate`, built if it is not up to date.
///
/// # Panics
/// When it does not compile.
pub async fn executable(name: &str) -> PathBuf {
    static BUILT: OnceLock<Binaries> = OnceLock::new();
    let built = tokio::task::spawn_blocking(|| BUILT.get_or_init(beside_the_tests)).await.expect("a build");
    built.get(name).unwrap_or_else(|| panic!("no binary {name}")).clone()
}

/// With the tests among the selected packages, the dependencies have the features that they were built with for the
/// tests, so that none is built twice.
fn beside_the_tests() -> Binaries {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    build(&["operate", "tests"], profile)
}

/// The functions as they are deployed, but for this machine's processor, and the yardsticks beside them: the release
/// profile, and no feature that only `local` or the tests ask for.
///
/// # Panics
/// When they do not compile.
#[must_use]
pub fn release() -> Binaries {
    build(&["yardstick"], "release")
}

/// Builds the functions, and the binaries of the packages `beside` them.
fn build(beside: &[&str], profile: &str) -> Binaries {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).stderr(Stdio::inherit());
    cargo.args(["build", "--locked", "--quiet", "--message-format", "json", "--bins", "--profile", profile]);
    cargo.args(FUNCTIONS.iter().chain(beside).flat_map(|package| ["-p", package]));
    // What cargo tells a test about its package would make build scripts that look at it run again, here and then
    // in the outer build.
    let of_package = |name: &OsStr| {
        ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| of_package(name)) {
        cargo.env_remove(name);
    }
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "the functions do not compile");
    let messages = String::from_utf8(output.stdout).expect("JSON");
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let executables = messages.filter_map(|message| {
        Some((message["target"]["name"].as_str()?.to_owned(), message["executable"].as_str()?.into()))
    });
    executables.collect()
}
