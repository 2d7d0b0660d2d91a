//! The rule about a claim, and the judgement of all rules.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::claims::Claims;
use crate::invalid_claims::{ClaimFailure, ClaimReason, InvalidClaims};
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
/// assert_eq!(reason.to_string(), r#"{"message":"too few seats","expectedAtLeast":3}"#);
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

/// Runs every validator over a payload whose signature held.
#[allow(dead_code, reason = "the gate uses it next")]
pub(crate) fn judge(
    validators: &[Arc<dyn ClaimValidator>],
    payload_json: &str,
    now: UnixMillis,
) -> Result<(), InvalidClaims> {
    if validators.is_empty() {
        return Ok(());
    }
    let claims = Claims::of_payload(payload_json);
    let refusal = |validator: &Arc<dyn ClaimValidator>| {
        let reason = validator.validate(&claims, now).err()?;
        let refetch = validator.should_refetch(&claims, now);
        Some(ClaimFailure::new(validator.id(), reason, refetch))
    };
    let failures: Vec<_> = validators.iter().filter_map(refusal).collect();
    InvalidClaims::new(failures).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use core::sync::atomic::{AtomicUsize, Ordering};

    /// Refuses with the time and one claim for a reason, and counts how often it was asked.
    struct Refuses(&'static str, AtomicUsize);

    impl ClaimValidator for Refuses {
        fn id(&self) -> &str {
            self.0
        }

        fn validate(&self, claims: &Claims, now: UnixMillis) -> Result<(), ClaimReason> {
            self.1.fetch_add(1, Ordering::Relaxed);
            match claims.get(self.0) {
                Some(claim) if claim.as_bool() == Some(true) => Ok(()),
                claim => Err(ClaimReason::new(&now.as_secs().to_string())
                    .with("found", claim.cloned().unwrap_or(crate::claim_value::ClaimValue::NULL))),
            }
        }

        fn should_refetch(&self, claims: &Claims, now: UnixMillis) -> bool {
            claims.get(self.0).is_none() && now.as_secs() == 7
        }
    }

    fn asked(names: &[&'static str], payload: &str) -> Result<(), InvalidClaims> {
        let own: Vec<_> =
            names.iter().map(|name| Arc::new(Refuses(name, AtomicUsize::new(0)))).collect();
        let validators: Vec<Arc<dyn ClaimValidator>> =
            own.iter().map(|one| Arc::clone(one) as Arc<dyn ClaimValidator>).collect();
        let judgement = judge(&validators, payload, UnixMillis::from_secs(7));
        assert!(own.iter().all(|one| one.1.load(Ordering::Relaxed) == 1), "each is asked once");
        judgement
    }

    #[test]
    fn all_failures_are_told_in_the_order_of_the_validators() {
        let payload = r#"{"b":2,"a":true,"c":false}"#;
        assert_eq!(asked(&["a"], payload), Ok(()));
        let invalid = asked(&["c", "a", "x", "b", "c"], payload).unwrap_err();
        assert_eq!(
            invalid.to_json(),
            r#"[{"id":"c","reason":{"message":"7","found":false}},{"id":"x","reason":{"message":"7","found":null}},{"id":"b","reason":{"message":"7","found":2}},{"id":"c","reason":{"message":"7","found":false}}]"#
        );
        let cures: Vec<_> =
            invalid.failures().iter().map(ClaimFailure::refetch_could_cure).collect();
        assert_eq!(cures, [false, true, false, false]);
    }

    #[test]
    fn without_validators_nothing_is_wrong_and_without_json_there_are_no_claims() {
        assert_eq!(judge(&[], "{", UnixMillis::from_secs(7)), Ok(()));
        for payload in ["", "{", "[]", r#"{"a":true"#, r#"{"a":true}}"#] {
            let invalid = asked(&["a"], payload).unwrap_err();
            assert_eq!(invalid.failures().len(), 1, "{payload}");
        }
    }
}
