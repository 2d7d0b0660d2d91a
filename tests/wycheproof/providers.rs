//! The providers there are, fakes that must fail, and what each makes of a case.

use std::sync::LazyLock;

use supertokens_session::{
    BadSignature, KeyKind, KeyRejected, KeySet, PublicKey, SignatureAlgorithm, VerifyingKey,
};

use crate::cases::{Case, Input};
use crate::support::{Signer, jwks_of, unbase64url};

/// The algorithms that every provider has.
pub(crate) const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

pub(crate) struct Provider {
    pub(crate) name: &'static str,
    rows: Vec<&'static dyn SignatureAlgorithm>,
}

/// Accepted, or the name of the reason why not.
pub(crate) type Verdict = Result<(), String>;

macro_rules! provider {
    ($name:literal, $($module:tt)+) => {{
        use $($module)+ as module;
        Provider::new($name, vec![
            module::RS256, module::RS384, module::RS512, module::PS256, module::PS384,
            module::PS512, module::ES256, module::ES384, module::EDDSA,
        ])
    }};
}

/// Those whose feature is on, and the one of `examples/own_provider.rs`.
pub(crate) fn all() -> Vec<Provider> {
    vec![
        #[cfg(feature = "ring")]
        provider!("ring", supertokens_session::crypto::ring),
        #[cfg(feature = "rust-crypto")]
        provider!("rust-crypto", supertokens_session::crypto::rust_crypto),
        #[cfg(feature = "aws-lc-rs")]
        provider!("aws-lc-rs", supertokens_session::crypto::aws_lc_rs),
        provider!("own_provider", crate::own),
    ]
}

impl Provider {
    fn new(name: &'static str, rows: Vec<&'static dyn SignatureAlgorithm>) -> Self {
        let algs: Vec<_> = rows.iter().map(|row| row.alg()).collect();
        assert_eq!(algs, ALGORITHMS, "{name}");
        Self { name, rows }
    }

    pub(crate) fn accepting_everything() -> Self {
        Self::new("accepts everything", FAKES[0].iter().map(|row| row as _).collect())
    }

    pub(crate) fn refusing_everything() -> Self {
        Self::new("refuses everything", FAKES[1].iter().map(|row| row as _).collect())
    }

    pub(crate) fn verdicts(&self, cases: &[Case]) -> Vec<Verdict> {
        cases.iter().map(|case| self.verdict(case)).collect()
    }

    fn verdict(&self, case: &Case) -> Verdict {
        match &case.input {
            Input::Signature { algs, key, message, signature } => {
                let mut verdict = Err("no row");
                for alg in algs {
                    let row = self.rows.iter().find(|row| row.alg() == alg).unwrap();
                    verdict = match row.prepare(key.public_key()) {
                        Err(KeyRejected) => Err("rejected"),
                        Ok(key) => key.verify(message, signature).map_err(|_| "bad_signature"),
                    };
                    if verdict.is_ok() {
                        break;
                    }
                }
                verdict.map_err(str::to_owned)
            }
            Input::Text { jwks, first, text } => {
                let set = self.key_set(jwks, first.as_deref());
                let payload = set.verify_jws(text.as_bytes());
                let payload = payload.map_err(|reason| reason.name().to_owned())?;
                let signed = text.split('.').nth(1).unwrap();
                assert_eq!(payload, unbase64url(signed), "{}: {case}", self.name);
                Ok(())
            }
            Input::Jwk { jwk, kid } => {
                let set = self.key_set(std::slice::from_ref(jwk), None);
                if set.key_ids().any(|usable| usable == kid) {
                    return Ok(());
                }
                Err(set.skipped()[0].reason().name().to_owned())
            }
        }
    }

    /// The set of these keys and of one that signed none of the vectors: so that a set is one even
    /// where every key of the vector's is skipped, and the text is judged.
    fn key_set(&self, jwks: &[String], first: Option<&str>) -> KeySet {
        // Once: to make the signer costs more than to judge a case.
        static OTHER: LazyLock<String> = LazyLock::new(|| Signer::dynamic().jwk());
        let jwks = jwks_of(&[jwks, std::slice::from_ref(&*OTHER)].concat());
        let mut rows = self.rows.clone();
        rows.sort_by_key(|row| Some(row.alg()) != first);
        KeySet::parse(jwks.as_bytes(), &rows).unwrap()
    }
}

/// A row, and a key, that answers always the same.
#[derive(Clone, Debug)]
struct Fake {
    alg: &'static str,
    kind: KeyKind,
    answer: Result<(), BadSignature>,
}

static FAKES: [[Fake; 9]; 2] = [fakes(Ok(())), fakes(Err(BadSignature))];

const fn fakes(answer: Result<(), BadSignature>) -> [Fake; 9] {
    const fn fake(at: usize, kind: KeyKind, answer: Result<(), BadSignature>) -> Fake {
        Fake { alg: ALGORITHMS[at], kind, answer }
    }
    [
        fake(0, KeyKind::Rsa, answer),
        fake(1, KeyKind::Rsa, answer),
        fake(2, KeyKind::Rsa, answer),
        fake(3, KeyKind::Rsa, answer),
        fake(4, KeyKind::Rsa, answer),
        fake(5, KeyKind::Rsa, answer),
        fake(6, KeyKind::P256, answer),
        fake(7, KeyKind::P384, answer),
        fake(8, KeyKind::Ed25519, answer),
    ]
}

impl SignatureAlgorithm for Fake {
    fn alg(&self) -> &'static str {
        self.alg
    }
    fn key_kind(&self) -> KeyKind {
        self.kind
    }
    fn prepare(&self, _: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        Ok(Box::new(self.clone()))
    }
}

impl VerifyingKey for Fake {
    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        self.answer
    }
}
