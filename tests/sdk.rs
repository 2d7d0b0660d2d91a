//! The API gate beside the SDK. `sdk/answers.jsonl` has what supertokens-node answered to the
//! requests of `sdk/cases.jsonl`; `sdk/revoked.jsonl` has it for those about which it asks the core,
//! where that knows of no such session. Wherever the gate answers otherwise, exactly one row of
//! `sdk/differences.rs` must say by which entry of `DEVIATIONS.md`.

#[path = "sdk/case.rs"]
mod case;
#[path = "sdk/differences.rs"]
mod differences;
#[allow(dead_code, reason = "what prints is the example's part")]
#[path = "../examples/decide/protocol.rs"]
mod protocol;
mod support;
#[path = "sdk/verdict.rs"]
mod verdict;

use std::collections::BTreeMap;
use std::path::Path;

use case::Case;
use differences::{Difference, ROWS};
use protocol::Protocol;
use serde_json::{Map, Value};
use supertokens_session::{AntiCsrf, ApiPolicy, CoreAnswer, Gate, SessionDecision, TokenCookies};
use support::provider;
use verdict::{Ours, Theirs};

/// The lines with the defaults merged in, `opts` one level down.
fn cases(text: &str) -> Vec<Case> {
    let mut lines: Vec<Map<String, Value>> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let defaults = lines.remove(0)["defaults"].clone();
    for line in &mut lines {
        for (name, value) in defaults.as_object().unwrap() {
            line.entry(name).or_insert_with(|| value.clone());
        }
    }
    lines.into_iter().map(Case::new).collect()
}

/// Compares, and returns how many differences each row claimed; panics at one that is not
/// claimed by exactly one.
fn compare(cases_text: &str, answers: &str) -> BTreeMap<usize, usize> {
    let mut protocol = Protocol::new(&[provider::RS256]);
    let decided: Vec<_> = cases_text
        .lines()
        .filter_map(|line| protocol.line(line.as_bytes()))
        .map(|line| Ours::new(&line))
        .collect();
    let cases = cases(cases_text);
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!((cases.len(), decided.len()), (answers.len(), answers.len()));
    let (mut claimed, mut unexplained) = (BTreeMap::new(), Vec::new());
    for ((case, ours), answered) in cases.iter().zip(&decided).zip(answers) {
        let (id, theirs) = Theirs::new(answered);
        assert_eq!(case.line["id"], id);
        if ours.verdict == theirs.verdict {
            continue;
        }
        let without_bearer = || {
            let mut line = case.line.clone();
            line.retain(|name, _| name != "authorization" && name != "token");
            let line = Value::from(line).to_string();
            Ours::new(&Protocol::new(&[provider::RS256]).line(line.as_bytes()).unwrap()).verdict
        };
        let difference =
            Difference { case, ours, theirs: &theirs, without_bearer: &without_bearer };
        let rows: Vec<usize> =
            (0..ROWS.len()).filter(|row| ROWS[*row].claims(&difference)).collect();
        if let [row] = rows[..] {
            *claimed.entry(row).or_insert(0) += 1;
            continue;
        }
        let rows: Vec<_> = rows.iter().map(|row| ROWS[*row].entry).collect();
        let note = &case.line["note"];
        unexplained.push(format!(
            "{id} {note}: {:?} {} here, {:?} by the SDK; claimed by {rows:?}",
            ours.verdict, ours.reason, theirs.verdict
        ));
    }
    let count = unexplained.len();
    assert!(
        count == 0,
        "{count} differences unexplained:\n{}",
        unexplained[..count.min(40)].join("\n")
    );
    claimed
}

/// How many differences each row claims.
fn table(claimed: &BTreeMap<usize, usize>) {
    for (row, count) in claimed {
        println!("{:>6} {:<4} {}", count, ROWS[*row].entry, ROWS[*row].why);
    }
}

#[test]
fn recorded_requests_are_answered_as_by_the_sdk_or_otherwise_on_purpose() {
    let claimed = compare(include_str!("sdk/cases.jsonl"), include_str!("sdk/answers.jsonl"));
    table(&claimed);
    let idle = (0..ROWS.len()).filter(|row| !claimed.contains_key(row));
    let idle: Vec<_> = idle.map(|row| (ROWS[row].entry, ROWS[row].why)).collect();
    assert!(idle.is_empty(), "rows that no recorded case needs: {idle:?}");
}

#[test]
fn each_row_is_an_entry_of_the_deviations() {
    let entries = include_str!("../DEVIATIONS.md");
    for row in ROWS {
        assert!(entries.contains(&format!("- **{}. ", row.entry)), "{}", row.entry);
    }
}

/// Header fields, each with its values; a list between commas has no order.
fn fields<'n, 'v>(
    fields: impl Iterator<Item = (&'n str, &'v str)>,
) -> BTreeMap<&'n str, Vec<&'v str>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, value) in fields {
        let is_list = name == "access-control-expose-headers";
        let values = all.entry(name).or_default();
        values.extend(value.split(", ").filter(|_| is_list));
        values.extend(Some(value).filter(|_| !is_list));
        values.sort_unstable();
    }
    all
}

