//! What a signature check costs with each provider and algorithm: time as a ratio to one bare RS256
//! verification by `ring` in the same run, and heap allocations. "Prepared" checks with a key that
//! was prepared before, as a decision does; "unprepared" prepares the key each time, as a program
//! does that keeps the JWK.

#[path = "../benches/cases/mod.rs"]
mod cases;

use std::hint::black_box;

use cases::ratio::{self, PAIRS};
use cases::support::counting::{Counting, cost};
use cases::support::jwks;
use cases::{Bare, TOKEN};
use ring::rand::SystemRandom;
use ring::rsa;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaPublicKeyComponents,
};
use supertokens_session::{PublicKey, SignatureAlgorithm, crypto};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Calls in a batch.
const BATCH: u32 = 20;

fn main() {
    println!(
        "time as a ratio to one bare ring RS256 verification, median of {PAIRS} pairs of {BATCH} calls;"
    );
    println!("heap allocations of one call\n");
    println!(
        "| | {} |",
        PROVIDERS.map(|(name, _)| format!("{name} | unprepared | allocations")).join(" | ")
    );
    println!("|---|{}", "---|---|---|".repeat(PROVIDERS.len()));
    let bare = Bare::new(TOKEN.trim(), &jwks());
    for (at, signed) in signed().iter().enumerate() {
        let cells = PROVIDERS.map(|(_, rows)| {
            let row = rows()[at];
            assert_eq!(row.alg(), signed.alg);
            let key = row.prepare(signed.key()).expect("a good key");
            let verify = || key.verify(TOKEN.as_bytes(), &signed.signature).expect("a signature");
            let unprepared = || {
                let key = black_box(row).prepare(signed.key()).expect("a good key");
                key.verify(TOKEN.as_bytes(), &signed.signature).expect("a signature");
            };
            let unit = || black_box(&bare).verify();
            let (_, calls, _) = cost(verify);
            let (_, more, _) = cost(unprepared);
            let [verify, unprepared] = [
                ratio::measure(BATCH, verify, unit).median(),
                ratio::measure(BATCH, unprepared, unit).median(),
            ];
            format!("{verify:.2} | {unprepared:.2} | {calls}, {more}")
        });
        println!("| {} | {} |", signed.alg, cells.join(" | "));
    }
}

type Rows = [&'static dyn SignatureAlgorithm; 9];

/// A name, and rows that are put together at run time: a static cannot copy another crate's.
type Provider = (&'static str, fn() -> Rows);

/// The rows of a provider in the order of [`signed`].
macro_rules! rows {
    ($provider:ident) => {{
        use crypto::$provider::{EDDSA, ES256, ES384, PS256, PS384, PS512, RS256, RS384, RS512};
        [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EDDSA]
    }};
}

static PROVIDERS: [Provider; 3] = [
    ("ring", || rows!(ring)),
    ("rust-crypto", || rows!(rust_crypto)),
    ("aws-lc-rs", || rows!(aws_lc_rs)),
];

/// A signature over the text [`TOKEN`], and the key for it.
struct Signed {
    alg: &'static str,
    key: Key,
    signature: Vec<u8>,
}

enum Key {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    P256([u8; 65]),
    P384([u8; 97]),
    Ed25519([u8; 32]),
}

impl Signed {
    fn key(&self) -> PublicKey<'_> {
        match &self.key {
            Key::Rsa(key) => PublicKey::Rsa { n: &key.n, e: &key.e },
            Key::P256(point) => PublicKey::P256 { point },
            Key::P384(point) => PublicKey::P384 { point },
            Key::Ed25519(point) => PublicKey::Ed25519 { point },
        }
    }
}

fn signed() -> Vec<Signed> {
    let random = SystemRandom::new();
    let pair =
        rsa::KeyPair::from_pkcs8(include_bytes!("../tests/data/dynamic.pk8")).expect("a key");
    let with_rsa = |(alg, encoding): (&'static str, &'static dyn RsaEncoding)| {
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(encoding, &random, TOKEN.as_bytes(), &mut signature).expect("a signature");
        Signed { alg, key: Key::Rsa(pair.public().into()), signature }
    };
    let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm| {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
        let signature = pair.sign(&random, TOKEN.as_bytes()).expect("a signature");
        (pair.public_key().as_ref().to_vec(), signature.as_ref().to_vec())
    };
    let encodings: [(_, &'static dyn RsaEncoding); 6] = [
        ("RS256", &RSA_PKCS1_SHA256),
        ("RS384", &RSA_PKCS1_SHA384),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
        ("PS384", &RSA_PSS_SHA384),
        ("PS512", &RSA_PSS_SHA512),
    ];
    let mut signed: Vec<Signed> = encodings.into_iter().map(with_rsa).collect();
    let (point, signature) = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING);
    let point = point.try_into().expect("65 bytes");
    signed.push(Signed { alg: "ES256", key: Key::P256(point), signature });
    let (point, signature) = ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING);
    let point = point.try_into().expect("97 bytes");
    signed.push(Signed { alg: "ES384", key: Key::P384(point), signature });
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key");
    let point = pair.public_key().as_ref().try_into().expect("32 bytes");
    let signature = pair.sign(TOKEN.as_bytes()).as_ref().to_vec();
    signed.push(Signed { alg: "EdDSA", key: Key::Ed25519(point), signature });
    signed
}
