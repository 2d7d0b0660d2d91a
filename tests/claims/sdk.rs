//! The validators that the line format has no word for, beside the SDK's: `sdk.jsonl` has what
//! `sdk/judge/validators.mjs` printed.

use std::time::Duration;

use serde_json::Value;
use supertokens_session::{
    ClaimValidator, EmailVerificationClaim, MfaRequirement, MultiFactorAuthClaim,
};

use super::{judge, refetches};

fn requirement(item: &Value) -> MfaRequirement {
    let ids = |name| {
        item.get(name).and_then(Value::as_array).map(|ids: &Vec<Value>| {
            ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        })
    };
    match (item.as_str(), ids("oneOf"), ids("allOfInAnyOrder")) {
        (Some(id), ..) => MfaRequirement::factor(id),
        (_, Some(ids), _) => MfaRequirement::one_of(ids),
        (.., ids) => MfaRequirement::all_of_in_any_order(ids.unwrap()),
    }
}

#[test]
fn factors_and_addresses_are_judged_as_by_the_sdk() {
    let seconds =
        |line: &Value, name| line.get(name).and_then(Value::as_f64).map(Duration::from_secs_f64);
    for text in include_str!("sdk.jsonl").lines() {
        let line: Value = serde_json::from_str(text).unwrap();
        let validator: Box<dyn ClaimValidator> = if let Some(on_false) = seconds(&line, "onFalse") {
            let verified = EmailVerificationClaim::is_verified().refetch_time_on_false(on_false);
            match seconds(&line, "max") {
                Some(max) => Box::new(verified.max_age(max)),
                None => Box::new(verified),
            }
        } else {
            let validator = match line.get("list").and_then(Value::as_array) {
                Some(list) => {
                    let list = list.iter().map(requirement);
                    MultiFactorAuthClaim::has_completed_requirement_list(list)
                }
                None => MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth(),
            };
            if line["id"] == "other" {
                Box::new(validator.with_id("other"))
            } else {
                Box::new(validator)
            }
        };
        let payload = line["payload"].as_str().unwrap();
        assert_eq!(validator.id(), line["id"], "{text}");
        assert_eq!(judge(&*validator, payload), line["reason"].as_str().unwrap(), "{text}");
        assert_eq!(judge(&*validator, payload).is_empty(), line["valid"], "{text}");
        assert_eq!(refetches(&*validator, payload), line["refetch"], "{text}");
    }
}
