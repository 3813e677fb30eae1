//! The target `texts` under libFuzzer: see [`fuzz::texts`].
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { if fuzz::texts::run(data) { Corpus::Keep } else { Corpus::Reject } });
