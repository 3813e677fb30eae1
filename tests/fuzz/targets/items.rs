//! The target `items` under libFuzzer: see [`fuzz::items`].
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { if fuzz::items::run(data) { Corpus::Keep } else { Corpus::Reject } });
