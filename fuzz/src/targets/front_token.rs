//! Invariant: a front token is read as a naive reader reads it, and never makes a session, only a refresh.
//!
//! Input: a front token or the JSON in one; and `Cookie` fields with NUL between them, in which one is
//! looked for.

use supertokens_session::{
    FrontToken, FrontTokenError, Gate, PagePolicy, Reason, SessionDecision, UnixMillis,
};

use crate::doubles::held::{self, KEYS, NOW, PAYLOAD, SESSION};
use crate::doubles::js::Js;
use crate::doubles::json::{self, Limits};
use crate::doubles::{cookies, token};

pub fn run(bytes: &[u8]) {
    let encoded = token::encode_standard(bytes);
    for text in [bytes, encoded.as_bytes()] {
        check(text);
    }
    let fields: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    let found = FrontToken::find(fields.iter().copied()).map(<[u8]>::to_vec);
    assert_eq!(found, cookies::front_token(&fields));
    if encoded.len() < 4096 {
        let field = format!("a=b; sFrontToken={encoded}; c");
        assert_eq!(FrontToken::find([field.as_bytes()]), Some(encoded.as_bytes()));
    }
}

/// What a front token says, if it can be read.
struct Front {
    uid: String,
    /// Milliseconds, where they are certain.
    ate: Option<u64>,
    payload: Js,
}

fn check(text: &[u8]) {
    let read = FrontToken::parse(text);
    let own = front(text);
    match (&read, &own) {
        (Ok(read), Ok(own)) => {
            assert_eq!(read.user_id(), own.uid);
            assert_eq!(read.payload_json(), own.payload.print());
            let ate = read.expires_at().as_millis();
            assert!(own.ate.is_none_or(|own| own == ate), "{ate}");
        }
        (Err(error), Err(own)) => assert!(own.contains(error), "{error:?}, not of {own:?}"),
        (read, own) => panic!("{read:?}: {:?}", own.as_ref().err()),
    }
    // Beside a session, beside none, and without one.
    let gate = Gate::page(PagePolicy::default());
    let request = gate.request("GET", []);
    let cookie = gate.request("GET", [b"sAccessToken=x".as_slice()]);
    let now = held::now();
    let bad = cookie.decide(&KEYS.0, now);
    assert_eq!(bad, SessionDecision::TryRefresh(Reason::SegmentCount));
    let nobody = SessionDecision::NoSession(Reason::NoToken);
    let session = SessionDecision::Authenticated(SESSION.clone());
    let with = |decision: &SessionDecision| {
        request.with_front_token(decision.clone(), Some(text), now)
    };
    let refresh = |reason| SessionDecision::TryRefresh(reason);
    let end = match &read {
        _ if text.is_empty() => {
            // As if there were none: who signed out has neither.
            assert_eq!(with(&session), request.with_front_token(session.clone(), None, now));
            assert_eq!(with(&nobody).name(), "no_session");
            return;
        }
        Ok(read) => read.expires_at(),
        Err(_) => {
            assert_eq!(with(&session), refresh(Reason::FrontTokenInvalid));
            // Only who has a session has the payload taken apart.
            if !own.as_ref().is_err_and(|own| own.contains(&FrontTokenError::Payload)) {
                assert_eq!(with(&nobody), refresh(Reason::FrontTokenInvalid));
            }
            return;
        }
    };
    let Ok(own) = own else { return };
    if end <= UnixMillis::from_millis(NOW) {
        assert_eq!(with(&session), refresh(Reason::FrontTokenExpired));
        assert_eq!(with(&nobody), refresh(Reason::FrontTokenExpired));
        return;
    }
    assert_eq!(with(&nobody), refresh(Reason::AccessTokenNotFound));
    assert_eq!(with(&bad), bad, "one refresh is enough");
    let same = own.payload.means(&Js::parse(PAYLOAD));
    let expected = if same { session.clone() } else { refresh(Reason::TokensDoNotMatch) };
    assert_eq!(with(&session), expected);
}

/// The reading, or the errors that could be meant.
fn front(text: &[u8]) -> Result<Front, Vec<FrontTokenError>> {
    use FrontTokenError as E;
    if text.len() > 4096 {
        return Err(vec![E::TooLong]);
    }
    let bytes = token::decode_standard(text).ok_or_else(|| vec![E::NotBase64])?;
    let limits = Limits { depth: 66, marks: 1128, ..json::PAYLOAD };
    let strict = json::strict(&bytes, limits);
    strict.ok_or_else(|| vec![E::NotJson, E::DuplicateMember, E::TooComplex])?;
    let text = std::str::from_utf8(&bytes).expect("judged before");
    let all = Js::parse(text);
    let uid = match all.get("uid") {
        Some(Js::Text(uid)) if !uid.is_empty() => uid.clone(),
        _ => return Err(vec![E::UserId]),
    };
    let Some(Js::Number(ate)) = all.get("ate") else { return Err(vec![E::ExpiresAt]) };
    if ate.abs() > 9.2e18 {
        // Where 64 bits end; what is whole may reach twice as far.
        return Err(vec![E::ExpiresAt, E::Payload]).or_else(|errors| match all.get("up") {
            Some(payload @ Js::Object(_)) if *ate > 0.0 && has_whole(text) && is_short(text) => {
                Ok(Front { uid: uid.clone(), ate: None, payload: payload.clone() })
            }
            _ => Err(errors),
        });
    }
    let payload = match all.get("up") {
        Some(payload @ Js::Object(_)) if is_short(text) => payload.clone(),
        _ => return Err(vec![E::Payload]),
    };
    let whole = ate.fract() == 0.0 && ate.abs() < 9e15;
    let ate = whole.then(|| ate.max(0.0) as u64);
    Ok(Front { uid, ate, payload })
}

/// Whether `ate` is written as a whole number of 64 bits.
fn has_whole(text: &str) -> bool {
    let value: serde_json::Value = serde_json::from_str(text).expect("judged before");
    value["ate"].is_u64()
}

/// Whether no number has more than 25 bytes.
fn is_short(text: &str) -> bool {
    let mut in_text = false;
    let mut escaped = false;
    let bare: String = text
        .chars()
        .map(|char| {
            let is_quote = char == '"' && !escaped;
            escaped = char == '\\' && in_text && !escaped;
            in_text ^= is_quote;
            if in_text || is_quote { ' ' } else { char }
        })
        .collect();
    let words = bare.split(|char: char| !"+-.eE0123456789".contains(char));
    words.filter(|word| word.starts_with(|char: char| char == '-' || char.is_ascii_digit())).all(|word| word.len() <= 25)
}
