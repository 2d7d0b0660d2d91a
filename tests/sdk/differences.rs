//! Where the crate's answer is not the SDK's, and by which entry of `DEVIATIONS.md`. A difference is
//! explained when exactly one row claims it; a row looks at what in the request causes it.

use serde_json::Value;

use super::case::{Case, Part, Token, is_canonical};
use super::verdict::{Ours, Theirs, Verdict};

pub(crate) struct Difference<'d> {
    pub(crate) case: &'d Case,
    pub(crate) ours: &'d Ours,
    pub(crate) theirs: &'d Theirs,
    /// Our answer to the request without its bearer token.
    pub(crate) without_bearer: &'d dyn Fn() -> Verdict,
}

pub(crate) struct Row {
    /// The entry of `DEVIATIONS.md`.
    pub(crate) entry: &'static str,
    pub(crate) why: &'static str,
    claims: fn(&Difference<'_>) -> bool,
}

impl Row {
    const fn new(
        entry: &'static str,
        why: &'static str,
        claims: fn(&Difference<'_>) -> bool,
    ) -> Self {
        Self { entry, why, claims }
    }

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
        let as_if_absent = if self.case.read_from_bearer() {
            self.ours.verdict == (self.without_bearer)()
        } else {
            matches!(self.ours(), Verdict::NoSession(_))
        };
        self.flaw() == Some(entry)
            && !self.several()
            && !self.too_many()
            && !self.counts_two()
            && as_if_absent
    }

    /// The flaw is in the signature, so the token is not malformed but refused.
    fn refused_for_its_end(&self, entry: &str) -> bool {
        let ends = self.case.read().is_some_and(|token| {
            let head = token.text.rsplit_once('.').map_or("", |(head, _)| head);
            token.raw.strip_prefix(head).is_some_and(|end| end.starts_with('.'))
        });
        let reasons = ["signature_not_base64url", "critical_header", "algorithm_not_allowed"];
        ends && self.flaw() == Some(entry) && reasons.iter().any(|reason| self.refused(reason))
    }

    fn flaw(&self) -> Option<&'static str> {
        self.case.read().and_then(flaw)
    }

    /// Both read the same token, and the difference is in what they find in it.
    fn same(&self) -> bool {
        self.flaw().is_none() && !self.counts_two()
    }

    /// The SDK counts two access token cookies where there is one here.
    fn counts_two(&self) -> bool {
        self.theirs.message.starts_with("Multiple access tokens") && !self.several()
    }

    /// The SDK goes on with a token that is refused here, whatever comes of it there.
    fn goes_on(&self) -> bool {
        matches!(
            self.theirs(),
            Verdict::Session(_) | Verdict::InvalidClaims(_) | Verdict::AskCore(_) | Verdict::Error
        )
    }

    /// Refused here for its form, by this entry.
    fn refused(&self, reason: &str) -> bool {
        matches!(self.ours(), Verdict::TryRefresh(_)) && self.reason() == reason && self.goes_on()
    }

    fn too_many(&self) -> bool {
        ["too_many_cookies", "cookie_header_too_long"].contains(&self.reason())
    }

    fn several(&self) -> bool {
        self.reason() == "multiple_access_tokens"
    }

    fn unavailable(&self, reason: &str) -> bool {
        self.same() && *self.ours() == Verdict::Unavailable && self.reason() == reason
    }

    fn status_is_200(&self) -> bool {
        self.case.line.get("jwks_status").is_none_or(|status| status == 200)
            && self.case.line.get("jwks_error").is_none()
    }

    /// The key is there and the SDK uses it; here it was skipped when the set was read.
    fn skipped(&self) -> bool {
        let nothing_left = self.unavailable("keys_unavailable") && self.case.is_key_set();
        (self.unavailable("key_unusable") || nothing_left && self.status_is_200()) && self.goes_on()
    }

