//! A site with one page, its own API, and the three routes that any site with sessions has: sign in,
//! refresh, sign out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Form, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{AppendHeaders, Html, IntoResponse, IntoResponseParts, Redirect, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use supertokens_session::{
    Fetch, FetchAnswer, FetchKeys, Gate, KeyPolicy, KeyStore, Keys, NextAction, PagePolicy,
    SessionDecision, Ticket, UnixMillis, crypto,
};

use crate::Now;
use crate::http::{Got, Http};
use crate::pages;

/// Where a front end's SDK expects the route, and so where browsers keep the refresh token.
const REFRESH: &str = "/auth/session/refresh";

/// Who is where. No URL ends in a slash.
#[derive(Clone, Debug)]
pub struct Config {
    /// The SuperTokens core.
    pub core: String,
    /// The auth API of the backend, with its base path.
    pub api: String,
    /// This site, as it reaches itself.
    pub own: String,
    /// The demo issuer, for its buttons.
    pub demo: Option<String>,
}

pub struct Site {
    page: Gate,
    store: Mutex<KeyStore>,
    http: Http,
    config: Config,
    now: Now,
}

type This = State<Arc<Site>>;

impl Site {
    #[must_use]
    pub fn new(config: Config, now: Now) -> Arc<Self> {
        let jwks = format!("{}/.well-known/jwks.json", config.core);
        let table = [crypto::ring::RS256];
        let store = KeyStore::new(jwks, &table, KeyPolicy::default(), std::process::id().into());
        Arc::new(Self {
            page: Gate::page(PagePolicy::default()),
            store: Mutex::new(store),
            http: Http::default(),
            config,
            now,
        })
    }

    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/", get(async || Redirect::to("/account")))
            .route("/account", get(account))
            .route("/auth", get(sign_in_page).post(sign_in))
            .route("/auth/signout", post(sign_out))
            .route(REFRESH, get(refresh))
            .with_state(self.clone())
    }
}

/// The page: its gate, then its own API with the token as `Bearer`, then the API's answer decided too.
async fn account(State(site): This, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let request = site.page.request(method.as_str(), cookies(&headers));
    let mut keys = site.store.lock().unwrap().keys();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    loop {
        match request.decide(&keys, (site.now)()) {
            SessionDecision::Authenticated(session) => {
                let page = pages::account(&session, "", (site.now)(), site.demo());
                return html(StatusCode::OK, page);
            }
            SessionDecision::NoSession(_) => return to("/auth", path),
            SessionDecision::TryRefresh(_) => return to(REFRESH, path),
            SessionDecision::Unavailable(why) => {
                return site.unavailable(&why.reason().to_string(), why.retry_at());
            }
            SessionDecision::FetchKeys(why) => match fetch(&site, why).await {
                Ok(newer) => keys = newer,
                Err(retry_at) => return site.unavailable("the keys cannot be fetched", retry_at),
            },
        }
    }
}

/// Fetches the keys, unless somebody else does or has. Gives the keys to go on with, or the time
/// before which nobody may ask the issuer.
async fn fetch(site: &Arc<Site>, why: FetchKeys) -> Result<Keys, UnixMillis> {
    // A statement of its own: the lock must be free again during the GET.
    let fetch = site.store.lock().unwrap().begin_fetch(why, (site.now)());
    match fetch {
        // A task of its own: a visitor who goes away must not take the ticket along.
        Fetch::Ticket(ticket) => {
            let site = site.clone();
            let task = tokio::spawn(async move {
                let got = site.http_get(&ticket).await;
                let answer = match &got {
                    Some(got) => got.headers.iter().fold(
                        FetchAnswer::http(got.status.as_u16(), &got.body),
                        |answer, (name, value)| answer.header(name.as_str(), value.as_bytes()),
                    ),
                    None => FetchAnswer::failed(),
                };
                let report = site.store.lock().unwrap().finish_fetch(ticket, answer, (site.now)());
                report.into_keys()
            });
            Ok(task.await.expect("fetching does not panic"))
        }
        // The store has changed since `why` was said.
        Fetch::Newer(newer) => Ok(newer),
        // Somebody is fetching. At its `until` the ticket is free again.
        Fetch::InFlight { .. } => {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(site.store.lock().unwrap().keys())
        }
        Fetch::NotNow { until } => Err(until),
    }
}

/// In a task of its own, for ever: then no visitor has to wait for keys.
pub async fn keep_fresh(site: Arc<Site>) {
    loop {
        let action = site.store.lock().unwrap().next_action((site.now)());
        let until = match action {
            NextAction::Fetch(why) => match fetch(&site, why).await {
                Ok(_) => continue,
                Err(until) => until,
            },
            NextAction::Wait { until } => until,
        };
        tokio::time::sleep(until.since((site.now)())).await;
    }
}

async fn sign_in_page(State(site): This, Query(form): Query<Fields>) -> Response {
    html(StatusCode::OK, pages::sign_in(return_path(&form), false, site.demo()))
}

