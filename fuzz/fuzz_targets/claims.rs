// Invariant: of a payload's claims every validator says what the SDK's would, to the byte, as does print.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::claims::run(data));
