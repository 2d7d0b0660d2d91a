//! Rows over [`ring`](https://docs.rs/ring).
//!
//! `ring` has no prepared form of a public key: it parses the bytes at each verification, so a
//! prepared key here holds what is to be parsed, checked and ready to lend. Whether a point lies on
//! its curve is checked then, too: a key that does not is loaded and verifies nothing.

use alloc::boxed::Box;

use ::ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

use crate::signature::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

rows! {
    "ring":
    RS256 = &Rsa { alg: "RS256", parameters: &RSA_PKCS1_2048_8192_SHA256 };
    RS384 = &Rsa { alg: "RS384", parameters: &RSA_PKCS1_2048_8192_SHA384 };
    RS512 = &Rsa { alg: "RS512", parameters: &RSA_PKCS1_2048_8192_SHA512 };
    PS256 = &Rsa { alg: "PS256", parameters: &RSA_PSS_2048_8192_SHA256 };
    PS384 = &Rsa { alg: "PS384", parameters: &RSA_PSS_2048_8192_SHA384 };
    PS512 = &Rsa { alg: "PS512", parameters: &RSA_PSS_2048_8192_SHA512 };
    ES256 = &Curve { alg: "ES256", kind: KeyKind::P256, verification: &ECDSA_P256_SHA256_FIXED };
    ES384 = &Curve { alg: "ES384", kind: KeyKind::P384, verification: &ECDSA_P384_SHA384_FIXED };
    EDDSA = &Curve { alg: "EdDSA", kind: KeyKind::Ed25519, verification: &ED25519 };
}

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
        Ok(Box::new(CurveKey(UnparsedPublicKey::new(self.verification, point.into()))))
    }
}

#[derive(Debug)]
struct CurveKey(UnparsedPublicKey<Box<[u8]>>);

impl VerifyingKey for CurveKey {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0.verify(message, signature).map_err(|_| BadSignature)
    }
}
