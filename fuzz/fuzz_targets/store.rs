// Invariant: the key store does and says what an oracle works out from the list of all that happened.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::store::run(data));