/// Signs in at the API on the browser's behalf, and hands on the cookies.
async fn sign_in(State(site): This, Form(form): Form<Fields>) -> Response {
    let fields = ["email", "password"]
        .map(|id| json!({"id": id, "value": form.get(id).map_or("", String::as_str)}));
    let body = json!({"formFields": fields}).to_string();
    let Some(got) = site.api("/signin", &HeaderMap::new(), body).await else {
        return site.api_is_down();
    };
    let answer: Value = serde_json::from_slice(&got.body).unwrap_or_default();
    let path = return_path(&form);
    match answer["status"].as_str() {
        Some("OK") => (handed_on(&got), see_other(path)).into_response(),
        _ if got.status.is_server_error() => site.api_is_down(),
        _ => html(StatusCode::OK, pages::sign_in(path, true, site.demo())),
    }
}

/// Refreshes at the API, and goes back to where the visitor was. Only if the API says that there is no
/// session any more is it the sign-in page: an API that is down has said nothing.
async fn refresh(State(site): This, Query(form): Query<Fields>, headers: HeaderMap) -> Response {
    let Some(got) = site.api("/session/refresh", &headers, String::new()).await else {
        return site.api_is_down();
    };
    match got.status {
        StatusCode::OK => (handed_on(&got), see_other(return_path(&form))).into_response(),
        StatusCode::UNAUTHORIZED => {
            (no_session(), handed_on(&got), to("/auth", return_path(&form))).into_response()
        }
        _ => site.api_is_down(),
    }
}

/// Signs out at the API, and in the browser whatever the API says.
async fn sign_out(State(site): This, headers: HeaderMap) -> Response {
    let _ = site.api("/signout", &headers, String::new()).await;
    (no_session(), see_other("/auth")).into_response()
}

impl Site {
    /// Performs the GET of a ticket, in somewhat less time than it has.
    async fn http_get(&self, ticket: &Ticket) -> Option<Got> {
        let mut request = axum::http::Request::get(ticket.url());
        for (name, value) in ticket.headers() {
            request = request.header(name, value);
        }
        let left = ticket.deadline().since((self.now)());
        self.http.send(request.body(Body::empty()).ok()?, left * 4 / 5).await
    }

    /// A POST to the auth API, with the browser's cookies.
    async fn api(&self, path: &str, headers: &HeaderMap, body: String) -> Option<Got> {
        let mut request = axum::http::Request::post(format!("{}{path}", self.config.api))
            .header(CONTENT_TYPE, "application/json")
            // Both are for a real one: it shall answer with cookies, and this is no forged form.
            .header("st-auth-mode", "cookie")
            .header("rid", "anti-csrf");
        for cookie in headers.get_all(COOKIE) {
            request = request.header(COOKIE, cookie);
        }
        self.http.send(request.body(body.into()).ok()?, Duration::from_secs(5)).await
    }

    fn demo(&self) -> Option<&str> {
        self.config.demo.as_deref()
    }

    fn api_is_down(&self) -> Response {
        self.unavailable("The auth API does not answer", (self.now)())
    }

    /// 503. Whole seconds, rounded up.
    fn unavailable(&self, why: &str, retry_at: UnixMillis) -> Response {
        let seconds = retry_at.since((self.now)()).as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        let page = pages::unavailable(why, seconds, self.demo());
        let header = [(RETRY_AFTER, seconds.to_string())];
        (header, html(StatusCode::SERVICE_UNAVAILABLE, page)).into_response()
    }
}

type Fields = HashMap<String, String>;

/// The `Cookie` fields as they came. A cookie jar would hide that there are two of one name.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes)
}

/// The new cookies, as the API set them.
fn handed_on(got: &Got) -> impl IntoResponseParts + use<> {
    let cookies = got.headers.get_all(SET_COOKIE).iter().cloned();
    AppendHeaders(cookies.map(|cookie| (SET_COOKIE, cookie)).collect::<Vec<_>>())
}

/// Forgets the session in the browser.
fn no_session() -> impl IntoResponseParts {
    let gone = |name, path| format!("{name}=; Path={path}; HttpOnly; SameSite=Lax; Max-Age=0");
    AppendHeaders([
        (SET_COOKIE, gone("sAccessToken", "/")),
        (SET_COOKIE, gone("sRefreshToken", REFRESH)),
    ])
}

/// A page of this site to go to, and no other's.
fn return_path(form: &Fields) -> &str {
    let path = form.get("redirectToPath").map_or("", String::as_str);
    if path.starts_with('/') && !path[1..].starts_with(['/', '\\']) { path } else { "/account" }
}

/// 303 to a route that comes back to `path`.
fn to(route: &str, path: &str) -> Response {
    let path: String = path
        .bytes()
        .map(|byte| match byte {
            b'/' => "/".to_owned(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).into(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    see_other(&format!("{route}?redirectToPath={path}"))
}

fn see_other(to: &str) -> Response {
    let headers = [(LOCATION, to), (CACHE_CONTROL, "no-store")];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn html(status: StatusCode, page: String) -> Response {
    (status, [(CACHE_CONTROL, "private, no-store")], Html(page)).into_response()
}
