//! Cryptography that a fuzzer can get past: a signature is a checksum of modulus and message.

use supertokens_session::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

pub static RS256: &dyn SignatureAlgorithm = &Null("RS256");

/// A second row, so that keys of one `kid` can differ in their algorithm alone.
pub static RS384: &dyn SignatureAlgorithm = &Null("RS384");

#[derive(Debug)]
struct Null(&'static str);

impl SignatureAlgorithm for Null {
    fn alg(&self) -> &'static str {
        self.0
    }

    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        match key {
            PublicKey::Rsa { n, .. } => Ok(Box::new(NullKey { n: n.to_vec() })),
            _ => Err(KeyRejected),
        }
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
