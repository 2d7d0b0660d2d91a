// Invariant: a cookie is a session exactly where a naive oracle says so, and then of the same user.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::decide::run(data));
