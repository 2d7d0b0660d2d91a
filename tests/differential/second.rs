//! A second verifier, slow and obvious: RFC 7515, RFC 7519, the rules of SuperTokens and the limits
//! of `DEVIATIONS.md`, written down one after the other. It names nothing of the crate under test.
//!
//! It can be given one [`Fault`], so that the test can show that it would see the difference.

use std::fmt;

use rsa::signature::Verifier;
use rsa::{BoxedUint, pkcs1v15};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use sha2::Sha256;

use crate::support::marks::marks;

/// What a site should do with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    Session(Identity),
    NoSession,
    TryRefresh(Class),
    FetchKeys,
    Unavailable,
}

/// Why a token should be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Cookies,
    Legacy,
    Malformed,
    ByName,
    UnknownKey,
    BadSignature,
    NotYetValid,
    Expired,
    KeyKind,
}

/// Who the visitor is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) user_id: String,
    pub(crate) recipe_user_id: String,
    pub(crate) tenant_id: String,
    pub(crate) session_handle: String,
    pub(crate) payload: String,
    pub(crate) version: u8,
    pub(crate) header_mode: bool,
    /// Milliseconds; 0 where it lies before the epoch.
    pub(crate) expires_at: u64,
}

/// `kid`, modulus and exponent.
pub(crate) type Key = (String, Vec<u8>, Vec<u8>);

/// What is known of the issuer's keys.
pub(crate) struct Keys {
    /// Usable keys; `None` if no set was ever fetched.
    pub(crate) usable: Option<Vec<Key>>,
    /// `kid`s in the set that no usable key stands behind.
    pub(crate) unusable: Vec<String>,
    /// When the set was fetched, or when fetching it failed, in milliseconds; `None` for never.
    pub(crate) asked_at: Option<u64>,
    /// Whether the set becomes stale, but for a clock that is set back.
    pub(crate) ages: bool,
}

macro_rules! list {
    ($(#[$meta:meta])* $enum:ident { $($variant:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $enum { $($variant),* }

        impl $enum {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];
        }
    };
}

list! {
    /// A rule that a request can break.
    Rule {
        CookieBytes, CookieCount, LegacyCookie, OneToken, SomeToken,
        TokenBytes, Segments, LegacyToken, HeaderBytes,
        HeaderBase64, HeaderMarks, HeaderUtf8, HeaderDepth, HeaderMembers, HeaderRepeats, HeaderIsObject,
        Typ, Version, KeyId,
        PayloadBase64, PayloadMarks, PayloadUtf8, PayloadDepth, PayloadMembers, PayloadRepeats, PayloadIsObject,
        Stt, Sub, SessionHandle, RefreshTokenHash1, RecipeUserId, TenantId,
        ExpIsNumber, ExpInRange, IatIsNumber,
        Crit, B64, Alg, SignatureBase64, SignatureBytes,
        ExpiredWithoutKey, KeyToFetch, KeyAvailable, KeyKnown,
        Signature, NbfIsDate, NotBefore, NotExpired, KeyKind,
    }
}

list! {
    /// A number beyond which a request is refused.
    Limit {
        CookieBytes, CookieCount, TokenBytes, HeaderBytes,
        HeaderMarks, HeaderDepth, HeaderMembers,
        PayloadMarks, PayloadDepth, PayloadMembers,
        NotBefore, Expiry, FreshFor, UnknownKeyInterval, RetryAfterFailure,
    }
}

impl Rule {
    /// What is to be done with a request that breaks it.
    fn verdict(self) -> Verdict {
        Verdict::TryRefresh(match self {
            Self::SomeToken => return Verdict::NoSession,
            Self::KeyToFetch => return Verdict::FetchKeys,
            Self::KeyAvailable => return Verdict::Unavailable,
            Self::CookieBytes | Self::CookieCount | Self::LegacyCookie | Self::OneToken => {
                Class::Cookies
            }
            Self::LegacyToken => Class::Legacy,
            Self::Crit | Self::B64 | Self::Alg | Self::SignatureBase64 | Self::SignatureBytes => {
                Class::ByName
            }
            Self::KeyKnown => Class::UnknownKey,
            Self::Signature => Class::BadSignature,
            Self::NbfIsDate | Self::NotBefore => Class::NotYetValid,
            Self::NotExpired | Self::ExpiredWithoutKey => Class::Expired,
            Self::KeyKind => Class::KeyKind,
            _ => Class::Malformed,
        })
    }

