//! The front token: what the front end believes of its session. Base64 of the JSON object
//! `{uid, ate, up}`: user id, expiry of the access token in milliseconds, its payload. It comes from
//! the backend as the header field `front-token`, and front ends keep it in a cookie.
//!
//! **Nobody signs it.** It can tell whether front end and server see one session, and nothing else.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use core::fmt;

use crate::base64url;
use crate::claim_json::{self, Quoted};
use crate::claim_value::ClaimValue;
use crate::cookie;
use crate::json::{self, Limits, Members, Number, Value};
use crate::payload;
use crate::reason::{Flaw, words};
use crate::request::{MAX_COOKIE_BYTES, MAX_COOKIES};
use crate::session::Session;
use crate::time::{NumericDate, UnixMillis};

/// A front token, read.
///
/// # Never trust it
///
/// It is not signed: whoever sends a request writes into it what they like. Show nobody's data and
/// decide nothing by its user id or payload; who the visitor is says a [`Session`] alone. `Debug`
/// prints its expiry.
///
/// ```
/// use supertokens_session::{FrontToken, UnixMillis};
///
/// // {"uid":"user-1","ate":1750003540000,"up":{"sub":"user-1"}}
/// let text = "eyJ1aWQiOiJ1c2VyLTEiLCJhdGUiOjE3NTAwMDM1NDAwMDAsInVwIjp7InN1YiI6InVzZXItMSJ9fQ==";
/// let cookies = format!("theme=dark; sFrontToken={text}");
/// let found = FrontToken::find([cookies.as_bytes()]).unwrap();
/// let token = FrontToken::parse(found)?;
/// assert_eq!(token.user_id(), "user-1");
/// assert_eq!(token.expires_at(), UnixMillis::from_millis(1_750_003_540_000));
/// assert_eq!(token.payload_json(), r#"{"sub":"user-1"}"#);
/// # Ok::<(), supertokens_session::FrontTokenError>(())
/// ```
#[derive(Clone)]
pub struct FrontToken {
    user_id: String,
    expires_at: UnixMillis,
    payload: ClaimValue,
}

impl FrontToken {
    /// Finds the front token in the values of a request's `Cookie` fields: the cookie `sFrontToken`,
    /// or where there is none, `front-token`. Of several copies it takes the last, as front ends do,
    /// and it looks at the first 180 cookies in 64 KiB at most.
    pub fn find<'r>(cookies: impl IntoIterator<Item = &'r [u8]>) -> Option<&'r [u8]> {
        let (mut found, mut parts, mut bytes) = ([None; 2], MAX_COOKIES, MAX_COOKIE_BYTES);
        for field in cookies {
            bytes = match bytes.checked_sub(field.len()) {
                Some(rest) => rest,
                None => break,
            };
            let take = |name, value| {
                if let Some(place) = found.get_mut::<usize>(name) {
                    *place = Some(value);
                }
            };
            if cookie::scan(field, COOKIES, &mut parts, take).is_err() {
                break;
            }
        }
        let [cookie, other] = found;
        cookie.or(other).map(cookie::value)
    }

    /// Reads the text of a front token.
    ///
    /// # Errors
    ///
    /// It is longer than 4 KiB, not base64 (standard alphabet, padded), or not an object with the three
    /// members. As in an access token, no name may stand twice; and no number has more than 25 bytes.
    pub fn parse(text: &[u8]) -> Result<Self, FrontTokenError> {
        Self::read(text, |json| claim_json::read_with(json, LONGEST_NUMBER)?.get("up").cloned())
    }

    /// The same but for the payload, of which it is only seen that it is an object: to take it apart
    /// costs several times the rest, which must not be done for whoever sends one.
    pub(crate) fn glance(text: &[u8]) -> Result<Self, FrontTokenError> {
        Self::read(text, |_| Some(ClaimValue::NULL))
    }

    fn read(
        text: &[u8],
        payload: impl FnOnce(&str) -> Option<ClaimValue>,
    ) -> Result<Self, FrontTokenError> {
        if text.len() > MAX_FRONT_TOKEN {
            return Err(FrontTokenError::TooLong);
        }
        let bytes = base64url::decode_standard(text).map_err(|_| FrontTokenError::NotBase64)?;
        let mut found = Found::default();
        let mut open_names = vec![0; OPEN_NAMES];
        let json = json::read_object(&bytes, LIMITS, &mut open_names, &mut found)?;
        let user_id = match found.uid {
            Some(Value::Text(uid)) if !uid.is_empty() => uid.into_owned(),
            _ => return Err(FrontTokenError::UserId),
        };
        let expires_at = match found.ate {
            Some(Value::Number(ate)) => millis(ate).ok_or(FrontTokenError::ExpiresAt)?,
            _ => return Err(FrontTokenError::ExpiresAt),
        };
        let payload = match found.up {
            Some(Value::Object) => payload(json),
            _ => None,
        };
        let payload = payload.ok_or(FrontTokenError::Payload)?;
        Ok(Self { user_id, expires_at, payload })
    }

    /// The user id as the front end has it. Unproven.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// When the front end takes its access token to expire. Unproven.
    #[must_use]
    pub const fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    /// The access token's payload as the front end has it, as JSON text; the order of its members
    /// may be another. Unproven.
    #[must_use]
    pub fn payload_json(&self) -> String {
        self.payload.to_json()
    }

    /// Whether the payload is the session's: as values, for backends in Go and Python sort the
    /// members and write numbers and escapes in their own ways.
    pub(crate) fn is_of(&self, session: &Session) -> bool {
        claim_json::read(session.payload_json()).is_some_and(|own| own.means(&self.payload))
    }

    /// The value of the header field `front-token` that goes with the session's access token, when
    /// a replacement of that is handed on to the browser. (The value `remove` signs out.)
    ///
    /// Of a session with much in it, it may be longer than browsers keep and [`parse`](Self::parse) reads.
    /// To a front end on another origin, name the field in `access-control-expose-headers`.
    #[must_use]
    pub fn header_value(session: &Session) -> String {
        let json = format!(
            r#"{{"uid":{},"ate":{},"up":{}}}"#,
            Quoted(session.user_id()),
            session.expires_at().as_millis(),
            session.payload_json(),
        );
        base64url::encode_standard(json.as_bytes())
    }
}

