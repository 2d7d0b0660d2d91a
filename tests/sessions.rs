//! The session table: every case of `sessions/cases.jsonl` whose options are built, decided through
//! the line protocol of the `decide` example, against the decision the page gate must give.

mod support;

#[allow(dead_code, reason = "what prints is the example's part")]
#[path = "../examples/decide/protocol.rs"]
mod protocol;

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::process::{Command, Stdio};

use protocol::Protocol;
use serde_json::Value;
use support::provider;

#[test]
fn every_case_of_the_session_table_gets_both_its_decisions() {
    let Some(vectors) = support::vectors() else { return };
    let expected: HashMap<String, [Value; 2]> =
        support::lines(&vectors.join("sessions/expected.jsonl"))
            .iter()
            .map(|line| {
                let line: Value = serde_json::from_str(line).unwrap();
                let members: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
                assert_eq!(members, ["api", "id", "page"]);
                let decisions = [line["page"].clone(), line["api"].clone()];
                (line["id"].as_str().unwrap().to_owned(), decisions)
            })
            .collect();
    let (mut protocol, mut decided) = (Protocol::new(&[provider::RS256]), 0);
    for line in support::lines(&vectors.join("sessions/cases.jsonl")) {
        // An unknown member or option is an error of the protocol, so no field goes unread.
        let Some(line) = protocol.line(line.as_bytes()) else { continue };
        let id = line.id.as_deref().unwrap();
        let decisions = line.decisions.unwrap_or_else(|why| panic!("{id}: {why}"));
        let names = [decisions.page.name(), decisions.api.name()];
        assert_eq!(names, expected[id], "{id}: {:?}", decisions.api);
        decided += 1;
    }
    assert_eq!(decided, expected.len());
    println!("{decided} session cases decided by both gates");
}

#[test]
fn every_sample_is_decided_and_every_decision_is_among_them() {
    let mut protocol = Protocol::new(&[provider::RS256]);
    let (mut pages, mut apis) = (BTreeSet::new(), BTreeSet::new());
    for line in include_str!("../examples/decide/samples.jsonl").lines() {
        let Some(line) = protocol.line(line.as_bytes()) else { continue };
        let decisions = line.decisions.unwrap();
        pages.insert(decisions.page.name());
        apis.insert(decisions.api.name());
    }
    let both = ["authenticated", "invalid_claims", "no_session", "try_refresh", "unavailable"];
    assert!(pages.iter().eq(&both), "{pages:?}");
    assert!(apis.remove("ask_core"));
    assert!(apis.iter().eq(&both), "{apis:?}");
}

