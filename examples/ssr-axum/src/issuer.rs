//! The other side, for the demo: a SuperTokens core and the auth API of a backend, in one small server
//! that forgets everything when it stops. It has no passwords, and buttons that no real one has.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{AppendHeaders, IntoResponse, IntoResponseParts, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64ct::{Base64UrlUnpadded, Encoding};
use getrandom::SysRng;
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::UnwrapErr;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use supertokens_session::UnixMillis;

use crate::Now;
use crate::pages;

/// A real core's tokens live for an hour; these expire while one watches.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15);

/// So long before it signs with it does the issuer publish a new key: a core does for 60 s. It must be
/// longer than the key store's `unknown_key_interval`.
pub const PUBLISHED_AHEAD: Duration = Duration::from_secs(20);

/// The path at which the browser keeps the refresh token.
const REFRESH: &str = "/auth/session/refresh";

pub struct Issuer {
    now: Now,
    /// Where the buttons lead back to.
    site: String,
    world: Mutex<World>,
}

struct World {
    /// The keys that change, the newest last.
    dynamic: Vec<Key>,
    statik: Key,
    /// The key that does not change signs, as where `useDynamicAccessTokenSigningKey` is false.
    sign_static: bool,
    /// Tokens that an API must ask the core about, as a core's first after each refresh are.
    ask: bool,
    core_stopped: bool,
    api_stopped: bool,
    /// Who is signed in, by refresh token.
    sessions: HashMap<String, Session>,
    /// Whose e-mail address is verified.
    verified: HashSet<String>,
}

#[derive(Clone)]
struct Session {
    user: String,
    handle: String,
}

struct Key {
    kid: String,
    signs_from: UnixMillis,
    pair: SigningKey<Sha256>,
}

impl Key {
    /// Takes a second or so: RSA keys of 2048 bits, as in a core.
    fn new(kid: String, signs_from: UnixMillis) -> Self {
        let private = rsa::PrivateKey::new(&mut UnwrapErr(SysRng), 2048).expect("a key");
        Self { kid, signs_from, pair: SigningKey::new(private) }
    }

    fn jwk(&self) -> Value {
        let public: &rsa::PrivateKey = self.pair.as_ref();
        let [n, e] = [public.n_bytes(), public.e_bytes()].map(|bytes| base64url(&bytes));
        json!({"kty": "RSA", "kid": self.kid, "n": n, "e": e, "alg": "RS256", "use": "sig"})
    }

    fn sign(&self, payload: &Value) -> String {
        let header = json!({"kid": self.kid, "typ": "JWT", "version": "5", "alg": "RS256"});
        let [header, payload] =
            [&header, payload].map(|part| base64url(part.to_string().as_bytes()));
        let signature = self.pair.sign(format!("{header}.{payload}").as_bytes());
        format!("{header}.{payload}.{}", base64url(&signature.to_bytes()))
    }
}

impl Issuer {
    /// `site` is the origin that the buttons lead back to.
    #[must_use]
    pub fn new(site: String, now: Now) -> Arc<Self> {
        let world = World {
            dynamic: vec![Key::new(format!("d-{}", now().as_millis()), now())],
            statik: Key::new(format!("s-{}", random()), now()),
            sign_static: false,
            ask: false,
            core_stopped: false,
            api_stopped: false,
            sessions: HashMap::new(),
            verified: HashSet::new(),
        };
        Arc::new(Self { now, site, world: Mutex::new(world) })
    }

