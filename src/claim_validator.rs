//! The rule about a claim.

use crate::claims::Claims;
use crate::invalid_claims::ClaimReason;
use crate::time::UnixMillis;

/// A rule about the claims of a session. The claims of this crate make them, such as
/// [`UserRoleClaim::includes`](crate::UserRoleClaim::includes); this trait is for your own.
///
/// ```
/// use supertokens_session::{ClaimReason, ClaimValidator, Claims, UnixMillis};
///
/// /// At least so many seats.
/// struct Seats(f64);
///
/// impl ClaimValidator for Seats {
///     fn id(&self) -> &str {
///         "seats"
///     }
///
///     fn validate(&self, claims: &Claims, _now: UnixMillis) -> Result<(), ClaimReason> {
///         let seats = claims.get("seats").and_then(|claim| claim.get("v")?.as_number());
///         match seats {
///             Some(seats) if seats >= self.0 => Ok(()),
///             _ => Err(ClaimReason::new("too few seats").with("expectedAtLeast", self.0)),
///         }
///     }
/// }
///
/// let claims = Claims::parse(r#"{"seats":{"v":2}}"#).unwrap();
/// let now = UnixMillis::from_secs(1_750_000_000);
/// assert!(Seats(2.0).validate(&claims, now).is_ok());
/// let reason = Seats(3.0).validate(&claims, now).unwrap_err();
/// assert_eq!(reason.to_json(), r#"{"message":"too few seats","expectedAtLeast":3}"#);
/// ```
pub trait ClaimValidator: Send + Sync {
    /// Names the rule in an answer. The SDK's are named after the claim's key.
    fn id(&self) -> &str;

    /// Judges the claims of a session.
    ///
    /// # Errors
    ///
    /// The reason why the claims are not as they must be. The browser gets it.
    fn validate(&self, claims: &Claims, now: UnixMillis) -> Result<(), ClaimReason>;

    /// Whether the value is missing or so old that fetching it anew could help; asked only after
    /// a refusal. No, unless said otherwise.
    fn should_refetch(&self, claims: &Claims, now: UnixMillis) -> bool {
        let _ = (claims, now);
        false
    }
}
