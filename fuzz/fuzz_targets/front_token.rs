// Invariant: a front token is read as a naive reader reads it, and never makes a session, only a refresh.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::front_token::run(
    data
));