    /// The core, the auth API under `/auth`, and the buttons under `/demo`.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/jwks.json", get(jwks))
            .route("/recipe/session/verify", post(verify))
            .route("/auth/signin", post(sign_in))
            .route(REFRESH, post(refresh))
            .route("/auth/signout", post(sign_out))
            .route("/demo/{button}", post(press))
            .layer(from_fn_with_state(self.clone(), stop))
            .with_state(self.clone())
    }

    /// A new token for this session, and the cookies that carry it.
    fn cookies(&self, world: &mut World, session: Session) -> impl IntoResponseParts + use<> {
        let now = (self.now)();
        let since = json!(now.as_millis());
        let refresh_token = random();
        let payload = json!({
            "iat": now.as_secs(),
            "exp": now.as_secs() + TOKEN_LIFE.as_secs(),
            "sub": session.user,
            "tId": "public",
            "rsub": session.user,
            "sessionHandle": session.handle,
            "refreshTokenHash1": hash(&refresh_token),
            "parentRefreshTokenHash1": world.ask.then(|| hash("the one before")),
            "antiCsrfToken": null,
            "iss": format!("{}/auth", self.site),
            "st-ev": {"v": world.verified.contains(&session.user), "t": since},
            "st-role": {"v": ["reader"], "t": since},
        });
        let signer = match world.dynamic.iter().rev().find(|key| key.signs_from <= now) {
            Some(key) if !world.sign_static => key,
            _ => &world.statik,
        };
        let token = signer.sign(&payload);
        let cookies = set_cookies(&token, &refresh_token, 31_536_000);
        world.sessions.insert(refresh_token, session);
        cookies
    }
}

type This = State<Arc<Issuer>>;

