//! Providers: the only code that names a cryptography library.
//!
//! Each is a module of rows for the table that [`KeyStore::new`](crate::KeyStore::new) and
//! [`KeySet::parse`](crate::KeySet::parse) take. A program that lists one row links one algorithm.

#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc_rs;
#[cfg(feature = "ring")]
pub mod ring;
#[cfg(feature = "rust-crypto")]
pub mod rust_crypto;
