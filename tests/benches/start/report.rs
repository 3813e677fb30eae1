//! The tables, as Markdown.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use local::template::Template;
use tests::lab::FUNCTIONS;
use tests::plot::grouped;
use tests::runtime::binaries::Binaries;

use crate::measure::{Measured, percentile};

const WRITES: &str = "a string takes everything";

/// Says on what machine the figures were taken.
pub(crate) fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("a processor without a name", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (kernel, load) = (read("/proc/sys/kernel/osrelease"), read("/proc/loadavg"));
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{model}, {cores} cores, Linux {}, {}; load at the end {load}.",
        kernel.trim(),
        std::env::consts::ARCH
    )
}

/// Returns the table of docs/performance.md.
pub(crate) fn table(measured: &[Measured]) -> String {
    let mut table = String::from(
        "| | start, median (least) ms | first call ms | call, p50 (p99) ms | CPU a call ms | memory at rest (peak) MB |\n\
         | --- | --: | --: | --: | --: | --: |\n",
    );
    for Measured { subject, start, calls } in measured {
        let (name, at) = (subject.kind.name(), percentile);
        let (median, least, first) = (at(&start.took, 50), at(&start.took, 0), at(&start.first_call, 50));
        let (half, most) = (at(&calls.took, 50), at(&calls.took, 99));
        let (rest, peak, cpu) = (megabytes(calls.at_rest), megabytes(calls.peak), calls.cpu);
        writeln!(
            table,
            "| {name} | {median:.1} ({least:.1}) | {first:.1} | {half:.2} ({most:.2}) | {cpu:.2} | {rest:.1} ({peak:.1}) |"
        )
        .expect(WRITES);
    }
    let raw = measured.iter().find(|measured| !measured.calls.writes.is_empty());
    if let Some(raw) = raw {
        let (half, most) = (percentile(&raw.calls.writes, 50), percentile(&raw.calls.writes, 99));
        writeln!(table, "| its write alone | | | {half:.2} ({most:.2}) | | |").expect(WRITES);
    }
    table
}

/// Returns the sizes of the binaries: of this machine's, and of those for arm64 as far as they were built.
pub(crate) fn sizes(built: &Binaries) -> String {
    let mut table = String::from("| binary | for | bytes | zipped |\n| --- | --- | --: | --: |\n");
    let template = Template::of_this_repository().expect("a template");
    for function in FUNCTIONS {
        let here = built.get(function).expect("a binary");
        let target = here.parent().and_then(Path::parent).expect("a target folder");
        let mut names = template.functions.iter().filter(|known| known.binary == function);
        let name = &names.next().expect("a function of the template").name;
        // Where `tests/emulator artifacts` has SAM put them.
        let arm64 = target.join("emulator/build/arm64").join(name).join("bootstrap");
        for (platform, file) in [(std::env::consts::ARCH, here.as_path()), ("arm64", &arm64)] {
            let Ok(binary) = fs::read(file) else { continue };
            let (bytes, zipped) = (grouped(binary.len() as u64), grouped(zipped(&binary) as u64));
            writeln!(table, "| {function} | {platform} | {bytes} | {zipped} |").expect(WRITES);
        }
    }
    table
}

fn zipped(binary: &[u8]) -> usize {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(binary).expect("memory takes everything");
    encoder.finish().expect("memory takes everything").len()
}

#[expect(clippy::cast_precision_loss, reason = "a process holds less than 2^52 bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
