//! Where the crate's answer is not the SDK's, and by which entry of `DEVIATIONS.md`. A difference is
//! explained when exactly one row claims it; a row looks at what in the request causes it.

use serde_json::Value;

use super::case::{Case, Token, is_canonical};
use super::verdict::{Ours, Theirs, Verdict};

pub(crate) struct Difference<'d> {
    pub(crate) case: &'d Case,
    pub(crate) ours: &'d Ours,
    pub(crate) theirs: &'d Theirs,
}

pub(crate) struct Row {
    /// The entry of `DEVIATIONS.md`.
    pub(crate) entry: &'static str,
    pub(crate) why: &'static str,
    claims: fn(&Difference<'_>) -> bool,
}

impl Row {
    pub(crate) fn claims(&self, difference: &Difference<'_>) -> bool {
        (self.claims)(difference)
    }
}

impl Difference<'_> {
    fn reason(&self) -> &str {
        &self.ours.reason
    }

    fn ours(&self) -> &Verdict {
        &self.ours.verdict
    }

    fn theirs(&self) -> &Verdict {
        &self.theirs.verdict
    }

    /// The token the SDK reads is malformed here, by this entry; so it counts as absent, and at
    /// most a token in the other place is judged.
    fn malformed(&self, entry: &str) -> bool {
        let Some(token) = self.case.read() else { return false };
        let from_bearer =
            self.case.bearer.as_ref().is_some_and(|bearer| std::ptr::eq(bearer, token));
        // With a cookie that counts, that one is judged in the bearer token's stead.
        let fell_back = from_bearer && !self.case.cookies.is_empty();
        flaw(token) == Some(entry)
            && !self.several()
            && (fell_back || matches!(self.ours(), Verdict::NoSession(_)))
    }

    /// The SDK goes on with a token that is refused here, whatever comes of it there.
    fn goes_on(&self) -> bool {
        matches!(
            self.theirs(),
            Verdict::Session(_) | Verdict::InvalidClaims(_) | Verdict::AskCore | Verdict::Error(_)
        )
    }

    /// Refused here for its form, by this entry.
    fn refused(&self, reason: &str) -> bool {
        matches!(self.ours(), Verdict::TryRefresh(_)) && self.reason() == reason && self.goes_on()
    }

    fn several(&self) -> bool {
        self.reason() == "multiple_access_tokens"
    }

    fn unavailable(&self, reason: &str) -> bool {
        *self.ours() == Verdict::Unavailable && self.reason() == reason
    }

    fn status_is_200(&self) -> bool {
        self.case.line.get("jwks_status").is_none_or(|status| status == 200)
            && self.case.line.get("jwks_error").is_none()
    }

    fn header(&self, name: &str) -> Option<&Value> {
        self.case.read()?.header.get(name)
    }

    fn key(&self, holds: impl Fn(&Value) -> bool) -> bool {
        self.case.keys_named().iter().any(holds)
    }
}

/// The first entry by which a token that the SDK takes for a session's is malformed here.
fn flaw(token: &Token) -> Option<&'static str> {
    if token.is_legacy() {
        return None;
    }
    if token.raw != token.text {
        // Of a bearer token, white space that is none in HTTP was removed.
        return Some(if token.raw.trim() == token.text { "A1" } else { "C6" });
    }
    for (at, part) in [&token.header, &token.payload].into_iter().enumerate() {
        if !part.is_canonical() {
            return Some("T4");
        }
        if !part.is_utf8() || part.half && !part.beyond {
            return Some("T12");
        }
        if part.beyond {
            return Some("T14");
        }
        if part.repeats() {
            return Some("T3");
        }
        if at == 0 {
            if !part.get("kid").and_then(Value::as_str).is_some_and(|kid| !kid.is_empty()) {
                return Some("T7");
            }
            let version = part.get("version");
            if !version.is_none_or(|version| ["3", "4", "5"].iter().any(|known| version == known)) {
                return Some("T5");
            }
        }
    }
    let version = token.header.get("version").and_then(Value::as_str);
    if version.is_some_and(|version| version != "3")
        && !token.payload.get("tId").is_some_and(Value::is_string)
    {
        return Some("T6");
    }
    let exp = token.payload.get("exp").and_then(Value::as_f64).unwrap_or(0.0);
    (exp.abs() * 1_000.0 >= 9_223_372_036_854_775_807.0).then_some("T13")
}

macro_rules! rows {
    ($( $entry:literal, $why:literal, $claims:expr; )*) => {
        pub(crate) const ROWS: &[Row] = &[ $( Row { entry: $entry, why: $why, claims: $claims }, )* ];
    };
}

