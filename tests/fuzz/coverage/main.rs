//! Whether the corpora cover the lines that they have to: replays each under its target, counts the lines that ran, and
//! compares them with the floors of `floors.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use clap::Parser;
use llvm_profparser::{CoverageMapping, CoverageResult, merge_profiles};
use serde::Deserialize;

/// Replays the corpora, and counts the lines that they cover.
#[derive(Parser)]
struct Flags {
    /// Names the lines that are not covered, too.
    #[arg(long)]
    missed: bool,
    /// The targets; all of them where none is named.
    targets: Vec<String>,
}

/// What a corpus has to cover.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Floor {
    /// The fewest lines.
    lines: usize,
    /// The files whose lines count.
    of: Vec<String>,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let floors = fs::read_to_string(folder.join("floors.yaml")).expect("the floors");
    let floors: BTreeMap<String, Floor> = serde_norway::from_str(&floors).expect("floors");
    let root = folder.ancestors().nth(2).expect("the repository");
    let mut reached = true;
    for (target, floor) in &floors {
        if flags.targets.is_empty() || flags.targets.contains(target) {
            let (covered, missed) = replay(target, &folder.join("corpus").join(target), root, &floor.of);
            let (lines, all) = (covered.len(), covered.len() + missed.len());
            println!("{target}: {lines} of {all} lines, floor {}", floor.lines);
            if flags.missed {
                for (file, line) in missed {
                    println!("  {file}:{line}");
                }
            }
            reached &= lines >= floor.lines;
        }
    }
    if reached {
        ExitCode::SUCCESS
    } else {
        println!("a corpus covers fewer lines than its floor: docs/development.md says how to add to it");
        ExitCode::FAILURE
    }
}

/// A file's line.
type Line = (String, usize);

/// Replays the corpus of a target, and returns the lines of `files` that ran, and those that did not.
fn replay(target: &str, corpus: &Path, root: &Path, files: &[String]) -> (BTreeSet<Line>, BTreeSet<Line>) {
    let binary = env::current_exe().expect("a path").with_file_name(format!("fuzz-{target}"));
    let profile = binary.with_extension("profraw");
    let mut replay = Command::new(&binary);
    // What libFuzzer finds slow or wrong it writes down, and never into the tree.
    let log = binary.with_extension("log");
    let found = format!("-artifact_prefix={}-", binary.display());
    replay.args(["-runs=0", "-timeout=60", &found]).arg(corpus).env("LLVM_PROFILE_FILE", &profile);
    let replayed =
        replay.stderr(File::create(&log).expect("a log")).status().expect("a target that was built");
    assert!(replayed.success(), "{}: {replayed}; see {}", binary.display(), log.display());

    let profile = merge_profiles(&[profile]).expect("a profile of this LLVM");
    let binaries = [binary];
    let mapping = CoverageMapping::new(&binaries, &profile, false).expect("a mapping");
    let named: BTreeSet<PathBuf> = files.iter().map(|file| root.join(file)).collect();
    let report =
        mapping.generate_subreport(|paths| paths.iter().any(|path| named.contains(&root.join(path))));
    let report = report.expect("a report");
    let (mut covered, mut missed) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        let found = report.files.iter().find(|(path, _)| root.join(path) == root.join(file));
        let (_, found) = found.unwrap_or_else(|| panic!("{target} has nothing of {file}"));
        for (line, ran) in lines(found) {
            if ran { &mut covered } else { &mut missed }.insert((file.clone(), line));
        }
    }
    (covered, missed)
}

/// Returns the lines with code, each with whether it ran: a region that begins on it did, or, where none begins, the
/// innermost that it lies in.
fn lines(file: &CoverageResult) -> BTreeMap<usize, bool> {
    let mut lines = BTreeMap::new();
    for line in file.hits.keys().flat_map(|region| region.line_start..=region.line_end) {
        lines.entry(line).or_insert_with(|| {
            let mut beginning = file.hits.iter().filter(|(region, _)| region.line_start == line).peekable();
            if beginning.peek().is_some() {
                return beginning.any(|(_, hits)| *hits > 0);
            }
            let around =
                file.hits.iter().filter(|(region, _)| (region.line_start..=region.line_end).contains(&line));
            around
                .max_by_key(|(region, _)| (region.line_start, region.column_start))
                .is_some_and(|(_, hits)| *hits > 0)
        });
    }
    lines
}
