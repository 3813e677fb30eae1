//! The target `calls` under libFuzzer: see [`fuzz::calls`].
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { if fuzz::calls::run(data) { Corpus::Keep } else { Corpus::Reject } });
