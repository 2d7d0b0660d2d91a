//! Decides a token as one would on paper: every rule a line, nothing borrowed, nothing shared.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Number, Value};
use supertokens_session::{TokenSource, TokenTransfer};

use crate::{cookies, json, null};

/// What a session says of itself.
#[derive(Debug, PartialEq)]
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

/// The session the `Cookie` field proves at `now` (milliseconds), if any.
pub fn accepts(field: &[u8], keys: &Keys, now: u64, dynamic: bool) -> Option<Answer> {
    let (token, source) = cookies::find(&[field], TokenTransfer::Any).ok()?;
    holds(token.len() <= 8192)?;
    let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let &[header, payload, signature] = segments.as_slice() else { return None };
    holds(header.len() <= 1024)?;
    let message = [header, payload].join(&b'.');

    let header = json::strict(&decode(header)?, json::HEADER)?;
    holds(header["typ"] == "JWT" && header["alg"] == "RS256")?;
    holds(header.get("crit").is_none() && header.get("b64").is_none())?;
    let kid = header["kid"].as_str()?;
    let version = match header.get("version") {
        None => 3,
        Some(Value::String(version)) if version == "3" => 3,
        Some(Value::String(version)) if version == "4" => 4,
        Some(Value::String(version)) if version == "5" => 5,
        Some(_) => return None,
    };

    let signature = decode(signature)?;
    let (_, n) = keys.iter().find(|(this, _)| this == kid)?;
    holds(signature == null::sign(n, &message))?;
    holds(kid.starts_with("d-") == dynamic)?;

    let text = decode(payload)?;
    let payload = json::strict(&text, json::PAYLOAD)?;
    holds(payload.get("stt").is_none_or(|stt| stt.as_f64() == Some(0.0)))?;
    let claim = |name: &str| payload[name].as_str().map(str::to_owned);
    let user_id = claim("sub")?;
    claim("refreshTokenHash1")?;
    holds(payload["iat"].is_number())?;
    let Value::Number(exp) = &payload["exp"] else { return None };
    let exp = millis(exp)?;
    holds(exp > i128::from(now))?;
    match payload.get("nbf") {
        None => {}
        Some(Value::Number(nbf)) => holds(millis(nbf)? <= i128::from(now))?,
        Some(_) => return None,
    }
    Some(Answer {
        recipe_user_id: match claim("rsub") {
            None if version == 5 => return None,
            None => user_id.clone(),
            Some(rsub) => rsub,
        },
        user_id,
        tenant_id: if version == 3 { "public".to_owned() } else { claim("tId")? },
        session_handle: claim("sessionHandle")?,
        payload: text,
        version,
        source,
        expires_at: u64::try_from(exp).ok().filter(|exp| *exp < 1 << 52),
    })
}

/// So that a rule reads as a line that ends in `?`.
fn holds(rule: bool) -> Option<()> {
    rule.then_some(())
}

pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(std::str::from_utf8(text).ok()?).ok()
}

pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
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
