//! The table of algorithms with more than one row, one of them a caller's own.

mod support;

use supertokens_session::{
    Fetch, FetchAnswer, KeyKind, KeyPolicy, KeyRejected, KeyStore, PublicKey, Reason,
    SessionDecision, SignatureAlgorithm, VerifyingKey,
};
use support::{NOW, PAYLOAD, Signer, at, decide_token, jwks_of, provider};

/// Two rows for one kind of key, and a set that says for which of them its key is.
#[test]
fn a_key_is_used_with_the_algorithm_of_its_jwk_and_no_other() {
    #[derive(Debug)]
    struct Named(&'static str);
    impl SignatureAlgorithm for Named {
        fn alg(&self) -> &'static str {
            self.0
        }
        fn key_kind(&self) -> KeyKind {
            provider::RS256.key_kind()
        }
        fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
            provider::RS256.prepare(key)
        }
    }
    static SAME: &dyn SignatureAlgorithm = &Named("RS257");
    let issuer = Signer::dynamic();
    let of = |alg: &str| issuer.token(&issuer.header().replace("RS256", alg), PAYLOAD);
    let without = issuer.jwk().replace(r#""alg":"RS256","#, "");
    // The JWK's `alg` says which; without it the first row of the table does. Never the token.
    for (jwk, only) in [
        (issuer.jwk(), "RS256"),
        (issuer.jwk().replace("RS256", "RS257"), "RS257"),
        (without, "RS257"),
    ] {
        let mut store = KeyStore::new(
            "https://core.example/",
            &[SAME, provider::RS256],
            KeyPolicy::default(),
            7,
        );
        let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), at(NOW)) else {
            panic!("no ticket");
        };
        let document = jwks_of(&[jwk]);
        let answer = FetchAnswer::http(200, document.as_bytes());
        let keys = store.finish_fetch(ticket, answer, at(NOW)).into_keys();
        for alg in ["RS256", "RS257"] {
            let decision = decide_token(&of(alg), &keys);
            if alg == only {
                assert!(matches!(decision, SessionDecision::Authenticated(_)), "{decision:?}");
            } else {
                assert_eq!(decision, SessionDecision::TryRefresh(Reason::AlgorithmNotAllowed));
            }
        }
    }
}
