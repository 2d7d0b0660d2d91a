//! What a page does around its decision: claims, the API behind it, and an end to refreshing.

mod support;

use supertokens_session::{
    AntiCsrf, ApiDecision, ApiPolicy, CoreAnswer, EmailVerificationClaim, FetchAnswer, Gate,
    InvalidClaims, Keys, PagePolicy, Reason, Session, SessionDecision, StatusCodes, UnixMillis,
    UserRoleClaim,
};
use support::{NOW, PAYLOAD, Signer, at, jwks, keys, payload_with, store_after};

fn ready() -> Keys {
    keys(&jwks())
}

fn cookie(token: &str) -> String {
    format!("sAccessToken={token}")
}

fn session(gate: &Gate) -> Session {
    let cookie = cookie(&Signer::dynamic().session(PAYLOAD));
    match gate.request("GET", [cookie.as_bytes()]).decide(&ready(), at(NOW)) {
        SessionDecision::Authenticated(session) => session,
        other => panic!("{other:?}"),
    }
}

/// A page's decision on claims, failure for failure, is its API's: the visitor gets the claim's page
/// without the detour over a 403.
#[test]
fn claims_are_judged_on_a_page_as_by_the_api() {
    let verified = PAYLOAD.to_owned();
    let not = payload_with("st-ev", r#"{"v":false,"t":1749999999000}"#);
    let admin = payload_with("st-role", r#"{"v":"superadmin","t":1749999999000}"#);
    for (payload, failing) in
        [(&verified, &[] as &[&str]), (&not, &["st-ev"]), (&admin, &["st-role"])]
    {
        let page = PagePolicy::default()
            .claim(EmailVerificationClaim::is_verified())
            .claim(UserRoleClaim::includes("admin"));
        let api = ApiPolicy::new(AntiCsrf::None)
            .claim(EmailVerificationClaim::is_verified())
            .claim(UserRoleClaim::includes("admin"));
        let cookie = cookie(&Signer::dynamic().session(payload));
        let gate = Gate::page(page);
        let page = gate.request("GET", [cookie.as_bytes()]).decide(&ready(), at(NOW));
        let gate = Gate::api(api);
        let api = gate.request("GET", [cookie.as_bytes()]).decide(&ready(), at(NOW));
        match (page, api) {
            (SessionDecision::Authenticated(page), ApiDecision::Authenticated(api)) => {
                assert_eq!(page, api);
                assert_eq!(failing, [""; 0]);
            }
            (SessionDecision::InvalidClaims(page), ApiDecision::InvalidClaims(api)) => {
                assert_eq!(page, api);
                let ids: Vec<_> = page.failures().iter().map(|failure| failure.id()).collect();
                assert_eq!(ids, failing);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The whole way of a 403: out of an API's gate as data, over HTTP, into the page's decision.
#[test]
fn an_api_s_answer_is_a_decision() {
    let gate = Gate::page(PagePolicy::default());
    let codes = PagePolicy::default().status_codes(StatusCodes::new(440, 418).unwrap());
    let other_codes = Gate::page(codes);
    let api = Gate::api(ApiPolicy::new(AntiCsrf::None).claim(UserRoleClaim::includes("owner")));
    let bearer = format!("Bearer {}", Signer::dynamic().session(PAYLOAD));
    let refused =
        api.request("GET", []).authorization(Some(bearer.as_bytes())).decide(&ready(), at(NOW));
    let response = api.response(&refused, at(NOW)).unwrap();
    let claims = response.body().as_bytes();
    assert_eq!(response.status(), 403);

    type Row<'r> = (&'r Gate, u16, &'r [u8], &'r str, Option<Reason>);
    let rows: [Row<'_>; 22] = [
        (&gate, 200, b"", "authenticated", None),
        (&gate, 204, b"\xff", "authenticated", None),
        (&gate, 299, b"", "authenticated", None),
        (&gate, 401, b"", "try_refresh", Some(Reason::ApiRefused)),
        (&gate, 401, br#"{"message":"unauthorised"}"#, "try_refresh", Some(Reason::ApiRefused)),
        (&gate, 403, claims, "invalid_claims", Some(Reason::InvalidClaims)),
        (&gate, 403, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 403, b"<html>Forbidden", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 403, br#"{"message":"invalid claim"}"#, "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 403, br#"{"claimValidationErrors":[]}"#, "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 500, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 503, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 302, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 404, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 100, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 0, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 65535, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 199, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&gate, 300, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&other_codes, 401, b"", "unavailable", Some(Reason::ApiAnswer)),
        (&other_codes, 440, b"", "try_refresh", Some(Reason::ApiRefused)),
        (&other_codes, 418, claims, "invalid_claims", Some(Reason::InvalidClaims)),
    ];
    for (gate, status, body, name, reason) in rows {
        let request = gate.request("GET", [b"".as_slice()]);
        let decision = request.api_answered(session(gate), status, body, at(NOW));
        let found = (decision.name(), decision.reason());
        assert_eq!(found, (name, reason), "{status} {}", body.escape_ascii());
        match decision {
            SessionDecision::Authenticated(kept) => assert_eq!(kept, session(gate)),
            SessionDecision::InvalidClaims(failures) => {
                assert_eq!(failures.failures()[0].id(), "st-role");
                let read = InvalidClaims::from_json(claims).unwrap();
                assert_eq!((failures.failures(), read.session()), (read.failures(), None));
                assert_eq!(failures.session(), Some(&session(gate)));
            }
            SessionDecision::Unavailable(why) => assert_eq!(why.retry_after(at(NOW)), 1),
            _ => {}
        }
    }
}

/// A browser: sends back the cookies it was given.
#[derive(Default)]
struct Browser {
    token: String,
    attempts: Option<String>,
}

impl Browser {
    fn field(&self) -> String {
        let attempts = self.attempts.as_ref().map(|cookie| format!("; {cookie}"));
        format!("{}{}", cookie(&self.token), attempts.unwrap_or_default())
    }

    /// Visits, and takes what the answer sets.
    fn visit(&mut self, gate: &Gate, keys: &Keys) -> SessionDecision {
        let field = self.field();
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.decide(keys, at(NOW));
        self.take(request.set_cookie(&decision));
        decision
    }

    fn take(&mut self, set_cookie: Option<String>) {
        let Some(set_cookie) = set_cookie else { return };
        let (pair, attributes) = set_cookie.split_once(';').unwrap();
        self.attempts = (!attributes.contains("Max-Age=0")).then(|| pair.to_owned());
    }
}

#[test]
fn refreshing_ends_after_five_times_and_begins_anew_when_it_has_helped() {
    let forged = Signer::other().session(PAYLOAD);
    let good = Signer::dynamic().session(PAYLOAD);
    for https in [true, false] {
        let gate = Gate::page(PagePolicy::default().https(https));
        let mut browser = Browser { token: forged.clone(), ..Browser::default() };
        for round in 0..2 {
            for attempt in 1..=5 {
                let decision = browser.visit(&gate, &ready());
                let expected = SessionDecision::TryRefresh(Reason::BadSignature);
                assert_eq!(decision, expected, "{round} {attempt}");
                assert_eq!(browser.attempts.is_some(), attempt > 0);
            }
            for _ in 0..2 {
                let decision = browser.visit(&gate, &ready());
                assert_eq!(decision, SessionDecision::RefreshLoop(Reason::BadSignature));
                assert_eq!(decision.reason(), Some(Reason::BadSignature));
            }
            // Once the token is good, nothing hides that, and the count is over.
            browser.token.clone_from(&good);
            let decision = browser.visit(&gate, &ready());
            assert!(matches!(decision, SessionDecision::Authenticated(_)), "{decision:?}");
            assert_eq!(browser.attempts, None);
            browser.token.clone_from(&forged);
        }
        // A spent count changes nothing but a refresh.
        let name = if https { "__Host-stRefreshAttempts" } else { "stRefreshAttempts" };
        let spent = Browser { token: good.clone(), attempts: Some(format!("{name}=5")) };
        for (keys, expected) in [
            (ready(), "authenticated"),
            (store_after(FetchAnswer::failed(), at(NOW)).keys(), "unavailable"),
        ] {
            let field = spent.field();
            let request = gate.request("GET", [field.as_bytes()]);
            assert_eq!(request.decide(&keys, at(NOW)).name(), expected);
        }
        let field = format!("{name}=5");
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.decide(&ready(), at(NOW));
        assert_eq!(decision, SessionDecision::NoSession(Reason::NoToken));
        assert_eq!(request.set_cookie(&decision), None);
    }
}

/// An API that refuses what the page accepts is the same endless round.
#[test]
fn an_api_that_refuses_for_ever_ends_the_round_too() {
    let gate = Gate::page(PagePolicy::default());
    let mut browser = Browser { token: Signer::dynamic().session(PAYLOAD), ..Browser::default() };
    let mut names = Vec::new();
    for _ in 0..7 {
        let field = browser.field();
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.api_answered(session(&gate), 401, b"", at(NOW));
        names.push(decision.name());
        // The answer's cookie is the last decision's, not the one before the API was asked.
        browser.take(request.set_cookie(&decision));
    }
    assert_eq!(names, [["try_refresh"; 5].as_slice(), &["refresh_loop"; 2]].concat());
}

/// Wherever the counter stands, it is found; of several copies the lowest counts; what is no number
/// is none.
#[test]
fn the_counter_is_found_among_any_cookies_and_cannot_be_raised_by_a_second() {
    let gate = Gate::page(PagePolicy::default());
    let is_loop = |fields: &[&str]| {
        let fields = fields.iter().map(|field| field.as_bytes());
        let decision = gate.request("GET", fields).decide(&ready(), at(NOW));
        assert!(matches!(decision.name(), "try_refresh" | "refresh_loop"), "{decision:?}");
        decision.name() == "refresh_loop"
    };
    let name = "__Host-stRefreshAttempts";
    let garbage = "sAccessToken=x";
    let many = "x=y; ".repeat(400);
    let long = "x=y; ".repeat(40_000);
    for (fields, expected) in [
        ([format!("{garbage}; {name}=5"), String::new()], true),
        ([format!("{name}=5; {garbage}"), String::new()], true),
        ([format!("{name}=5"), garbage.into()], true),
        ([garbage.into(), format!("{name}=5")], true),
        ([format!("{garbage}; {name}=4"), String::new()], false),
        ([format!("{garbage}; {name}=5; {name}=1"), String::new()], false),
        ([format!("{garbage}; {name}=1; {name}=5"), String::new()], false),
        ([format!("{garbage}; {name}=5; {name}="), String::new()], false),
        ([format!("{garbage}; {name}=5; {name}=x"), String::new()], false),
        ([format!("{garbage}; {name}=5; {name}=7"), String::new()], true),
        ([format!("{garbage}; stRefreshAttempts=5"), String::new()], false),
        ([format!("{garbage}; x{name}=5"), String::new()], false),
        // More than is read: browsers send what was set last at the end, and there it is found.
        ([format!("{many}{name}=5"), String::new()], true),
        ([format!("{many}{name}=4"), String::new()], false),
        ([many.clone(), format!("{name}=5")], true),
        ([format!("{long}{name}=5"), String::new()], true),
        ([many.clone(), format!("x=y; {name}=5")], true),
        ([format!("{long}x{name}=5"), String::new()], false),
        ([long, many], false),
    ] {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        assert_eq!(is_loop(&fields), expected, "{}", &fields[0][..fields[0].len().min(90)]);
    }
}

/// A browser with many cookies (one short cookie a feature flag) and the three of the SDK behind the
/// counter, as they were set after it. It keeps and sends every cookie, and still goes round for ever.
#[test]
fn the_counter_is_found_before_a_long_token_too() {
    let gate = Gate::page(PagePolicy::default());
    let ready = ready();
    let others = "f=1; ".repeat(181);
    // 3 KiB of access token, and its front token: the payload again, in base64.
    let tokens = format!("sAccessToken={}; sFrontToken={}", "x".repeat(2_800), "y".repeat(2_500));
    let mut counter = String::new();
    let mut names = Vec::new();
    for _ in 0..20 {
        let field = format!("{others}{counter}{tokens}");
        assert!(field.len() < 8 * 1024);
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.decide(&ready, at(NOW));
        let set = request.set_cookie(&decision);
        names.push(decision.name());
        if let Some(set) = set {
            counter = format!("{}; ", set.split_once(';').unwrap().0);
        }
    }
    assert!(names.contains(&"refresh_loop"), "{names:?}");
}

/// The last thing in the field that looks like the name may be another cookie's value.
#[test]
fn the_counter_is_found_whatever_other_cookies_say() {
    let gate = Gate::page(PagePolicy::default());
    let many = "x=y; ".repeat(200);
    let name = "__Host-stRefreshAttempts";
    let field = format!("{many}{name}=5; x={name}");
    let decision = gate.request("GET", [field.as_bytes()]).decide(&ready(), at(NOW));
    assert_eq!(decision.name(), "refresh_loop");
}

/// The count is over where the session is good, whatever its claims; and stays where nobody knows, or
/// an outage in every second round would keep a browser going round.
#[test]
fn the_counter_is_cleared_by_a_good_session_alone() {
    let gate = Gate::page(PagePolicy::default().claim(EmailVerificationClaim::is_verified()));
    let good = Signer::dynamic().session(PAYLOAD);
    let unverified =
        Signer::dynamic().session(&payload_with("st-ev", r#"{"v":false,"t":1749999995000}"#));
    let failed = store_after(FetchAnswer::failed(), at(NOW)).keys();
    let new = support::new_store(supertokens_session::KeyPolicy::default()).keys();
    let ready = ready();
    for (token, count, keys, name, clears) in [
        (good.as_str(), 5, &ready, "authenticated", true),
        (&unverified, 5, &ready, "invalid_claims", true),
        (&good, 3, &failed, "unavailable", false),
        (&good, 3, &new, "fetch_keys", false),
        ("x", 5, &ready, "refresh_loop", false),
        ("", 5, &ready, "no_session", false),
    ] {
        let field = format!("sAccessToken={token}; __Host-stRefreshAttempts={count}");
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.decide(keys, at(NOW));
        assert_eq!(decision.name(), name);
        let set = request.set_cookie(&decision);
        assert_eq!(set.is_some(), clears, "{name}");
        assert!(set.is_none_or(|set| set.contains("Max-Age=0")));
    }
}

/// No browser takes the prefix `__Host-`, or `Secure`, from a site on plain http.
#[test]
fn on_plain_http_the_counter_is_one_that_browsers_take() {
    let gate = Gate::page(PagePolicy::default().https(false));
    for (field, count) in [("sAccessToken=x", 1), ("sAccessToken=x; stRefreshAttempts=2", 3)] {
        let request = gate.request("GET", [field.as_bytes()]);
        let set = request.set_cookie(&request.decide(&ready(), at(NOW))).unwrap();
        assert!(set.starts_with(&format!("stRefreshAttempts={count};")), "{set}");
        assert!(!set.contains("Secure"), "{set}");
    }
}

/// `retry_at` is what a page shows and a proxy follows; `retry_after` alone would hide that it is now.
#[test]
fn an_answer_that_is_none_is_not_to_be_asked_for_again_at_once() {
    let cookie = format!("sAccessToken={}", Signer::dynamic().session(PAYLOAD));
    let ready = ready();
    let api = Gate::api(ApiPolicy::new(AntiCsrf::None).check_database(true));
    let mut request = api.request("GET", [cookie.as_bytes()]);
    let SessionDecision::AskCore(check) = request.decide(&ready, at(NOW)) else { panic!() };
    request.finish(check, CoreAnswer::failed());
    let SessionDecision::Unavailable(why) = request.decide(&ready, at(NOW)) else { panic!() };
    assert_eq!(why.retry_at(), at(NOW + 1));
    // In whole seconds, rounded up, and never 0.
    for (earlier, seconds) in [(60_000, 60), (59_001, 60), (1_001, 2), (1_000, 1), (1, 1), (0, 1)] {
        let now = UnixMillis::from_millis((NOW + 1) * 1_000 - earlier);
        assert_eq!(why.retry_after(now), seconds, "{earlier} ms before");
    }
    assert_eq!(why.retry_after(at(NOW + 60)), 1);

    let page = Gate::page(PagePolicy::default());
    let request = page.request("GET", [cookie.as_bytes()]);
    let SessionDecision::Authenticated(session) = request.decide(&ready, at(NOW)) else { panic!() };
    for status in [304, 302, 500, 100] {
        let decision = request.api_answered(session.clone(), status, b"", at(NOW));
        let SessionDecision::Unavailable(why) = decision else { panic!("{status} {decision:?}") };
        assert_eq!(why.retry_at(), at(NOW + 1));
    }
}
