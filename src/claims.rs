//! The claims of one session, as validators see them.

use core::fmt;

use crate::claim_json;
use crate::claim_value::ClaimValue;
use crate::payload::LIMITS;

/// The payload of an access token whose signature held: what a
/// [`ClaimValidator`](crate::ClaimValidator) is given.
///
/// ```
/// use supertokens_session::Claims;
///
/// let claims = Claims::parse(r#"{"sub":"user-1","plan":{"v":"gold","t":1750000000000}}"#).unwrap();
/// assert_eq!(claims.get("plan").and_then(|plan| plan.get("v")?.as_text()), Some("gold"));
/// assert_eq!(claims.get("st-ev"), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Claims(ClaimValue);

impl Claims {
    /// Claims out of JSON text, to test validators with: by the rules for a payload, so an object,
    /// and no name twice. `None` if it is not that. Nothing here has been signed by anyone.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        claim_json::read_strictly(json.as_bytes(), LIMITS).map(Self)
    }

    /// The claims of a payload that was judged before. Were it not JSON after all, there would be
    /// no claims, and validators fail where a claim is missing.
    pub(crate) fn of_payload(json: &str) -> Self {
        Self(claim_json::read(json).unwrap_or(ClaimValue::NULL))
    }

    /// Bytes of what they take on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<Self>().saturating_add(self.0.heap_bytes())
    }

    /// The member of this name, whole: of the SDK's claims an object of the value `v` and the time
    /// `t` at which it was fetched.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&ClaimValue> {
        self.0.get(key)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = self.0.as_object().map_or(0, |members| members.len());
        f.debug_struct("Claims").field("members", &members).finish_non_exhaustive()
    }
}
