// Invariant: no bytes make the words to and from the outside panic, lead off the site or change.
//
// Input: a byte of kind, then the bytes: a path or query (0), a front token or the JSON in one (1), an
// answer 403 (2), a payload (3), an API's answer behind its status (4), `Cookie` fields with NUL between
// them (5).

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use libfuzzer_sys::fuzz_target;
use supertokens_session::{
    AllowedDomainsClaim, BooleanClaim, ClaimValidator, Claims, EmailVerificationClaim, FrontToken,
    Gate, InvalidClaims, MfaRequirement, MultiFactorAuthClaim, PagePolicy, PermissionClaim,
    PrimitiveArrayClaim, PrimitiveClaim, Reason, Response, Routes, Session, SessionDecision,
    UnixMillis, UserRoleClaim,
};
use supertokens_session_fuzz::held::{self, KEYS, NOW};
use supertokens_session_fuzz::{cookies, json};

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 6 {
        0 => paths(rest),
        1 => front_token(rest),
        2 => invalid_claims(rest),
        3 => claims(rest),
        4 => api_answer(rest),
        _ => attempts(rest),
    }
});

fn paths(bytes: &[u8]) {
    let all = [
        Routes::new("/auth", "/session/refresh-page"),
        Routes::new("https://id.example/auth?tenant=x#top", "refresh page"),
        Routes::new("", "/").sign_in_parameter("a b").refresh_parameter(""),
    ];
    for routes in all {
        for back in [routes.return_path(bytes), routes.return_path_in(bytes)] {
            let path = back.as_str();
            assert!(stays(path), "{path}");
            assert_eq!(location(&routes.to(&back)), path);
            assert_eq!(routes.return_path(path.as_bytes()), back, "judged again");
            let [auth, refresh] = [routes.to_sign_in(&back), routes.to_refresh(&back)];
            for response in [&auth, &refresh] {
                // The way back comes back.
                let location = location(response);
                let query = location.split_once('?').expect("a query").1;
                let query = query.split('#').next().unwrap_or_default();
                let found = routes.return_path_in(query.as_bytes());
                assert_eq!(found, back, "{location}");
            }
        }
    }
    let routes = Routes::new("/auth", "https://id.example/r");
    let back = routes.return_path(bytes);
    assert!(location(&routes.to_sign_in(&back)).starts_with("/auth?redirectToPath="));
    assert!(
        location(&routes.to_refresh(&back)).starts_with("https://id.example/r?redirectToPath=")
    );
}

/// Whether a browser that is told to go to `path` stays on its site: as a browser reads it, which drops
/// tabs and line ends, takes `\\` for `/`, and two of them at the front for an authority.
fn stays(path: &str) -> bool {
    let read: String = path.chars().filter(|char| !"\t\r\n".contains(*char)).collect();
    let read = read.trim_matches(|char: char| char <= ' ').replace('\\', "/");
    let dots = |part: &str| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == "." || part == ".."
    };
    let only_path = read.split(['?', '#']).next().unwrap_or_default();
    read.starts_with('/') && !read.starts_with("//") && !only_path.split('/').any(dots)
}

fn location(response: &Response) -> &str {
    assert_eq!((response.status(), response.body()), (303, ""));
    header_values(response);
    let mut fields = response.headers().filter(|(name, _)| *name == "location");
    let location = fields.next().expect("a location").1;
    assert_eq!(fields.next(), None);
    location
}

fn header_values(response: &Response) {
    for (name, value) in response.headers() {
        is_field_value(value);
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
    }
}

fn is_field_value(value: &str) {
    assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{value:?}");
}

static SESSION: LazyLock<Session> = LazyLock::new(|| {
    let header = br#"{"kid":"d-1749990000000","typ":"JWT","version":"5","alg":"RS256"}"#;
    let payload = concat!(
        r#"{"iat":1749999940,"exp":1750003540,"sub":"user-1","tId":"public","rsub":"user-1","#,
        r#""sessionHandle":"h","refreshTokenHash1":"x","st-ev":{"v":true,"t":1749999940123}}"#
    );
    let cookie = format!("sAccessToken={}", held::signed(1, header, payload.as_bytes()));
    let gate = Gate::page(PagePolicy::default());
    match gate.request("GET", [cookie.as_bytes()]).decide(&KEYS.0, now()) {
        SessionDecision::Authenticated(session) => session,
        other => panic!("{other:?}"),
    }
});

fn now() -> UnixMillis {
    UnixMillis::from_millis(NOW)
}

fn front_token(bytes: &[u8]) {
    let encoded = Base64::encode_string(bytes);
    for text in [bytes, encoded.as_bytes()] {
        let read = FrontToken::parse(text);
        let said = |read: &Result<FrontToken, _>| match read {
            Ok(read) => Ok((read.user_id().to_owned(), read.payload_json())),
            Err(error) => Err(*error),
        };
        assert_eq!(said(&FrontToken::parse(text)), said(&read), "twice");
        let gate = Gate::page(PagePolicy::default());
        let request = gate.request("GET", []);
        let decided = SessionDecision::Authenticated(SESSION.clone());
        let decision = request.with_front_token(decided, Some(text), now());
        match &read {
            _ if text.is_empty() => assert_eq!(decision.name(), "no_session"),
            Ok(read) if read.expires_at() > now() => {
                let own: serde_json::Value = serde_json::from_str(SESSION.payload_json()).unwrap();
                if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(&read.payload_json())
                {
                    assert_eq!(decision.name() == "authenticated", own == theirs, "{theirs}");
                }
                assert!(!read.user_id().is_empty());
            }
            _ => assert_eq!(decision.name(), "try_refresh"),
        }
    }
    // In a cookie it is found again.
    let field = format!("a=b; sFrontToken={encoded}; c");
    assert_eq!(FrontToken::find([field.as_bytes()]), Some(encoded.as_bytes()));
    let _ = FrontToken::find(bytes.split(|byte| *byte == 0));
}

