//! Rows whose signature check costs nothing, so that what is counted is the library's own: what a
//! provider allocates costs now more, now less, by what was freed before.

use supertokens_session::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

/// Every signature holds, or none does.
#[derive(Clone, Copy, Debug)]
pub struct Unchecked {
    holds: bool,
}

pub static UNCHECKED: &dyn SignatureAlgorithm = &Unchecked { holds: true };
pub static REFUSED: &dyn SignatureAlgorithm = &Unchecked { holds: false };

impl SignatureAlgorithm for Unchecked {
    fn alg(&self) -> &'static str {
        "RS256"
    }
    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }
    fn prepare(&self, _: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        Ok(Box::new(*self))
    }
}

impl VerifyingKey for Unchecked {
    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        if self.holds { Ok(()) } else { Err(BadSignature) }
    }
}
