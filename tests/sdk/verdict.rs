//! What each side answers, in words that can be compared.

use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// User id, recipe user id, session handle, tenant id.
    Session([Option<String>; 4]),
    NoSession(Option<Answer>),
    TryRefresh(Answer),
    InvalidClaims(Answer),
    AskCore,
    Unavailable,
    /// The SDK threw what its error handler does not handle.
    Error(String),
}

/// Status and body, as a client gets them.
pub(crate) type Answer = (u64, String);

/// Our decision on one line.
pub(crate) struct Ours {
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
}

pub(crate) struct Theirs {
    pub(crate) verdict: Verdict,
    /// The body of the POST that asks the core, without the token.
    pub(crate) core_call: Option<Value>,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn answer(value: &Value, status: &str) -> Answer {
    (value[status].as_u64().unwrap_or(0), text(&value["body"]).unwrap_or_default())
}

impl Ours {
    /// Out of the line that the example prints.
    pub(crate) fn new(printed: &str) -> Self {
        let line: Value = serde_json::from_str(printed).unwrap();
        let api = &line["api"];
        let http = || answer(api, "status");
        let names = ["user_id", "recipe_user_id", "session_handle", "tenant_id"];
        let verdict = match api["decision"].as_str().unwrap_or_else(|| panic!("{printed}")) {
            "authenticated" => Verdict::Session(names.map(|name| text(&api[name]))),
            "no_session" => Verdict::NoSession(api.get("status").map(|_| http())),
            "try_refresh" => Verdict::TryRefresh(http()),
            "invalid_claims" => Verdict::InvalidClaims(http()),
            "ask_core" => Verdict::AskCore,
            "unavailable" => Verdict::Unavailable,
            other => panic!("no decision: {other}"),
        };
        Self { verdict, reason: text(&api["reason"]).unwrap_or_default() }
    }
}

impl Theirs {
    /// Out of the line that the judge prints.
    pub(crate) fn new(answered: &str) -> (String, Self) {
        let line: Value = serde_json::from_str(answered).unwrap();
        let http = || answer(&line, "http_status");
        let verdict = match line["status"].as_str().unwrap() {
            _ if line.get("core_call").is_some() => Verdict::AskCore,
            "OK" => Verdict::Session([0, 1, 2, 3].map(|at| text(&line["user"][at]))),
            "NO_SESSION" => Verdict::NoSession(None),
            "UNAUTHORISED" => Verdict::NoSession(Some(http())),
            "TRY_REFRESH_TOKEN" => Verdict::TryRefresh(http()),
            "INVALID_CLAIMS" => Verdict::InvalidClaims(http()),
            "ERROR" => Verdict::Error(text(&line["message"]).unwrap_or_default()),
            other => panic!("no status of the SDK's: {other}"),
        };
        let core_call = line.get("core_call").cloned();
        (text(&line["id"]).unwrap(), Self { verdict, core_call })
    }
}
