// Invariant: a request's token, or the reason it has none, is what a naive splitter finds.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::cookie::run(data));
