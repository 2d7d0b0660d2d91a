//! Rows over whatever cryptography library the program's TLS already uses: every provider of
//! `rustls` implements `SignatureVerificationAlgorithm`. Here it is `rustls-webpki`'s over `ring`.
#![allow(unreachable_pub, reason = "a module of an example and of the tests")]

use rustls_pki_types::SignatureVerificationAlgorithm;
use supertokens_session::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};
use webpki::ring;

/// A row; what it needs to know beside the library's algorithm is which JWKs are for it.
#[derive(Debug)]
struct Row {
    alg: &'static str,
    kind: KeyKind,
    verification: &'static dyn SignatureVerificationAlgorithm,
}

const fn row(
    alg: &'static str,
    kind: KeyKind,
    verification: &'static dyn SignatureVerificationAlgorithm,
) -> Row {
    Row { alg, kind, verification }
}

pub static RS256: &dyn SignatureAlgorithm =
    &row("RS256", KeyKind::Rsa, ring::RSA_PKCS1_2048_8192_SHA256);
pub static RS384: &dyn SignatureAlgorithm =
    &row("RS384", KeyKind::Rsa, ring::RSA_PKCS1_2048_8192_SHA384);
pub static RS512: &dyn SignatureAlgorithm =
    &row("RS512", KeyKind::Rsa, ring::RSA_PKCS1_2048_8192_SHA512);
pub static PS256: &dyn SignatureAlgorithm =
    &row("PS256", KeyKind::Rsa, ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY);
pub static PS384: &dyn SignatureAlgorithm =
    &row("PS384", KeyKind::Rsa, ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY);
pub static PS512: &dyn SignatureAlgorithm =
    &row("PS512", KeyKind::Rsa, ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY);
pub static ES256: &dyn SignatureAlgorithm = &row("ES256", KeyKind::P256, ring::ECDSA_P256_SHA256);
pub static ES384: &dyn SignatureAlgorithm = &row("ES384", KeyKind::P384, ring::ECDSA_P384_SHA384);
pub static EDDSA: &dyn SignatureAlgorithm = &row("EdDSA", KeyKind::Ed25519, ring::ED25519);

impl SignatureAlgorithm for Row {
    fn alg(&self) -> &'static str {
        self.alg
    }

    fn key_kind(&self) -> KeyKind {
        self.kind
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        if key.kind() != self.kind {
            return Err(KeyRejected);
        }
        // What TLS finds in a certificate's `subjectPublicKey` (RFC 3279, RFC 5480, RFC 8410), and
        // the length of a coordinate where the signature is two of them.
        let (subject_public_key, half) = match key {
            PublicKey::Rsa { n, e } => (sequence(n, e), None),
            PublicKey::P256 { point } => (point.to_vec(), Some(32)),
            PublicKey::P384 { point } => (point.to_vec(), Some(48)),
            PublicKey::Ed25519 { point } => (point.to_vec(), None),
            _ => return Err(KeyRejected),
        };
        Ok(Box::new(Prepared { verification: self.verification, subject_public_key, half }))
    }
}

#[derive(Debug)]
struct Prepared {
    verification: &'static dyn SignatureVerificationAlgorithm,
    subject_public_key: Vec<u8>,
    half: Option<usize>,
}

impl VerifyingKey for Prepared {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let der;
        let signature = match self.half {
            None => signature,
            // JOSE has r and s side by side (RFC 7518 section 3.4), TLS a sequence of both.
            Some(half) if signature.len() == 2 * half => {
                let (r, s) = signature.split_at(half);
                der = sequence(r, s);
                &der
            }
            Some(_) => return Err(BadSignature),
        };
        self.verification
            .verify_signature(&self.subject_public_key, message, signature)
            .map_err(|_| BadSignature)
    }
}

/// The DER encoding of a sequence of two numbers: an RSA public key (RFC 8017 appendix A.1.1), an
/// ECDSA signature (RFC 3279 section 2.2.3).
fn sequence(first: &[u8], second: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let digits = &number[zeros..];
        // A first bit would be the sign.
        let sign = digits.first().is_none_or(|first| *first >= 0x80);
        element(0x02, &[&[0][..usize::from(sign)], digits].concat())
    };
    element(0x30, &[integer(first), integer(second)].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let length = &length[zeros..];
    // Up to 127 a byte says the length, above it how many bytes of length follow.
    let head = match length {
        [] => vec![tag, 0],
        [length @ ..=0x7f] => vec![tag, *length],
        long => [&[tag, 0x80 | u8::try_from(long.len()).expect("at most 8")], long].concat(),
    };
    [&head, content].concat()
}