    /// Rules that no verifier can go on without.
    pub(crate) fn is_removable(self) -> bool {
        !matches!(
            self,
            Self::SomeToken
                | Self::HeaderIsObject
                | Self::PayloadIsObject
                | Self::KeyToFetch
                | Self::KeyAvailable
                | Self::KeyKnown
        )
    }
}

impl Rule {
    /// The limits it is about.
    pub(crate) fn limits(self) -> &'static [Limit] {
        match self {
            Self::CookieBytes => &[Limit::CookieBytes],
            Self::CookieCount => &[Limit::CookieCount],
            Self::TokenBytes => &[Limit::TokenBytes],
            Self::HeaderBytes => &[Limit::HeaderBytes],
            Self::HeaderMarks => &[Limit::HeaderMarks],
            Self::HeaderDepth => &[Limit::HeaderDepth],
            Self::HeaderMembers => &[Limit::HeaderMembers],
            Self::PayloadMarks => &[Limit::PayloadMarks],
            Self::PayloadDepth => &[Limit::PayloadDepth],
            Self::PayloadMembers => &[Limit::PayloadMembers],
            Self::NotBefore => &[Limit::NotBefore],
            Self::NotExpired | Self::ExpiredWithoutKey => &[Limit::Expiry],
            Self::KeyToFetch | Self::KeyAvailable | Self::KeyKnown => {
                &[Limit::FreshFor, Limit::UnknownKeyInterval, Limit::RetryAfterFailure]
            }
            _ => &[],
        }
    }
}

impl Limit {
    /// The last value that passes: bytes, counts, levels, milliseconds.
    const fn value(self) -> i128 {
        match self {
            Self::CookieBytes => 65_536,
            Self::CookieCount => 180,
            Self::TokenBytes => 8192,
            Self::HeaderBytes => 1024,
            Self::HeaderMarks => 72,
            Self::HeaderDepth => 16,
            Self::HeaderMembers => 64,
            Self::PayloadMarks => 288,
            // The payload itself, and 64 in a claim.
            Self::PayloadDepth => 65,
            Self::PayloadMembers => 256,
            // From now: a token is valid from its `nbf` on, and expired from its `exp` on.
            Self::NotBefore | Self::Expiry => 0,
            Self::FreshFor => 599_999,
            Self::UnknownKeyInterval => 14_999,
            Self::RetryAfterFailure => 999,
        }
    }

    /// The least that makes a difference: base64 has no text of 1025 characters.
    const fn step(self) -> i128 {
        if matches!(self, Self::HeaderBytes) { 2 } else { 1 }
    }
}

/// What may be wrong with a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Without(Rule),
    OneMore(Limit),
    OneLess(Limit),
}

impl Fault {
    /// All that the test must be able to see.
    pub(crate) fn all() -> Vec<Self> {
        let rules = Rule::ALL.iter().filter(|rule| rule.is_removable());
        let limits = Limit::ALL.iter();
        rules
            .map(|rule| Self::Without(*rule))
            .chain(limits.clone().map(|limit| Self::OneMore(*limit)))
            .chain(limits.map(|limit| Self::OneLess(*limit)))
            .collect()
    }
}

pub(crate) struct Second {
    pub(crate) fault: Option<Fault>,
}

impl Second {
    /// The verdict on a request with this `Cookie` field, and the rule it breaks.
    pub(crate) fn judge(
        &self,
        field: &[u8],
        keys: &Keys,
        dynamic: bool,
        now: u64,
    ) -> (Verdict, Option<Rule>) {
        match self.session(field, keys, dynamic, now) {
            Ok(identity) => (Verdict::Session(identity), None),
            Err(rule) => (rule.verdict(), Some(rule)),
        }
    }

    fn holds(&self, rule: Rule, holds: bool) -> Result<(), Rule> {
        if holds || self.fault == Some(Fault::Without(rule)) { Ok(()) } else { Err(rule) }
    }

    fn is_within(&self, limit: Limit, value: impl TryInto<i128>) -> bool {
        let last = match self.fault {
            Some(Fault::OneMore(this)) if this == limit => limit.value() + limit.step(),
            Some(Fault::OneLess(this)) if this == limit => limit.value() - limit.step(),
            _ => limit.value(),
        };
        value.try_into().is_ok_and(|value| value <= last)
    }

