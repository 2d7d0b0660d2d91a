//! The line protocol: one request in, one line of decisions out.
//!
//! It does without `std`, as the programs in `targets/` decide the same lines where there is none.

extern crate alloc;

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use base64ct::{Base64, Encoding};
use serde_json::{Map, Value};
use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, PagePolicy, SessionDecision, SignatureAlgorithm,
    SigningKeyKind, TokenTransfer, UnixMillis,
};

/// What decides lines: remembers the defaults of a first line.
pub(crate) struct Protocol {
    algorithms: Vec<&'static dyn SignatureAlgorithm>,
    defaults: Map<String, Value>,
    begun: bool,
}

/// One decided line.
pub(crate) struct Line {
    pub(crate) id: Option<String>,
    pub(crate) note: String,
    pub(crate) page: Result<SessionDecision, String>,
}

impl Protocol {
    /// Decides with keys for these algorithms.
    pub(crate) fn new(algorithms: &[&'static dyn SignatureAlgorithm]) -> Self {
        Self { algorithms: algorithms.to_vec(), defaults: Map::new(), begun: false }
    }

    /// Decides one line; `None` for the defaults.
    pub(crate) fn line(&mut self, text: &[u8]) -> Option<Line> {
        let first = !core::mem::replace(&mut self.begun, true);
        let failed = |why: String| Line { id: None, note: String::new(), page: Err(why) };
        let mut line = match serde_json::from_slice(text) {
            Ok(Value::Object(line)) => line,
            Ok(_) => return Some(failed("the line is not an object".into())),
            Err(error) => return Some(failed(format!("the line is not JSON: {error}"))),
        };
        if first && line.len() == 1 {
            match line.get("defaults") {
                Some(Value::Object(defaults)) => {
                    self.defaults = defaults.clone();
                    return None;
                }
                Some(_) => return Some(failed("defaults is not an object".into())),
                None => {}
            }
        }
        merge(&mut line, &self.defaults);
        let text = |name| line.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Line {
            id: text("id"),
            note: text("note").unwrap_or_default(),
            page: Case::read(&line).map(|case| case.page(&self.algorithms)),
        })
    }
}

/// Adds the defaults that the line does not have, `opts` one level down.
fn merge(line: &mut Map<String, Value>, defaults: &Map<String, Value>) {
    for (name, default) in defaults {
        match (line.get_mut(name), default) {
            (Some(Value::Object(opts)), Value::Object(defaults)) if name == "opts" => {
                merge(opts, defaults);
            }
            (Some(_), _) => {}
            (None, default) => {
                line.insert(name.clone(), default.clone());
            }
        }
    }
}

