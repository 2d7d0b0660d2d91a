//! Invariant: a request's token, or the reason it has none, is what a naive splitter finds.
//!
//! Input: a byte of padding, then the `Cookie` fields, NUL between them. A padding byte from 128 on
//! puts a field before them that is so long that the limit on all fields is near.

use supertokens_session::{
    Gate, KeyPolicy, KeyStore, PagePolicy, Reason, SessionDecision, TokenTransfer, UnixMillis,
};
use crate::doubles::{cookies, null};

pub fn run(data: &[u8]) {
    let Some((padding, rest)) = data.split_first() else { return };
    let mut fields: Vec<&[u8]> = rest.split(|byte| *byte == 0).collect();
    let long = vec![b'x'; cookies::MOST - usize::from(padding % 128)];
    if *padding >= 128 {
        fields.insert(0, &long);
    }
    for transfer in [TokenTransfer::Any, TokenTransfer::Cookie, TokenTransfer::Header] {
        check(&fields, transfer);
    }
}

fn check(fields: &[&[u8]], transfer: TokenTransfer) {
    let gate = Gate::page(PagePolicy::default().token_transfer(transfer));
    let request = gate.request("GET", fields.iter().copied());
    // Without keys a token that is looked at gives another reason or a wish for keys.
    let keys =
        KeyStore::new("https://core.example/", &[null::RS256], KeyPolicy::default(), 7).keys();
    let decision = request.decide(&keys, UnixMillis::from_secs(1_750_000_000));
    let none = decision.reason();
    assert!(
        none.is_some() || matches!(decision, SessionDecision::FetchKeys(_)),
        "without a key: {decision:?}"
    );
    match cookies::find(fields, transfer) {
        Ok((token, _)) => {
            let text =
                String::from_utf8(token).ok().filter(|text| cookies::is_text(text.as_bytes()));
            assert_eq!(request.token(), text.as_deref());
            assert!(none.is_none_or(|reason| !OF_COOKIES.contains(&reason)), "{decision:?}");
        }
        Err(reason) => {
            assert_eq!(none, Some(reason));
            assert_eq!(request.token(), None);
        }
    }
    let other_method = gate.request("POST", fields.iter().copied());
    assert_eq!(
        other_method.decide(&keys, UnixMillis::default()),
        SessionDecision::NoSession(Reason::Method)
    );
    assert_eq!(other_method.token(), None);
}

/// The reasons that are given before a token is looked at.
const OF_COOKIES: [Reason; 6] = [
    Reason::Method,
    Reason::NoToken,
    Reason::CookieHeaderTooLong,
    Reason::TooManyCookies,
    Reason::LegacyCookie,
    Reason::MultipleAccessTokens,
];
