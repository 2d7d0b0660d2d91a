//! Issuers whose signatures cost nothing and are counted: each thread knows how many it has checked.

use std::cell::Cell;

use supertokens_session::{
    BadSignature, Fetch, FetchAnswer, KeyKind, KeyPolicy, KeyRejected, KeyStore, Keys, PublicKey,
    SignatureAlgorithm, UnixMillis, VerifyingKey,
};

use crate::support::{NOW, at, base64url, jwks_of};

thread_local! {
    static CHECKS: Cell<u32> = const { Cell::new(0) };
}

/// Signatures checked while `work` ran, and what it gave.
pub(crate) fn checks<T>(work: impl FnOnce() -> T) -> (u32, T) {
    let before = CHECKS.get();
    let result = work();
    (CHECKS.get() - before, result)
}

/// A checksum of modulus and message, and some bytes that are the same in all signatures: with eight
/// of them all tokens end in the same characters.
#[derive(Debug)]
pub(crate) struct Row {
    padding: usize,
}

pub(crate) static ROW: Row = Row { padding: 0 };
pub(crate) static PADDED: Row = Row { padding: 8 };

impl SignatureAlgorithm for Row {
    fn alg(&self) -> &'static str {
        "RS256"
    }

    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        match key {
            PublicKey::Rsa { n, .. } => {
                Ok(Box::new(Prepared { n: n.into(), padding: self.padding }))
            }
            _ => Err(KeyRejected),
        }
    }
}

#[derive(Debug)]
struct Prepared {
    n: Vec<u8>,
    padding: usize,
}

impl VerifyingKey for Prepared {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        CHECKS.set(CHECKS.get() + 1);
        let holds = signature == signed(&self.n, message, self.padding);
        if holds { Ok(()) } else { Err(BadSignature) }
    }
}

fn signed(n: &[u8], message: &[u8], padding: usize) -> Vec<u8> {
    // FNV-1a: what it is matters as little as that it is another for another key.
    let sum = n.iter().chain(message).fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    [sum.to_be_bytes().as_slice(), &vec![0; padding]].concat()
}

/// A key pair: the modulus is made of its number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) kid: &'static str,
    pub(crate) number: u8,
}

impl Pair {
    fn n(self) -> Vec<u8> {
        let mut n: Vec<u8> = (0..=255_u8).map(|byte| byte.wrapping_mul(self.number)).collect();
        n[0] = 0x80 | self.number;
        n[255] = 1;
        n
    }

    pub(crate) fn jwk(self) -> String {
        let (kid, n) = (self.kid, base64url(&self.n()));
        format!(r#"{{"kty":"RSA","kid":"{kid}","n":"{n}","e":"AQAB","alg":"RS256","use":"sig"}}"#)
    }

    pub(crate) fn token(self, row: &Row, payload: &str) -> String {
        let header = format!(r#"{{"kid":"{}","typ":"JWT","version":"5","alg":"RS256"}}"#, self.kid);
        let message = [header.as_str(), payload].map(|text| base64url(text.as_bytes())).join(".");
        let signature = signed(&self.n(), message.as_bytes(), row.padding);
        format!("{message}.{}", base64url(&signature))
    }
}

/// A store whose policy never asks for a newer set by itself.
pub(crate) fn store(row: &'static Row, pairs: &[Pair]) -> KeyStore {
    let (fresh, usable) = (std::time::Duration::from_secs(86_400), std::time::Duration::MAX);
    let policy = KeyPolicy::default().fresh_for(fresh).usable_for(usable);
    let mut store = KeyStore::new("https://core.example/", &[row], policy, 7);
    publish(&mut store, pairs, at(NOW));
    store
}

/// Has the store fetch a set of these.
pub(crate) fn publish(store: &mut KeyStore, pairs: &[Pair], now: UnixMillis) -> Keys {
    let document = jwks_of(&pairs.iter().map(|pair| pair.jwk()).collect::<Vec<_>>());
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else {
        return store.keys();
    };
    store.finish_fetch(ticket, FetchAnswer::http(200, document.as_bytes()), now).into_keys()
}
