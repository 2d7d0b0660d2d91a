//! Rows over [`ring`](https://docs.rs/ring).
//!
//! `ring` has no prepared form of an RSA public key: it parses the modulus at each verification,
//! so a prepared key here holds the two numbers, checked and ready to lend.

use alloc::boxed::Box;

use ::ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents};

use crate::signature::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), keys of 2048 to 8192 bits: what the
/// SuperTokens core signs with, and the only algorithm it has.
///
/// ```
/// use supertokens_session::crypto;
///
/// assert_eq!(crypto::ring::RS256.alg(), "RS256");
/// ```
pub static RS256: &dyn SignatureAlgorithm =
    &Rsa { alg: "RS256", parameters: &RSA_PKCS1_2048_8192_SHA256 };

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
        let PublicKey::Rsa { n, e } = key;
        Ok(Box::new(RsaKey {
            components: RsaPublicKeyComponents { n: n.into(), e: e.into() },
            parameters: self.parameters,
        }))
    }
}

#[derive(Debug)]
struct RsaKey {
    components: RsaPublicKeyComponents<Box<[u8]>>,
    parameters: &'static RsaParameters,
}

impl VerifyingKey for RsaKey {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.components.verify(self.parameters, message, signature).map_err(|_| BadSignature)
    }
}
