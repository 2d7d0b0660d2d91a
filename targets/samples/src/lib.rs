//! Decides lines of the `decide` example's protocol where there is no `std`, with that example's
//! code: the same input must give the same output everywhere.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[expect(dead_code, reason = "the table for a person is the example's part")]
#[path = "../../../examples/decide/protocol.rs"]
mod protocol;
pub mod single;

use alloc::vec::Vec;

use protocol::Protocol;
use supertokens_session::SignatureAlgorithm;

/// The samples of the example.
pub const SAMPLES: &str = include_str!("../../../examples/decide/samples.jsonl");

/// Decides every line and gives the lines of output, each with its end, to `write`.
pub fn decide(input: &[u8], mut write: impl FnMut(&str)) {
    let mut protocol = Protocol::new(&algorithms());
    // A line ends with a newline: behind the last one there is no further line.
    for line in input.strip_suffix(b"\n").unwrap_or(input).split(|byte| *byte == b'\n') {
        if let Some(line) = protocol.line(line) {
            write(&line.output());
            write("\n");
        }
    }
}

/// RS256 alone, by the provider that the program's feature names.
fn algorithms() -> Vec<&'static dyn SignatureAlgorithm> {
    [
        #[cfg(feature = "ring")]
        supertokens_session::crypto::ring::RS256,
        #[cfg(feature = "rust-crypto")]
        supertokens_session::crypto::rust_crypto::RS256,
    ]
    .to_vec()
}
