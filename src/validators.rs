//! The rules of a policy about claims, and their judgement.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::claim_validator::ClaimValidator;
use crate::claims::Claims;
use crate::invalid_claims::{ClaimFailure, InvalidClaims};

use crate::time::UnixMillis;

/// In the order in which they were added.
#[derive(Clone)]
pub(crate) struct Validators(Vec<Arc<dyn ClaimValidator>>);

impl Validators {
    pub(crate) const NONE: Self = Self(Vec::new());

    pub(crate) fn add(&mut self, validator: impl ClaimValidator + 'static) {
        self.0.push(Arc::new(validator));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs every validator over the claims of a session.
    pub(crate) fn judge(&self, claims: &Claims, now: UnixMillis) -> Option<InvalidClaims> {
        let refusal = |validator: &Arc<dyn ClaimValidator>| {
            let reason = validator.validate(claims, now).err()?;
            let refetch = validator.should_refetch(claims, now);
            Some(ClaimFailure::new(validator.id(), reason, refetch))
        };
        InvalidClaims::new(self.0.iter().filter_map(refusal).collect())
    }
}

impl fmt::Debug for Validators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|validator| validator.id())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invalid_claims::ClaimReason;
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

    fn asked(names: &[&'static str], payload: &str) -> Option<InvalidClaims> {
        let own: Vec<_> =
            names.iter().map(|name| Arc::new(Refuses(name, AtomicUsize::new(0)))).collect();
        let validators =
            Validators(own.iter().map(|one| Arc::clone(one) as Arc<dyn ClaimValidator>).collect());
        let invalid = validators.judge(&Claims::of_payload(payload), UnixMillis::from_secs(7));
        assert!(own.iter().all(|one| one.1.load(Ordering::Relaxed) == 1), "each is asked once");
        invalid
    }

    #[test]
    fn all_failures_are_told_in_the_order_of_the_validators() {
        let payload = r#"{"b":2,"a":true,"c":false}"#;
        assert_eq!(asked(&["a"], payload), None);
        let invalid = asked(&["c", "a", "x", "b", "c"], payload).unwrap();
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
        assert_eq!(asked(&[], "{"), None);
        for payload in ["", "{", "[]", r#"{"a":true"#, r#"{"a":true}}"#] {
            let invalid = asked(&["a"], payload).unwrap();
            assert_eq!(invalid.failures().len(), 1, "{payload}");
        }
    }
}
