//! Other libraries, each as its documentation has it used: the key read once, the smallest claims that
//! name a user. All are asked the same, so that none is faster for doing less: is this token signed by
//! the key, good at [`NOW`], and of [`USER`]?

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{PublicEncryptingKey, PublicKeyComponents};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use serde::{Deserialize, Serialize};

use crate::cases::support::{NOW, unbase64url};

/// The user of all tokens.
pub const USER: &str = "user-1";

/// What this says of a token: accepted, and of [`USER`].
pub type Verify = Box<dyn Fn(&str) -> bool>;

pub struct Peer {
    /// As on the registry.
    pub name: &'static str,
    /// What verifies its signatures.
    pub provider: &'static str,
    pub verify: Verify,
}

/// The public key, in each form that somebody wants.
pub struct Key {
    /// A JWK.
    pub jwk: String,
    /// Its name.
    kid: String,
    n: Vec<u8>,
    e: Vec<u8>,
    /// PKCS #1.
    pkcs1: Vec<u8>,
    /// SubjectPublicKeyInfo.
    spki: Vec<u8>,
}

impl Key {
    pub fn new(jwk: &str) -> Self {
        let members: serde_json::Value = serde_json::from_str(jwk).expect("a JWK");
        let number = |name: &str| unbase64url(members[name].as_str().expect("a number"));
        let (n, e) = (number("n"), number("e"));
        let components = PublicKeyComponents { n: &n, e: &e };
        let public: PublicEncryptingKey = components.try_into().expect("a key");
        let spki: PublicKeyX509Der<'_> = public.as_der().expect("DER");
        let spki = spki.as_ref().to_vec();
        // A SEQUENCE begins the inner key of 2048 bits, behind the name of the algorithm.
        let pkcs1 = spki[24..].to_vec();
        let kid = members["kid"].as_str().expect("a name").to_owned();
        Self { jwk: jwk.to_owned(), kid, n, e, pkcs1, spki }
    }

    /// As `src/crypto/aws_lc_rs.rs` prepares it.
    pub fn prepared(&self) -> ParsedPublicKey {
        let components = PublicKeyComponents { n: &self.n, e: &self.e };
        components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("a key")
    }
}

/// What a page wants of a token, and the date that some check behind the library.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
}

impl Claims {
    fn are_good(&self) -> bool {
        self.exp > NOW && self.sub == USER
    }
}

impl biscuit::CompactJson for Claims {}

pub fn peers(key: &Key) -> Vec<Peer> {
    let peer = |name, provider, verify| Peer { name, provider, verify };
    vec![
        peer("oxitoken", "aws-lc-rs", oxitoken(key)),
        peer("oxitoken", "aws-lc-rs, whole session", oxitoken_session(key)),
        peer("jsonwebtoken", "aws-lc-rs", jsonwebtoken(key, false)),
        peer("jsonwebtoken", "rust_crypto", jsonwebtoken(key, true)),
        peer("jwtk", "aws-lc-rs", jwtk(key)),
        peer("jwtiny", "aws-lc-rs", jwtiny(key)),
        peer("jwt-simple", "boring", jwt_simple(key)),
        peer("aliri", "ring", aliri(key)),
        peer("biscuit", "ring", biscuit(key)),
        peer("jwt-compact", "rsa", jwt_compact(key)),
    ]
}

/// `jsonwebtoken` has one provider in a process. This one is both, by a switch.
mod switch {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use jsonwebtoken::crypto::{CryptoProvider, aws_lc, rust_crypto};

    pub static RUST_CRYPTO: AtomicBool = AtomicBool::new(false);

    pub static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: aws_lc::DEFAULT_PROVIDER.signer_factory,
        verifier_factory: |algorithm, key| {
            let provider = match RUST_CRYPTO.load(Relaxed) {
                true => &rust_crypto::DEFAULT_PROVIDER,
                false => &aws_lc::DEFAULT_PROVIDER,
            };
            (provider.verifier_factory)(algorithm, key)
        },
        key_utils: jsonwebtoken::crypto::KeyUtils::new_unimplemented(),
    };
}

