//! Rows over the [`rsa`](https://docs.rs/rsa) crate and its family, for targets that have no C
//! compiler: Rust all through.
//!
//! Public keys only. RUSTSEC-2023-0071, a timing side channel of `rsa`, is about operations with a
//! private key; there is none here.

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;

use ed25519_dalek::VerifyingKey as Ed25519Key;
use p256::ecdsa::VerifyingKey as P256Key;
use p384::ecdsa::VerifyingKey as P384Key;
use rsa::signature::Verifier;
use rsa::{BoxedUint, pkcs1v15, pss};
use sha2::{Sha256, Sha384, Sha512};

use crate::signature::{
    BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
};

rows! {
    "rust_crypto":
    RS256 = &Row::<pkcs1v15::VerifyingKey<Sha256>>::new("RS256");
    RS384 = &Row::<pkcs1v15::VerifyingKey<Sha384>>::new("RS384");
    RS512 = &Row::<pkcs1v15::VerifyingKey<Sha512>>::new("RS512");
    PS256 = &Row::<pss::VerifyingKey<Sha256>>::new("PS256");
    PS384 = &Row::<pss::VerifyingKey<Sha384>>::new("PS384");
    PS512 = &Row::<pss::VerifyingKey<Sha512>>::new("PS512");
    ES256 = &Row::<P256Key>::new("ES256");
    ES384 = &Row::<P384Key>::new("ES384");
    EDDSA = &Row::<Ed25519Key>::new("EdDSA");
}

/// A key of one of the libraries, as all rows use it.
trait LibraryKey: fmt::Debug + Send + Sync + Sized + 'static {
    const KIND: KeyKind;

    fn from_public_key(key: PublicKey<'_>) -> Option<Self>;

    fn is_signature(&self, message: &[u8], signature: &[u8]) -> Option<()>;
}

struct Row<K> {
    alg: &'static str,
    key: PhantomData<fn() -> K>,
}

impl<K> Row<K> {
    const fn new(alg: &'static str) -> Self {
        Self { alg, key: PhantomData }
    }
}

impl<K: LibraryKey> SignatureAlgorithm for Row<K> {
    fn alg(&self) -> &'static str {
        self.alg
    }

    fn key_kind(&self) -> KeyKind {
        K::KIND
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        let key = K::from_public_key(key).ok_or(KeyRejected)?;
        Ok(Box::new(Prepared(key)))
    }
}

impl<K> fmt::Debug for Row<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.alg).finish()
    }
}

#[derive(Debug)]
struct Prepared<K>(K);

impl<K: LibraryKey> VerifyingKey for Prepared<K> {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0.is_signature(message, signature).ok_or(BadSignature)
    }
}

fn rsa_key(key: PublicKey<'_>) -> Option<rsa::PublicKey> {
    let PublicKey::Rsa { n, e } = key else {
        return None;
    };
    let [n, e] = [n, e].map(BoxedUint::from_be_slice_vartime);
    rsa::PublicKey::new_with_size_limits(n, e, 2048..=8192).ok()
}

impl<D> LibraryKey for pkcs1v15::VerifyingKey<D>
where
    D: sha2::Digest + sha2::digest::const_oid::AssociatedOid + fmt::Debug + Send + Sync + 'static,
{
    const KIND: KeyKind = KeyKind::Rsa;

    fn from_public_key(key: PublicKey<'_>) -> Option<Self> {
        rsa_key(key).map(Self::new)
    }

    fn is_signature(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        self.verify(message, &signature.try_into().ok()?).ok()
    }
}

impl<D> LibraryKey for pss::VerifyingKey<D>
where
    D: sha2::Digest + sha2::digest::FixedOutputReset + fmt::Debug + Send + Sync + 'static,
{
    const KIND: KeyKind = KeyKind::Rsa;

    fn from_public_key(key: PublicKey<'_>) -> Option<Self> {
        rsa_key(key).map(Self::new)
    }

    fn is_signature(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        self.verify(message, &signature.try_into().ok()?).ok()
    }
}

impl LibraryKey for P256Key {
    const KIND: KeyKind = KeyKind::P256;

    fn from_public_key(key: PublicKey<'_>) -> Option<Self> {
        match key {
            PublicKey::P256 { point } => Self::from_sec1_bytes(point).ok(),
            _ => None,
        }
    }

    fn is_signature(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        self.verify(message, &p256::ecdsa::Signature::from_slice(signature).ok()?).ok()
    }
}

impl LibraryKey for P384Key {
    const KIND: KeyKind = KeyKind::P384;

    fn from_public_key(key: PublicKey<'_>) -> Option<Self> {
        match key {
            PublicKey::P384 { point } => Self::from_sec1_bytes(point).ok(),
            _ => None,
        }
    }

    fn is_signature(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        self.verify(message, &p384::ecdsa::Signature::from_slice(signature).ok()?).ok()
    }
}

impl LibraryKey for Ed25519Key {
    const KIND: KeyKind = KeyKind::Ed25519;

    fn from_public_key(key: PublicKey<'_>) -> Option<Self> {
        match key {
            PublicKey::Ed25519 { point } => Self::from_bytes(point).ok(),
            _ => None,
        }
    }

    fn is_signature(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        // With its feature `legacy_compatibility`, which any crate of a program can turn on, the
        // library takes an S that is not reduced: a second text for each signature.
        if !signature.get(32..)?.iter().rev().lt(&ED25519_ORDER) {
            return None;
        }
        self.verify(message, &ed25519_dalek::Signature::from_slice(signature).ok()?).ok()
    }
}

/// The order of Ed25519's base point (RFC 8032 section 5.1), big-endian; S is below it (section
/// 5.1.7).
const ED25519_ORDER: [u8; 32] = [
    0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7, 0x9c,
    0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed,
];
