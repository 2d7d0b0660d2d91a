// Invariant: a JWS is good, and its payload which, exactly where a naive verifier says so; base64 by another's word.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::jws::run(data));