    /// The token's key is there, in a form that cannot be used; the SDK finds no key, or not that
    /// the signature is its.
    fn one_unusable(&self) -> bool {
        self.unavailable("key_unusable")
            && self.case.keys_named().len() == 1
            && matches!(self.theirs(), Verdict::TryRefresh(_))
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
    if token.raw != token.text && !token.is_legacy_as_it_stands() {
        // Of a bearer token, white space that is none in HTTP was removed.
        return Some(if token.raw.trim() == token.text { "A1" } else { "C6" });
    }
    if token.is_legacy() {
        return None;
    }
    if token.text.len() > 8 * 1024 || token.header.spelling.len() > 1024 {
        return Some("T17");
    }
    for (at, part) in [&token.header, &token.payload].into_iter().enumerate() {
        if !part.is_canonical() {
            return Some("T4");
        }
        if !part.is_utf8() || part.half && !part.beyond {
            return Some("T12");
        }
        let limits = [(72, 16, 64), (288, 65, 256)][at];
        if part.marks() > limits.0 || part.depth() > limits.1 || part.members() > limits.2 {
            return Some("T16");
        }
        if part.beyond {
            return Some("T14");
        }
        if part.repeats() {
            return Some("T3");
        }
        if at == 0 {
            if part.get("kid").and_then(Value::as_str).is_none_or(str::is_empty) {
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
    // In milliseconds it is more than 64 bits hold.
    let beyond = match token.payload.get("exp") {
        Some(Value::Number(exp)) => match exp.as_i64() {
            Some(exp) => exp.checked_mul(1_000).is_none(),
            None => exp.as_f64().is_some_and(|exp| exp.abs() >= 9_223_372_036_854_775.0),
        },
        _ => false,
    };
    beyond.then_some("T13")
}

fn weak_or_private(key: &Value) -> bool {
    let bytes = |name| key.get(name).and_then(Value::as_str).map(|text| Part::new(text).bytes);
    let exponent = bytes("e").map(|e| e.iter().fold(0_u64, |e, byte| e << 8 | u64::from(*byte)));
    key.get("d").is_some()
        || bytes("n").is_some_and(|n| n.len() < 256)
        || exponent.is_some_and(|e| e < 3 || e % 2 == 0)
}

/// In any of its spellings.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte)
}

/// Every one of them, in the order of the entries.
pub(crate) const ROWS: &[Row] = &[
    Row::new("C1", "several access token cookies, and a first token that counts as absent", |d| {
        let absent = match d.case.read() {
            None => true,
            // To the SDK alone it is a session's.
            Some(_) => d.case.read_from_bearer() && d.flaw().is_some(),
        };
        d.several() && d.case.cookies.len() > 1 && absent
    }),
    Row::new("C4", "a second access token cookie with white space before its =", |d| {
        d.several() && d.case.cookies.len() > 1 && d.case.counted < 2 && {
            d.case.read().is_some() && !d.case.read_from_bearer()
        }
    }),
    Row::new("C3", "a second access token cookie without =, which the SDK counts", |d| {
        d.counts_two() && d.case.bare_name
    }),
    Row::new(
        "C6",
        "a second access token cookie by a name with escapes, which the SDK counts",
        |d| d.counts_two() && !d.case.bare_name,
    ),
    Row::new("C6", "escapes or j: in a cookie", |d| {
        d.malformed("C6") || d.refused_for_its_end("C6")
    }),
    Row::new("T2", "b64 without crit, or a crit the SDK knows", |d| {
        d.same()
            && d.refused("critical_header")
            && (d.header("b64").is_some() || d.header("crit").is_some())
    }),
    Row::new("T3", "two members of one name", |d| d.malformed("T3")),
    Row::new("T4", "a header or payload in another spelling", |d| d.malformed("T4")),
    Row::new("T4", "a signature in another spelling", |d| {
        d.same()
            && d.refused("signature_not_base64url")
            && d.case.read().is_some_and(|token| !is_canonical(&token.signature))
    }),
    Row::new("T5", "a version nobody knows", |d| d.malformed("T5")),
    Row::new("T6", "no tId", |d| d.malformed("T6")),
    Row::new("T7", "a kid that is no text", |d| d.malformed("T7")),
    Row::new("T9", "an algorithm and a key that are not in the table", |d| {
        d.same()
            && d.refused("algorithm_not_allowed")
            && d.header("alg").is_some_and(|alg| alg != "RS256")
    }),
    Row::new("T10", "white space around a text of the token", |d| match (d.ours(), d.theirs()) {
        (Verdict::Session(ours), Verdict::Session(theirs)) => {
            let trimmed = ours.clone().map(|text| text.map(|text| text.trim().to_owned()));
            d.same() && ours != theirs && trimmed == *theirs
        }
        _ => false,
    }),
    Row::new("T11", "versions 1 and 2", |d| {
        let is_bearer = d.case.bearer.as_ref().is_some_and(Token::is_legacy_as_it_stands);
        let is_cookie = d.same() && d.case.cookies.iter().any(Token::is_legacy_as_it_stands);
        d.reason() == "legacy_token" && (is_bearer || is_cookie)
    }),
    Row::new("T12", "no Unicode", |d| d.malformed("T12")),
    Row::new("T13", "an exp beyond 64-bit milliseconds", |d| d.malformed("T13")),
    Row::new("T14", "a number beyond the range of a double", |d| d.malformed("T14")),
    Row::new("T15", "nbf with a fraction", |d| {
        let nbf = d.case.read().and_then(|token| token.payload.get("nbf")).and_then(Value::as_f64);
        // The SDK takes the time without its fraction.
        nbf.is_some_and(|nbf| {
            nbf * 1_000.0 <= d.case.now() && nbf > (d.case.now() / 1_000.0).floor()
        }) && d.goes_on_here()
            && d.case.keys().is_some_and(|keys| keys.iter().all(Value::is_object))
            && d.case.keys_named().len() == 1
    }),
    Row::new("T15", "exp with a fraction, and at that very millisecond", |d| {
        let exp = d.case.read().and_then(|token| token.payload.get("exp")).and_then(Value::as_f64);
        exp.is_some_and(|exp| exp.fract() != 0.0 && exp * 1_000.0 == d.case.now())
            && d.same()
            && d.refused("expired")
    }),
    Row::new("T16", "more structure than a token has", |d| d.malformed("T16")),
    Row::new("T17", "a long token", |d| d.malformed("T17")),
    Row::new("T17", "many or long cookies", |d| match d.reason() {
        "too_many_cookies" => d.case.parts > 180,
        "cookie_header_too_long" => d.case.length > 64 * 1024,
        _ => false,
    }),
    Row::new("K1", "the keys cannot be fetched", |d| {
        d.unavailable("keys_unavailable")
            && !d.status_is_200()
            && !d.case.has_expired()
            && matches!(d.theirs(), Verdict::TryRefresh(_))
    }),
    Row::new("K2", "a document without a usable key", |d| {
        d.unavailable("keys_unavailable")
            && d.status_is_200()
            && d.case.is_key_set()
            && matches!(d.theirs(), Verdict::TryRefresh(_))
    }),
    Row::new("K3", "a document that is none", |d| {
        d.unavailable("keys_unavailable") && d.status_is_200() && !d.case.is_key_set()
    }),
    Row::new("K4", "one kid on two keys", |d| {
        d.unavailable("key_unusable") && d.case.keys_named().len() > 1
    }),
    Row::new("K4", "one key twice", |d| {
        let named = d.case.keys_named();
        named.len() > 1 && named.iter().all(|key| *key == named[0]) && d.goes_on_here()
    }),
    Row::new("K5", "a weak or private key", |d| d.one_unusable() && d.key(weak_or_private)),
    Row::new("K7", "a number with other characters", |d| {
        d.skipped() && d.key(|key| key["n"].as_str().is_some_and(|n| !n.bytes().all(is_base64)))
    }),
    Row::new("K8", "a member that is no key", |d| {
        d.case.keys().is_some_and(|keys| keys.iter().any(|key| !key.is_object()))
            && d.goes_on_here()
    }),
    Row::new("K10", "two members of one name in a key", |d| {
        d.skipped()
            && d.case.line["jwks"].as_str().is_some_and(|text| Part::of(text.as_bytes()).repeats())
    }),
    Row::new("K15", "a key that is published and cannot be used", |d| {
        d.one_unusable() && !d.key(weak_or_private)
    }),
    Row::new("K16", "a use, alg or key_ops of another type", |d| {
        d.skipped()
            && d.key(|key| {
                let odd = |name: &str, is: fn(&Value) -> bool| {
                    key.get(name).is_some_and(|value| !value.is_null() && !is(value))
                };
                odd("use", Value::is_string)
                    || odd("alg", Value::is_string)
                    || odd("key_ops", Value::is_array)
            })
    }),
    Row::new("A1", "white space around a bearer token that is none in HTTP", |d| {
        d.malformed("A1") || d.refused_for_its_end("A1")
    }),
    Row::new("A2", "white space around antiCsrfToken", |d| {
        let sent = d.case.line.get("headers").map(|headers| &headers["anti-csrf"]);
        let own = d.case.read().and_then(|token| token.payload.get("antiCsrfToken"));
        let own = own.and_then(Value::as_str).unwrap_or_default();
        d.same()
            && d.refused("anti_csrf_mismatch")
            && own != own.trim()
            && sent.is_some_and(|sent| sent == own.trim())
    }),
    Row::new("S1", "a claim's time that is no number", |d| {
        d.claims_differ() && d.odd_time() && !d.odd_list()
    }),
    Row::new("S2", "a claim that is no list where a list is wanted", |d| {
        d.claims_differ() && d.odd_list()
    }),
];

impl Difference<'_> {
    /// Ours finds claims invalid, and the SDK not or not so.
    fn claims_differ(&self) -> bool {
        self.same() && matches!(self.ours(), Verdict::InvalidClaims(_)) && self.goes_on()
    }

    /// Each validator with the claim it is about.
    fn claims(&self) -> Vec<(&Value, &Value)> {
        let validators = self.case.option("claims").as_array();
        let claim = |key: &Value| self.case.read()?.payload.get(key.as_str()?);
        validators
            .into_iter()
            .flatten()
            .filter_map(|validator| Some((validator, claim(&validator["key"])?)))
            .collect()
    }

    /// A validator with an age limit, and a `t` that is not a number.
    fn odd_time(&self) -> bool {
        self.claims().iter().any(|(validator, claim)| {
            validator.get("maxAgeInSeconds").is_some()
                && claim.get("t").is_some_and(|t| !t.is_number())
        })
    }

    /// A validator of lists, and a `v` that is none.
    fn odd_list(&self) -> bool {
        self.claims().iter().any(|(validator, claim)| {
            !["boolean", "primitive"].iter().any(|kind| validator["kind"] == *kind)
                && claim.get("v").is_some_and(|v| !v.is_array())
        })
    }

    /// Ours goes on where the SDK asks for a refresh.
    fn goes_on_here(&self) -> bool {
        self.same()
            && matches!(self.theirs(), Verdict::TryRefresh(_))
            && matches!(
                self.ours(),
                Verdict::Session(_) | Verdict::InvalidClaims(_) | Verdict::AskCore(_)
            )
    }
}
