// Invariant: each redirect is the operator's route or a path of the site, as worked out on paper, and comes back.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| supertokens_session_fuzz::targets::redirect::run(data));
