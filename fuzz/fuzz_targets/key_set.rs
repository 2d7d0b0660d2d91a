// Invariant: the usable keys are those a naive reader finds, in any order; all else is reported.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::key_set::run(data));