fn invalid_claims(bytes: &[u8]) {
    let Some(read) = InvalidClaims::from_json(bytes) else { return };
    assert!((1..=64).contains(&read.failures().len()));
    round_trips(&read);
}

fn round_trips(invalid: &InvalidClaims) {
    let json = format!(r#"{{"claimValidationErrors":{}}}"#, invalid.to_json());
    let again = InvalidClaims::from_json(json.as_bytes());
    // What is written is longer where a number is, or an id of the operator's.
    if json.len() <= 64 * 1024 {
        let again = again.unwrap_or_else(|| panic!("not read again: {json}"));
        assert_eq!(again.to_json(), invalid.to_json());
    }
}

static VALIDATORS: LazyLock<Vec<Box<dyn ClaimValidator>>> = LazyLock::new(|| {
    let age = Duration::from_secs(60);
    vec![
        Box::new(EmailVerificationClaim::is_verified()),
        Box::new(EmailVerificationClaim::is_verified().max_age(age)),
        Box::new(EmailVerificationClaim::is_false()),
        Box::new(UserRoleClaim::includes("admin")),
        Box::new(UserRoleClaim::excludes("admin").max_age(age)),
        Box::new(PermissionClaim::includes_all(["read", "write"])),
        Box::new(PermissionClaim::includes_any(["read", "write"]).max_age(age)),
        Box::new(AllowedDomainsClaim::excludes_all(["a.example"]).with_id("\u{7f}\"x\u{0}")),
        Box::new(PrimitiveClaim::new("plan").has_value("gold").max_age(Duration::MAX)),
        Box::new(PrimitiveClaim::new("seats").has_value(3)),
        Box::new(BooleanClaim::new("beta").is_true().max_age(Duration::ZERO)),
        Box::new(PrimitiveArrayClaim::new("seats").includes(0.5)),
        Box::new(MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth()),
        Box::new(MultiFactorAuthClaim::has_completed_requirement_list([
            MfaRequirement::factor("emailpassword"),
            MfaRequirement::one_of(["totp", "otp-phone"]),
            MfaRequirement::all_of_in_any_order(["a", "b"]),
        ])),
    ]
});

fn claims(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let claims = Claims::parse(text);
    assert_eq!(claims.is_some(), json::strict(bytes, json::PAYLOAD).is_some());
    let Some(claims) = claims else { return };
    let mut failures = Vec::new();
    for validator in VALIDATORS.iter() {
        for now in [0, NOW, u64::MAX] {
            let now = UnixMillis::from_millis(now);
            let said = validator.validate(&claims, now);
            assert_eq!(validator.validate(&claims, now), said, "twice");
            let _ = validator.should_refetch(&claims, now);
            let Err(reason) = said else { continue };
            assert!(reason.message().is_some_and(|message| !message.is_empty()));
            let json: serde_json::Value =
                serde_json::from_str(&reason.to_json()).expect("a reason is JSON");
            assert!(json.is_object());
            failures.push(format!(r#"{{"id":"x","reason":{}}}"#, reason.to_json()));
        }
    }
    // What a validator says, a page can read in an API's answer, where it is not more than one may be.
    for failure in failures {
        let body = format!(r#"{{"claimValidationErrors":[{failure}]}}"#);
        let read = InvalidClaims::from_json(body.as_bytes());
        round_trips(&read.unwrap_or_else(|| panic!("{body}")));
    }
}

fn api_answer(bytes: &[u8]) {
    let [high, low, body @ ..] = bytes else { return };
    let gate = Gate::page(PagePolicy::default());
    let request = gate.request("GET", []);
    let status = u16::from_be_bytes([*high, *low]);
    for status in [status, 200, 401, 403] {
        let decision = request.api_answered(SESSION.clone(), status, body, now());
        let failures = InvalidClaims::from_json(body);
        let expected = match (status, failures) {
            (200..=299, _) => SessionDecision::Authenticated(SESSION.clone()),
            (401, _) => SessionDecision::TryRefresh(Reason::ApiRefused),
            (403, Some(failures)) => {
                let SessionDecision::InvalidClaims(invalid) = decision else { panic!("403") };
                assert_eq!(invalid.failures(), failures.failures());
                assert_eq!(invalid.session(), Some(&*SESSION));
                continue;
            }
            _ => {
                assert_eq!(decision.reason(), Some(Reason::ApiAnswer), "{status}");
                continue;
            }
        };
        assert_eq!(decision, expected, "{status}");
    }
}

fn attempts(bytes: &[u8]) {
    let fields: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    for (https, name) in [(true, "__Host-stRefreshAttempts"), (false, "stRefreshAttempts")] {
        let gate = Gate::page(PagePolicy::default().https(https));
        let request = gate.request("GET", fields.iter().copied());
        let decision = request.decide(&KEYS.0, now());
        let spent = cookies::lowest_number(&fields, name).map(|lowest| lowest >= 5);
        match &decision {
            SessionDecision::RefreshLoop(_) => assert_ne!(spent, Some(false)),
            SessionDecision::TryRefresh(_) => assert_ne!(spent, Some(true)),
            _ => {}
        }
        let Some(cookie) = request.set_cookie(&decision) else { continue };
        is_field_value(&cookie);
        let (pair, _) = cookie.split_once(';').expect("attributes");
        let (this, count) = pair.split_once('=').expect("a value");
        assert_eq!(this, name);
        assert!(["", "1", "2", "3", "4", "5"].contains(&count), "{cookie}");
    }
}
