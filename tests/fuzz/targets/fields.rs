//! The target `fields` under libFuzzer: see [`fuzz::fields`].
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { if fuzz::fields::run(data) { Corpus::Keep } else { Corpus::Reject } });
