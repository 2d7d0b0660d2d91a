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
    AntiCsrf, ApiDecision, ApiPolicy, Fetch, FetchAnswer, FetchKeys, Gate, InvalidClaims,
    KeyPolicy, KeyStore, Keys, PagePolicy, Reason, Response, Session, SessionDecision,
    SignatureAlgorithm, SigningKeyKind, TokenTransfer, UnixMillis,
};

#[path = "claims.rs"]
mod claims;

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
    pub(crate) decisions: Result<Decisions, String>,
}

/// What each gate decides on it.
pub(crate) struct Decisions {
    pub(crate) page: SessionDecision,
    pub(crate) api: ApiDecision,
    /// What an API answers.
    response: Option<Response>,
}

impl Protocol {
    /// Decides with keys for these algorithms.
    pub(crate) fn new(algorithms: &[&'static dyn SignatureAlgorithm]) -> Self {
        Self { algorithms: algorithms.to_vec(), defaults: Map::new(), begun: false }
    }

    /// Decides one line; `None` for the defaults.
    pub(crate) fn line(&mut self, text: &[u8]) -> Option<Line> {
        let first = !core::mem::replace(&mut self.begun, true);
        let failed = |why: String| Line { id: None, note: String::new(), decisions: Err(why) };
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
            decisions: Case::read(&line).map(|case| case.decide(&self.algorithms)),
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
        match &self.decisions {
            Ok(Decisions { page, api, response }) => {
                let page = describe(page.name(), page.reason(), session(page), failures(page), "");
                let http = match (api, response) {
                    (SessionDecision::Authenticated(_), _) => r#","status":200"#.into(),
                    (_, None) => String::new(),
                    (_, Some(response)) => {
                        format!(r#","status":{},"body":{}"#, response.status(), response.body())
                    }
                };
                let api = describe(api.name(), api.reason(), session(api), failures(api), &http);
                format!(r#"{{"id":{id},"page":{page},"api":{api}}}"#)
            }
            Err(why) => format!(r#"{{"id":{id},"error":{}}}"#, Value::from(why.as_str())),
        }
    }
}

fn session<L, A>(decision: &SessionDecision<L, A>) -> Option<&Session> {
    if let SessionDecision::Authenticated(session) = decision { Some(session) } else { None }
}

fn failures<L, A>(decision: &SessionDecision<L, A>) -> Option<&InvalidClaims> {
    if let SessionDecision::InvalidClaims(failures) = decision { Some(failures) } else { None }
}

fn describe(
    name: &str,
    reason: Option<Reason>,
    session: Option<&Session>,
    failures: Option<&InvalidClaims>,
    more: &str,
) -> String {
    let mut members = vec![("decision", Value::from(name))];
    if let Some(session) = session {
        members.extend([
            ("user_id", session.user_id().into()),
            ("recipe_user_id", session.recipe_user_id().into()),
            ("tenant_id", session.tenant_id().into()),
            ("session_handle", session.session_handle().into()),
            ("version", session.version().number().into()),
            ("source", session.source().name().into()),
            ("expires_at", session.expires_at().as_secs().into()),
        ]);
    }
    if let Some(reason) = reason {
        members.push(("reason", reason.name().into()));
    }
    let mut members: Vec<_> =
        members.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
    // Not as a value: its members have an order.
    members.extend(failures.map(|failures| format!(r#""failures":{}"#, failures.to_json())));
    format!("{{{}{more}}}", members.join(","))
}

/// One request, with the JWKS document its origin would serve.
struct Case {
    method: String,
    cookies: Vec<Vec<u8>>,
    authorization: Option<Vec<u8>>,
    anti_csrf: Option<Vec<u8>>,
    rid: Option<Vec<u8>>,
    page: PagePolicy,
    api: ApiPolicy,
    now: UnixMillis,
    jwks_status: u16,
    /// `None`: the fetch fails without an HTTP answer.
    jwks: Option<Vec<u8>>,
}

impl Case {
    fn read(line: &Map<String, Value>) -> Result<Self, String> {
        let (page, api) = policies(line.get("opts"))?;
        let mut case = Self {
            method: "GET".into(),
            cookies: Vec::new(),
            authorization: None,
            anti_csrf: None,
            rid: None,
            page,
            api,
            now: UnixMillis::default(),
            jwks_status: 200,
            jwks: None,
        };
        for (name, value) in line {
            match name.as_str() {
                "id" | "jwks_error" | "note" => {
                    text(name, value)?;
                }
                "authorization" => case.authorization = Some(latin1(name, value)?),
                "token" => {
                    case.authorization = Some([b"Bearer ", &*latin1(name, value)?].concat());
                }
                "cookie_header" => case.cookies.push(latin1(name, value)?),
                "cookie_headers" => {
                    let fields = value.as_array().ok_or("cookie_headers is not an array")?;
                    for field in fields {
                        case.cookies.push(latin1(name, field)?);
                    }
                }
                "cookie_header_b64" => case.cookies.push(base64(text(name, value)?)?),
                "method" => case.method = text(name, value)?.into(),
                "headers" => {
                    let headers = value.as_object().ok_or("headers is not an object")?;
                    let header =
                        |name| headers.get(name).map(|value| latin1(name, value)).transpose();
                    case.anti_csrf = header("anti-csrf")?;
                    case.rid = header("rid")?;
                }
                "jwks" | "jwks_b64" | "opts" => {}
                "jwks_status" => {
                    case.jwks_status = value
                        .as_u64()
                        .and_then(|status| status.try_into().ok())
                        .ok_or("jwks_status is not an HTTP status")?;
                }
                "now" => case.now = millis(value)?,
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

    /// What each gate decides, by a store that starts empty and fetches once.
    fn decide(&self, algorithms: &[&'static dyn SignatureAlgorithm]) -> Decisions {
        let cookies = || self.cookies.iter().map(Vec::as_slice);
        let gate = Gate::page(self.page.clone());
        let request = gate.request(&self.method, cookies());
        let page = self.with_keys(algorithms, |keys| match request.decide(keys, self.now) {
            SessionDecision::FetchKeys(why) => Err(why),
            decision => Ok(decision),
        });
        let gate = Gate::api(self.api.clone());
        let request = gate
            .request(&self.method, cookies())
            .authorization(self.authorization.as_deref())
            .anti_csrf(self.anti_csrf.as_deref())
            .rid(self.rid.as_deref());
        let api = self.with_keys(algorithms, |keys| match request.decide(keys, self.now) {
            SessionDecision::FetchKeys(why) => Err(why),
            decision => Ok(decision),
        });
        let response = gate.response(&api, self.now);
        Decisions { page, api, response }
    }

    fn with_keys<D>(
        &self,
        algorithms: &[&'static dyn SignatureAlgorithm],
        decide: impl Fn(&Keys) -> Result<D, FetchKeys>,
    ) -> D {
        let mut store = KeyStore::new("the line's jwks", algorithms, KeyPolicy::default(), 7);
        let mut keys = store.keys();
        loop {
            let why = match decide(&keys) {
                Ok(decision) => return decision,
                Err(why) => why,
            };
            let Fetch::Ticket(ticket) = store.begin_fetch(why, self.now) else {
                unreachable!("nobody else fetches")
            };
            let answer = match &self.jwks {
                Some(body) => FetchAnswer::http(self.jwks_status, body),
                None => FetchAnswer::failed(),
            };
            keys = store.finish_fetch(ticket, answer, self.now).into_keys();
        }
    }
}

/// Both gates' policies out of `opts`. What concerns an API alone, a page has no use for.
fn policies(opts: Option<&Value>) -> Result<(PagePolicy, ApiPolicy), String> {
    let none = Map::new();
    let opts = match opts {
        None => &none,
        Some(opts) => opts.as_object().ok_or("opts is not an object")?,
    };
    let anti_csrf = match opts.get("antiCsrf").map(|mode| text("antiCsrf", mode)).transpose()? {
        None | Some("NONE") => AntiCsrf::None,
        Some("VIA_TOKEN") => AntiCsrf::ViaToken,
        Some("VIA_CUSTOM_HEADER") => AntiCsrf::ViaCustomHeader,
        Some(_) => return Err("antiCsrf is none of NONE, VIA_TOKEN, VIA_CUSTOM_HEADER".into()),
    };
    let (mut page, mut api) = (PagePolicy::default(), ApiPolicy::new(anti_csrf));
    for (name, value) in opts {
        match name.as_str() {
            "useDynamicAccessTokenSigningKey" => {
                let kind = if boolean(name, value)? {
                    SigningKeyKind::Dynamic
                } else {
                    SigningKeyKind::Static
                };
                (page, api) = (page.signing_keys(kind), api.signing_keys(kind));
            }
            "transfer" => {
                let transfer = match text(name, value)? {
                    "any" => TokenTransfer::Any,
                    "cookie" => TokenTransfer::Cookie,
                    "header" => TokenTransfer::Header,
                    _ => return Err("transfer is none of any, cookie, header".into()),
                };
                (page, api) = (page.token_transfer(transfer), api.token_transfer(transfer));
            }
            "antiCsrf" => {}
            "antiCsrfCheck" => api = api.anti_csrf_check(boolean(name, value)?),
            "checkDatabase" => api = api.check_database(boolean(name, value)?),
            "sessionRequired" => api = api.session_required(boolean(name, value)?),
            "claims" => {
                for claim in value.as_array().ok_or("claims is not an array")? {
                    (page, api) = claims::add(claim, page, api)?;
                }
            }
            _ => return Err(format!("unknown member opts.{name}")),
        }
    }
    Ok((page, api))
}

fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| format!("{name} is not a string"))
}

fn boolean(name: &str, value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{name} is not a boolean"))
}

/// A string stands for bytes, one a code point.
fn latin1(name: &str, value: &Value) -> Result<Vec<u8>, String> {
    text(name, value)?
        .chars()
        .map(|c| u8::try_from(c).map_err(|_| format!("{name} has a code point above U+00FF")))
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