fn jsonwebtoken(key: &Key, rust_crypto: bool) -> Verify {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    use std::sync::atomic::Ordering::Relaxed;
    // The second time it is in place already.
    let _ = switch::PROVIDER.install_default();
    let key = DecodingKey::from_rsa_raw_components(&key.n, &key.e);
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    Box::new(move |token| {
        switch::RUST_CRYPTO.store(rust_crypto, Relaxed);
        decode::<Claims>(token, &key, &validation).is_ok_and(|data| data.claims.are_good())
    })
}

/// What the feature `aws-lc-rs` of `oxitoken` has, which does not compile with the newest of that crate.
struct Parsed(ParsedPublicKey);

impl oxitoken::validation::VerificationKey for Parsed {
    fn alg(&self) -> Option<oxitoken::Algorithm> {
        Some(oxitoken::Algorithm::RS256)
    }
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), oxitoken::error::JwtError> {
        let verdict = self.0.verify_sig(message, signature);
        verdict.map_err(|_| oxitoken::error::JwtError::InvalidSignature)
    }
}

fn oxitoken(key: &Key) -> Verify {
    use oxitoken::error::JwtError;
    use oxitoken::validation::{StaticKeyProvider, TokenValidator, ValidationPipeline};

    #[derive(Deserialize)]
    struct Header {
        alg: oxitoken::Algorithm,
    }
    impl oxitoken::header::Alg for Header {
        fn alg(&self) -> oxitoken::Algorithm {
            self.alg
        }
    }
    /// Its own validator of `exp`, but for the clock.
    struct NotExpired;
    impl TokenValidator<Header, Claims> for NotExpired {
        fn validate(&self, _: &Header, claims: &Claims) -> Result<(), JwtError> {
            if claims.exp > NOW { Ok(()) } else { Err(JwtError::Expired) }
        }
    }

    let key = StaticKeyProvider::new(Parsed(key.prepared()));
    let pipeline = ValidationPipeline::<Header, Claims, _>::builder(key).with(NotExpired).build();
    Box::new(move |token| {
        pipeline.verify(token.as_bytes()).is_ok_and(|(_, claims)| claims.sub == USER)
    })
}

/// The same, nearer to what a session is: the key by its name, and the claims that a `Session` has.
fn oxitoken_session(key: &Key) -> Verify {
    use std::collections::BTreeMap;
    use std::hint::black_box;

    use oxitoken::error::JwtError;
    use oxitoken::header::Kid;
    use oxitoken::validation::{KeyProvider, ValidationPipeline};

    #[derive(Deserialize)]
    struct Header {
        alg: oxitoken::Algorithm,
        kid: String,
    }
    impl oxitoken::header::Alg for Header {
        fn alg(&self) -> oxitoken::Algorithm {
            self.alg
        }
    }
    impl oxitoken::header::Kid for Header {
        fn kid(&self) -> &str {
            &self.kid
        }
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "decoded, as a page would have it")]
    struct Session {
        sub: String,
        exp: u64,
        iat: u64,
        #[serde(rename = "tId")]
        tenant: String,
        #[serde(rename = "rsub")]
        recipe_user: String,
        #[serde(rename = "sessionHandle")]
        handle: String,
        #[serde(flatten)]
        claims: serde_json::Map<String, serde_json::Value>,
    }

    struct Store(BTreeMap<String, Parsed>);
    impl KeyProvider<Header, Session> for Store {
        type Key = Parsed;
        fn resolve_key(&self, header: &Header, _: &Session) -> Result<&Parsed, JwtError> {
            self.0.get(header.kid()).ok_or(JwtError::VerificationKeyNotFound)
        }
    }

    let store = Store(BTreeMap::from([(key.kid.clone(), Parsed(key.prepared()))]));
    let pipeline = ValidationPipeline::<Header, Session, _>::builder(store).build();
    Box::new(move |token| {
        let session = pipeline.verify(token.as_bytes());
        black_box(&session).as_ref().is_ok_and(|(_, it)| it.exp > NOW && it.sub == USER)
    })
}

