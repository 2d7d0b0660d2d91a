// Invariant: an API's answer is read as a naive reader reads it, written as JavaScript would, and read again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::invalid_claims::run(
    data
));
