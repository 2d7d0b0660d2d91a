//! The claims that the SDK's recipes put into a token, but for those of factors.

use core::time::Duration;

use crate::claim_kinds::{
    BooleanClaim, PrimitiveArrayClaim, PrimitiveArrayClaimValidator, PrimitiveClaimValidator,
};
use crate::claim_validator::ClaimValidator;
use crate::claim_value::ClaimValue;
use crate::claims::Claims;
use crate::invalid_claims::ClaimReason;
use crate::time::UnixMillis;

/// Whether the user's e-mail address is verified, `st-ev`: of the recipe EmailVerification.
///
/// ```
/// use supertokens_session::{ClaimValidator, Claims, EmailVerificationClaim, UnixMillis};
///
/// let verified = EmailVerificationClaim::is_verified();
/// let claims = Claims::parse(r#"{"st-ev":{"v":false,"t":1750000000000}}"#).unwrap();
/// let now = UnixMillis::from_secs(1_750_000_011);
/// assert!(verified.validate(&claims, now).is_err());
/// // It may have been verified in the last eleven seconds.
/// assert!(verified.should_refetch(&claims, now));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmailVerificationClaim;

impl EmailVerificationClaim {
    /// The claim's key.
    pub const KEY: &'static str = "st-ev";

    /// The address is verified: what the SDK demands of every session where its recipe is `REQUIRED`.
    #[must_use]
    pub fn is_verified() -> EmailVerificationClaimValidator {
        EmailVerificationClaimValidator {
            validator: Self::is_true(),
            refetch_time_on_false: REFETCH_TIME_ON_FALSE,
        }
    }

    /// The claim's value is this one.
    #[must_use]
    pub fn has_value(value: bool) -> PrimitiveClaimValidator {
        BooleanClaim::new(Self::KEY).has_value(value)
    }

    /// The claim's value is `true`: as [`is_verified`](Self::is_verified), but a refusal is not taken to
    /// be out of date after a while.
    #[must_use]
    pub fn is_true() -> PrimitiveClaimValidator {
        Self::has_value(true)
    }

    /// The claim's value is `false`.
    #[must_use]
    pub fn is_false() -> PrimitiveClaimValidator {
        Self::has_value(false)
    }
}

/// Wants a verified address: made by [`EmailVerificationClaim::is_verified`].
///
/// ```
/// use std::time::Duration;
/// use supertokens_session::{ClaimValidator, EmailVerificationClaim};
///
/// let verified = EmailVerificationClaim::is_verified().max_age(Duration::from_secs(300));
/// assert_eq!(ClaimValidator::id(&verified), "st-ev");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailVerificationClaimValidator {
    validator: PrimitiveClaimValidator,
    refetch_time_on_false: Duration,
}

impl EmailVerificationClaimValidator {
    /// Refuses a value that was fetched longer ago than this (rounded down to the millisecond).
    #[must_use]
    pub fn max_age(mut self, time: Duration) -> Self {
        self.validator = self.validator.max_age(time);
        self
    }

    /// Names the validator in answers, instead of by the claim's key.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<alloc::borrow::Cow<'static, str>>) -> Self {
        self.validator = self.validator.with_id(id);
        self
    }

    /// After how long a value that says "not verified" is taken to be out of date. Default: 10
    /// seconds, the SDK's.
    #[must_use]
    pub const fn refetch_time_on_false(mut self, time: Duration) -> Self {
        self.refetch_time_on_false = time;
        self
    }
}

impl ClaimValidator for EmailVerificationClaimValidator {
    fn id(&self) -> &str {
        ClaimValidator::id(&self.validator)
    }

    fn validate(&self, claims: &Claims, now: UnixMillis) -> Result<(), ClaimReason> {
        self.validator.validate(claims, now)
    }

    fn should_refetch(&self, claims: &Claims, now: UnixMillis) -> bool {
        let claim = &self.validator.claim;
        let is_false = claim.value(claims).and_then(ClaimValue::as_bool) == Some(false);
        self.validator.should_refetch(claims, now)
            || is_false && claim.is_older(claims, now, self.refetch_time_on_false)
    }
}

/// The SDK's `refetchTimeOnFalseInSeconds`.
const REFETCH_TIME_ON_FALSE: Duration = Duration::from_secs(10);

/// Declares a claim that is an array of strings.
macro_rules! array_claims {
    ($( $(#[$doc:meta])* $claim:ident = $key:literal; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[non_exhaustive]
            pub struct $claim;

            impl $claim {
                /// The claim's key.
                pub const KEY: &'static str = $key;

                /// This is among them.
                #[must_use]
                pub fn includes(value: &str) -> PrimitiveArrayClaimValidator {
                    PrimitiveArrayClaim::new(Self::KEY).includes(value)
                }

                /// This is not among them. A claim that is missing fails.
                #[must_use]
                pub fn excludes(value: &str) -> PrimitiveArrayClaimValidator {
                    PrimitiveArrayClaim::new(Self::KEY).excludes(value)
                }

                /// All of these are among them.
                #[must_use]
                pub fn includes_all<'v>(
                    values: impl IntoIterator<Item = &'v str>,
                ) -> PrimitiveArrayClaimValidator {
                    PrimitiveArrayClaim::new(Self::KEY).includes_all(values)
                }

                /// At least one of these is among them.
                #[must_use]
                pub fn includes_any<'v>(
                    values: impl IntoIterator<Item = &'v str>,
                ) -> PrimitiveArrayClaimValidator {
                    PrimitiveArrayClaim::new(Self::KEY).includes_any(values)
                }

                /// None of these is among them. A claim that is missing fails.
                #[must_use]
                pub fn excludes_all<'v>(
                    values: impl IntoIterator<Item = &'v str>,
                ) -> PrimitiveArrayClaimValidator {
                    PrimitiveArrayClaim::new(Self::KEY).excludes_all(values)
                }
            }
        )*
    };
}

array_claims! {
    /// The user's roles, `st-role`: of the recipe UserRoles.
    ///
    /// ```
    /// use supertokens_session::{ClaimValidator, Claims, UnixMillis, UserRoleClaim};
    ///
    /// let claims = Claims::parse(r#"{"st-role":{"v":["editor"],"t":1750000000000}}"#).unwrap();
    /// let now = UnixMillis::from_secs(1_750_000_000);
    /// assert!(UserRoleClaim::includes("editor").validate(&claims, now).is_ok());
    /// assert_eq!(
    ///     UserRoleClaim::includes("admin").validate(&claims, now).unwrap_err().to_json(),
    ///     r#"{"message":"wrong value","expectedToInclude":"admin","actualValue":["editor"]}"#,
    /// );
    /// ```
    UserRoleClaim = "st-role";

    /// What the user's roles permit, `st-perm`: of the recipe UserRoles.
    ///
    /// ```
    /// use supertokens_session::PermissionClaim;
    ///
    /// let may_write = PermissionClaim::includes_all(["post:read", "post:write"]);
    /// ```
    PermissionClaim = "st-perm";

    /// The domains of the user's tenant, `st-t-dmns`: of the recipe Multitenancy.
    ///
    /// ```
    /// use supertokens_session::AllowedDomainsClaim;
    ///
    /// let at_home = AllowedDomainsClaim::includes("acme.example.com");
    /// ```
    AllowedDomainsClaim = "st-t-dmns";
}
