//! What each side answers, in words that can be compared.

use serde_json::Value;
use supertokens_session::SessionDecision;

use super::protocol::{Decisions, Line};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// User id, recipe user id, session handle, tenant id.
    Session([Option<String>; 4]),
    NoSession(Option<Answer>),
    TryRefresh(Answer),
    InvalidClaims(Answer),
    /// The body of the POST.
    AskCore(Value),
    Unavailable,
    /// The SDK threw what its error handler does not handle.
    Error,
}

/// Status and body, as a client gets them.
pub(crate) type Answer = (u64, String);

/// Our decision on one line.
pub(crate) struct Ours {
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
}

/// The SDK's answer to it.
pub(crate) struct Theirs {
    pub(crate) verdict: Verdict,
    /// What the SDK says of it, to its log.
    pub(crate) message: String,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Ours {
    /// Out of what the example prints, and of the question to the core, which it does not print.
    pub(crate) fn new(line: &Line) -> Self {
        let printed = line.output();
        let question = match &line.decisions {
            Ok(Decisions { api: SessionDecision::AskCore(check), .. }) => check.body(),
            _ => "null",
        };
        let line: Value = serde_json::from_str(&printed).unwrap();
        let api = &line["api"];
        let http = || {
            // As text: its members have an order. It is the last thing in the line.
            let (_, body) = printed.split_once(r#","body":"#).unwrap();
            let body = body.strip_suffix("}}").unwrap();
            assert_eq!(serde_json::from_str::<Value>(body).unwrap(), api["body"], "{printed}");
            (api["status"].as_u64().unwrap(), body.to_owned())
        };
        let names = ["user_id", "recipe_user_id", "session_handle", "tenant_id"];
        let verdict = match api["decision"].as_str().unwrap_or_else(|| panic!("{printed}")) {
            "authenticated" => Verdict::Session(names.map(|name| text(&api[name]))),
            "no_session" => Verdict::NoSession(api.get("status").map(|_| http())),
            "try_refresh" => Verdict::TryRefresh(http()),
            "invalid_claims" => Verdict::InvalidClaims(http()),
            "ask_core" => Verdict::AskCore(serde_json::from_str(question).unwrap()),
            "unavailable" => Verdict::Unavailable,
            other => panic!("no decision: {other}"),
        };
        Self { verdict, reason: text(&api["reason"]).unwrap_or_default() }
    }
}

impl Theirs {
    /// Out of the line that the judge prints: the id, and the answer.
    pub(crate) fn new(answered: &str) -> (String, Self) {
        let line: Value = serde_json::from_str(answered).unwrap();
        let http = || (line["http_status"].as_u64().unwrap(), text(&line["body"]).unwrap());
        let verdict = match (line.get("core_call"), line["status"].as_str().unwrap()) {
            (Some(question), _) => Verdict::AskCore(question.clone()),
            (_, "OK") => Verdict::Session([0, 1, 2, 3].map(|at| text(&line["user"][at]))),
            (_, "NO_SESSION") => Verdict::NoSession(None),
            (_, "UNAUTHORISED") => Verdict::NoSession(Some(http())),
            (_, "TRY_REFRESH_TOKEN") => Verdict::TryRefresh(http()),
            (_, "INVALID_CLAIMS") => Verdict::InvalidClaims(http()),
            (_, "ERROR") => Verdict::Error,
            (_, other) => panic!("no status of the SDK's: {other}"),
        };
        let message = text(&line["message"]).unwrap_or_default();
        (text(&line["id"]).unwrap(), Self { verdict, message })
    }
}