    fn session(
        &self,
        field: &[u8],
        keys: &Keys,
        dynamic: bool,
        now: u64,
    ) -> Result<Identity, Rule> {
        let (token, header_mode) = self.find_token(field)?;

        // Three segments.
        self.holds(Rule::TokenBytes, self.is_within(Limit::TokenBytes, token.len() as u64))?;
        let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
        self.holds(Rule::Segments, segments.len() == 3)?;
        let [header_text, payload_text, signature_text, ..] = segments[..] else {
            return Err(Rule::Segments);
        };
        self.holds(Rule::LegacyToken, !is_legacy(header_text))?;
        let header_bytes = header_text.len() as u64;
        self.holds(Rule::HeaderBytes, self.is_within(Limit::HeaderBytes, header_bytes))?;

        // The header.
        let (header, _) = self.object(header_text, &HEADER)?;
        self.holds(Rule::Typ, header.get("typ").and_then(Json::text) == Some("JWT"))?;
        let version = match header.get("version") {
            None => 3,
            Some(Json::Text(version)) if version == "3" => 3,
            Some(Json::Text(version)) if version == "4" => 4,
            Some(Json::Text(version)) if version == "5" => 5,
            Some(_) => {
                self.holds(Rule::Version, false)?;
                3
            }
        };
        let kid = self.text(&header, "kid", Rule::KeyId)?;
        self.holds(Rule::KeyId, !kid.is_empty())?;

        // The payload.
        let (payload, payload_json) = self.object(payload_text, &PAYLOAD)?;
        let is_session = match payload.get("stt") {
            None | Some(Json::Integer(0)) => true,
            Some(Json::Float(stt)) => *stt == 0.0,
            Some(_) => false,
        };
        self.holds(Rule::Stt, is_session)?;
        let user_id = self.text(&payload, "sub", Rule::Sub)?;
        let session_handle = self.text(&payload, "sessionHandle", Rule::SessionHandle)?;
        self.text(&payload, "refreshTokenHash1", Rule::RefreshTokenHash1)?;
        let recipe_user_id = match payload.get("rsub").and_then(Json::text) {
            Some(rsub) => rsub.to_owned(),
            None => {
                self.holds(Rule::RecipeUserId, version < 5)?;
                user_id.clone()
            }
        };
        let tenant_id = match version {
            3 => "public".to_owned(),
            _ => self.text(&payload, "tId", Rule::TenantId)?,
        };
        let exp = match payload.get("exp") {
            Some(exp) if exp.is_number() => {
                let date = exp.millis();
                self.holds(Rule::ExpInRange, date.is_some())?;
                date.unwrap_or(i128::MAX)
            }
            _ => {
                self.holds(Rule::ExpIsNumber, false)?;
                i128::MAX
            }
        };
        self.holds(Rule::IatIsNumber, payload.get("iat").is_some_and(Json::is_number))?;

        // Refused by name.
        self.holds(Rule::Crit, header.get("crit").is_none())?;
        self.holds(Rule::B64, header.get("b64").is_none())?;
        self.holds(Rule::Alg, header.get("alg").and_then(Json::text) == Some("RS256"))?;
        let signature = self.base64url(signature_text, Rule::SignatureBase64)?;
        // RSA-8192 makes 1024 bytes.
        self.holds(Rule::SignatureBytes, signature.len() <= 1024)?;

        // The key.
        let now = i128::from(now);
        let expired = self.is_within(Limit::Expiry, exp - now);
        let usable = keys.usable.as_deref().unwrap_or_default();
        let found = usable.iter().find(|(this, ..)| *this == kid);
        let Some((_, n, e)) = found.filter(|_| !self.is_stale(keys, now)) else {
            self.holds(Rule::ExpiredWithoutKey, !expired)?;
            return Err(self.why_no_key(&kid, keys, now));
        };

        // The signature is over the text of header and payload and the dot between them.
        let message = [header_text, payload_text].join(&b'.');
        self.holds(Rule::Signature, is_signature(n, e, &message, &signature))?;

        // The times.
        let nbf = match payload.get("nbf") {
            None => i128::MIN,
            Some(nbf) => {
                let date = nbf.millis();
                self.holds(Rule::NbfIsDate, date.is_some())?;
                date.unwrap_or(i128::MIN)
            }
        };
        self.holds(Rule::NotBefore, self.is_within(Limit::NotBefore, nbf.saturating_sub(now)))?;
        self.holds(Rule::NotExpired, !expired)?;
        self.holds(Rule::KeyKind, kid.starts_with("d-") == dynamic)?;
        Ok(Identity {
            user_id,
            recipe_user_id,
            tenant_id,
            session_handle,
            payload: payload_json,
            version,
            header_mode,
            expires_at: u64::try_from(exp.max(0)).unwrap_or(u64::MAX),
        })
    }