impl Line {
    /// The line of output, without its end.
    pub(crate) fn output(&self) -> String {
        let id = self.id.as_deref().map_or(Value::Null, Value::from);
        match &self.page {
            Ok(decision) => format!(r#"{{"id":{id},"page":{}}}"#, describe(decision)),
            Err(why) => format!(r#"{{"id":{id},"error":{}}}"#, Value::from(why.as_str())),
        }
    }
}

/// The decision and the reason by their stable names.
pub(crate) fn names(decision: &SessionDecision) -> (&'static str, &'static str) {
    match decision {
        SessionDecision::Authenticated(_) => ("authenticated", ""),
        SessionDecision::NoSession(why) => ("no_session", why.name()),
        SessionDecision::TryRefresh(why) => ("try_refresh", why.name()),
        SessionDecision::Unavailable(why) => ("unavailable", why.reason().name()),
        SessionDecision::FetchKeys(_) => unreachable!("the case fetches"),
    }
}

fn describe(decision: &SessionDecision) -> String {
    let (decision_name, reason) = names(decision);
    let mut members = vec![("decision", Value::from(decision_name))];
    if let SessionDecision::Authenticated(session) = decision {
        members.extend([
            ("user_id", session.user_id().into()),
            ("recipe_user_id", session.recipe_user_id().into()),
            ("tenant_id", session.tenant_id().into()),
            ("session_handle", session.session_handle().into()),
            ("version", session.version().number().into()),
            ("source", session.source().name().into()),
            ("expires_at", session.expires_at().as_secs().into()),
        ]);
    } else {
        members.push(("reason", reason.into()));
    }
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
    format!("{{{}}}", members.join(","))
}

/// One request, with the JWKS document its origin would serve.
struct Case {
    method: String,
    cookies: Vec<Vec<u8>>,
    policy: PagePolicy,
    now: UnixMillis,
    jwks_status: u16,
    /// `None`: the fetch fails without an HTTP answer.
    jwks: Option<Vec<u8>>,
}

impl Case {
    fn read(line: &Map<String, Value>) -> Result<Self, String> {
        let mut case = Self {
            method: "GET".into(),
            cookies: Vec::new(),
            policy: PagePolicy::default(),
            now: UnixMillis::default(),
            jwks_status: 200,
            jwks: None,
        };
        for (name, value) in line {
            match name.as_str() {
                "id" | "authorization" | "token" | "jwks_error" | "note" => {
                    text(name, value)?;
                }
                "cookie_header" => case.cookies.push(latin1(text(name, value)?)?),
                "cookie_headers" => {
                    let fields = value.as_array().ok_or("cookie_headers is not an array")?;
                    for field in fields {
                        case.cookies.push(latin1(text(name, field)?)?);
                    }
                }
                "cookie_header_b64" => case.cookies.push(base64(text(name, value)?)?),
                "method" => case.method = text(name, value)?.into(),
                "headers" => {
                    let headers = value.as_object().ok_or("headers is not an object")?;
                    for name in ["anti-csrf", "rid"] {
                        headers.get(name).map(|value| text(name, value)).transpose()?;
                    }
                }
                "jwks" | "jwks_b64" => {}
                "jwks_status" => {
                    case.jwks_status = value
                        .as_u64()
                        .and_then(|status| status.try_into().ok())
                        .ok_or("jwks_status is not an HTTP status")?;
                }
                "now" => case.now = millis(value)?,
                "opts" => case.policy = policy(value.as_object().ok_or("opts is not an object")?)?,
                _ => return Err(format!("unknown member {name}")),
            }
        }
        if !line.contains_key("now") {
            return Err("now is missing".into());
        }
        // The first present wins.
        case.jwks = if line.contains_key("jwks_error") {
            None
        } else if let Some(encoded) = line.get("jwks_b64") {
            Some(base64(text("jwks_b64", encoded)?)?)
        } else {
            match line.get("jwks") {
                None => None,
                Some(Value::String(raw)) => Some(raw.clone().into_bytes()),
                Some(Value::Object(set)) => Some(Value::from(set.clone()).to_string().into_bytes()),
                Some(_) => return Err("jwks is neither an object nor a string".into()),
            }
        };
        Ok(case)
    }

    /// The page gate's decision, by a store that starts empty and fetches once.
    fn page(&self, algorithms: &[&'static dyn SignatureAlgorithm]) -> SessionDecision {
        let gate = Gate::page(self.policy.clone());
        let request = gate.request(&self.method, self.cookies.iter().map(Vec::as_slice));
        let mut store = KeyStore::new("the line's jwks", algorithms, KeyPolicy::default(), 7);
        let mut keys = store.keys();
        loop {
            match request.decide(&keys, self.now) {
                SessionDecision::FetchKeys(why) => match store.begin_fetch(why, self.now) {
                    Fetch::Ticket(ticket) => {
                        let answer = match &self.jwks {
                            Some(body) => FetchAnswer::http(self.jwks_status, body),
                            None => FetchAnswer::failed(),
                        };
                        keys = store.finish_fetch(ticket, answer, self.now).into_keys();
                    }
                    other => unreachable!("nobody else fetches: {other:?}"),
                },
                decision => return decision,
            }
        }
    }
}

fn policy(opts: &Map<String, Value>) -> Result<PagePolicy, String> {
    let mut policy = PagePolicy::default();
    for (name, value) in opts {
        match name.as_str() {
            "useDynamicAccessTokenSigningKey" => {
                policy = policy.signing_keys(if boolean(name, value)? {
                    SigningKeyKind::Dynamic
                } else {
                    SigningKeyKind::Static
                });
            }
            "transfer" => {
                policy = policy.token_transfer(match text(name, value)? {
                    "any" => TokenTransfer::Any,
                    "cookie" => TokenTransfer::Cookie,
                    "header" => TokenTransfer::Header,
                    _ => return Err("transfer is none of any, cookie, header".into()),
                });
            }
            // The API's; a page has no use for them.
            "antiCsrf" => {
                if !["NONE", "VIA_TOKEN", "VIA_CUSTOM_HEADER"].contains(&text(name, value)?) {
                    return Err("antiCsrf is none of its three modes".into());
                }
            }
            "antiCsrfCheck" | "checkDatabase" | "sessionRequired" => {
                boolean(name, value)?;
            }
            "claims" => return Err("claim validators are not built yet".into()),
            _ => return Err(format!("unknown member opts.{name}")),
        }
    }
    Ok(policy)
}

fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| format!("{name} is not a string"))
}

fn boolean(name: &str, value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{name} is not a boolean"))
}

/// A string stands for bytes, one a code point.
fn latin1(text: &str) -> Result<Vec<u8>, String> {
    text.chars()
        .map(|c| u8::try_from(c).map_err(|_| "a cookie has a code point above U+00FF".into()))
        .collect()
}

fn base64(text: &str) -> Result<Vec<u8>, String> {
    let mut room = vec![0; text.len()];
    let bytes = Base64::decode(text, &mut room).map_err(|_| "not base64")?;
    Ok(bytes.to_vec())
}

/// Seconds, floored to the millisecond. By the digits as they stand where there are digits: a
/// double does not hold 1750000000.001.
fn millis(value: &Value) -> Result<UnixMillis, String> {
    let number = value.as_number().ok_or("now is not a number")?;
    let digits = number.to_string();
    let (secs, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let millis = format!("{secs}{:0<3.3}", fraction);
    let millis = if digits.contains(['e', 'E']) {
        // Beyond 2^53 or below a microsecond: `as` saturates and floors, which is what is wanted.
        number.as_f64().filter(|secs| *secs >= 0.0).map(|secs| (secs * 1_000.0) as u64)
    } else {
        millis.parse().ok()
    };
    millis.map(UnixMillis::from_millis).ok_or_else(|| "now is not a time since the epoch".into())
}