impl fmt::Debug for FrontToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrontToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

words! {
    /// Why a text is no front token.
    ///
    /// ```
    /// use supertokens_session::{FrontToken, FrontTokenError};
    ///
    /// assert_eq!(FrontToken::parse(b"remove").unwrap_err(), FrontTokenError::NotBase64);
    /// ```
    pub enum FrontTokenError {
        TooLong = "too_long", "the front token is longer than 4 KiB";
        NotBase64 = "not_base64", "the front token is not canonical base64, padded, of the standard alphabet";
        NotJson = "not_json", "the front token is not a JSON object in UTF-8";
        DuplicateMember = "duplicate_member", "a name stands twice in an object of the front token";
        TooComplex = "too_complex", "the front token has more members, values or depth than an access token may have";
        UserId = "user_id", "uid is missing, not a string or empty";
        ExpiresAt = "expires_at", "ate is missing, not a number or out of range";
        Payload = "payload", "up is missing or not an object, or has a number of more than 25 bytes";
    }
}

impl core::error::Error for FrontTokenError {}

impl From<Flaw> for FrontTokenError {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::NotUtf8 | Flaw::NotJson | Flaw::NotAnObject => Self::NotJson,
            Flaw::DuplicateMember => Self::DuplicateMember,
            Flaw::TooManyMembers | Flaw::TooComplex | Flaw::TooDeep => Self::TooComplex,
        }
    }
}

/// A moment in milliseconds; the epoch where it lies before that.
fn millis(number: Number) -> Option<UnixMillis> {
    match number {
        Number::Unsigned(millis) => Some(UnixMillis::from_millis(millis)),
        Number::Negative(_) => Some(UnixMillis::default()),
        Number::Float(millis) => {
            NumericDate::from_f64_secs(millis / 1_000.0).map(NumericDate::to_unix)
        }
    }
}

#[derive(Default)]
struct Found<'t> {
    uid: Option<Value<'t>>,
    ate: Option<Value<'t>>,
    up: Option<Value<'t>>,
}

#[derive(Clone, Copy)]
enum Name {
    Uid,
    Ate,
    Up,
}

impl<'t> Members<'t> for Found<'t> {
    type Name = Name;

    fn name(name: &str) -> Option<Name> {
        Some(match name {
            "uid" => Name::Uid,
            "ate" => Name::Ate,
            "up" => Name::Up,
            _ => return None,
        })
    }

    fn set(&mut self, name: Name, value: Value<'t>) {
        match name {
            Name::Uid => self.uid = Some(value),
            Name::Ate => self.ate = Some(value),
            Name::Up => self.up = Some(value),
        }
    }
}

/// The cookie of today's front ends, and one that `supertokens-auth-react` also looks for.
const COOKIES: [&[u8]; 2] = [b"sFrontToken", b"front-token"];

/// Bytes of a front token: no browser keeps a cookie of more (RFC 6265 section 6.1).
const MAX_FRONT_TOKEN: usize = 4 * 1024;

/// Bytes of a number in it: as many as JavaScript writes for a double at most, such as
/// `-0.0000012345678901234567`. With more digits one can be found whose reading takes a hundred times as
/// long.
const LONGEST_NUMBER: usize = 25;

/// An access token's payload inside one more object, and the escapes of its user id once more.
const LIMITS: Limits = Limits {
    members: payload::LIMITS.members,
    depth: payload::LIMITS.depth + 1,
    marks: 2 * payload::LIMITS.marks + 8,
};

/// Room for names, two halves each.
const OPEN_NAMES: usize = 2 * LIMITS.most_names();
