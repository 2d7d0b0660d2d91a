//! The claims of a session access token (RFC 7519 section 4; versions 3, 4 and 5 of the SuperTokens
//! access token): structure as the SDK checks it, and the times.

use alloc::borrow::Cow;

use crate::base64url;
use crate::header::TokenVersion;
use crate::json::{Counted, Limits, Members, Number, Value};
use crate::reason::{Flaw, Reason};
use crate::time::{NumericDate, UnixMillis};
use crate::token::MAX_TOKEN;

/// A payload that has the structure of a session token's of its version. Whether it is *true* is
/// for [`Verified`](crate::verified::Verified) to say.
pub(crate) struct Payload<'t> {
    /// The payload as it was signed.
    pub(crate) json: &'t str,
    pub(crate) user_id: Cow<'t, str>,
    /// `None`: the token names none, so it is the user id.
    pub(crate) recipe_user_id: Option<Cow<'t, str>>,
    /// `None`: the version has none, so it is the default tenant.
    pub(crate) tenant_id: Option<Cow<'t, str>>,
    pub(crate) session_handle: Cow<'t, str>,
    /// `Some` where it is a text, as the SDK takes anything else for absent.
    pub(crate) anti_csrf_token: Option<Cow<'t, str>>,
    /// Whether `parentRefreshTokenHash1` is a text, an empty one included (as in the SDK): the token
    /// is the first after a refresh, and the core has not heard of its use.
    pub(crate) is_first_after_refresh: bool,
    pub(crate) times: Times,
}

/// When a token is valid: what each decision judges anew.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    expires_at: NumericDate,
    not_before: NotBefore,
}

#[derive(Clone, Copy)]
enum NotBefore {
    Absent,
    At(NumericDate),
    NotANumber,
}

impl<'t> Payload<'t> {
    /// Decodes the payload segment; what is refused here makes the token malformed.
    pub(crate) fn decode(
        segment: &[u8],
        version: TokenVersion,
        room: &'t mut [u8],
    ) -> Result<Self, Reason> {
        let bytes = base64url::decode(segment, room).map_err(|_| Reason::PayloadNotBase64Url)?;
        let mut found = Found::default();
        let json = read(bytes, &mut found).map_err(|flaw| flaw.in_payload())?;

        // OAuth2 access and id tokens come from the same key set with `stt` 1 and 2.
        match found.stt {
            None => {}
            Some(Value::Number(stt)) if is_zero(stt) => {}
            Some(_) => return Err(Reason::WrongTokenType),
        }
        let user_id = text(found.sub).ok_or(Reason::Sub)?;
        let session_handle = text(found.session_handle).ok_or(Reason::SessionHandle)?;
        if text(found.refresh_token_hash1).is_none() {
            return Err(Reason::RefreshTokenHash1);
        }
        let recipe_user_id = text(found.rsub);
        if version >= TokenVersion::V5 && recipe_user_id.is_none() {
            return Err(Reason::RecipeUserId);
        }
        // In version 3 `tId` is the user's own data.
        let tenant_id = match version {
            TokenVersion::V3 => None,
            _ => Some(text(found.tenant_id).ok_or(Reason::TenantId)?),
        };
        let expires_at = match found.exp {
            Some(Value::Number(exp)) => date(exp).ok_or(Reason::ExpiresAtRange)?,
            _ => return Err(Reason::ExpiresAt),
        };
        // Only a number, whatever it is: a token from the future is accepted (ADR 0032).
        if !matches!(found.iat, Some(Value::Number(_))) {
            return Err(Reason::IssuedAt);
        }
        let not_before = match found.nbf {
            None => NotBefore::Absent,
            // Out of range is no date.
            Some(Value::Number(nbf)) => date(nbf).map_or(NotBefore::NotANumber, NotBefore::At),
            Some(_) => NotBefore::NotANumber,
        };
        Ok(Self {
            json,
            user_id,
            recipe_user_id,
            tenant_id,
            session_handle,
            anti_csrf_token: text(found.anti_csrf_token),
            is_first_after_refresh: text(found.parent_refresh_token_hash1).is_some(),
            times: Times { expires_at, not_before },
        })
    }
}

impl Times {
    /// Whether `exp` is not after `now`: in the second of its `exp` a token is expired already, and
    /// there is no leeway (RFC 7519 section 4.1.4).
    pub(crate) fn has_expired(self, now: UnixMillis) -> bool {
        !self.expires_at.is_after(now)
    }

