//! The rows the tests verify with: those of the first provider whose feature is on or, without any,
//! those of the example of a caller's own. `tests/wycheproof.rs` tries them all.

#[cfg(not(any(feature = "ring", feature = "rust-crypto", feature = "aws-lc-rs")))]
#[path = "../../examples/own_provider/rows.rs"]
mod own;

#[cfg(not(any(feature = "ring", feature = "rust-crypto", feature = "aws-lc-rs")))]
pub use own::*;
#[cfg(all(not(any(feature = "ring", feature = "rust-crypto")), feature = "aws-lc-rs"))]
pub use supertokens_session::crypto::aws_lc_rs::*;
#[cfg(feature = "ring")]
pub use supertokens_session::crypto::ring::*;
#[cfg(all(not(feature = "ring"), feature = "rust-crypto"))]
pub use supertokens_session::crypto::rust_crypto::*;
