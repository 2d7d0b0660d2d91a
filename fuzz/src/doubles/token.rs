//! Decides a token as one would on paper: every rule a line, nothing borrowed, nothing shared.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Number, Value};
use supertokens_session::{TokenSource, TokenTransfer};

use super::{cookies, json, null};

/// What a session says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub user_id: String,
    pub recipe_user_id: String,
    pub tenant_id: String,
    pub session_handle: String,
    pub payload: Vec<u8>,
    pub version: u8,
    pub source: TokenSource,
    /// Milliseconds; `None` where a double holds no single ones.
    pub expires_at: Option<u64>,
}

/// `kid` and modulus of a key.
pub type Keys = Vec<(String, Vec<u8>)>;

/// What is to be said of a token.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// It has not the shape of a session's.
    Malformed,
    /// It has, and does not hold.
    Refused,
    /// It names a key that nobody has.
    UnknownKey,
    Holds(Answer),
}

/// The session the `Cookie` field proves at `now` (milliseconds), if any.
pub fn accepts(field: &[u8], keys: &Keys, now: u64, dynamic: bool) -> Option<Answer> {
    let (token, source) = cookies::find(&[field], TokenTransfer::Any).ok()?;
    match judge(&token, source, keys, now, dynamic) {
        Verdict::Holds(answer) => Some(answer),
        _ => None,
    }
}

pub fn judge(token: &[u8], source: TokenSource, keys: &Keys, now: u64, dynamic: bool) -> Verdict {
    if is_legacy(token) {
        return Verdict::Refused;
    }
    let Some(shape) = shape(token) else { return Verdict::Malformed };
    let header = &shape.header;
    let is_plain = header.get("crit").is_none() && header.get("b64").is_none();
    let Some(signature) = decode(&shape.signature).filter(|text| text.len() <= 1024) else {
        return Verdict::Refused;
    };
    if header["alg"] != "RS256" || !is_plain {
        return Verdict::Refused;
    }
    let has_expired = shape.exp <= i128::from(now);
    let Some((_, n)) = keys.iter().find(|(this, _)| *this == shape.kid) else {
        return if has_expired { Verdict::Refused } else { Verdict::UnknownKey };
    };
    let is_early = match shape.payload.get("nbf") {
        None => false,
        Some(Value::Number(nbf)) => millis(nbf).is_none_or(|nbf| nbf > i128::from(now)),
        Some(_) => true,
    };
    let holds = signature == null::sign(n, &shape.message)
        && shape.kid.starts_with("d-") == dynamic
        && !is_early
        && !has_expired;
    if holds { Verdict::Holds(shape.answer(source)) } else { Verdict::Refused }
}

/// Tokens of versions 1 and 2 have one of two headers.
pub fn is_legacy(token: &[u8]) -> bool {
    let version = |version: &str| {
        let header = format!(r#"{{"alg":"RS256","typ":"JWT","version":"{version}"}}"#);
        let header = encode_standard(header.as_bytes());
        [header.replace('=', "%3D"), header]
    };
    let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let headers = [version("1"), version("2")].concat();
    token.len() <= 8192
        && segments.len() == 3
        && headers.iter().any(|header| header.as_bytes() == segments[0])
}

/// A token that says of itself all that a session's must.
struct Shape {
    header: Value,
    payload: Value,
    text: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
    kid: String,
    version: u8,
    /// Milliseconds.
    exp: i128,
}

fn shape(token: &[u8]) -> Option<Shape> {
    holds(token.len() <= 8192)?;
    let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let &[header, payload, signature] = segments.as_slice() else { return None };
    holds(header.len() <= 1024)?;
    let message = [header, payload].join(&b'.');

    let header = json::strict(&decode(header)?, json::HEADER)?;
    holds(header["typ"] == "JWT")?;
    let kid = header["kid"].as_str().filter(|kid| !kid.is_empty())?.to_owned();
    let version = match header.get("version") {
        None => 3,
        Some(Value::String(version)) if version == "3" => 3,
        Some(Value::String(version)) if version == "4" => 4,
        Some(Value::String(version)) if version == "5" => 5,
        Some(_) => return None,
    };

    let text = decode(payload)?;
    let payload = json::strict(&text, json::PAYLOAD)?;
    holds(payload.get("stt").is_none_or(|stt| stt.as_f64() == Some(0.0)))?;
    let is_text = |name: &str| holds(payload[name].is_string());
    is_text("sub")?;
    is_text("sessionHandle")?;
    is_text("refreshTokenHash1")?;
    holds(version < 5 || payload["rsub"].is_string())?;
    holds(version < 4 || payload["tId"].is_string())?;
    holds(payload["iat"].is_number())?;
    let Value::Number(exp) = &payload["exp"] else { return None };
    let exp = millis(exp)?;
    let signature = signature.to_vec();
    Some(Shape { header, payload, text, message, signature, kid, version, exp })
}

impl Shape {
    fn answer(self, source: TokenSource) -> Answer {
        let claim = |name: &str| self.payload[name].as_str().map(str::to_owned);
        let user_id = claim("sub").unwrap_or_default();
        Answer {
            recipe_user_id: claim("rsub").unwrap_or_else(|| user_id.clone()),
            user_id,
            tenant_id: claim("tId")
                .filter(|_| self.version > 3)
                .unwrap_or_else(|| "public".to_owned()),
            session_handle: claim("sessionHandle").unwrap_or_default(),
            version: self.version,
            source,
            expires_at: u64::try_from(self.exp).ok().filter(|exp| *exp < 1 << 52),
            payload: self.text,
        }
    }
}

/// So that a rule reads as a line that ends in `?`.
fn holds(rule: bool) -> Option<()> {
    rule.then_some(())
}

pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode(text, &mut vec![0; text.len()]).ok().map(<[u8]>::to_vec)
}

pub fn encode(bytes: &[u8]) -> String {
    let mut room = vec![0; bytes.len() * 2 + 2];
    Base64UrlUnpadded::encode(bytes, &mut room).expect("room for it").to_owned()
}

/// The same in the standard alphabet, padded.
pub fn decode_standard(text: &[u8]) -> Option<Vec<u8>> {
    Base64::decode(text, &mut vec![0; text.len()]).ok().map(<[u8]>::to_vec)
}

pub fn encode_standard(bytes: &[u8]) -> String {
    let mut room = vec![0; bytes.len() * 2 + 4];
    Base64::encode(bytes, &mut room).expect("room for it").to_owned()
}

/// A date in whole milliseconds, if 64 bits hold it.
fn millis(secs: &Number) -> Option<i128> {
    let millis = if let Some(secs) = secs.as_u64() {
        i128::from(secs) * 1000
    } else if let Some(secs) = secs.as_i64() {
        i128::from(secs) * 1000
    } else {
        // Saturates, so what is too large for an i128 too is still out of range.
        (secs.as_f64()? * 1000.0).round() as i128
    };
    i64::try_from(millis).is_ok().then_some(millis)
}
