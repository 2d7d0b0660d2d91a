//! The claims of the SDK's recipes.

use std::time::Duration;

use super::{claim, judge, refetches};
use supertokens_session::{
    AllowedDomainsClaim, ClaimValidator, EmailVerificationClaim, MfaRequirement,
    MultiFactorAuthClaim, PermissionClaim, UserRoleClaim,
};

#[test]
fn email_verification() {
    let validator = EmailVerificationClaim::is_verified();
    assert_eq!(ClaimValidator::id(&validator), "st-ev");
    assert_eq!(judge(&validator, &claim("st-ev", "true", 0)), "");
    assert_eq!(
        judge(&validator, "{}"),
        r#"{"message":"value does not exist","expectedValue":true}"#
    );
    assert_eq!(
        judge(&validator, &claim("st-ev", "false", 0)),
        r#"{"message":"wrong value","expectedValue":true,"actualValue":false}"#
    );
    assert_eq!(
        judge(&validator, &claim("st-ev", "null", 0)),
        r#"{"message":"wrong value","expectedValue":true,"actualValue":null}"#
    );
    // There is no greatest age by itself.
    assert_eq!(judge(&validator, &claim("st-ev", "true", 1_000_000_000)), "");
    let recent = validator.clone().max_age(Duration::from_secs(300)).with_id("recent");
    assert_eq!(ClaimValidator::id(&recent), "recent");
    assert_eq!(judge(&recent, &claim("st-ev", "true", 300_000)), "");
    assert_eq!(
        judge(&recent, &claim("st-ev", "true", 301_000)),
        r#"{"message":"expired","ageInSeconds":301,"maxAgeInSeconds":300}"#
    );
    // As of any boolean.
    assert_eq!(judge(&EmailVerificationClaim::is_false(), &claim("st-ev", "false", 0)), "");
    assert_eq!(judge(&EmailVerificationClaim::is_true(), &claim("st-ev", "true", 0)), "");
    assert_ne!(judge(&EmailVerificationClaim::has_value(true), &claim("st-ev", "false", 0)), "");
}

