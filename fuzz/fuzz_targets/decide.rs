// Invariant: a cookie is a session exactly where a naive oracle says so, and then of the same user.
//
// Input: a byte of kind, then either a `Cookie` field (kind 0), or header and payload as JSON, NUL
// between them, which are encoded and signed: by the dynamic key (1), the static key (2) or nobody
// (3).

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, Keys, PagePolicy, Reason, SessionDecision,
    SigningKeyKind, UnixMillis,
};
use supertokens_session_fuzz::{null, token};

const JWKS: &str = include_str!("../../tests/data/jwks.json");

/// The time of the fixed tokens, in milliseconds.
const NOW: u64 = 1_750_000_000_000;

/// The same keys twice: for the library and for the oracle.
static KEYS: LazyLock<(Keys, token::Keys)> = LazyLock::new(|| {
    // There from the beginning of time and never stale: it is tokens whose time is at issue.
    let policy = KeyPolicy::default().fresh_for(Duration::MAX).usable_for(Duration::MAX);
    let mut store = KeyStore::new("https://core.example/", &[null::RS256], policy, 7);
    let now = UnixMillis::default();
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else { unreachable!() };
    let keys = store.finish_fetch(ticket, FetchAnswer::http(200, JWKS.as_bytes()), now).into_keys();
    let jwks: serde_json::Value = serde_json::from_str(JWKS).unwrap();
    let text = |jwk: &serde_json::Value, name: &str| jwk[name].as_str().unwrap().to_owned();
    let numbers = jwks["keys"].as_array().unwrap().iter();
    let numbers = numbers
        .map(|jwk| (text(jwk, "kid"), token::decode(text(jwk, "n").as_bytes()).unwrap()))
        .collect();
    (keys, numbers)
});

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let cookie = if kind % 4 == 0 { rest.to_vec() } else { signed(kind % 4, rest) };
    for kind in [SigningKeyKind::Dynamic, SigningKeyKind::Static] {
        check(&cookie, kind);
    }
});

fn signed(kind: u8, texts: &[u8]) -> Vec<u8> {
    let at = texts.iter().position(|byte| *byte == 0).unwrap_or(texts.len());
    let (header, payload) = texts.split_at(at);
    let payload = payload.get(1..).unwrap_or_default();
    let message = format!("{}.{}", token::encode(header), token::encode(payload));
    let (_, numbers) = &*KEYS;
    let signature = match kind {
        1 => null::sign(&numbers[0].1, message.as_bytes()),
        2 => null::sign(&numbers[1].1, message.as_bytes()),
        _ => [0; 8],
    };
    format!("sAccessToken={message}.{}", token::encode(&signature)).into_bytes()
}

fn check(cookie: &[u8], kind: SigningKeyKind) {
    let (keys, numbers) = &*KEYS;
    let gate = Gate::page(PagePolicy::default().signing_keys(kind));
    let request = gate.request("GET", [cookie]);
    let decide = |millis: u64| request.decide(keys, UnixMillis::from_millis(millis));

    // Other times only where time was looked at: most inputs never get there, and each time costs.
    let times: &[u64] = match decide(NOW) {
        SessionDecision::Authenticated(_)
        | SessionDecision::TryRefresh(Reason::Expired | Reason::NotYetValid) => {
            &[0, NOW, NOW + 1, NOW + 3_600_000, u64::MAX - 1]
        }
        _ => &[NOW],
    };
    let mut expired = false;
    for &now in times {
        let decision = decide(now);
        assert_eq!(decide(now), decision, "deciding twice");
        let answer = token::accepts(cookie, numbers, now, kind == SigningKeyKind::Dynamic);
        assert_eq!(answer_of(&decision), answer.map(round), "at {now}: {decision:?}");

        let expires = decision == SessionDecision::TryRefresh(Reason::Expired);
        assert!(expires || !expired, "revived at {now}: {decision:?}");
        expired = expires;

        if let SessionDecision::Authenticated(session) = decision {
            let end = session.expires_at().as_millis();
            assert!(matches!(decide(end - 1), SessionDecision::Authenticated(_)));
            assert_eq!(decide(end), SessionDecision::TryRefresh(Reason::Expired));
        }
    }
}

fn answer_of(decision: &SessionDecision) -> Option<token::Answer> {
    let SessionDecision::Authenticated(session) = decision else { return None };
    Some(round(token::Answer {
        user_id: session.user_id().to_owned(),
        recipe_user_id: session.recipe_user_id().to_owned(),
        tenant_id: session.tenant_id().to_owned(),
        session_handle: session.session_handle().to_owned(),
        payload: session.payload_json().as_bytes().to_vec(),
        version: session.version().number(),
        source: session.source(),
        expires_at: Some(session.expires_at().as_millis()),
    }))
}

/// Beyond 2^52 milliseconds a double has no halves, and how it is rounded is nobody's business.
fn round(answer: token::Answer) -> token::Answer {
    let expires_at = answer.expires_at.filter(|millis| *millis < 1 << 52);
    token::Answer { expires_at, ..answer }
}
