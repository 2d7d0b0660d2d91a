//! The issuer's keys, tokens under them, and a row that checks a checksum: a signature costs
//! nothing here, and still one key's is not another's.

use supertokens_session::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

use crate::random::Random;

pub(crate) static ROW: &dyn SignatureAlgorithm = &Checksum;

#[derive(Debug)]
struct Checksum;

impl SignatureAlgorithm for Checksum {
    fn alg(&self) -> &'static str {
        "RS256"
    }

    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        match key {
            PublicKey::Rsa { n, .. } => Ok(Box::new(Prepared(checksum(0, n)))),
            _ => Err(KeyRejected),
        }
    }
}

#[derive(Debug)]
struct Prepared(u64);

impl VerifyingKey for Prepared {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let holds = signature == checksum(self.0, message).to_be_bytes();
        if holds { Ok(()) } else { Err(BadSignature) }
    }
}

fn checksum(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)))
}

/// A key and its life.
pub(crate) struct Key {
    kid: String,
    n: Vec<u8>,
    /// When it is first in the issuer's set.
    pub(crate) published: u64,
    /// When the issuer begins to sign with it, and when it ceases to.
    pub(crate) used: u64,
    pub(crate) replaced: u64,
    /// When it is gone from the set. From then on whoever uses it is a thief.
    pub(crate) withdrawn: u64,
}

impl Key {
    /// One that stays for ever. Its modulus is random but for its length and that it is odd, so it
    /// has no fingerprint of a weak key.
    pub(crate) fn new(kid: String, random: &mut Random, published: u64, used: u64) -> Self {
        let mut n: Vec<u8> = (0..32).flat_map(|_| random.number().to_be_bytes()).collect();
        n[0] |= 0x80;
        n[255] |= 1;
        Self { kid, n, published, used, replaced: u64::MAX, withdrawn: u64::MAX }
    }

    /// As the core writes it.
    pub(crate) fn jwk(&self) -> String {
        format!(
            r#"{{"kty":"RSA","kid":"{}","n":"{}","e":"AQAB","alg":"RS256","use":"sig"}}"#,
            self.kid,
            base64url(&self.n)
        )
    }

    /// The cookie of a session whose token is valid until `expires`.
    pub(crate) fn cookie(&self, issued: u64, expires: u64) -> Vec<u8> {
        let header = format!(r#"{{"kid":"{}","typ":"JWT","version":"5","alg":"RS256"}}"#, self.kid);
        let payload = format!(
            concat!(
                r#"{{"iat":{},"exp":{},"sub":"user-1","tId":"public","rsub":"user-1","#,
                r#""sessionHandle":"handle-1","refreshTokenHash1":"a3f1c2d4","#,
                r#""parentRefreshTokenHash1":null,"antiCsrfToken":null}}"#
            ),
            issued / 1_000,
            expires / 1_000
        );
        let message = [header, payload].map(|text| base64url(text.as_bytes())).join(".");
        let signature = checksum(checksum(0, &self.n), message.as_bytes()).to_be_bytes();
        format!("sAccessToken={message}.{}", base64url(&signature)).into_bytes()
    }
}

/// Unpadded base64url (RFC 4648 section 5).
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = group.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let number = number << (8 * (3 - group.len()));
        for digit in 0..=group.len() {
            text.push(char::from(DIGITS[number >> (18 - 6 * digit) & 63]));
        }
    }
    text
}
