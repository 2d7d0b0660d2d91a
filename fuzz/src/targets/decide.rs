//! Invariant: a cookie is a session exactly where a naive oracle says so, and then of the same user.
//!
//! Input: a byte of kind, then either a `Cookie` field (kind 0), or header and payload as JSON, NUL
//! between them, which are encoded and signed: by the dynamic key (1), the static key (2) or nobody
//! (3).

use supertokens_session::{Gate, PagePolicy, Reason, SessionDecision, SigningKeyKind, UnixMillis};
use crate::doubles::held::{KEYS, NOW};
use crate::doubles::{held, token};

pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let cookie = if kind % 4 == 0 { rest.to_vec() } else { signed(kind % 4, rest) };
    for kind in [SigningKeyKind::Dynamic, SigningKeyKind::Static] {
        check(&cookie, kind);
    }
}

fn signed(kind: u8, texts: &[u8]) -> Vec<u8> {
    let at = texts.iter().position(|byte| *byte == 0).unwrap_or(texts.len());
    let (header, payload) = texts.split_at(at);
    let token = held::signed(kind, header, payload.get(1..).unwrap_or_default());
    format!("sAccessToken={token}").into_bytes()
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
