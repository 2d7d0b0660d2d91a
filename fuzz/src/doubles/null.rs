//! Cryptography that a fuzzer can get past: a signature is a checksum of modulus and message.

use supertokens_session::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

pub static RS256: &dyn SignatureAlgorithm = &Null("RS256", KeyKind::Rsa);

/// A second row, so that keys of one `kid` can differ in their algorithm alone.
pub static RS384: &dyn SignatureAlgorithm = &Null("RS384", KeyKind::Rsa);

/// A row for each other kind of key.
pub static ES256: &dyn SignatureAlgorithm = &Null("ES256", KeyKind::P256);
pub static ES384: &dyn SignatureAlgorithm = &Null("ES384", KeyKind::P384);
pub static EDDSA: &dyn SignatureAlgorithm = &Null("EdDSA", KeyKind::Ed25519);

#[derive(Debug)]
struct Null(&'static str, KeyKind);

impl SignatureAlgorithm for Null {
    fn alg(&self) -> &'static str {
        self.0
    }

    fn key_kind(&self) -> KeyKind {
        self.1
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        assert_eq!(key.kind(), self.1, "a key of another kind than the row's");
        let n = match key {
            PublicKey::Rsa { n, .. } => n,
            PublicKey::P256 { point } => point.as_slice(),
            PublicKey::P384 { point } => point.as_slice(),
            PublicKey::Ed25519 { point } => point.as_slice(),
            _ => return Err(KeyRejected),
        };
        Ok(Box::new(NullKey { n: n.to_vec() }))
    }
}

#[derive(Debug)]
struct NullKey {
    n: Vec<u8>,
}

impl VerifyingKey for NullKey {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        if signature == sign(&self.n, message) { Ok(()) } else { Err(BadSignature) }
    }
}

/// Depends on the key, so that a token checked with another key than the one it names shows.
pub fn sign(n: &[u8], message: &[u8]) -> [u8; 8] {
    n.iter()
        .chain(message)
        .fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)))
        .to_be_bytes()
}
