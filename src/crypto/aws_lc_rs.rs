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

rows! {
    "aws_lc_rs":
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
