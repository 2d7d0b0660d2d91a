//! A site with one page, its own API, and the three routes that any site with sessions has: sign in,
//! refresh, sign out.

use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Form, RawQuery, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, ORIGIN, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Builder;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use axum::response::{AppendHeaders, Html, IntoResponse, IntoResponseParts, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use supertokens_session::{
    AntiCsrf, ApiPolicy, AskCore, CoreAnswer, EmailVerificationClaim, Fetch, FetchAnswer,
    FetchKeys, Gate, InvalidClaims, KeyPolicy, KeyStore, Keys, NextAction, PagePolicy, Reason,
    ReturnPath, Routes, Session, SessionDecision, Ticket, TokenCookies, UnixMillis, crypto,
};

use crate::Now;
use crate::http::{Got, Http};
use crate::pages;

/// Where the backends' SDKs have their refresh route, and so where browsers send the refresh token to.
const REFRESH: &str = "/auth/session/refresh";

/// Who is where. No URL ends in a slash.
#[derive(Clone, Debug)]
pub struct Config {
    /// The SuperTokens core.
    pub core: String,
    /// The auth API of the backend, with its base path.
    pub api: String,
    /// This site.
    pub own: String,
    /// The demo issuer, for its buttons.
    pub demo: Option<String>,
}

pub struct Site {
    page: Gate<PagePolicy>,
    api: Gate<ApiPolicy>,
    routes: Routes,
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
        let page = PagePolicy::default()
            .claim(EmailVerificationClaim::is_verified())
            .https(config.own.starts_with("https:"));
        // Nothing here changes anything, and the page sends no cookie but a bearer token.
        let api = ApiPolicy::new(AntiCsrf::None).claim(EmailVerificationClaim::is_verified());
        Arc::new(Self {
            page: Gate::page(page),
            api: Gate::api(api),
            routes: Routes::new("/auth", REFRESH),
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
            .route("/api/user", get(user))
            .route("/auth", get(sign_in_page).post(sign_in))
            .route("/auth/signout", post(sign_out))
            .route(REFRESH, get(refresh))
            .with_state(self.clone())
    }
}

/// The page: its gate, then its own API with the token as `Bearer`, then what the API answered.
async fn account(State(site): This, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let site = &site;
    let request = site.page.request(method.as_str(), cookies(&headers));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let path = site.routes.return_path(target.as_bytes());
    let mut keys = site.store.lock().unwrap().keys();
    loop {
        let (decision, said) = match request.decide(&keys, (site.now)()) {
            SessionDecision::Authenticated(session) => ask_api(site, &request, session).await,
            decision => (decision, String::new()),
        };
        log(&decision);
        // It counts the refreshes that did not help, and so ends their round.
        let count = request.set_cookie(&decision);
        let answer = match decision {
            SessionDecision::Authenticated(session) => render(site, &session, &said),
            SessionDecision::NoSession(_) => send(&site.routes.to_sign_in(&path)),
            SessionDecision::TryRefresh(_) => send(&site.routes.to_refresh(&path)),
            SessionDecision::InvalidClaims(failures) => claim_page(site, &failures),
            SessionDecision::RefreshLoop(why) => sign_out_page(site, why),
            SessionDecision::Unavailable(why) => unavailable(site, why.reason(), why.retry_at()),
            SessionDecision::FetchKeys(why) => match fetch(site, why).await {
                Ok(newer) => {
                    keys = newer;
                    continue;
                }
                Err(retry_at) => unavailable(site, "the keys cannot be fetched now", retry_at),
            },
        };
        return with_cookie(answer, count);
    }
}

/// What the page wants of its API, and what the API's answer makes of the decision.
async fn ask_api(
    site: &Site,
    request: &supertokens_session::Request<'_>,
    session: Session,
) -> (SessionDecision, String) {
    let bearer = format!("Bearer {}", request.token().unwrap_or_default());
    let question = Request::get(format!("{}/api/user", site.config.own));
    let got = site.http.send(question.header(AUTHORIZATION, bearer), Body::empty(), WAIT).await;
    // No answer is what a proxy would call 502.
    let (status, body) = got.map_or((502, Bytes::new()), |got| (got.status.as_u16(), got.body));
    let decision = request.api_answered(session, status, &body, (site.now)());
    (decision, String::from_utf8_lossy(&body).into_owned())
}

/// The API: its own gate, for it does not know who asks.
async fn user(State(site): This, method: Method, headers: HeaderMap) -> Response {
    let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let mut request =
        site.api.request(method.as_str(), cookies(&headers)).authorization(authorization);
    let mut keys = site.store.lock().unwrap().keys();
    loop {
        let decision = request.decide(&keys, (site.now)());
        // A token that the core has sent in place of the request's, if it has.
        let handed_on = AppendHeaders(request.replacement_headers(&decision).collect::<Vec<_>>());
        match decision {
            SessionDecision::Authenticated(session) => {
                let message = format!("Hello {}", session.user_id());
                let answer = ([(CACHE_CONTROL, "no-store")], Json(json!({"message": message})));
                return (handed_on, answer).into_response();
            }
            SessionDecision::FetchKeys(why) => match fetch(&site, why).await {
                Ok(newer) => keys = newer,
                Err(until) => {
                    return send(&supertokens_session::Response::unavailable(until, (site.now)()));
                }
            },
            SessionDecision::AskCore(check) => {
                let got = site.ask_core(&check).await;
                let answer = match &got {
                    Some(got) => CoreAnswer::http(got.status.as_u16(), &got.body),
                    None => CoreAnswer::failed(),
                };
                request.finish(check, answer);
            }
            refusal => {
                let response = site.api.response(&refusal, (site.now)());
                let nobody = || StatusCode::NO_CONTENT.into_response();
                let answer = response.map_or_else(nobody, |response| send(&response));
                return (handed_on, answer).into_response();
            }
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
            let task = tokio::spawn(http_get(site.clone(), ticket));
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

/// Takes somewhat less time than the ticket has.
async fn http_get(site: Arc<Site>, ticket: Ticket) -> Keys {
    let get = with_headers(Request::get(ticket.url()), ticket.headers());
    let left = ticket.deadline().since((site.now)());
    let got = site.http.send(get, Body::empty(), left * 4 / 5).await;
    let answer =
        match &got {
            Some(got) => got.headers.iter().fold(
                FetchAnswer::http(got.status.as_u16(), &got.body),
                |answer, (name, value)| answer.header(name.as_str(), value.as_bytes()),
            ),
            None => FetchAnswer::failed(),
        };
    let report = site.store.lock().unwrap().finish_fetch(ticket, answer, (site.now)());
    report.into_keys()
}

/// In a task of its own, for ever: then no visitor has to wait for keys. Gives the time to sleep.
pub async fn keep_fresh(site: &Arc<Site>) -> Duration {
    let action = site.store.lock().unwrap().next_action((site.now)());
    let until = match action {
        NextAction::Fetch(why) => match fetch(site, why).await {
            Ok(_) => return Duration::ZERO,
            Err(until) => until,
        },
        NextAction::Wait { until } => until,
    };
    until.since((site.now)())
}

async fn sign_in_page(State(site): This) -> Response {
    site.html(200, pages::sign_in(false, site.config.demo.is_some()))
}

/// Signs in at the auth API on the browser's behalf, and hands on the cookies.
async fn sign_in(
    State(site): This,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, StatusCode> {
    must_be_own(&site, &headers)?;
    let fields: Vec<_> = form.iter().map(|(id, value)| json!({"id": id, "value": value})).collect();
    let body = json!({"formFields": fields}).to_string();
    let got = site.ask_auth("/signin", &HeaderMap::new(), body).await;
    let Some(got) = got.filter(|got| got.status == StatusCode::OK) else {
        return Ok(site.auth_is_down());
    };
    let answer: Value = serde_json::from_slice(&got.body).unwrap_or_default();
    Ok(if answer["status"] == "OK" {
        (handed_on(&got), send(&site.routes.to(&site.back(query)))).into_response()
    } else {
        site.html(200, pages::sign_in(true, site.config.demo.is_some()))
    })
}

/// Refreshes at the auth API, and goes back to where the visitor was. To the sign-in page only if the
/// API says that the session is over: an API that is down has said nothing.
async fn refresh(State(site): This, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let (back, got) =
        (site.back(query), site.ask_auth("/session/refresh", &headers, String::new()).await);
    match got {
        Some(got) if got.status == StatusCode::OK => {
            (handed_on(&got), send(&site.routes.to(&back))).into_response()
        }
        Some(got) if got.status == StatusCode::UNAUTHORIZED => {
            let to = send(&site.routes.to_sign_in(&back));
            // Not from a visitor whose cookies were not sent along, as with an image on another site.
            let has = |field: &[u8]| field.windows(14).any(|part| part == b"sRefreshToken=");
            let is_there = cookies(&headers).any(has);
            (is_there.then(no_session), handed_on(&got), to).into_response()
        }
        _ => site.auth_is_down(),
    }
}

/// Signs out at the auth API, and in the browser whatever the API says.
async fn sign_out(State(site): This, headers: HeaderMap) -> Result<Response, StatusCode> {
    must_be_own(&site, &headers)?;
    let got = site.ask_auth("/signout", &headers, String::new()).await;
    let to = send(&site.routes.to_sign_in(&ReturnPath::default()));
    Ok((no_session(), got.as_ref().map(handed_on), to).into_response())
}

/// Longer than an answer takes, and shorter than a visitor waits.
const WAIT: Duration = Duration::from_secs(5);

impl Site {
    /// Performs the POST of a question to the core. A core with an API key wants `api-key` as well.
    async fn ask_core(&self, check: &AskCore) -> Option<Got> {
        let post = Request::post(format!("{}{}", self.config.core, check.path()));
        self.http
            .send(with_headers(post, check.headers()), check.body().to_owned().into(), WAIT)
            .await
    }

    /// A POST to the auth API, with the browser's cookies.
    async fn ask_auth(&self, path: &str, headers: &HeaderMap, body: String) -> Option<Got> {
        let post = Request::post(format!("{}{path}", self.config.api));
        // The SDK's: answer with cookies; and this is no form of another site's (`must_be_own`).
        let fields = [
            ("st-auth-mode", "cookie"),
            ("rid", "anti-csrf"),
            ("content-type", "application/json"),
        ];
        let post = headers
            .get_all(COOKIE)
            .iter()
            .fold(with_headers(post, fields), |post, cookie| post.header(COOKIE, cookie));
        self.http.send(post, body.into(), WAIT).await
    }

    /// The way back out of a query.
    fn back(&self, query: Option<String>) -> ReturnPath {
        self.routes.return_path_in(query.unwrap_or_default().as_bytes())
    }

    fn auth_is_down(&self) -> Response {
        unavailable(self, "the auth API does not answer", (self.now)())
    }

    fn html(&self, status: u16, page: pages::Page) -> Response {
        let status = StatusCode::from_u16(status).expect("a status");
        let page = Html(page.with_buttons(self.config.demo.as_deref()));
        (status, [(CACHE_CONTROL, "private, no-store")], page).into_response()
    }
}

fn render(site: &Site, session: &Session, said: &str) -> Response {
    site.html(200, pages::account(session, said, (site.now)()))
}

fn claim_page(site: &Site, failures: &InvalidClaims) -> Response {
    site.html(403, pages::invalid_claims(&failures.to_json()))
}

fn sign_out_page(site: &Site, why: Reason) -> Response {
    site.html(500, pages::refresh_loop(why))
}

fn unavailable(site: &Site, why: impl Display, retry_at: UnixMillis) -> Response {
    let seconds = retry_at.since((site.now)()).as_millis().div_ceil(1000).max(1).to_string();
    let page = site.html(503, pages::unavailable(why, &seconds));
    ([(RETRY_AFTER, seconds)], page).into_response()
}

/// On the terminal: a decision and its reason are words, and say nothing of the user.
fn log(decision: &SessionDecision) {
    println!("{} {}", decision.name(), decision.reason().map_or("", Reason::name));
}

fn with_cookie(page: Response, cookie: Option<String>) -> Response {
    (cookie.map(|cookie| AppendHeaders([(SET_COOKIE, cookie)])), page).into_response()
}

fn with_headers<'h>(
    request: Builder,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
) -> Builder {
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// The `Cookie` fields as they came. A cookie jar would hide that there are two of one name.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes)
}

/// The new cookies, as the auth API set them.
fn handed_on(got: &Got) -> impl IntoResponseParts + use<> {
    let cookies = got.headers.get_all(SET_COOKIE).iter().cloned();
    AppendHeaders(cookies.map(|cookie| (SET_COOKIE, cookie)).collect::<Vec<_>>())
}

/// Forgets the session in the browser.
fn no_session() -> impl IntoResponseParts {
    let cookies = TokenCookies::default().secure(false).refresh_token_path(REFRESH);
    let fields = cookies.clearing_headers().map(|(name, value)| (name, value.into_owned()));
    AppendHeaders(fields.collect::<Vec<_>>())
}

/// 403 unless a form is this site's: another one's could sign a visitor in as somebody else, or out.
/// Browsers say where a request comes from, and what says nothing is none.
fn must_be_own(site: &Site, headers: &HeaderMap) -> Result<(), StatusCode> {
    let is_own = match (headers.get("sec-fetch-site"), headers.get(ORIGIN)) {
        (Some(from), _) => from == "same-origin" || from == "none",
        (None, Some(origin)) => origin == site.config.own.as_str(),
        (None, None) => true,
    };
    is_own.then_some(()).ok_or(StatusCode::FORBIDDEN)
}

/// What the library answers is data.
fn send(response: &supertokens_session::Response) -> Response {
    let status = StatusCode::from_u16(response.status()).expect("a status");
    let fields: Vec<_> = response.headers().map(|(name, value)| (name, value.to_owned())).collect();
    // Not as text: that would bring a content type of its own.
    (status, AppendHeaders(fields), Body::from(response.body().to_owned())).into_response()
}
