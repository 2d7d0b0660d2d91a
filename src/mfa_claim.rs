//! The factors that a session has completed, and what they must be.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::claim_validator::ClaimValidator;
use crate::claim_value::ClaimValue;
use crate::claims::Claims;
use crate::invalid_claims::ClaimReason;
use crate::stamped_claim::MISSING;
use crate::time::UnixMillis;

/// The completed factors, and whether they are enough, `st-mfa`: of the recipe MultiFactorAuth.
///
/// Unlike other claims it does not say when it was fetched, so it has no age.
///
/// ```
/// use supertokens_session::{ClaimValidator, Claims, MultiFactorAuthClaim, UnixMillis};
///
/// let claims = Claims::parse(r#"{"st-mfa":{"c":{"emailpassword":1750000000},"v":false}}"#).unwrap();
/// let now = UnixMillis::from_secs(1_750_000_000);
/// let enough = MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth();
/// assert!(enough.validate(&claims, now).is_err());
/// let totp = MultiFactorAuthClaim::has_completed_requirement_list(["emailpassword", "totp"]);
/// assert_eq!(
///     totp.validate(&claims, now).unwrap_err().to_json(),
///     r#"{"message":"Factor validation failed: totp not completed","factorId":"totp"}"#,
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultiFactorAuthClaim;

impl MultiFactorAuthClaim {
    /// The claim's key.
    pub const KEY: &'static str = "st-mfa";

    /// The backend found the completed factors to be enough: what the SDK demands of every session
    /// where its recipe is in use.
    #[must_use]
    pub const fn has_completed_mfa_requirements_for_auth() -> MultiFactorAuthClaimValidator {
        MultiFactorAuthClaimValidator { id: None, rule: Rule::ForAuth }
    }

    /// Every item of the list is satisfied. The reason names the first that is not. An empty list
    /// always is.
    #[must_use]
    pub fn has_completed_requirement_list<R: Into<MfaRequirement>>(
        list: impl IntoIterator<Item = R>,
    ) -> MultiFactorAuthClaimValidator {
        let list = list.into_iter().map(Into::into).collect();
        MultiFactorAuthClaimValidator { id: None, rule: Rule::List(list) }
    }
}

/// An item of a list of required factors.
///
/// ```
/// use supertokens_session::{MfaRequirement, MultiFactorAuthClaim};
///
/// let validator = MultiFactorAuthClaim::has_completed_requirement_list([
///     MfaRequirement::factor("emailpassword"),
///     MfaRequirement::one_of(["totp", "otp-phone"]),
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MfaRequirement {
    /// This factor.
    Factor(String),
    /// At least one of these factors. An empty list is satisfied, as in the SDK.
    OneOf(Vec<String>),
    /// All of these factors.
    AllOfInAnyOrder(Vec<String>),
}

impl MfaRequirement {
    /// This factor.
    #[must_use]
    pub fn factor(id: impl Into<String>) -> Self {
        Self::Factor(id.into())
    }

    /// At least one of these factors.
    #[must_use]
    pub fn one_of<I: Into<String>>(ids: impl IntoIterator<Item = I>) -> Self {
        Self::OneOf(ids.into_iter().map(Into::into).collect())
    }

    /// All of these factors.
    #[must_use]
    pub fn all_of_in_any_order<I: Into<String>>(ids: impl IntoIterator<Item = I>) -> Self {
        Self::AllOfInAnyOrder(ids.into_iter().map(Into::into).collect())
    }

    /// The factors that a visitor is asked for, each once; none if it is satisfied.
    fn unsatisfied(&self, is_completed: impl Fn(&str) -> bool) -> Vec<&str> {
        let (ids, asked_for): (&[String], bool) = match self {
            Self::Factor(id) => (core::slice::from_ref(id), true),
            Self::OneOf(ids) => (ids, !ids.iter().any(|id| is_completed(id))),
            Self::AllOfInAnyOrder(ids) => (ids, true),
        };
        let mut unsatisfied = Vec::new();
        for id in ids.iter().map(String::as_str).filter(|id| asked_for && !is_completed(id)) {
            if !unsatisfied.contains(&id) {
                unsatisfied.push(id);
            }
        }
        unsatisfied
    }

    /// The reason's message, and its member for these factors.
    fn reason(&self, ids: &[&str]) -> (String, &'static str, ClaimValue) {
        let names = ids.join(", ");
        match self {
            Self::Factor(_) => {
                let message = format!("Factor validation failed: {names} not completed");
                (message, "factorId", names.into())
            }
            Self::OneOf(_) => {
                let message = format!("None of these factors are complete in the session: {names}");
                (message, "oneOf", ids.to_vec().into())
            }
            Self::AllOfInAnyOrder(_) => {
                let message =
                    format!("Some of the factors are not complete in the session: {names}");
                (message, "allOfInAnyOrder", ids.to_vec().into())
            }
        }
    }
}

impl From<&str> for MfaRequirement {
    fn from(factor: &str) -> Self {
        Self::factor(factor)
    }
}

/// Wants factors: made by [`MultiFactorAuthClaim`].
///
/// ```
/// use supertokens_session::{ClaimValidator, MultiFactorAuthClaim};
///
/// let validator = MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth().with_id("mfa");
/// assert_eq!(ClaimValidator::id(&validator), "mfa");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiFactorAuthClaimValidator {
    id: Option<Cow<'static, str>>,
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    ForAuth,
    List(Vec<MfaRequirement>),
}

impl Rule {
    fn judge(&self, claim: Option<&ClaimValue>) -> Result<(), ClaimReason> {
        match self {
            Self::ForAuth => {
                let Some(claim) = claim else {
                    return Err(ClaimReason::new(MISSING).with("expectedValue", true));
                };
                match claim.get("v").and_then(ClaimValue::as_bool) {
                    Some(true) => Ok(()),
                    _ => Err(ClaimReason::new("MFA requirement for auth is not satisfied")),
                }
            }
            Self::List(list) if list.is_empty() => Ok(()),
            Self::List(list) => {
                let completed = claim.and_then(|claim| claim.get("c"));
                // The value is a time, in seconds or in milliseconds: only that it is there counts.
                let is_completed =
                    |id: &str| completed.and_then(|factors| factors.get(id)?.as_number()).is_some();
                let first = list.iter().find_map(|requirement| {
                    let ids = requirement.unsatisfied(is_completed);
                    (!ids.is_empty()).then(|| requirement.reason(&ids))
                });
                match first {
                    Some((message, name, ids)) => {
                        let message = if claim.is_some() { &message } else { MISSING };
                        Err(ClaimReason::new(message).with(name, ids))
                    }
                    None if claim.is_none() => Err(ClaimReason::new(MISSING)),
                    None => Ok(()),
                }
            }
        }
    }
}

impl MultiFactorAuthClaimValidator {
    /// Names the validator in answers, instead of by the claim's key.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl ClaimValidator for MultiFactorAuthClaimValidator {
    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(MultiFactorAuthClaim::KEY)
    }

    fn validate(&self, claims: &Claims, _now: UnixMillis) -> Result<(), ClaimReason> {
        self.rule.judge(claim(claims))
    }

    fn should_refetch(&self, claims: &Claims, _now: UnixMillis) -> bool {
        claim(claims).is_none()
    }
}

/// The claim, unless it is missing. `null` is how the SDK marks a claim that is to be removed.
fn claim(claims: &Claims) -> Option<&ClaimValue> {
    claims.get(MultiFactorAuthClaim::KEY).filter(|claim| !claim.is_null())
}
