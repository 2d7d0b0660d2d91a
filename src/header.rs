//! The JOSE header of a session token (RFC 7515 section 4): its shape, and the words that refuse a
//! token by name.

use alloc::borrow::Cow;

use crate::base64url;
use crate::json::{self, Limits, Members, Value};
use crate::reason::Reason;
use crate::token::MAX_HEADER;

/// The version of a SuperTokens access token, from the header member `version`.
///
/// ```
/// use supertokens_session::TokenVersion;
///
/// assert!(TokenVersion::V5 > TokenVersion::V3);
/// assert_eq!(TokenVersion::V4.number(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TokenVersion {
    /// CDI 2.21: claims at the root of the payload. Also a token without `version`.
    V3,
    /// CDI 3.0: adds the tenant, `tId`.
    V4,
    /// CDI 4.0: adds the recipe user id, `rsub`; `sub` is the primary user's.
    V5,
}

impl TokenVersion {
    /// The number: 3, 4 or 5.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V3 => 3,
            Self::V4 => 4,
            Self::V5 => 5,
        }
    }
}

/// A header that names a key. Unverified.
pub(crate) struct Header<'t> {
    pub(crate) kid: Cow<'t, str>,
    /// `None` where `alg` is absent or not a string.
    alg: Option<Cow<'t, str>>,
    /// `crit` or `b64` is present, whatever its value.
    critical: bool,
}

impl<'t> Header<'t> {
    /// Decodes the header segment of a session token; what is refused here makes it malformed.
    pub(crate) fn of_session(
        segment: &[u8],
        room: &'t mut [u8],
    ) -> Result<(Self, TokenVersion), Reason> {
        let found = Found::read(segment, room)?;
        // Exactly `JWT`, as the SDK: a token of another type is not a session's (RFC 8725
        // section 3.11).
        if !matches!(&found.typ, Some(Value::Text(typ)) if typ == "JWT") {
            return Err(Reason::TokenType);
        }
        let version = match &found.version {
            None => TokenVersion::V3,
            Some(Value::Text(version)) => match version.as_ref() {
                "3" => TokenVersion::V3,
                "4" => TokenVersion::V4,
                "5" => TokenVersion::V5,
                _ => return Err(Reason::Version),
            },
            Some(_) => return Err(Reason::Version),
        };
        Ok((Self::new(found)?, version))
    }

    /// Decodes the header segment of any JWS that names its key.
    pub(crate) fn of_jws(segment: &[u8], room: &'t mut [u8]) -> Result<Self, Reason> {
        Self::new(Found::read(segment, room)?)
    }

    fn new(found: Found<'t>) -> Result<Self, Reason> {
        let kid = match found.kid {
            Some(Value::Text(kid)) if !kid.is_empty() => kid,
            _ => return Err(Reason::KeyId),
        };
        let alg = match found.alg {
            Some(Value::Text(alg)) => Some(alg),
            _ => None,
        };
        Ok(Self { kid, alg, critical: found.critical })
    }

    /// Refuses by name what no key can make good. `allowed` tells whether the caller's table has
    /// the algorithm; gives its name.
    pub(crate) fn algorithm(&self, allowed: impl Fn(&str) -> bool) -> Result<&str, Reason> {
        if self.critical {
            return Err(Reason::CriticalHeader);
        }
        match self.alg.as_deref() {
            Some(alg) if allowed(alg) => Ok(alg),
            _ => Err(Reason::AlgorithmNotAllowed),
        }
    }
}

/// Room for a decoded header segment: base64 makes three bytes of four.
pub(crate) const HEADER_ROOM: usize = MAX_HEADER / 4 * 3;

#[derive(Default)]
struct Found<'t> {
    alg: Option<Value<'t>>,
    typ: Option<Value<'t>>,
    kid: Option<Value<'t>>,
    version: Option<Value<'t>>,
    critical: bool,
}

impl<'t> Found<'t> {
    fn read(segment: &[u8], room: &'t mut [u8]) -> Result<Self, Reason> {
        let text = base64url::decode(segment, room).map_err(|_| Reason::HeaderNotBase64Url)?;
        let mut found = Self::default();
        json::read_object(text, LIMITS, &mut [0; OPEN_NAMES], &mut found)
            .map_err(|flaw| flaw.in_header())?;
        Ok(found)
    }
}

#[derive(Clone, Copy)]
enum Name {
    Alg,
    Typ,
    Kid,
    Version,
    Critical,
}

impl<'t> Members<'t> for Found<'t> {
    type Name = Name;

    fn name(name: &str) -> Option<Name> {
        Some(match name {
            "alg" => Name::Alg,
            "typ" => Name::Typ,
            "kid" => Name::Kid,
            "version" => Name::Version,
            // Nothing is understood, so every `crit` is refused (RFC 7515 section 4.1.11), and
            // with it the one extension that changes what is signed (RFC 7797).
            "crit" | "b64" => Name::Critical,
            _ => return None,
        })
    }

    fn set(&mut self, name: Name, value: Value<'t>) {
        match name {
            Name::Alg => self.alg = Some(value),
            Name::Typ => self.typ = Some(value),
            Name::Kid => self.kid = Some(value),
            Name::Version => self.version = Some(value),
            Name::Critical => self.critical = true,
        }
    }
}

/// 64 members and a depth of 16: the core's headers have 4 members and a depth of 1. A member has
/// one mark, so 72 leave room for 64 beside the usual four, and keep promise 11
/// (`benches/instructions.sh`).
pub(crate) const LIMITS: Limits = Limits { members: 64, depth: 16, marks: 72 };

/// Room for names, two halves each.
const OPEN_NAMES: usize = 2 * LIMITS.most_names();
