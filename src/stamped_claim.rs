//! A claim as the SDK puts most of them into a token: a value `v`, and the time `t` at which it was
//! fetched.

use alloc::borrow::Cow;
use core::time::Duration;

use crate::claim_value::ClaimValue;
use crate::claims::Claims;
use crate::invalid_claims::ClaimReason;
use crate::time::UnixMillis;

/// Where the claim is, what its validator is called, and how old the value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StampedClaim {
    key: Cow<'static, str>,
    id: Option<Cow<'static, str>>,
    max_age: Option<Duration>,
}

/// The options that every validator of such a claim has, in its field `claim`.
macro_rules! options {
    () => {
        /// Refuses a value that was fetched longer ago than this (rounded down to the millisecond).
        /// A value that does not say when it was fetched never expires, as in the SDK.
        #[must_use]
        pub fn max_age(mut self, time: core::time::Duration) -> Self {
            self.claim.set_max_age(time);
            self
        }

        /// Names the validator in answers, instead of by the claim's key.
        #[must_use]
        pub fn with_id(mut self, id: impl Into<alloc::borrow::Cow<'static, str>>) -> Self {
            self.claim.set_id(id.into());
            self
        }
    };
}

pub(crate) use options;

impl StampedClaim {
    pub(crate) const fn new(key: Cow<'static, str>) -> Self {
        Self { key, id: None, max_age: None }
    }

    pub(crate) fn set_max_age(&mut self, time: Duration) {
        self.max_age = Some(time);
    }

    pub(crate) fn set_id(&mut self, id: Cow<'static, str>) {
        self.id = Some(id);
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_ref().unwrap_or(&self.key)
    }

    /// The claim's value; a claim that is not an object has none.
    pub(crate) fn value<'c>(&self, claims: &'c Claims) -> Option<&'c ClaimValue> {
        claims.get(&self.key)?.get("v")
    }

    /// The claim's value if it is there and not too old. `missing` is what the reason says of what
    /// was expected.
    pub(crate) fn current_value<'c>(
        &self,
        claims: &'c Claims,
        now: UnixMillis,
        missing: (&str, &ClaimValue),
    ) -> Result<&'c ClaimValue, ClaimReason> {
        let Some(value) = self.value(claims) else {
            let (name, expected) = missing;
            return Err(ClaimReason::new(MISSING).with(name, expected.clone()));
        };
        if let (Some(max_age), Some(fetched_at)) = (self.max_age, self.fetched_at(claims)) {
            let (age, max_age) = ((millis(now) - fetched_at) / 1_000.0, seconds(max_age));
            if age > max_age {
                let reason = ClaimReason::new("expired").with("ageInSeconds", age);
                return Err(reason.with("maxAgeInSeconds", max_age));
            }
        }
        Ok(value)
    }

    /// Whether the SDK would fetch the value before it judges.
    pub(crate) fn should_refetch(&self, claims: &Claims, now: UnixMillis) -> bool {
        self.value(claims).is_none()
            || self.max_age.is_some_and(|max_age| self.is_older(claims, now, max_age))
    }

    /// Whether the value was fetched longer ago than `time`; not where it does not say when.
    pub(crate) fn is_older(&self, claims: &Claims, now: UnixMillis, time: Duration) -> bool {
        let limit = millis(now) - seconds(time) * 1_000.0;
        self.fetched_at(claims).is_some_and(|fetched_at| fetched_at < limit)
    }

    /// When the value was fetched, in milliseconds. What is there but is no number counts as the
    /// epoch, so it is too old for any age: JavaScript has `null` so, and other values never expire.
    fn fetched_at(&self, claims: &Claims) -> Option<f64> {
        let fetched_at = claims.get(&self.key)?.get("t")?;
        Some(fetched_at.as_number().unwrap_or(0.0))
    }
}

/// Of a value that is there and not what it must be.
pub(crate) fn wrong_value(expected: (&str, &ClaimValue), actual: &ClaimValue) -> ClaimReason {
    let (name, value) = expected;
    ClaimReason::new("wrong value").with(name, value.clone()).with("actualValue", actual.clone())
}

/// The message of the SDK.
pub(crate) const MISSING: &str = "value does not exist";

/// The time as JavaScript's `Date.now()` gives it. The arithmetic is JavaScript's too, since reasons
/// print its results: so it is in doubles, and in seconds where the SDK has seconds.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "no `From` exists; exact until the year 287396, and 2^53 ms is precise enough after"
)]
fn millis(time: UnixMillis) -> f64 {
    time.as_millis() as f64
}

fn seconds(time: Duration) -> f64 {
    millis(UnixMillis::since_epoch(time)) / 1_000.0
}