    /// Judges `nbf`, then `exp`, as the SDK's order is.
    pub(crate) fn judge(self, now: UnixMillis) -> Result<(), Reason> {
        match self.not_before {
            NotBefore::Absent => {}
            NotBefore::At(date) if !date.is_after(now) => {}
            NotBefore::At(_) | NotBefore::NotANumber => return Err(Reason::NotYetValid),
        }
        if self.has_expired(now) { Err(Reason::Expired) } else { Ok(()) }
    }

    /// `exp`, the epoch if that is later.
    pub(crate) fn expires_at(self) -> UnixMillis {
        self.expires_at.to_unix()
    }
}

fn read<'t>(bytes: &'t [u8], found: &mut Found<'t>) -> Result<&'t str, Flaw> {
    let counted = Counted::new(bytes, LIMITS)?;
    // Most have few names, and to clear room for all that there may be would cost as much again.
    if counted.marks() <= USUAL_MARKS {
        counted.read(&mut [0; 2 * USUAL_MARKS], found)
    } else {
        counted.read(&mut [0; OPEN_NAMES], found)
    }
}

fn text(value: Option<Value<'_>>) -> Option<Cow<'_, str>> {
    match value {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn date(number: Number) -> Option<NumericDate> {
    match number {
        Number::Unsigned(secs) => NumericDate::from_u64_secs(secs),
        Number::Negative(secs) => NumericDate::from_i64_secs(secs),
        Number::Float(secs) => NumericDate::from_f64_secs(secs),
    }
}

fn is_zero(number: Number) -> bool {
    match number {
        Number::Unsigned(number) => number == 0,
        Number::Negative(_) => false,
        Number::Float(number) => number == 0.0,
    }
}

/// Room for a decoded payload segment: base64 makes three bytes of four.
pub(crate) const PAYLOAD_ROOM: usize = MAX_TOKEN / 4 * 3;

#[derive(Default)]
struct Found<'t> {
    sub: Option<Value<'t>>,
    rsub: Option<Value<'t>>,
    tenant_id: Option<Value<'t>>,
    session_handle: Option<Value<'t>>,
    refresh_token_hash1: Option<Value<'t>>,
    parent_refresh_token_hash1: Option<Value<'t>>,
    anti_csrf_token: Option<Value<'t>>,
    exp: Option<Value<'t>>,
    iat: Option<Value<'t>>,
    nbf: Option<Value<'t>>,
    stt: Option<Value<'t>>,
}

#[derive(Clone, Copy)]
enum Name {
    Sub,
    Rsub,
    TenantId,
    SessionHandle,
    RefreshTokenHash1,
    ParentRefreshTokenHash1,
    AntiCsrfToken,
    Exp,
    Iat,
    Nbf,
    Stt,
}

impl<'t> Members<'t> for Found<'t> {
    type Name = Name;

    fn name(name: &str) -> Option<Name> {
        Some(match name {
            "sub" => Name::Sub,
            "rsub" => Name::Rsub,
            "tId" => Name::TenantId,
            "sessionHandle" => Name::SessionHandle,
            "refreshTokenHash1" => Name::RefreshTokenHash1,
            "parentRefreshTokenHash1" => Name::ParentRefreshTokenHash1,
            "antiCsrfToken" => Name::AntiCsrfToken,
            "exp" => Name::Exp,
            "iat" => Name::Iat,
            "nbf" => Name::Nbf,
            "stt" => Name::Stt,
            _ => return None,
        })
    }

    fn set(&mut self, name: Name, value: Value<'t>) {
        let member = match name {
            Name::Sub => &mut self.sub,
            Name::Rsub => &mut self.rsub,
            Name::TenantId => &mut self.tenant_id,
            Name::SessionHandle => &mut self.session_handle,
            Name::RefreshTokenHash1 => &mut self.refresh_token_hash1,
            Name::ParentRefreshTokenHash1 => &mut self.parent_refresh_token_hash1,
            Name::AntiCsrfToken => &mut self.anti_csrf_token,
            Name::Exp => &mut self.exp,
            Name::Iat => &mut self.iat,
            Name::Nbf => &mut self.nbf,
            Name::Stt => &mut self.stt,
        };
        *member = Some(value);
    }
}

/// A session claim may be nested 64 deep and lies inside one object, the payload. The core's own
/// payload has about 12 members and a depth of 3. A member has one mark, so 288 leave room for a
/// claim of 256 members beside the core's own with the usual claims, and for what looks like an
/// exponent in its hashes (one hex digit in 26), and keep promise 11 (`benches/instructions.sh`).
pub(crate) const LIMITS: Limits = Limits { members: 256, depth: 65, marks: 288 };

/// Marks of most payloads: a core's own 12 members with the usual claims have half as many.
const USUAL_MARKS: usize = 76;

/// Room for names, two halves each.
const OPEN_NAMES: usize = 2 * LIMITS.most_names();