/// Answers for the parts that are stopped.
async fn stop(State(issuer): This, request: Request, next: Next) -> Response {
    let stopped = {
        let (world, path) = (issuer.world.lock().unwrap(), request.uri().path());
        if path.starts_with("/auth/") {
            world.api_stopped
        } else {
            world.core_stopped && !path.starts_with("/demo/")
        }
    };
    if stopped { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { next.run(request).await }
}

/// The core's `GET /.well-known/jwks.json`.
async fn jwks(State(issuer): This) -> impl IntoResponse {
    let world = issuer.world.lock().unwrap();
    let keys = world.dynamic.iter().rev().chain([&world.statik]).map(Key::jwk);
    // A core says up to a week here.
    let header = [(CACHE_CONTROL, "max-age=604740, must-revalidate")];
    (header, Json(json!({"keys": keys.collect::<Vec<_>>()})))
}

/// The core's `POST /recipe/session/verify`. Whoever has asked has verified the token.
async fn verify(State(issuer): This, Json(question): Json<Value>) -> Json<Value> {
    let handle = session_handle(question["accessToken"].as_str().unwrap_or_default());
    let world = issuer.world.lock().unwrap();
    let exists = world.sessions.values().any(|session| session.handle == handle);
    Json(json!({"status": if exists { "OK" } else { "UNAUTHORISED" }}))
}

/// The API's `POST /auth/signin`. Whoever names an address is let in.
async fn sign_in(State(issuer): This, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let email = body["formFields"][0]["value"].as_str().unwrap_or_default();
    if !email.contains('@') {
        return Json(json!({"status": "WRONG_CREDENTIALS_ERROR"})).into_response();
    }
    let session = Session { user: email.to_owned(), handle: random() };
    let cookies = issuer.cookies(&mut issuer.world.lock().unwrap(), session);
    (cookies, Json(json!({"status": "OK"}))).into_response()
}

/// The API's `POST /auth/session/refresh`. The old refresh token stays good, for two tabs may refresh at
/// once; a core has it so until the new one is used.
async fn refresh(State(issuer): This, headers: HeaderMap) -> Response {
    let mut world = issuer.world.lock().unwrap();
    let session =
        cookie(&headers, "sRefreshToken").and_then(|old| world.sessions.get(old)).cloned();
    match session {
        Some(session) => (issuer.cookies(&mut world, session), Json(json!({}))).into_response(),
        None => {
            let message = Json(json!({"message": "unauthorised"}));
            (StatusCode::UNAUTHORIZED, set_cookies("", "", 0), message).into_response()
        }
    }
}

/// The API's `POST /auth/signout`.
async fn sign_out(State(issuer): This, headers: HeaderMap) -> impl IntoResponse {
    let handle = session_handle(cookie(&headers, "sAccessToken").unwrap_or_default());
    issuer.world.lock().unwrap().sessions.retain(|_, session| session.handle != handle);
    (set_cookies("", "", 0), Json(json!({"status": "OK"})))
}

/// A button of the demo.
async fn press(State(issuer): This, Path(button): Path<String>) -> Response {
    let now = (issuer.now)();
    let mut cookie = None;
    match button.as_str() {
        "rotate" => {
            // Not the time alone: two keys of one name could not be told apart.
            let keys = issuer.world.lock().unwrap().dynamic.len() as u64;
            let kid = format!("d-{}", now.as_millis() + keys);
            let from = now.saturating_add(PUBLISHED_AHEAD);
            let key = tokio::task::spawn_blocking(move || Key::new(kid, from));
            let key = key.await.expect("a key");
            issuer.world.lock().unwrap().dynamic.push(key);
        }
        "stop-core" => issuer.world.lock().unwrap().core_stopped = true,
        "start-core" => issuer.world.lock().unwrap().core_stopped = false,
        "stop-api" => issuer.world.lock().unwrap().api_stopped = true,
        "start-api" => issuer.world.lock().unwrap().api_stopped = false,
        "static-key" => issuer.world.lock().unwrap().sign_static = true,
        "dynamic-key" => issuer.world.lock().unwrap().sign_static = false,
        "ask" => issuer.world.lock().unwrap().ask = true,
        "do-not-ask" => issuer.world.lock().unwrap().ask = false,
        "verify" => {
            let mut world = issuer.world.lock().unwrap();
            let users: Vec<_> =
                world.sessions.values().map(|session| session.user.clone()).collect();
            world.verified.extend(users);
        }
        "second-cookie" => {
            cookie = Some("sAccessToken=another; Path=/account; HttpOnly; Max-Age=60")
        }
        "one-cookie" => cookie = Some("sAccessToken=; Path=/account; HttpOnly; Max-Age=0"),
        _ => return StatusCode::NOT_FOUND.into_response(),
    }
    let cookie = cookie.map(|cookie| AppendHeaders([(SET_COOKIE, cookie)]));
    (cookie, Redirect::to(&format!("{}/account", issuer.site))).into_response()
}

/// As a backend sets them: the access token's cookie outlives the token by far, for it says that there
/// is something to refresh.
fn set_cookies(access: &str, refresh: &str, seconds: u32) -> impl IntoResponseParts + use<> {
    let cookie = |name, value, path| {
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={seconds}")
    };
    AppendHeaders([
        (SET_COOKIE, cookie("sAccessToken", access, "/")),
        (SET_COOKIE, cookie("sRefreshToken", refresh, REFRESH)),
    ])
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let fields = headers.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
    fields
        .flat_map(|field| field.split("; "))
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Which session a token is of. Here its signature is not looked at.
fn session_handle(token: &str) -> String {
    let payload = Base64UrlUnpadded::decode_vec(token.split('.').nth(1).unwrap_or_default());
    let payload: Value = serde_json::from_slice(&payload.unwrap_or_default()).unwrap_or_default();
    payload["sessionHandle"].as_str().unwrap_or_default().to_owned()
}

fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random() -> String {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).expect("randomness");
    base64url(&bytes)
}

/// What the demo issuer lets a visitor do to the world.
#[must_use]
pub fn buttons(demo: &str) -> String {
    let rows = [
        [("verify", "Verify my e-mail address"), ("rotate", "Rotate the key now")],
        [("stop-core", "Stop the core"), ("start-core", "Start the core")],
        [("second-cookie", "Add a second access token cookie"), ("one-cookie", "Remove it")],
        [("stop-api", "Stop the auth API"), ("start-api", "Start the auth API")],
        [("static-key", "Sign with the static key"), ("dynamic-key", "Sign with the dynamic key")],
        [("ask", "Have the core asked about tokens"), ("do-not-ask", "Do not")],
    ];
    let form = |(name, text)| pages::post(&format!("{demo}/demo/{name}"), text);
    let rows = rows.map(|row| format!("<div>{}</div>", row.map(form).join(" ")));
    format!("<hr><h2>The demo issuer</h2>{}", rows.concat())
}