    /// The token of a page request, and whether it was in the cookie of header mode.
    fn find_token(&self, field: &[u8]) -> Result<(Vec<u8>, bool), Rule> {
        self.holds(Rule::CookieBytes, self.is_within(Limit::CookieBytes, field.len() as u64))?;
        let parts: Vec<&[u8]> = field.split(|byte| *byte == b';').collect();
        self.holds(Rule::CookieCount, self.is_within(Limit::CookieCount, parts.len() as u64))?;
        let mut cookies = Vec::new();
        for part in parts {
            if let Some(at) = part.iter().position(|byte| *byte == b'=') {
                cookies.push((trim(&part[..at]), unquote(trim(&part[at + 1..]))));
            }
        }
        let all = |name: &[u8]| -> Vec<&[u8]> {
            cookies.iter().filter(|(this, _)| *this == name).map(|(_, value)| *value).collect()
        };
        self.holds(Rule::LegacyCookie, all(b"sIdRefreshToken").is_empty())?;
        for (name, header_mode) in [(&b"sAccessToken"[..], false), (b"st-access-token", true)] {
            let values = all(name);
            self.holds(Rule::OneToken, values.len() < 2)?;
            match values.first() {
                Some(value) if !value.is_empty() => return Ok((value.to_vec(), header_mode)),
                _ => {}
            }
        }
        Err(Rule::SomeToken)
    }

    /// A segment that must be one JSON object, and its text.
    fn object(&self, segment: &[u8], part: &Part) -> Result<(Json, String), Rule> {
        let bytes = self.base64url(segment, part.base64)?;
        let marks = marks(&bytes) as u64;
        self.holds(part.too_many_marks, self.is_within(part.marks, marks))?;
        self.holds(part.utf8, std::str::from_utf8(&bytes).is_ok())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json: Json = serde_json::from_str(&text).map_err(|_| part.is_object)?;
        if !matches!(json, Json::Object(_)) {
            return Err(part.is_object);
        }
        self.holds(part.too_deep, self.is_within(part.depth, json.depth()))?;
        self.holds(part.too_many_members, self.is_within(part.members, json.most_members()))?;
        self.holds(part.repeats, !json.has_repeats())?;
        Ok((json, text))
    }

    /// A member that must be a text.
    fn text(&self, object: &Json, name: &str, rule: Rule) -> Result<String, Rule> {
        let text = object.get(name).and_then(Json::text);
        self.holds(rule, text.is_some())?;
        Ok(text.unwrap_or_default().to_owned())
    }

    /// The bytes of a text that is the one way to write them.
    fn base64url(&self, text: &[u8], rule: Rule) -> Result<Vec<u8>, Rule> {
        let bytes = base64url_bytes(text);
        self.holds(rule, base64url_text(&bytes).as_bytes() == text)?;
        Ok(bytes)
    }

    fn is_stale(&self, keys: &Keys, now: i128) -> bool {
        let age = keys.asked_at.map_or(0, |asked_at| age(asked_at, now));
        let ages = keys.ages || age == LONG_AGO;
        keys.usable.is_some() && ages && !self.is_within(Limit::FreshFor, age)
    }

    fn why_no_key(&self, kid: &str, keys: &Keys, now: i128) -> Rule {
        let Some(asked_at) = keys.asked_at else { return Rule::KeyToFetch };
        let age = age(asked_at, now);
        if keys.usable.is_none() {
            let waits = self.is_within(Limit::RetryAfterFailure, age);
            return if waits { Rule::KeyAvailable } else { Rule::KeyToFetch };
        }
        if self.is_stale(keys, now) || !self.is_within(Limit::UnknownKeyInterval, age) {
            return Rule::KeyToFetch;
        }
        let is_published = keys.unusable.iter().any(|this| this == kid);
        if is_published { Rule::KeyAvailable } else { Rule::KeyKnown }
    }
}

/// How long ago something was. A clock may be set back: by a second, and it is as if it had just
/// been; by more, and it was long ago.
fn age(then: u64, now: i128) -> i128 {
    let age = now - i128::from(then);
    if age > -1000 { age.abs() } else { LONG_AGO }
}

