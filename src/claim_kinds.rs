//! The SDK's base classes of claims and their validators.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::claim_validator::ClaimValidator;
use crate::claim_value::ClaimValue;
use crate::claims::Claims;
use crate::invalid_claims::ClaimReason;
use crate::stamped_claim::{StampedClaim, options, wrong_value};
use crate::time::UnixMillis;

/// A claim whose value is one string, number or boolean.
///
/// ```
/// use std::time::Duration;
/// use supertokens_session::{ClaimValidator, Claims, PrimitiveClaim, UnixMillis};
///
/// let gold = PrimitiveClaim::new("plan").has_value("gold").max_age(Duration::from_secs(300));
/// let claims = Claims::parse(r#"{"plan":{"v":"gold","t":1750000000000}}"#).unwrap();
/// assert!(gold.validate(&claims, UnixMillis::from_secs(1_750_000_300)).is_ok());
/// let expired = gold.validate(&claims, UnixMillis::from_secs(1_750_000_301)).unwrap_err();
/// assert_eq!(
///     expired.to_json(),
///     r#"{"message":"expired","ageInSeconds":301,"maxAgeInSeconds":300}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimitiveClaim {
    key: Cow<'static, str>,
}

impl PrimitiveClaim {
    /// The claim of this key.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into() }
    }

    /// The value is this one, by JavaScript's `===`: of the same type too, and never an array or an
    /// object.
    #[must_use]
    pub fn has_value(&self, value: impl Into<ClaimValue>) -> PrimitiveClaimValidator {
        let claim = StampedClaim::new(self.key.clone());
        PrimitiveClaimValidator { claim, expected: value.into() }
    }
}

/// A claim whose value is a boolean.
///
/// ```
/// use supertokens_session::{BooleanClaim, ClaimValidator, Claims, UnixMillis};
///
/// let accepted = BooleanClaim::new("terms").is_true();
/// let claims = Claims::parse(r#"{"terms":{"v":true,"t":1750000000000}}"#).unwrap();
/// assert!(accepted.validate(&claims, UnixMillis::from_secs(1_750_000_000)).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BooleanClaim(PrimitiveClaim);

impl BooleanClaim {
    /// The claim of this key.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self(PrimitiveClaim::new(key))
    }

    /// The value is this one.
    #[must_use]
    pub fn has_value(&self, value: bool) -> PrimitiveClaimValidator {
        self.0.has_value(value)
    }

    /// The value is `true`.
    #[must_use]
    pub fn is_true(&self) -> PrimitiveClaimValidator {
        self.has_value(true)
    }

    /// The value is `false`.
    #[must_use]
    pub fn is_false(&self) -> PrimitiveClaimValidator {
        self.has_value(false)
    }
}

/// Wants one value: made by [`PrimitiveClaim`] and [`BooleanClaim`].
///
/// ```
/// use supertokens_session::{BooleanClaim, ClaimValidator};
///
/// let validator = BooleanClaim::new("terms").is_true().with_id("terms-accepted");
/// assert_eq!(ClaimValidator::id(&validator), "terms-accepted");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimitiveClaimValidator {
    pub(crate) claim: StampedClaim,
    expected: ClaimValue,
}

impl PrimitiveClaimValidator {
    options!();
}

impl ClaimValidator for PrimitiveClaimValidator {
    fn id(&self) -> &str {
        self.claim.id()
    }

    fn validate(&self, claims: &Claims, now: UnixMillis) -> Result<(), ClaimReason> {
        let expected = ("expectedValue", &self.expected);
        let value = self.claim.current_value(claims, now, expected)?;
        if value.is_same(&self.expected) { Ok(()) } else { Err(wrong_value(expected, value)) }
    }

    fn should_refetch(&self, claims: &Claims, now: UnixMillis) -> bool {
        self.claim.should_refetch(claims, now)
    }
}

/// A claim whose value is an array of strings, numbers or booleans.
///
/// A value that is no array fails every rule, those that exclude something too.
///
/// ```
/// use supertokens_session::{ClaimValidator, Claims, PrimitiveArrayClaim, UnixMillis};
///
/// let groups = PrimitiveArrayClaim::new("groups");
/// let claims = Claims::parse(r#"{"groups":{"v":["staff","night"],"t":1750000000000}}"#).unwrap();
/// let now = UnixMillis::from_secs(1_750_000_000);
/// assert!(groups.includes("staff").validate(&claims, now).is_ok());
/// assert!(groups.includes_all(["staff", "day"]).validate(&claims, now).is_err());
/// assert!(groups.includes_any(["staff", "day"]).validate(&claims, now).is_ok());
/// assert!(groups.excludes("day").validate(&claims, now).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimitiveArrayClaim {
    key: Cow<'static, str>,
}