#[test]
fn a_session_that_the_core_has_no_more_is_answered_as_by_the_sdk() {
    // The judge's SDK is configured for http.
    let cookies = TokenCookies::default().secure(false);
    let policy = ApiPolicy::new(AntiCsrf::None).check_database(true).token_cookies(cookies);
    let gate = Gate::api(policy);
    let cookie = format!("sAccessToken={}", include_str!("data/v5.token").trim());
    let (keys, now) = (support::keys(&support::jwks()), support::at(support::NOW));
    let mut request = gate.request("GET", [cookie.as_bytes()]);
    let SessionDecision::AskCore(check) = request.decide(&keys, now) else { panic!() };
    request.finish(check, CoreAnswer::http(200, br#"{"status":"UNAUTHORISED","message":""}"#));
    let ours = gate.response(&request.decide(&keys, now), now).unwrap();
    // The SDK leaves the one to express and has not the other.
    let more = ["content-type", "cache-control"];
    let ours_fields = fields(ours.headers().filter(|(name, _)| !more.contains(name)));
    for line in include_str!("sdk/revoked.jsonl").lines() {
        let theirs: Value = serde_json::from_str(line).unwrap();
        let values = theirs["headers"].as_object().unwrap().iter().flat_map(|(name, values)| {
            let values =
                values.as_array().map_or_else(|| std::slice::from_ref(values), Vec::as_slice);
            values.iter().map(move |value| (name.as_str(), value.as_str().unwrap()))
        });
        assert_eq!(ours_fields, fields(values), "{line}");
        assert_eq!(
            (theirs["http_status"].as_u64(), theirs["body"].as_str()),
            (Some(ours.status().into()), Some(ours.body()))
        );
    }
}

/// Other requests, with the SDK's answers: `.ci/sdk` names two files of 20 000.
#[test]
fn requests_of_a_file_are_answered_as_by_the_sdk_or_otherwise_on_purpose() {
    let [Some(cases), Some(answers)] = ["SDK_CASES", "SDK_ANSWERS"].map(std::env::var_os) else {
        return;
    };
    let read = |path| std::fs::read_to_string(Path::new(path)).unwrap();
    let answers = read(&answers);
    table(&compare(&read(&cases), &answers));
    println!("{} requests compared", answers.lines().count());
}

/// A row must look at what causes its difference, or a bug hides in it. Here the gate refuses a good
/// bearer token for the two cookies beside it, as it must not (the SDK and entry C1 agree).
#[test]
fn several_cookies_beside_a_good_bearer_token_are_no_entry_s() {
    let cases = cases(include_str!("sdk/cases.jsonl"));
    let answers: Vec<&str> = include_str!("sdk/answers.jsonl").lines().collect();
    let at = |id: &str| cases.iter().position(|case| case.line["id"] == id).unwrap();
    for id in ["transfer-any-twice-bearer", "transfer-header-twice-bearer"] {
        let (_, theirs) = Theirs::new(answers[at(id)]);
        assert!(matches!(theirs.verdict, verdict::Verdict::Session(_)), "{id}");
        let refused = r#"{"message":"try refresh token"}"#.to_owned();
        let ours = Ours {
            verdict: verdict::Verdict::TryRefresh((401, refused)),
            reason: "multiple_access_tokens".into(),
        };
        let without_bearer = || ours.verdict.clone();
        let (case, without_bearer) = (&cases[at(id)], &without_bearer as &dyn Fn() -> _);
        let difference = Difference { case, ours: &ours, theirs: &theirs, without_bearer };
        let claimed: Vec<_> =
            ROWS.iter().filter(|row| row.claims(&difference)).map(|row| row.entry).collect();
        assert!(claimed.is_empty(), "{id} is claimed by {claimed:?}");
    }
}

/// An expired token in an outage is expired (entry K1 says so, and the SDK): no row may explain it away.
#[test]
fn an_expired_token_in_an_outage_is_no_entry_s() {
    let mut lines =
        include_str!("sdk/cases.jsonl").lines().take(1).map(String::from).collect::<Vec<_>>();
    let expired = include_str!("sdk/cases.jsonl")
        .lines()
        .find(|line| line.contains(r#""id":"claims-expired""#))
        .unwrap();
    let mut line: Map<String, Value> = serde_json::from_str(expired).unwrap();
    line.insert("jwks_status".into(), 500.into());
    lines.push(serde_json::to_string(&line).unwrap());
    let cases = cases(&lines.join("\n"));
    let refused = r#"{"message":"try refresh token"}"#.to_owned();
    let theirs = Theirs {
        verdict: verdict::Verdict::TryRefresh((401, refused)),
        message: "Failed to verify access token".into(),
    };
    let ours = Ours { verdict: verdict::Verdict::Unavailable, reason: "keys_unavailable".into() };
    let without_bearer = || verdict::Verdict::Unavailable;
    let (case, without_bearer) = (&cases[0], &without_bearer as &dyn Fn() -> _);
    let difference = Difference { case, ours: &ours, theirs: &theirs, without_bearer };
    let claimed: Vec<_> =
        ROWS.iter().filter(|row| row.claims(&difference)).map(|row| row.entry).collect();
    assert!(claimed.is_empty(), "claimed by {claimed:?}");
}