const LONG_AGO: i128 = 1 << 100;

/// The names of the rules and limits for one segment.
struct Part {
    base64: Rule,
    too_many_marks: Rule,
    utf8: Rule,
    is_object: Rule,
    too_deep: Rule,
    too_many_members: Rule,
    repeats: Rule,
    marks: Limit,
    depth: Limit,
    members: Limit,
}

const HEADER: Part = Part {
    base64: Rule::HeaderBase64,
    too_many_marks: Rule::HeaderMarks,
    utf8: Rule::HeaderUtf8,
    is_object: Rule::HeaderIsObject,
    too_deep: Rule::HeaderDepth,
    too_many_members: Rule::HeaderMembers,
    repeats: Rule::HeaderRepeats,
    marks: Limit::HeaderMarks,
    depth: Limit::HeaderDepth,
    members: Limit::HeaderMembers,
};

const PAYLOAD: Part = Part {
    base64: Rule::PayloadBase64,
    too_many_marks: Rule::PayloadMarks,
    utf8: Rule::PayloadUtf8,
    is_object: Rule::PayloadIsObject,
    too_deep: Rule::PayloadDepth,
    too_many_members: Rule::PayloadMembers,
    repeats: Rule::PayloadRepeats,
    marks: Limit::PayloadMarks,
    depth: Limit::PayloadDepth,
    members: Limit::PayloadMembers,
};

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn unquote(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

/// Whether this is the header of a token of version 1 or 2, as sent or percent-encoded.
fn is_legacy(header: &[u8]) -> bool {
    ["1", "2"].iter().any(|version| {
        let text = format!(r#"{{"alg":"RS256","typ":"JWT","version":"{version}"}}"#);
        let text = base64url_text(text.as_bytes());
        ["=", "%3D"].iter().any(|padding| [text.as_bytes(), padding.as_bytes()].concat() == header)
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Decodes whatever looks like base64, and passes over what does not.
fn base64url_bytes(text: &[u8]) -> Vec<u8> {
    let (mut bytes, mut bits, mut value) = (Vec::new(), 0, 0_u32);
    for character in text {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => continue,
        };
        value = (value << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((value >> bits) as u8);
            value &= (1 << bits) - 1;
        }
    }
    bytes
}

/// RFC 4648 section 5, without padding.
fn base64url_text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let value = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..=three.len() {
            text.push(char::from(ALPHABET[(value >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
fn is_signature(n: &[u8], e: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let [n, e] = [n, e].map(BoxedUint::from_be_slice_vartime);
    let key = rsa::PublicKey::new(n, e).unwrap();
    let key = pkcs1v15::VerifyingKey::<Sha256>::new(key);
    pkcs1v15::Signature::try_from(signature)
        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// JSON that keeps every member of every object, so that repeats can be seen.
#[derive(Debug)]
pub(crate) enum Json {
    Null,
    Bool,
    Integer(i128),
    Float(f64),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(this, _)| this == name).map(|(_, value)| value)
    }

    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Float(_))
    }

    /// Seconds as milliseconds, to the nearest, if 64 bits hold them.
    fn millis(&self) -> Option<i128> {
        let millis = match self {
            Self::Integer(secs) => secs * 1000,
            // Saturates, so what is too large for 128 bits too is still out of range.
            Self::Float(secs) => (secs * 1000.0).round() as i128,
            _ => return None,
        };
        i64::try_from(millis).is_ok().then_some(millis)
    }

    /// What is inside: elements, or values of members.
    fn inner(&self) -> Vec<&Self> {
        match self {
            Self::Array(values) => values.iter().collect(),
            Self::Object(members) => members.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    fn depth(&self) -> u64 {
        match self {
            Self::Array(_) | Self::Object(_) => {
                1 + self.inner().iter().map(|value| value.depth()).max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn most_members(&self) -> u64 {
        let own = if let Self::Object(members) = self { members.len() as u64 } else { 0 };
        self.inner().iter().map(|value| value.most_members()).max().unwrap_or(0).max(own)
    }

    fn has_repeats(&self) -> bool {
        let Self::Object(members) = self else {
            return self.inner().iter().any(|value| value.has_repeats());
        };
        let is_repeat = |at: usize| members[..at].iter().any(|(name, _)| *name == members[at].0);
        (0..members.len()).any(is_repeat) || members.iter().any(|(_, value)| value.has_repeats())
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Integer(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}
