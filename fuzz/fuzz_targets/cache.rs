// Invariant: no sequence of requests, key changes and times makes a decision with a cache another than without.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::cache::run(data));
