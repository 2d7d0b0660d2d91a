//! Session claims: every validator of the SDK against what the SDK answers, reasons to the byte.

#[path = "claims/answers.rs"]
mod answers;
#[path = "claims/built_in.rs"]
mod built_in;
#[path = "claims/kinds.rs"]
mod kinds;
#[path = "claims/sdk.rs"]
mod sdk;
#[path = "claims/values.rs"]
mod values;

use supertokens_session::{
    BooleanClaim, ClaimFailure, ClaimReason, ClaimValidator, ClaimValue, Claims,
    EmailVerificationClaimValidator, InvalidClaims, MfaRequirement, MultiFactorAuthClaimValidator,
    PrimitiveArrayClaim, PrimitiveArrayClaimValidator, PrimitiveClaim, PrimitiveClaimValidator,
    UnixMillis,
};

/// The time at which the tests judge.
const NOW: u64 = 1_750_000_000_000;

fn claims(payload: &str) -> Claims {
    Claims::parse(payload).unwrap_or_else(|| panic!("not a payload: {payload}"))
}

/// What a validator says of a payload at a time: nothing, or its reason as JSON.
fn judge_at(validator: &dyn ClaimValidator, payload: &str, now: u64) -> String {
    match validator.validate(&claims(payload), UnixMillis::from_millis(now)) {
        Ok(()) => String::new(),
        Err(reason) => reason.to_json(),
    }
}

fn judge(validator: &dyn ClaimValidator, payload: &str) -> String {
    judge_at(validator, payload, NOW)
}

fn refetches(validator: &dyn ClaimValidator, payload: &str) -> bool {
    validator.should_refetch(&claims(payload), UnixMillis::from_millis(NOW))
}

/// A payload of one claim with this value, fetched this long ago.
fn claim(key: &str, value: &str, age_ms: i64) -> String {
    let fetched_at = i64::try_from(NOW).unwrap() - age_ms;
    format!(r#"{{"sub":"user-1","{key}":{{"v":{value},"t":{fetched_at}}}}}"#)
}

/// A policy with validators is shared by threads, and what they find wrong outlives the request.
const fn shared<T: Clone + Eq + Send + Sync + 'static>() {}

const _: () = {
    shared::<ClaimValue>();
    shared::<Claims>();
    shared::<ClaimReason>();
    shared::<ClaimFailure>();
    shared::<InvalidClaims>();
    shared::<PrimitiveClaim>();
    shared::<BooleanClaim>();
    shared::<PrimitiveArrayClaim>();
    shared::<PrimitiveClaimValidator>();
    shared::<PrimitiveArrayClaimValidator>();
    shared::<EmailVerificationClaimValidator>();
    shared::<MultiFactorAuthClaimValidator>();
    shared::<MfaRequirement>();
};
