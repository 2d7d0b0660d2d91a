//! What validators found wrong, in the words of the SDK's answer 403: written for a browser, or
//! read from another API's answer.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::claim_json::{self, Json, Quoted, comma};
use crate::claim_value::ClaimValue;
use crate::json::Limits;
use crate::payload;
use crate::session::Session;

/// Why a claim is not as a validator wants it: an object with a `message`, and what was expected
/// and found.
///
/// `Debug` prints nothing of it.
///
/// ```
/// use supertokens_session::ClaimReason;
///
/// let reason = ClaimReason::new("wrong value").with("expectedValue", "gold").with("seats", 3);
/// assert_eq!(reason.to_json(), r#"{"message":"wrong value","expectedValue":"gold","seats":3}"#);
/// assert_eq!(reason.message(), Some("wrong value"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimReason(ClaimValue);

impl ClaimReason {
    /// A reason with this message. The SDK's own are `value does not exist`, `wrong value` and
    /// `expired`.
    #[must_use]
    pub fn new(message: &str) -> Self {
        Self(ClaimValue::object([("message", message.into())]))
    }

    /// Adds a member, or sets it anew. A reason of an API's that is no object stays as it is.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<ClaimValue>) -> Self {
        self.0.set(name.to_owned(), value.into());
        self
    }

    /// The message. An API may give reasons without.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.get("message")?.as_text()
    }

    /// The whole as JSON text, members in the order they were added. It is for the front end, and may
    /// repeat the claim.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// The whole. Those of an API may be anything.
    #[must_use]
    pub const fn as_value(&self) -> &ClaimValue {
        &self.0
    }
}

impl fmt::Debug for ClaimReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimReason").finish_non_exhaustive()
    }
}

/// One validator's refusal.
///
/// ```
/// use supertokens_session::ClaimFailure;
///
/// /// Where to send a visitor.
/// fn page_for(failure: &ClaimFailure) -> &'static str {
///     match failure.id() {
///         "st-ev" => "/auth/verify-email",
///         "st-mfa" => "/auth/mfa",
///         _ => "/forbidden",
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimFailure {
    id: String,
    reason: Option<ClaimReason>,
    refetch_could_cure: bool,
}

impl ClaimFailure {
    pub(crate) fn new(id: &str, reason: ClaimReason, refetch_could_cure: bool) -> Self {
        Self { id: id.to_owned(), reason: Some(reason), refetch_could_cure }
    }

    /// The validator's id: the claim's key, unless it was given another.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Why. An API may have said nothing; our own validators always do.
    #[must_use]
    pub const fn reason(&self) -> Option<&ClaimReason> {
        self.reason.as_ref()
    }

    /// Whether the claim may only be out of date: the SDK would fetch its value anew before it
    /// judged. A backend must do that, and then there is a new access token; a page can send the
    /// browser to one. `false` where an API said this, for an API has tried.
    #[must_use]
    pub const fn refetch_could_cure(&self) -> bool {
        self.refetch_could_cure
    }

    /// From an element of an API's list.
    fn of_value(error: &ClaimValue) -> Option<Self> {
        Some(Self {
            id: error.get("id")?.as_text()?.to_owned(),
            reason: error.get("reason").cloned().map(ClaimReason),
            refetch_could_cure: false,
        })
    }
}

impl fmt::Debug for ClaimFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimFailure")
            .field("refetch_could_cure", &self.refetch_could_cure)
            .finish_non_exhaustive()
    }
}

/// All that validators found wrong with a session, in the order of the validators; at least one.
///
/// ```
/// use supertokens_session::InvalidClaims;
///
/// // What an API that uses the SDK answers with status 403.
/// let body = br#"{"message":"invalid claim","claimValidationErrors":
///     [{"id":"st-ev","reason":{"message":"wrong value","expectedValue":true,"actualValue":false}}]}"#;
/// let invalid = InvalidClaims::from_json(body).unwrap();
/// assert_eq!(invalid.failures()[0].id(), "st-ev");
/// assert_eq!(format!("{invalid:?}"), "InvalidClaims { failures: 1, .. }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidClaims {
    failures: Box<[ClaimFailure]>,
    session: Option<Session>,
}

impl InvalidClaims {
    /// `None` if there is no failure.
    pub(crate) fn new(failures: Vec<ClaimFailure>) -> Option<Self> {
        let failures = failures.into_boxed_slice();
        (!failures.is_empty()).then_some(Self { failures, session: None })
    }

    /// Whose claims they are.
    pub(crate) fn of(self, session: Session) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Reads the body of an API's answer 403. `None` if it is not that, or not within the limits:
    /// 64 KiB, 64 errors, 256 members in one object, no name twice.
    #[must_use]
    pub fn from_json(body: &[u8]) -> Option<Self> {
        if body.len() > MAX_BODY {
            return None;
        }
        let body = claim_json::read_strictly(body, LIMITS)?;
        let errors = body.get("claimValidationErrors")?.as_array()?;
        if errors.len() > MAX_ERRORS {
            return None;
        }
        Self::new(errors.iter().map(ClaimFailure::of_value).collect::<Option<_>>()?)
    }

    /// The failures, in the order of the validators. There is always one.
    #[must_use]
    pub fn failures(&self) -> &[ClaimFailure] {
        &self.failures
    }

    /// The session that has these claims, for the claim's page to know whose they are: it is proven,
    /// and **it is not one to go on with.** `None` only for what [`Self::from_json`] has read.
    #[must_use]
    pub const fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The list as the SDK sends it, `claimValidationErrors`: a JSON array of objects with `id` and
    /// `reason`. It may repeat claims of the user, whom the answer is for.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from("[");
        for (place, failure) in self.failures.iter().enumerate() {
            // Writing to a `String` does not fail.
            let _ = write!(json, "{}{{\"id\":{}", comma(place), Quoted(&failure.id));
            if let Some(reason) = &failure.reason {
                let _ = write!(json, ",\"reason\":{}", Json(&reason.0));
            }
            json.push('}');
        }
        json.push(']');
        json
    }
}

impl fmt::Debug for InvalidClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidClaims")
            .field("failures", &self.failures.len())
            .finish_non_exhaustive()
    }
}

/// The body of an answer 403. Each error may repeat a claim, and what stands in a token of 8 KiB is
/// at most 6 KiB; so there is room for ten of the largest.
const MAX_BODY: usize = 64 * 1024;

/// An API runs a handful of validators: each is a line in its source.
const MAX_ERRORS: usize = 64;

/// For a claim as a payload may hold it, inside a reason, an error, the list and the body (the payload's
/// own depth counts the payload); and for eight claims as complex as a payload may be.
const LIMITS: Limits = Limits {
    members: payload::LIMITS.members,
    depth: payload::LIMITS.depth + 4,
    marks: payload::LIMITS.marks * 8,
};