/// Input lines after the defaults, and what is printed for each.
const LINES: &[(&str, &str)] = &[
    (
        r#"{"id":"none"}"#,
        r#"{"id":"none","page":{"decision":"no_session","reason":"no_token"},"api":{"decision":"no_session","reason":"no_token","status":401,"body":{"message":"unauthorised"}}}"#,
    ),
    (
        "not json",
        r#"{"id":null,"error":"the line is not JSON: expected ident at line 1 column 2"}"#,
    ),
    ("[1]", r#"{"id":null,"error":"the line is not an object"}"#),
    (
        "",
        r#"{"id":null,"error":"the line is not JSON: EOF while parsing a value at line 1 column 0"}"#,
    ),
    (r#"{"id":"a","cookies":"x"}"#, r#"{"id":"a","error":"unknown member cookies"}"#),
    (r#"{"id":"b","opts":{"x":1}}"#, r#"{"id":"b","error":"unknown member opts.x"}"#),
    (
        r#"{"id":"c","headers":{"x":1},"opts":{"sessionRequired":false}}"#,
        r#"{"id":"c","page":{"decision":"no_session","reason":"no_token"},"api":{"decision":"no_session","reason":"no_token"}}"#,
    ),
    (
        r#"{"id":"d","cookie_header":"\u0100"}"#,
        r#"{"id":"d","error":"cookie_header has a code point above U+00FF"}"#,
    ),
    (r#"{"id":"e","cookie_header":7}"#, r#"{"id":"e","error":"cookie_header is not a string"}"#),
    (r#"{"id":"f","now":"x"}"#, r#"{"id":"f","error":"now is not a number"}"#),
    (r#"{"id":"g","now":-1}"#, r#"{"id":"g","error":"now is not a time since the epoch"}"#),
    (r#"{"id":"h","cookie_header_b64":"*"}"#, r#"{"id":"h","error":"not base64"}"#),
    (
        r#"{"id":"i","opts":{"claims":[{"kind":"x","key":"k","value":1}]}}"#,
        r#"{"id":"i","error":"a claim's kind is none of boolean, primitive, includes, excludes, includesAll, includesAny, excludesAll"}"#,
    ),
    (
        r#"{"id":"j","opts":{"transfer":"x"}}"#,
        r#"{"id":"j","error":"transfer is none of any, cookie, header"}"#,
    ),
    (r#"{"id":"k","defaults":{}}"#, r#"{"id":"k","error":"unknown member defaults"}"#),
    (
        r#"{"id":"l","method":"POST","cookie_header":"sAccessToken=a.b"}"#,
        r#"{"id":"l","page":{"decision":"no_session","reason":"method"},"api":{"decision":"no_session","reason":"segment_count","status":401,"body":{"message":"unauthorised"}}}"#,
    ),
    (
        r#"{"id":"m","method":"OPTIONS","cookie_header":"sIdRefreshToken=x"}"#,
        r#"{"id":"m","page":{"decision":"no_session","reason":"method"},"api":{"decision":"no_session","reason":"not_checked"}}"#,
    ),
    (
        r#"{"id":"n","cookie_header":"sIdRefreshToken=x"}"#,
        r#"{"id":"n","page":{"decision":"try_refresh","reason":"legacy_cookie"},"api":{"decision":"try_refresh","reason":"legacy_cookie","status":401,"body":{"message":"try refresh token"}}}"#,
    ),
    (
        r#"{"id":"o","opts":{"claims":[{"kind":"boolean","key":"k","value":true,"x":1}]}}"#,
        r#"{"id":"o","error":"unknown member x of a claim"}"#,
    ),
    (
        r#"{"id":"p","opts":{"claims":[{"kind":"includesAny","key":"k","value":1}]}}"#,
        r#"{"id":"p","error":"the value is not an array"}"#,
    ),
    (
        r#"{"id":"q","opts":{"claims":[{"kind":"includes","key":"k","value":1,"maxAgeInSeconds":-1}]}}"#,
        r#"{"id":"q","error":"maxAgeInSeconds is not a span of time"}"#,
    ),
];

#[test]
fn a_line_that_cannot_be_decided_is_reported_and_the_run_goes_on() {
    let mut child = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", "decide", "--", "-"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = r#"{"defaults":{"now":1750000000,"opts":{"transfer":"any"}}}"#.to_owned();
    input.extend(LINES.iter().flat_map(|(line, _)| ["\n", line]));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected: Vec<_> = LINES.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn now_is_floored_to_the_millisecond() {
    let cookie = format!("sAccessToken={}", include_str!("data/v5.token").trim());
    // The token's exp is 1750003540.
    for (now, decision) in [
        ("1750003539.999", "authenticated"),
        ("1750003539.9999", "authenticated"),
        ("1.7500035399999e9", "authenticated"),
        ("1750003540", "try_refresh"),
        ("1750003540.0", "try_refresh"),
        ("1e300", "try_refresh"),
    ] {
        let jwks = include_str!("data/jwks.json");
        let line = format!(r#"{{"cookie_header":"{cookie}","now":{now},"jwks":{jwks}}}"#);
        let line = Protocol::new(&[provider::RS256]).line(line.as_bytes()).unwrap();
        assert_eq!(line.decisions.unwrap().page.name(), decision, "{now}");
    }
}