rows! {
    "C1", "several access token cookies, of which the SDK sees that the first is malformed", |d| {
        d.several() && d.case.cookies.len() > 1 && !matches!(d.theirs(), Verdict::TryRefresh(_))
    };
    "C3", "a second access token cookie without =, which the SDK counts", |d| {
        d.case.cookies.len() == 1 && d.case.counted == 2 && matches!(d.theirs(), Verdict::TryRefresh(_))
            && without_equals(d.case)
    };
    "C6", "a second access token cookie by a name with escapes, which the SDK counts", |d| {
        d.case.cookies.len() == 1 && d.case.counted == 2 && matches!(d.theirs(), Verdict::TryRefresh(_))
            && !without_equals(d.case)
    };
    "C6", "escapes or j: in a cookie", |d| d.malformed("C6");
    "A1", "white space around a bearer token that is none in HTTP", |d| d.malformed("A1");
    "T2", "b64 without crit, or a crit the SDK knows", |d| {
        d.refused("critical_header") && (d.header("b64").is_some() || d.header("crit").is_some())
    };
    "T3", "two members of one name", |d| d.malformed("T3");
    "T4", "a header or payload in another spelling", |d| d.malformed("T4");
    "T4", "a signature in another spelling", |d| {
        d.refused("signature_not_base64url") && d.case.read().is_some_and(|token| !is_canonical(&token.signature))
    };
    "T5", "a version nobody knows", |d| d.malformed("T5");
    "T6", "no tId", |d| d.malformed("T6");
    "T7", "a kid that is no text", |d| d.malformed("T7");
    "T9", "an algorithm and a key that are not in the table", |d| {
        d.refused("algorithm_not_allowed") && d.header("alg").is_some_and(|alg| alg != "RS256")
    };
    "T10", "white space around a text of the token", |d| match (d.ours(), d.theirs()) {
        (Verdict::Session(ours), Verdict::Session(theirs)) => {
            let trimmed = ours.clone().map(|text| text.map(|text| text.trim().to_owned()));
            ours != theirs && trimmed == *theirs
        }
        _ => false,
    };
    "T11", "versions 1 and 2", |d| {
        d.reason() == "legacy_token"
            && d.case.bearer.iter().chain(&d.case.cookies).any(Token::is_legacy)
    };
    "T12", "no Unicode", |d| d.malformed("T12");
    "T13", "an exp beyond 64-bit milliseconds", |d| d.malformed("T13");
    "T14", "a number beyond the range of a double", |d| d.malformed("T14");
    "T15", "nbf with a fraction", |d| {
        let nbf = d.case.read().and_then(|token| token.payload.get("nbf")).and_then(Value::as_f64);
        // The SDK takes the time without its fraction.
        nbf.is_some_and(|nbf| nbf * 1_000.0 <= d.case.now() && nbf > (d.case.now() / 1_000.0).floor())
            && matches!(d.theirs(), Verdict::TryRefresh(_))
    };
    "K1", "the keys cannot be fetched", |d| {
        d.unavailable("keys_unavailable") && !d.status_is_200() && matches!(d.theirs(), Verdict::TryRefresh(_))
    };
    "K2", "a document without a usable key", |d| {
        d.unavailable("keys_unavailable") && d.status_is_200() && d.case.keys().is_some()
    };
    "K3", "a document that is none", |d| {
        d.unavailable("keys_unavailable") && d.status_is_200() && d.case.keys().is_none()
    };
    "K4", "one kid on two keys", |d| {
        d.unavailable("key_unusable") && d.case.keys_named().len() > 1
    };
    "K4", "one key twice", |d| {
        let named = d.case.keys_named();
        named.len() > 1 && named.iter().all(|key| *key == named[0]) && d.goes_on_here()
    };
    "K8", "a member that is no key", |d| {
        d.case.keys().is_some_and(|keys| keys.iter().any(|key| !key.is_object())) && d.goes_on_here()
    };
    "K15", "a key that is published and cannot be used", |d| {
        d.unavailable("key_unusable") && d.case.keys_named().len() == 1 && matches!(d.theirs(), Verdict::TryRefresh(_))
    };
    "K5", "a weak or private key", |d| {
        d.unavailable("key_unusable") && d.goes_on() && d.key(|key| key.get("d").is_some())
    };
    "K7", "a number with other characters", |d| {
        d.unavailable("key_unusable") && d.goes_on()
            && d.key(|key| key["n"].as_str().is_some_and(|n| n.contains(['*', ' '])))
    };
}

impl Difference<'_> {
    /// Ours goes on where the SDK asks for a refresh.
    fn goes_on_here(&self) -> bool {
        matches!(self.theirs(), Verdict::TryRefresh(_))
            && matches!(
                self.ours(),
                Verdict::Session(_) | Verdict::InvalidClaims(_) | Verdict::AskCore
            )
    }
}

fn without_equals(case: &Case) -> bool {
    let mut fields: Vec<&str> =
        case.line.get("cookie_header").and_then(Value::as_str).into_iter().collect();
    if let Some(list) = case.line.get("cookie_headers").and_then(Value::as_array) {
        fields.extend(list.iter().filter_map(Value::as_str));
    }
    fields.iter().flat_map(|field| field.split(';')).any(|part| part.trim() == "sAccessToken")
}