impl PrimitiveArrayClaim {
    /// The claim of this key.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into() }
    }

    /// The array has this element.
    #[must_use]
    pub fn includes(&self, value: impl Into<ClaimValue>) -> PrimitiveArrayClaimValidator {
        self.validator(Rule::Includes, value)
    }

    /// The array does not have this element. A claim that is missing fails.
    #[must_use]
    pub fn excludes(&self, value: impl Into<ClaimValue>) -> PrimitiveArrayClaimValidator {
        self.validator(Rule::Excludes, value)
    }

    /// The array has all these elements. It always has all of none.
    #[must_use]
    pub fn includes_all<V: Into<ClaimValue>>(
        &self,
        values: impl IntoIterator<Item = V>,
    ) -> PrimitiveArrayClaimValidator {
        self.validator(Rule::IncludesAll, list(values))
    }

    /// The array has at least one of these elements. It never has one of none.
    #[must_use]
    pub fn includes_any<V: Into<ClaimValue>>(
        &self,
        values: impl IntoIterator<Item = V>,
    ) -> PrimitiveArrayClaimValidator {
        self.validator(Rule::IncludesAny, list(values))
    }

    /// The array has none of these elements. A claim that is missing fails.
    #[must_use]
    pub fn excludes_all<V: Into<ClaimValue>>(
        &self,
        values: impl IntoIterator<Item = V>,
    ) -> PrimitiveArrayClaimValidator {
        self.validator(Rule::ExcludesAll, list(values))
    }

    fn validator(&self, rule: Rule, value: impl Into<ClaimValue>) -> PrimitiveArrayClaimValidator {
        let claim = StampedClaim::new(self.key.clone());
        PrimitiveArrayClaimValidator { claim, rule, expected: value.into() }
    }
}

fn list<V: Into<ClaimValue>>(values: impl IntoIterator<Item = V>) -> Vec<V> {
    values.into_iter().collect()
}

/// Wants elements to be in an array, or not to be: made by [`PrimitiveArrayClaim`], and by the
/// claims of the SDK that are of that kind.
///
/// ```
/// use supertokens_session::{ClaimValidator, UserRoleClaim};
///
/// assert_eq!(ClaimValidator::id(&UserRoleClaim::includes("admin")), "st-role");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimitiveArrayClaimValidator {
    claim: StampedClaim,
    rule: Rule,
    /// One element, or for the rules of several an array of them.
    expected: ClaimValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Includes,
    Excludes,
    IncludesAll,
    IncludesAny,
    ExcludesAll,
}

impl Rule {
    /// How the SDK's reason calls what was expected.
    const fn expectation(self) -> &'static str {
        match self {
            Self::Includes | Self::IncludesAll => "expectedToInclude",
            Self::Excludes | Self::ExcludesAll => "expectedToNotInclude",
            Self::IncludesAny => "expectedToIncludeAtLeastOneOf",
        }
    }

    /// The same where the value is missing. That `includesAny` says so is the SDK's slip.
    const fn expectation_if_missing(self) -> &'static str {
        match self {
            Self::IncludesAny => "expectedToNotInclude",
            _ => self.expectation(),
        }
    }

    fn holds(self, expected: &ClaimValue, value: &ClaimValue) -> bool {
        // A string has `includes` in JavaScript too, where "superadmin" includes "admin".
        let Some(elements) = value.as_array() else { return false };
        let has = |wanted: &ClaimValue| elements.iter().any(|element| element.is_same(wanted));
        let several = match self {
            Self::Includes | Self::Excludes => core::slice::from_ref(expected),
            _ => expected.as_array().unwrap_or_default(),
        };
        // What is never the same as anything would exclude nothing.
        if !several.iter().all(ClaimValue::can_be_same) {
            return false;
        }
        match self {
            Self::Includes => has(expected),
            Self::Excludes => !has(expected),
            Self::IncludesAll => several.iter().all(has),
            Self::IncludesAny => several.iter().any(has),
            Self::ExcludesAll => !several.iter().any(has),
        }
    }
}

impl PrimitiveArrayClaimValidator {
    options!();
}

impl ClaimValidator for PrimitiveArrayClaimValidator {
    fn id(&self) -> &str {
        self.claim.id()
    }

    fn validate(&self, claims: &Claims, now: UnixMillis) -> Result<(), ClaimReason> {
        let missing = (self.rule.expectation_if_missing(), &self.expected);
        let value = self.claim.current_value(claims, now, missing)?;
        if self.rule.holds(&self.expected, value) {
            return Ok(());
        }
        Err(wrong_value((self.rule.expectation(), &self.expected), value))
    }

    fn should_refetch(&self, claims: &Claims, now: UnixMillis) -> bool {
        self.claim.should_refetch(claims, now)
    }
}
