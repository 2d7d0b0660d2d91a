//! Providers: the only code that names a cryptography library.
//!
//! Each is a module of rows for the table that [`KeyStore::new`](crate::KeyStore::new) and
//! [`KeySet::parse`](crate::KeySet::parse) take. A program that lists one row links one algorithm.

#[cfg(any(feature = "ring", feature = "rust-crypto", feature = "aws-lc-rs"))]
/// Writes the nine rows of a provider: their names and what is said of them stand here once.
macro_rules! rows {
    ($provider:literal:
        RS256 = $rs256:expr;
        RS384 = $rs384:expr;
        RS512 = $rs512:expr;
        PS256 = $ps256:expr;
        PS384 = $ps384:expr;
        PS512 = $ps512:expr;
        ES256 = $es256:expr;
        ES384 = $es384:expr;
        EDDSA = $eddsa:expr;
    ) => {
        /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), keys of 2048 to 8192 bits: what the
        /// SuperTokens core signs with, and the only algorithm it has.
        ///
        /// ```
        /// use supertokens_session::crypto;
        ///
        #[doc = concat!("assert_eq!(crypto::", $provider, "::RS256.alg(), \"RS256\");")]
        /// ```
        pub static RS256: &dyn SignatureAlgorithm = $rs256;

        /// RSASSA-PKCS1-v1_5 with SHA-384 (RFC 7518 section 3.3).
        pub static RS384: &dyn SignatureAlgorithm = $rs384;

        /// RSASSA-PKCS1-v1_5 with SHA-512 (RFC 7518 section 3.3).
        pub static RS512: &dyn SignatureAlgorithm = $rs512;

        /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 7518 section 3.5).
        pub static PS256: &dyn SignatureAlgorithm = $ps256;

        /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes (RFC 7518 section 3.5).
        pub static PS384: &dyn SignatureAlgorithm = $ps384;

        /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes (RFC 7518 section 3.5).
        pub static PS512: &dyn SignatureAlgorithm = $ps512;

        /// ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4).
        pub static ES256: &dyn SignatureAlgorithm = $es256;

        /// ECDSA with P-384 and SHA-384 (RFC 7518 section 3.4).
        pub static ES384: &dyn SignatureAlgorithm = $es384;

        /// EdDSA with Ed25519 (RFC 8037 section 3.1).
        pub static EDDSA: &dyn SignatureAlgorithm = $eddsa;
    };
}

#[cfg(feature = "aws-lc-rs")]
pub mod aws_lc_rs;
#[cfg(feature = "ring")]
pub mod ring;
#[cfg(feature = "rust-crypto")]
pub mod rust_crypto;