#[test]
fn an_unverified_address_is_asked_for_again_after_ten_seconds() {
    let validator = EmailVerificationClaim::is_verified();
    let patient = validator.clone().refetch_time_on_false(Duration::from_secs(60));
    let recent = validator.clone().max_age(Duration::from_secs(5));
    for (value, age, plain, patient_does, recent_does) in [
        ("false", -1, false, false, false),
        ("false", 5_000, false, false, false),
        ("false", 5_001, false, false, true),
        ("false", 10_000, false, false, true),
        ("false", 10_001, true, false, true),
        ("false", 60_000, true, false, true),
        ("false", 60_001, true, true, true),
        ("true", 60_001, false, false, true),
        ("null", 60_001, false, false, true),
        ("0", 60_001, false, false, true),
    ] {
        let payload = claim("st-ev", value, age);
        assert_eq!(refetches(&validator, &payload), plain, "{value} {age}");
        assert_eq!(refetches(&patient, &payload), patient_does, "{value} {age}");
        assert_eq!(refetches(&recent, &payload), recent_does, "{value} {age}");
        assert!(!refetches(&EmailVerificationClaim::is_true(), &payload));
    }
    for payload in ["{}", r#"{"st-ev":null}"#, r#"{"st-ev":{}}"#] {
        assert!(refetches(&validator, payload), "{payload}");
    }
    // Without a time it is not known to be old.
    assert!(!refetches(&validator, r#"{"st-ev":{"v":false}}"#));
    assert!(refetches(&validator, r#"{"st-ev":{"v":false,"t":null}}"#));
}

#[test]
fn roles_permissions_and_domains() {
    macro_rules! check {
        ($claim:ident, $key:literal) => {
            assert_eq!($claim::KEY, $key);
            let payload = claim($key, r#"["a","b"]"#, 0);
            let rows: [(Box<dyn ClaimValidator>, bool); 10] = [
                (Box::new($claim::includes("a")), true),
                (Box::new($claim::includes("c")), false),
                (Box::new($claim::excludes("c")), true),
                (Box::new($claim::excludes("a")), false),
                (Box::new($claim::includes_all(["a", "b"])), true),
                (Box::new($claim::includes_all(["a", "c"])), false),
                (Box::new($claim::includes_any(["a", "c"])), true),
                (Box::new($claim::includes_any(["c", "d"])), false),
                (Box::new($claim::excludes_all(["c", "d"])), true),
                (Box::new($claim::excludes_all(["a", "c"])), false),
            ];
            for (place, (validator, holds)) in rows.iter().enumerate() {
                assert_eq!(validator.id(), $key);
                assert_eq!(judge(&**validator, &payload).is_empty(), *holds, "{} {place}", $key);
                assert!(!judge(&**validator, "{}").is_empty(), "{} {place}", $key);
            }
        };
    }
    check!(UserRoleClaim, "st-role");
    check!(PermissionClaim, "st-perm");
    check!(AllowedDomainsClaim, "st-t-dmns");
}

#[test]
fn factors_for_signing_in() {
    let validator = MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth();
    assert_eq!(ClaimValidator::id(&validator), "st-mfa");
    let missing = r#"{"message":"value does not exist","expectedValue":true}"#;
    let unsatisfied = r#"{"message":"MFA requirement for auth is not satisfied"}"#;
    for (payload, said, refetch) in [
        (r#"{"st-mfa":{"c":{},"v":true}}"#, "", false),
        (r#"{"st-mfa":{"v":true}}"#, "", false),
        (r#"{"st-mfa":{"c":{"totp":1},"v":false}}"#, unsatisfied, false),
        // The SDK lets what is like `true` pass, and gives no reason for what is like `false`.
        (r#"{"st-mfa":{"c":{},"v":"true"}}"#, unsatisfied, false),
        (r#"{"st-mfa":{"c":{},"v":1}}"#, unsatisfied, false),
        (r#"{"st-mfa":{"c":{},"v":null}}"#, unsatisfied, false),
        (r#"{"st-mfa":{}}"#, unsatisfied, false),
        (r#"{"st-mfa":true}"#, unsatisfied, false),
        (r#"{"st-mfa":[]}"#, unsatisfied, false),
        // The SDK fails with status 500.
        (r#"{"st-mfa":null}"#, missing, true),
        ("{}", missing, true),
    ] {
        assert_eq!(judge(&validator, payload), said, "{payload}");
        assert_eq!(refetches(&validator, payload), refetch, "{payload}");
    }
}

/// A reason as the SDK writes it.
fn factor(id: &str) -> String {
    format!(r#"{{"message":"Factor validation failed: {id} not completed","factorId":"{id}"}}"#)
}

fn none_of(names: &str, ids: &str) -> String {
    let message = format!("None of these factors are complete in the session: {names}");
    format!(r#"{{"message":"{message}","oneOf":{ids}}}"#)
}

fn some_of(names: &str, ids: &str) -> String {
    let message = format!("Some of the factors are not complete in the session: {names}");
    format!(r#"{{"message":"{message}","allOfInAnyOrder":{ids}}}"#)
}

#[test]
fn a_list_of_factors_names_the_first_item_that_is_not_satisfied() {
    let list = || {
        MultiFactorAuthClaim::has_completed_requirement_list([
            MfaRequirement::factor("f1"),
            MfaRequirement::one_of(["f2", "f3"]),
            MfaRequirement::all_of_in_any_order(["f4", "f5", "f4"]),
            "f6".into(),
        ])
    };
    let completed = |factors: &[&str]| {
        let members: Vec<_> = factors.iter().map(|id| format!(r#""{id}":1750000000"#)).collect();
        format!(r#"{{"st-mfa":{{"c":{{{}}},"v":false}}}}"#, members.join(","))
    };
    for (factors, said) in [
        (&[][..], factor("f1")),
        (&["f2", "f3", "f4", "f5", "f6"], factor("f1")),
        (&["f1"], none_of("f2, f3", r#"["f2","f3"]"#)),
        (&["f1", "f6"], none_of("f2, f3", r#"["f2","f3"]"#)),
        (&["f1", "f3"], some_of("f4, f5", r#"["f4","f5"]"#)),
        (&["f1", "f2"], some_of("f4, f5", r#"["f4","f5"]"#)),
        (&["f1", "f2", "f4"], some_of("f5", r#"["f5"]"#)),
        (&["f1", "f2", "f5"], some_of("f4", r#"["f4"]"#)),
        (&["f1", "f2", "f5", "f4"], factor("f6")),
        (&["f6", "f1", "f2", "f5", "f4"], String::new()),
    ] {
        assert_eq!(judge(&list(), &completed(factors)), said, "{factors:?}");
        assert!(!refetches(&list(), &completed(factors)));
    }
    assert_eq!(ClaimValidator::id(&list()), "st-mfa");
    assert_eq!(list().with_id("mfa").id(), "mfa");
}

#[test]
fn lists_of_nothing() {
    let nothing = MultiFactorAuthClaim::has_completed_requirement_list([""; 0]);
    assert_eq!(judge(&nothing, "{}"), "");
    assert_eq!(judge(&nothing, r#"{"st-mfa":{"c":{},"v":false}}"#), "");
    // The SDK takes an item of no factors for satisfied, `oneOf` too.
    let empty = MultiFactorAuthClaim::has_completed_requirement_list([
        MfaRequirement::one_of([""; 0]),
        MfaRequirement::all_of_in_any_order([""; 0]),
    ]);
    assert_eq!(judge(&empty, r#"{"st-mfa":{"c":{},"v":false}}"#), "");
    assert_eq!(judge(&empty, "{}"), r#"{"message":"value does not exist"}"#);
}

#[test]
fn a_list_of_factors_without_the_claim() {
    let list = MultiFactorAuthClaim::has_completed_requirement_list(["f1", "f2"]);
    for payload in ["{}", r#"{"st-mfa":null}"#] {
        assert_eq!(
            judge(&list, payload),
            r#"{"message":"value does not exist","factorId":"f1"}"#,
            "{payload}"
        );
        assert!(refetches(&list, payload), "{payload}");
    }
    let one = MultiFactorAuthClaim::has_completed_requirement_list([MfaRequirement::one_of([
        "a", "b", "a",
    ])]);
    assert_eq!(judge(&one, "{}"), r#"{"message":"value does not exist","oneOf":["a","b"]}"#);
}

#[test]
fn what_is_no_time_completes_no_factor() {
    for factors in [
        "null",
        r#""toString f1""#,
        r#"["f1"]"#,
        r#"{"f1":null}"#,
        r#"{"f1":true}"#,
        r#"{"f1":"1750000000"}"#,
        r#"{"F1":1750000000}"#,
    ] {
        let payload = format!(r#"{{"st-mfa":{{"c":{factors},"v":true}}}}"#);
        let list = MultiFactorAuthClaim::has_completed_requirement_list(["f1"]);
        assert_eq!(judge(&list, &payload), factor("f1"), "{payload}");
    }
    for payload in [r#"{"st-mfa":{"v":true}}"#, r#"{"st-mfa":7}"#] {
        let list = MultiFactorAuthClaim::has_completed_requirement_list(["toString"]);
        assert_eq!(judge(&list, payload), factor("toString"), "{payload}");
    }
    // Seconds, or the milliseconds that the SDK fills in for old sessions.
    for time in ["0", "1750000000", "1750000000000"] {
        let payload = format!(r#"{{"st-mfa":{{"c":{{"f1":{time}}},"v":false}}}}"#);
        let list = MultiFactorAuthClaim::has_completed_requirement_list(["f1"]);
        assert_eq!(judge(&list, &payload), "", "{payload}");
    }
}
