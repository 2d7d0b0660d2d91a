// Invariant: what a store keeps of an answer's fields, and of a stored snapshot, is what is worked out on paper.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::answer::run(data));
