//! Key pairs of the four kinds, what they sign, and their JWKs.

use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaPublicKeyComponents,
};

use crate::support::base64url;
use crate::{KID, header, message};

pub(crate) enum Pair {
    Rsa(KeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    /// The issuer's, one of each kind.
    pub(crate) fn each() -> [Self; 4] {
        [
            Self::rsa(include_bytes!("../data/dynamic.pk8")),
            Self::p256(),
            Self::p384(),
            Self::ed25519(),
        ]
    }

    /// The issuer's, each with an attacker's of the same kind.
    pub(crate) fn each_with_attacker() -> [(Self, Self); 4] {
        let other = Self::rsa(include_bytes!("../data/other.pk8"));
        let [rsa, p256, p384, ed25519] = Self::each();
        [(rsa, other), (p256, Self::p256()), (p384, Self::p384()), (ed25519, Self::ed25519())]
    }

    pub(crate) fn rsa(pkcs8: &[u8]) -> Self {
        Self::Rsa(KeyPair::from_pkcs8(pkcs8).unwrap())
    }

    pub(crate) fn p256() -> Self {
        Self::P256(ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING))
    }

    pub(crate) fn p384() -> Self {
        Self::P384(ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING))
    }

    fn ed25519() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
    }

    /// The algorithms that such a key can be used with.
    pub(crate) fn algs(&self) -> &'static [&'static str] {
        match self {
            Self::Rsa(_) => &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
            Self::P256(_) => &["ES256"],
            Self::P384(_) => &["ES384"],
            Self::Ed25519(_) => &["EdDSA"],
        }
    }

    /// The first of them.
    pub(crate) fn alg(&self) -> &'static str {
        self.algs()[0]
    }

    pub(crate) fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match alg {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    other => panic!("{other} is not RSA's"),
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) | Self::P384(pair) => {
                assert!(self.algs().contains(&alg), "{alg}");
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            }
            Self::Ed25519(pair) => {
                assert_eq!(alg, "EdDSA");
                pair.sign(message).as_ref().to_vec()
            }
        }
    }

    /// A token of any two texts, signed by the first algorithm.
    pub(crate) fn token(&self, header: &str, payload: &str) -> String {
        self.signed(&message(header, payload))
    }

    /// A token whose first two segments are these.
    pub(crate) fn signed(&self, message: &str) -> String {
        format!("{message}.{}", base64url(&self.sign(self.alg(), message.as_bytes())))
    }

    /// A token with the usual header.
    pub(crate) fn session(&self, payload: &str) -> String {
        self.token(&header(&format!("\"{}\"", self.alg())), payload)
    }

    /// The public key as `ring` gives it: of a curve the point, of RSA the DER of both numbers.
    pub(crate) fn public_key(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::P256(pair) | Self::P384(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    /// The members of the JWK that are the key.
    pub(crate) fn members(&self) -> String {
        let (kty, point) = match self {
            Self::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                let [n, e] = [public.n, public.e].map(|number| base64url(&number));
                return format!(r#""kty":"RSA","n":"{n}","e":"{e}""#);
            }
            Self::P256(_) => (r#""kty":"EC","crv":"P-256""#, &self.public_key()[1..]),
            Self::P384(_) => (r#""kty":"EC","crv":"P-384""#, &self.public_key()[1..]),
            Self::Ed25519(_) => {
                let x = base64url(self.public_key());
                return format!(r#""kty":"OKP","crv":"Ed25519","x":"{x}""#);
            }
        };
        let (x, y) = point.split_at(point.len() / 2);
        format!(r#"{kty},"x":"{}","y":"{}""#, base64url(x), base64url(y))
    }

    /// The JWK, with these members before the end (empty, or each after a comma).
    pub(crate) fn jwk(&self, more: &str) -> String {
        format!(r#"{{"kid":"{KID}",{}{more}}}"#, self.members())
    }
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap()
}
