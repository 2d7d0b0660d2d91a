//! The kinds of claims: missing, wrong, too old, right.

use std::time::Duration;

use super::{NOW, claim, judge, judge_at, refetches};
use supertokens_session::{
    BooleanClaim, ClaimReason, ClaimValidator, ClaimValue, Claims, PrimitiveArrayClaim,
    PrimitiveClaim, UnixMillis,
};

/// Payloads without a value under `k`: for the SDK too, `undefined` is what a member of these is.
const VALUELESS: [&str; 8] = [
    "{}",
    r#"{"K":{"v":true}}"#,
    r#"{"k":null}"#,
    r#"{"k":true}"#,
    r#"{"k":"true"}"#,
    r#"{"k":[true]}"#,
    r#"{"k":{}}"#,
    r#"{"k":{"t":1750000000000}}"#,
];

/// Every rule of arrays over two elements, with the two names the SDK gives its expectation.
fn rules() -> [(Box<dyn ClaimValidator>, &'static str, &'static str, &'static str); 5] {
    let claim = PrimitiveArrayClaim::new("k");
    let (include, not_include) = ("expectedToInclude", "expectedToNotInclude");
    [
        (Box::new(claim.includes("a")), include, include, r#""a""#),
        (Box::new(claim.excludes("a")), not_include, not_include, r#""a""#),
        (Box::new(claim.includes_all(["a", "b"])), include, include, r#"["a","b"]"#),
        (
            Box::new(claim.includes_any(["a", "b"])),
            not_include,
            "expectedToIncludeAtLeastOneOf",
            r#"["a","b"]"#,
        ),
        (Box::new(claim.excludes_all(["a", "b"])), not_include, not_include, r#"["a","b"]"#),
    ]
}

#[test]
fn a_missing_value_fails_every_validator() {
    for payload in VALUELESS {
        let has_value = PrimitiveClaim::new("k").has_value("gold");
        let missing = r#"{"message":"value does not exist","expectedValue":"gold"}"#;
        assert_eq!(judge(&has_value, payload), missing, "{payload}");
        assert!(refetches(&has_value, payload), "{payload}");
        for (validator, name, _, expected) in rules() {
            let missing = format!(r#"{{"message":"value does not exist","{name}":{expected}}}"#);
            assert_eq!(judge(&*validator, payload), missing, "{payload}");
            assert!(refetches(&*validator, payload), "{payload}");
        }
    }
}

#[test]
fn a_primitive_is_compared_by_type_and_value() {
    let values = ["null", "true", "false", "0", "1", "1.5", r#""""#, r#""1""#, r#""true""#];
    let expected = [
        ClaimValue::NULL,
        true.into(),
        false.into(),
        0.into(),
        1.into(),
        1.5.into(),
        "".into(),
        "1".into(),
        "true".into(),
    ];
    for (text, expected) in values.iter().zip(&expected) {
        let validator = PrimitiveClaim::new("k").has_value(expected.clone());
        for value in values {
            let payload = claim("k", value, 0);
            let wrong = format!(
                r#"{{"message":"wrong value","expectedValue":{text},"actualValue":{value}}}"#
            );
            let said = judge(&validator, &payload);
            assert_eq!(said, if value == *text { "" } else { &wrong }, "{text} {value}");
            assert!(!refetches(&validator, &payload));
        }
    }
    // Minus zero is zero, and 1.0 is 1.
    let claim_of = |value: &str| claim("k", value, 0);
    assert_eq!(judge(&PrimitiveClaim::new("k").has_value(0), &claim_of("-0")), "");
    assert_eq!(judge(&PrimitiveClaim::new("k").has_value(1), &claim_of("1.0")), "");
}

#[test]
fn arrays_and_objects_are_never_the_same() {
    let list = PrimitiveClaim::new("k").has_value(vec!["a"]);
    assert_eq!(
        judge(&list, &claim("k", r#"["a"]"#, 0)),
        r#"{"message":"wrong value","expectedValue":["a"],"actualValue":["a"]}"#
    );
    let list = PrimitiveArrayClaim::new("k").includes(vec!["a"]);
    assert!(judge(&list, &claim("k", r#"[["a"]]"#, 0)).starts_with(r#"{"message":"wrong value""#));
    let object = PrimitiveClaim::new("k").has_value(ClaimValue::object([("a", 1.into())]));
    assert!(judge(&object, &claim("k", r#"{"a":1}"#, 0)).contains("wrong value"));
}

#[test]
fn a_boolean_is_wanted_true_or_false() {
    let claim_k = BooleanClaim::new("k");
    for (validator, wanted) in [
        (claim_k.is_true(), true),
        (claim_k.is_false(), false),
        (claim_k.has_value(true), true),
        (claim_k.has_value(false), false),
    ] {
        for (value, is) in
            [("true", Some(true)), ("false", Some(false)), ("1", None), ("\"true\"", None)]
        {
            let said = judge(&validator, &claim("k", value, 0));
            let wrong = format!(
                r#"{{"message":"wrong value","expectedValue":{wanted},"actualValue":{value}}}"#
            );
            assert_eq!(said, if is == Some(wanted) { "" } else { &wrong }, "{wanted} {value}");
        }
    }
}

#[test]
fn the_rules_of_arrays() {
    // For each value: which of the rules hold, in the order of `rules`.
    for (value, holds) in [
        (r#"[]"#, [false, true, false, false, true]),
        (r#"["a"]"#, [true, false, false, true, false]),
        (r#"["b"]"#, [false, true, false, true, false]),
        (r#"["b","x","a"]"#, [true, false, true, true, false]),
        (r#"["A","ab","x"]"#, [false, true, false, false, true]),
        (r#"[null,1,["a"],{"a":"a"}]"#, [false, true, false, false, true]),
    ] {
        for ((validator, _, name, expected), holds) in rules().into_iter().zip(holds) {
            let wrong =
                format!(r#"{{"message":"wrong value","{name}":{expected},"actualValue":{value}}}"#);
            let said = judge(&*validator, &claim("k", value, 0));
            assert_eq!(said, if holds { "" } else { &wrong }, "{name} {value}");
        }
    }
}

#[test]
fn rules_over_no_elements() {
    let claim_k = PrimitiveArrayClaim::new("k");
    let payload = claim("k", r#"["a"]"#, 0);
    assert_eq!(judge(&claim_k.includes_all([""; 0]), &payload), "");
    assert_eq!(judge(&claim_k.excludes_all([""; 0]), &payload), "");
    assert_eq!(
        judge(&claim_k.includes_any([""; 0]), &payload),
        r#"{"message":"wrong value","expectedToIncludeAtLeastOneOf":[],"actualValue":["a"]}"#
    );
    assert_eq!(
        judge(&claim_k.includes_all([""; 0]), "{}"),
        r#"{"message":"value does not exist","expectedToInclude":[]}"#
    );
}

#[test]
fn elements_are_compared_by_type_and_value() {
    let claim_k = PrimitiveArrayClaim::new("k");
    assert_eq!(judge(&claim_k.includes_all([0, 1]), &claim("k", "[1.0,-0]", 0)), "");
    assert!(!judge(&claim_k.includes(1), &claim("k", r#"["1",true]"#, 0)).is_empty());
    assert_eq!(judge(&claim_k.includes(ClaimValue::NULL), &claim("k", "[null]", 0)), "");
}

/// The SDK finds "admin" in the string, and excludes nothing from an object.
#[test]
fn a_value_that_is_no_array_fails_every_rule_of_arrays() {
    for value in
        [r#""superadmin""#, r#""a""#, "null", "true", "3", "{}", r#"{"a":"a","0":"a","length":1}"#]
    {
        let payload = claim("k", value, 0);
        for (validator, _, name, expected) in rules() {
            let wrong =
                format!(r#"{{"message":"wrong value","{name}":{expected},"actualValue":{value}}}"#);
            // An index is the first of an object's members.
            let wrong =
                wrong.replace(r#"{"a":"a","0":"a","length":1}"#, r#"{"0":"a","a":"a","length":1}"#);
            assert_eq!(judge(&*validator, &payload), wrong);
            assert!(!refetches(&*validator, &payload));
        }
        let nothing = PrimitiveArrayClaim::new("k").includes_all([""; 0]);
        assert!(judge(&nothing, &payload).contains("wrong value"));
    }
    let admin = PrimitiveArrayClaim::new("k").includes("admin");
    assert!(!judge(&admin, &claim("k", r#""superadmin""#, 0)).is_empty());
}

#[test]
fn a_value_expires_after_its_greatest_age() {
    let max_age = Duration::from_secs(300);
    let one = PrimitiveClaim::new("k").has_value(true).max_age(max_age);
    let list = PrimitiveArrayClaim::new("k").includes(true).max_age(max_age);
    for (age, printed) in [
        (-5_000, None),
        (0, None),
        (299_999, None),
        (300_000, None),
        (300_001, Some("300.001")),
        (300_900, Some("300.9")),
        (301_000, Some("301")),
        (1_750_000_000_000, Some("1750000000")),
    ] {
        let expired = printed.map_or(String::new(), |age| {
            format!(r#"{{"message":"expired","ageInSeconds":{age},"maxAgeInSeconds":300}}"#)
        });
        let validators: [(&dyn ClaimValidator, &str); 2] = [(&one, "true"), (&list, "[true]")];
        for (validator, right) in validators {
            let payload = claim("k", right, age);
            assert_eq!(judge(validator, &payload), expired, "{age}");
            assert_eq!(refetches(validator, &payload), printed.is_some(), "{age}");
            // Too old comes before wrong.
            let said = judge(validator, &claim("k", "false", age));
            let wrong = r#"{"message":"wrong value""#;
            assert!(if printed.is_some() { said == expired } else { said.starts_with(wrong) });
        }
    }
    // Without a greatest age there is none.
    let ageless = PrimitiveClaim::new("k").has_value(true);
    assert_eq!(judge(&ageless, &claim("k", "true", 1_750_000_000_000)), "");
    assert!(!refetches(&ageless, &claim("k", "true", 1_750_000_000_000)));
}

#[test]
fn ages_are_counted_in_javascripts_seconds() {
    let payload = claim("k", "true", 0);
    for (max_age, age, printed) in [
        (Duration::ZERO, 1, r#"{"message":"expired","ageInSeconds":0.001,"maxAgeInSeconds":0}"#),
        (Duration::ZERO, 0, ""),
        (Duration::from_millis(1_500), 1_500, ""),
        (
            Duration::from_millis(1_500),
            2_000,
            r#"{"message":"expired","ageInSeconds":2,"maxAgeInSeconds":1.5}"#,
        ),
        (
            Duration::from_millis(300_100),
            300_101,
            r#"{"message":"expired","ageInSeconds":300.101,"maxAgeInSeconds":300.1}"#,
        ),
        // Rounded down to the millisecond.
        (
            Duration::from_micros(1_999),
            2,
            r#"{"message":"expired","ageInSeconds":0.002,"maxAgeInSeconds":0.001}"#,
        ),
        (Duration::MAX, 1_000_000_000_000_000, ""),
    ] {
        let validator = BooleanClaim::new("k").is_true().max_age(max_age);
        assert_eq!(judge_at(&validator, &payload, NOW + age), printed, "{max_age:?}");
    }
    // At every age in milliseconds, the greatest is exact.
    for millis in (1..500_000).step_by(7) {
        let validator = BooleanClaim::new("k").is_true().max_age(Duration::from_millis(millis));
        assert_eq!(judge_at(&validator, &payload, NOW + millis), "", "{millis}");
        assert_ne!(judge_at(&validator, &payload, NOW + millis + 1), "", "{millis}");
    }
}

#[test]
fn the_time_of_fetching_may_be_anything() {
    let validator = BooleanClaim::new("k").is_true().max_age(Duration::from_secs(300));
    let epoch = r#"{"message":"expired","ageInSeconds":1750000000,"maxAgeInSeconds":300}"#;
    for (t, said) in [
        // Nothing: the SDK computes with NaN, and nothing is later than that.
        ("", ""),
        // The future.
        (r#","t":1750000000001"#, ""),
        (r#","t":9e15"#, ""),
        (r#","t":1e300"#, ""),
        // A fraction.
        (r#","t":1749999700000.5"#, ""),
        (
            r#","t":1749999699999.5"#,
            r#"{"message":"expired","ageInSeconds":300.0005,"maxAgeInSeconds":300}"#,
        ),
        (
            r#","t":-1000"#,
            r#"{"message":"expired","ageInSeconds":1750000001,"maxAgeInSeconds":300}"#,
        ),
        (r#","t":0"#, epoch),
        // No number: the epoch, for `null` in the SDK too.
        (r#","t":null"#, epoch),
        (r#","t":"1750000000000""#, epoch),
        (r#","t":true"#, epoch),
        (r#","t":[1750000000000]"#, epoch),
        (r#","t":{}"#, epoch),
    ] {
        let payload = format!(r#"{{"k":{{"v":true{t}}}}}"#);
        assert_eq!(judge(&validator, &payload), said, "{t}");
        assert_eq!(refetches(&validator, &payload), !said.is_empty(), "{t}");
    }
}

#[test]
fn an_id_is_the_key_or_what_it_was_given() {
    let validators: [(Box<dyn ClaimValidator>, &str); 6] = [
        (Box::new(PrimitiveClaim::new("k").has_value(1)), "k"),
        (Box::new(PrimitiveClaim::new("k").has_value(1).with_id("one")), "one"),
        (Box::new(BooleanClaim::new(String::from("k")).is_true()), "k"),
        (Box::new(BooleanClaim::new("k").is_true().with_id(String::from("yes"))), "yes"),
        (Box::new(PrimitiveArrayClaim::new("k").includes(1)), "k"),
        (Box::new(PrimitiveArrayClaim::new("k").includes(1).with_id("has")), "has"),
    ];
    for (validator, id) in validators {
        assert_eq!(validator.id(), id);
        // The claim is found by its key all the same.
        assert!(judge(&*validator, &claim("k", "\"?\"", 0)).contains("wrong value"));
    }
}

/// A rule of one's own: a member of the payload that is not one of the SDK's claims.
#[test]
fn a_validator_of_ones_own() {
    struct SignedInSince(u64);

    impl ClaimValidator for SignedInSince {
        fn id(&self) -> &str {
            "signed-in"
        }

        fn validate(&self, claims: &Claims, now: UnixMillis) -> Result<(), ClaimReason> {
            let since = claims.get("since").and_then(ClaimValue::as_number).unwrap_or(0.0);
            let age = now.as_secs() as f64 - since;
            if age <= self.0 as f64 {
                return Ok(());
            }
            Err(ClaimReason::new("too long ago").with("7", vec![age]).with("message", "since"))
        }
    }

    assert_eq!(judge(&SignedInSince(60), r#"{"since":1749999940}"#), "");
    assert_eq!(
        judge(&SignedInSince(60), r#"{"since":1749999939}"#),
        r#"{"7":[61],"message":"since"}"#
    );
    assert!(!refetches(&SignedInSince(60), "{}"));
}

/// In JavaScript nothing is `NaN`, and no JSON is infinite; a validator that expects such a number
/// (a limit that was computed, and badly) must not find it in `null`.
#[test]
fn what_is_no_number_is_expected_of_no_value() {
    for odd in [f64::NAN, f64::INFINITY] {
        for value in ["null", "0", "[null]"] {
            let is = PrimitiveClaim::new("k").has_value(odd);
            assert_ne!(judge(&is, &claim("k", value, 0)), "", "{odd} {value}");
            let includes = PrimitiveArrayClaim::new("k").includes(odd);
            assert_ne!(judge(&includes, &claim("k", value, 0)), "", "{odd} {value}");
            let excludes = PrimitiveArrayClaim::new("k").excludes(odd);
            assert_ne!(judge(&excludes, &claim("k", value, 0)), "", "{odd} {value}");
        }
    }
}

/// A list where one value is wanted: nothing is ever the same array, so without a look at what is
/// excluded everybody would pass.
#[test]
fn a_list_that_is_excluded_as_one_value_lets_nobody_pass_by_mistake() {
    let groups = PrimitiveArrayClaim::new("k");
    let payload = claim("k", r#"["banned","guest"]"#, 0);
    assert_ne!(judge(&groups.excludes_all(["banned"]), &payload), "");
    assert_ne!(judge(&groups.excludes(vec!["banned"]), &payload), "");
    assert_ne!(judge(&groups.excludes_all([vec!["banned", "guest"]]), &payload), "");
}
