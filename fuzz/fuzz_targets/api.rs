// Invariant: an API's request is answered as a naive double says, before and after the core was asked.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::api::run(data));
