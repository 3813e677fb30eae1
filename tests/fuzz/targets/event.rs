//! The target `event` under libFuzzer: see [`fuzz::event`].
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { if fuzz::event::run(data) { Corpus::Keep } else { Corpus::Reject } });
