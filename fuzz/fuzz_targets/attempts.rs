// Invariant: refreshes are counted by the lowest copy of the cookie, and only a browser's own word ends them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::attempts::run(data));
