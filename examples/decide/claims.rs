//! The claim validators of a line's options.

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::Value;
use supertokens_session::{
    ApiPolicy, BooleanClaim, ClaimValidator, ClaimValue, PagePolicy, PrimitiveArrayClaim,
    PrimitiveClaim,
};

/// Adds the validator that `claim` describes to both policies.
pub(crate) fn add(
    claim: &Value,
    page: PagePolicy,
    api: ApiPolicy,
) -> Result<(PagePolicy, ApiPolicy), String> {
    let claim = claim.as_object().ok_or("a claim is not an object")?;
    if let Some(name) = claim.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(format!("unknown member {name} of a claim"));
    }
    let member = |name: &str| claim.get(name).and_then(Value::as_str);
    let kind = member("kind").ok_or("a claim has no kind")?;
    let key = String::from(member("key").ok_or("a claim has no key")?);
    let value = claim.get("value").ok_or("a claim has no value")?;
    let max_age = match claim.get("maxAgeInSeconds") {
        None => None,
        Some(secs) => Some(
            secs.as_f64()
                .and_then(|secs| Duration::try_from_secs_f64(secs).ok())
                .ok_or("maxAgeInSeconds is not a span of time")?,
        ),
    };
    let array = || PrimitiveArrayClaim::new(key.clone());
    let list = || -> Result<Vec<ClaimValue>, String> {
        value.as_array().ok_or("the value is not an array")?.iter().map(primitive).collect()
    };
    macro_rules! with {
        ($validator:expr) => {{
            let validator = match max_age {
                Some(max_age) => $validator.max_age(max_age),
                None => $validator,
            };
            both(validator, page, api)
        }};
    }
    Ok(match kind {
        "boolean" => {
            let value = value.as_bool().ok_or("the value is not a boolean")?;
            with!(BooleanClaim::new(key).has_value(value))
        }
        "primitive" => with!(PrimitiveClaim::new(key).has_value(primitive(value)?)),
        "includes" => with!(array().includes(primitive(value)?)),
        "excludes" => with!(array().excludes(primitive(value)?)),
        "includesAll" => with!(array().includes_all(list()?)),
        "includesAny" => with!(array().includes_any(list()?)),
        "excludesAll" => with!(array().excludes_all(list()?)),
        _ => return Err("a claim's kind is none of boolean, primitive, includes, excludes, includesAll, includesAny, excludesAll".into()),
    })
}

const MEMBERS: [&str; 4] = ["kind", "key", "value", "maxAgeInSeconds"];

fn both(
    validator: impl ClaimValidator + Clone + 'static,
    page: PagePolicy,
    api: ApiPolicy,
) -> (PagePolicy, ApiPolicy) {
    (page.claim(validator.clone()), api.claim(validator))
}

fn primitive(value: &Value) -> Result<ClaimValue, String> {
    Ok(match value {
        Value::Null => ClaimValue::NULL,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_f64().ok_or("a number is no double")?.into(),
        Value::String(text) => text.as_str().into(),
        Value::Array(_) | Value::Object(_) => return Err("the value is not a primitive".into()),
    })
}
