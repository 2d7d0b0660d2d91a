//! Rows over [`aws-lc-rs`](https://docs.rs/aws-lc-rs): the fastest of the providers, and the one with
//! a FIPS build (feature `fips` of that crate). Needs `std` and a C compiler.

use alloc::boxed::Box;

use ::aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, VerificationAlgorithm,
};

use crate::signature::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), keys of 2048 to 8192 bits: what the
/// SuperTokens core signs with, and the only algorithm it has.
///
/// ```
/// use supertokens_session::crypto;
///
/// assert_eq!(crypto::aws_lc_rs::RS256.alg(), "RS256");
/// ```
pub static RS256: &dyn SignatureAlgorithm =
    &Rsa { alg: "RS256", parameters: &RSA_PKCS1_2048_8192_SHA256 };

/// RSASSA-PKCS1-v1_5 with SHA-384 (RFC 7518 section 3.3).
pub static RS384: &dyn SignatureAlgorithm =
    &Rsa { alg: "RS384", parameters: &RSA_PKCS1_2048_8192_SHA384 };

/// RSASSA-PKCS1-v1_5 with SHA-512 (RFC 7518 section 3.3).
pub static RS512: &dyn SignatureAlgorithm =
    &Rsa { alg: "RS512", parameters: &RSA_PKCS1_2048_8192_SHA512 };

/// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 7518 section 3.5).
pub static PS256: &dyn SignatureAlgorithm =
    &Rsa { alg: "PS256", parameters: &RSA_PSS_2048_8192_SHA256 };

/// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes (RFC 7518 section 3.5).
pub static PS384: &dyn SignatureAlgorithm =
    &Rsa { alg: "PS384", parameters: &RSA_PSS_2048_8192_SHA384 };

/// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes (RFC 7518 section 3.5).
pub static PS512: &dyn SignatureAlgorithm =
    &Rsa { alg: "PS512", parameters: &RSA_PSS_2048_8192_SHA512 };

/// ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4).
pub static ES256: &dyn SignatureAlgorithm =
    &Curve { alg: "ES256", kind: KeyKind::P256, verification: &ECDSA_P256_SHA256_FIXED };

/// ECDSA with P-384 and SHA-384 (RFC 7518 section 3.4).
pub static ES384: &dyn SignatureAlgorithm =
    &Curve { alg: "ES384", kind: KeyKind::P384, verification: &ECDSA_P384_SHA384_FIXED };

/// EdDSA with Ed25519 (RFC 8037 section 3.1).
pub static EDDSA: &dyn SignatureAlgorithm =
    &Curve { alg: "EdDSA", kind: KeyKind::Ed25519, verification: &ED25519 };

#[derive(Debug)]
struct Rsa {
    alg: &'static str,
    parameters: &'static RsaParameters,
}

impl SignatureAlgorithm for Rsa {
    fn alg(&self) -> &'static str {
        self.alg
    }

    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        let PublicKey::Rsa { n, e } = key else {
            return Err(KeyRejected);
        };
        let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(self.parameters);
        Ok(Box::new(Prepared(key.map_err(|_| KeyRejected)?)))
    }
}

#[derive(Debug)]
struct Curve {
    alg: &'static str,
    kind: KeyKind,
    verification: &'static dyn VerificationAlgorithm,
}

impl SignatureAlgorithm for Curve {
    fn alg(&self) -> &'static str {
        self.alg
    }

    fn key_kind(&self) -> KeyKind {
        self.kind
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        let point = key.point().filter(|_| key.kind() == self.kind).ok_or(KeyRejected)?;
        let key = ParsedPublicKey::new(self.verification, point).map_err(|_| KeyRejected)?;
        Ok(Box::new(Prepared(key)))
    }
}

#[derive(Debug)]
struct Prepared(ParsedPublicKey);

impl VerifyingKey for Prepared {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0.verify_sig(message, signature).map_err(|_| BadSignature)
    }
}
