//! Invariant: of a payload's claims every validator says what the SDK's would, to the byte, as does print.
//!
//! Input: a payload.

use std::sync::LazyLock;
use std::time::Duration;

use supertokens_session::{
    AllowedDomainsClaim, BooleanClaim, ClaimValidator, ClaimValue, Claims, EmailVerificationClaim,
    MfaRequirement, MultiFactorAuthClaim, PermissionClaim, PrimitiveArrayClaim, PrimitiveClaim,
    UnixMillis, UserRoleClaim,
};

use crate::doubles::held::NOW;
use crate::doubles::js::Js;
use crate::doubles::json;
use crate::doubles::validators::{Rule, Validator};

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let claims = Claims::parse(text);
    assert_eq!(claims.is_some(), json::strict(bytes, json::PAYLOAD).is_some());
    let Some(claims) = claims else { return };
    let own = Js::parse(text);
    let Js::Object(members) = &own else { panic!("an object") };
    for (name, value) in members {
        same(claims.get(name).expect("the member"), value);
    }
    for (validator, double) in VALIDATORS.iter() {
        for now in [0, NOW, NOW + 60_001, u64::MAX] {
            let time = UnixMillis::from_millis(now);
            let said = validator.validate(&claims, time).map_err(|reason| reason.to_json());
            let expected = double.judge(&own, now as f64).map(|reason| reason.print());
            assert_eq!(said.err(), expected, "{double:?} at {now}");
            let refetches = validator.should_refetch(&claims, time);
            assert_eq!(refetches, double.refetches(&own, now as f64), "{double:?} at {now}");
        }
    }
}

/// Text and each look at a value.
pub fn same(value: &ClaimValue, own: &Js) {
    assert_eq!(value.to_json(), own.print());
    let (bool, number, text, array, object) = match own {
        Js::Null => (None, None, None, None, None),
        Js::Bool(bool) => (Some(*bool), None, None, None, None),
        Js::Number(number) => (None, Some(*number), None, None, None),
        Js::Text(text) => (None, None, Some(text.as_str()), None, None),
        Js::Array(all) => (None, None, None, Some(all.len()), None),
        Js::Object(members) => (None, None, None, None, Some(members.len())),
    };
    assert_eq!(value.is_null(), *own == Js::Null);
    assert_eq!((value.as_bool(), value.as_number(), value.as_text()), (bool, number, text));
    assert_eq!(value.as_array().map(<[_]>::len), array);
    assert_eq!(value.as_object().map(|members| members.len()), object);
}

type Pair = (Box<dyn ClaimValidator>, Validator);

static VALIDATORS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let minute = Duration::from_secs(60);
    let text = |text: &str| Js::Text(text.to_owned());
    let texts = |all: &[&str]| all.iter().map(|one| text(one)).collect::<Vec<_>>();
    let pair = |validator: Box<dyn ClaimValidator>, key, rule, max_age: Option<f64>| {
        (validator, Validator { key, rule, max_age, false_for: None })
    };
    let age = Some(60_000.0);
    let verified = |validator, max_age| {
        let (validator, double) = pair(validator, "st-ev", Rule::Is(Js::Bool(true)), max_age);
        (validator, Validator { false_for: Some(10_000.0), ..double })
    };
    let factors = [
        MfaRequirement::factor("emailpassword"),
        MfaRequirement::one_of(["totp", "otp-phone"]),
        MfaRequirement::all_of_in_any_order(["a", "b", "a"]),
    ];
    let own_factors = vec![
        ("factorId", vec!["emailpassword"]),
        ("oneOf", vec!["totp", "otp-phone"]),
        ("allOfInAnyOrder", vec!["a", "b"]),
    ];
    vec![
        verified(Box::new(EmailVerificationClaim::is_verified()), None),
        verified(Box::new(EmailVerificationClaim::is_verified().max_age(minute)), age),
        pair(Box::new(EmailVerificationClaim::is_false()), "st-ev", Rule::Is(Js::Bool(false)), None),
        pair(Box::new(UserRoleClaim::includes("admin")), "st-role", Rule::Includes(text("admin")), None),
        pair(
            Box::new(UserRoleClaim::excludes("admin").max_age(minute)),
            "st-role",
            Rule::Excludes(text("admin")),
            age,
        ),
        pair(
            Box::new(PermissionClaim::includes_all(["read", "write"])),
            "st-perm",
            Rule::IncludesAll(texts(&["read", "write"])),
            None,
        ),
        pair(
            Box::new(PermissionClaim::includes_any(["read", "write"]).max_age(minute)),
            "st-perm",
            Rule::IncludesAny(texts(&["read", "write"])),
            age,
        ),
        pair(
            Box::new(AllowedDomainsClaim::excludes_all(["a.example"]).with_id("x")),
            "st-t-dmns",
            Rule::ExcludesAll(texts(&["a.example"])),
            None,
        ),
        pair(
            Box::new(PrimitiveClaim::new("plan").has_value("gold").max_age(minute)),
            "plan",
            Rule::Is(text("gold")),
            age,
        ),
        pair(
            Box::new(PrimitiveClaim::new("seats").has_value(3)),
            "seats",
            Rule::Is(Js::Number(3.0)),
            None,
        ),
        pair(
            Box::new(BooleanClaim::new("beta").is_true().max_age(Duration::ZERO)),
            "beta",
            Rule::Is(Js::Bool(true)),
            Some(0.0),
        ),
        pair(
            Box::new(PrimitiveArrayClaim::new("seats").includes(0.5)),
            "seats",
            Rule::Includes(Js::Number(0.5)),
            None,
        ),
        pair(
            Box::new(MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth()),
            "st-mfa",
            Rule::MfaForAuth,
            None,
        ),
        pair(
            Box::new(MultiFactorAuthClaim::has_completed_requirement_list(factors)),
            "st-mfa",
            Rule::Mfa(own_factors),
            None,
        ),
        pair(
            Box::new(MultiFactorAuthClaim::has_completed_requirement_list(["a"; 0])),
            "st-mfa",
            Rule::Mfa(vec![]),
            None,
        ),
    ]
});