fn jwtk(key: &Key) -> Verify {
    use jwtk::rsa::{RsaAlgorithm, RsaPublicKey};
    use std::time::Duration;
    #[derive(Deserialize)]
    struct Nothing {}
    let key = RsaPublicKey::from_components(&key.n, &key.e, Some(RsaAlgorithm::RS256));
    let key = key.expect("a key");
    Box::new(move |token| {
        jwtk::verify_only::<Nothing>(token, &key).is_ok_and(|token| {
            let claims = token.claims();
            claims.exp > Some(Duration::from_secs(NOW)) && claims.sub.as_deref() == Some(USER)
        })
    })
}

/// It is asynchronous throughout; with a fixed key it never waits.
fn jwtiny(key: &Key) -> Verify {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use jwtiny::{AlgorithmPolicy, ClaimsValidation, TokenValidator};
    let validation = ClaimsValidation::default().no_exp_validation().no_iat_validation();
    let validator = TokenValidator::new()
        .algorithms(AlgorithmPolicy::rs256_only())
        .validate(validation)
        .key(Arc::new(key.spki.clone()));
    Box::new(move |token| {
        let verdict = pin!(validator.verify(token));
        let Poll::Ready(verdict) = verdict.poll(&mut Context::from_waker(Waker::noop())) else {
            return false;
        };
        verdict.is_ok_and(|claims| {
            claims.expiration > Some(NOW as i64) && claims.subject.as_deref() == Some(USER)
        })
    })
}

fn jwt_simple(key: &Key) -> Verify {
    use jwt_simple::prelude::*;
    let key = RS256PublicKey::from_components(&key.n, &key.e).expect("a key");
    Box::new(move |token| {
        let options = VerificationOptions {
            artificial_time: Some(Duration::from_secs(NOW)),
            time_tolerance: None,
            ..VerificationOptions::default()
        };
        let claims = key.verify_token::<NoCustomClaims>(token, Some(options));
        claims.is_ok_and(|claims| claims.subject.as_deref() == Some(USER))
    })
}

fn aliri(key: &Key) -> Verify {
    use aliri::jwt::{BasicClaims, BasicHeaders, CoreClaims, CoreValidator};
    use aliri::{Jwk, JwtRef, jwa::Algorithm};
    let key: Jwk = serde_json::from_str(&key.jwk).expect("a key");
    let validator =
        CoreValidator::default().ignore_expiration().add_approved_algorithm(Algorithm::RS256);
    Box::new(move |token| {
        let token = JwtRef::from_str(token);
        token.verify::<BasicClaims, BasicHeaders, _>(&key, &validator).is_ok_and(|token| {
            let claims = token.claims();
            claims.exp().is_some_and(|exp| exp.0 > NOW)
                && claims.sub().is_some_and(|sub| sub.as_str() == USER)
        })
    })
}

fn biscuit(key: &Key) -> Verify {
    use biscuit::Empty;
    use biscuit::jwa::SignatureAlgorithm;
    use biscuit::jws::{Compact, Secret};
    let key = Secret::PublicKey(key.pkcs1.clone());
    Box::new(move |token| {
        let token = Compact::<Claims, Empty>::new_encoded(token);
        token
            .into_decoded(&key, SignatureAlgorithm::RS256)
            .is_ok_and(|token| token.payload().is_ok_and(Claims::are_good))
    })
}

fn jwt_compact(key: &Key) -> Verify {
    use chrono::{DateTime, TimeDelta};
    use jwt_compact::alg::{Rsa, RsaPublicKey};
    use jwt_compact::jwk::JsonWebKey;
    use jwt_compact::{AlgorithmExt, TimeOptions, UntrustedToken};
    #[derive(Deserialize)]
    struct Sub {
        sub: String,
    }
    let jwk: JsonWebKey<'_> = serde_json::from_str(&key.jwk).expect("a JWK");
    let key = RsaPublicKey::try_from(&jwk).expect("a key");
    let now = DateTime::from_timestamp(NOW as i64, 0).expect("a time");
    let options = TimeOptions::new(TimeDelta::zero(), move || now);
    Box::new(move |token| {
        let Ok(token) = UntrustedToken::new(token) else { return false };
        Rsa::rs256().validator::<Sub>(&key).validate(&token).is_ok_and(|token| {
            let claims = token.claims();
            claims.validate_expiration(&options).is_ok() && claims.custom.sub == USER
        })
    })
}
