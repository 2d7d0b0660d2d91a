//! One vector, whatever file it comes from: what is shown to a provider, and what the file says
//! the answer is.

use std::fmt;
use std::sync::Arc;

use supertokens_session::PublicKey;

use crate::providers::Verdict;

/// What the counts are kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Under sets with an asymmetric key.
    Jws,
    SymmetricJws,
    Jwe,
    Pkcs1,
    Pss,
    Ecdsa,
    Ed25519,
    Rfc,
    Jwk,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Jws,
        Self::SymmetricJws,
        Self::Jwe,
        Self::Pkcs1,
        Self::Pss,
        Self::Ecdsa,
        Self::Ed25519,
        Self::Rfc,
        Self::Jwk,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Jws => "JWS",
            Self::SymmetricJws => "JWS, symmetric",
            Self::Jwe => "JWE",
            Self::Pkcs1 => "RSA PKCS #1",
            Self::Pss => "RSA PSS",
            Self::Ecdsa => "ECDSA P1363",
            Self::Ed25519 => "Ed25519",
            Self::Rfc => "RFC",
            Self::Jwk => "JWK loads",
        })
    }
}

pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) file: String,
    /// What the rules of `exceptions.tsv` can tell cases apart by: `id`, each `flag`, the group's
    /// parameters.
    pub(crate) properties: Vec<(&'static str, String)>,
    /// Whether the file says that it is valid, or leaves it open ("acceptable"): then a rule
    /// decides, and without one the case must be accepted.
    pub(crate) is_valid: bool,
    pub(crate) input: Input,
}

impl Case {
    /// What the file says, as a verdict.
    pub(crate) fn verdict_of_the_file(&self) -> Verdict {
        if self.is_valid { Ok(()) } else { Err("the file says so".to_owned()) }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.file, self.properties)
    }
}

pub(crate) enum Input {
    /// A signature, for the rows themselves. More than one where no row is meant: then none of
    /// these may take it.
    Signature { algs: Vec<String>, key: Arc<RawKey>, message: Vec<u8>, signature: Vec<u8> },
    /// A text, for a key set of these JWKs; if there is a `first`, under a table that begins with
    /// that algorithm.
    Text { jwks: Arc<[String]>, first: Option<String>, text: String },
    /// A JWK, which is to be a usable key of a set.
    Jwk { jwk: String, kid: String },
}

#[derive(Debug, PartialEq)]
pub(crate) enum RawKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256([u8; 65]),
    P384([u8; 97]),
    Ed25519([u8; 32]),
}

impl RawKey {
    pub(crate) fn public_key(&self) -> PublicKey<'_> {
        match self {
            Self::Rsa { n, e } => PublicKey::Rsa { n, e },
            Self::P256(point) => PublicKey::P256 { point },
            Self::P384(point) => PublicKey::P384 { point },
            Self::Ed25519(point) => PublicKey::Ed25519 { point },
        }
    }

    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self::Rsa { n: without_leading_zeros(n), e: without_leading_zeros(e) }
    }
}

pub(crate) fn without_leading_zeros(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}
