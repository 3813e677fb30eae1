//! The target `settings` under libFuzzer: see [`fuzz::settings`].
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if fuzz::settings::run(data) { Corpus::Keep } else { Corpus::Reject }
});
