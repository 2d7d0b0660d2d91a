//! Promise 9: what is printed of a value ends up in logs, so nothing of the user is.

use std::collections::BTreeSet;

use supertokens_session::*;

use crate::all_keys;
use crate::support::{NOW, PAYLOAD, Signer, at, jwks_of, provider, store_after};

/// The names that `src/lib.rs` exports.
fn exported() -> BTreeSet<&'static str> {
    let exports = include_str!("../../src/lib.rs").split("pub use ").skip(1);
    let lists = exports.map(|export| export.split(';').next().unwrap());
    let items = lists.flat_map(|list| list.split_once("::").unwrap().1.split([',', '{', '}']));
    items.map(str::trim).filter(|item| !item.is_empty()).collect()
}

#[test]
fn debug_and_display_print_nothing_of_the_user() {
    let issuer = Signer::dynamic();
    let marked = PAYLOAD
        .replace("user-1", "marker-user")
        .replace("recipe-1", "marker-recipe")
        .replace("public", "marker-tenant")
        .replace("handle-1", "marker-handle")
        .replace("admin", "marker-role");
    let good = issuer.session(&marked);
    let gone = issuer.token(&issuer.header().replace("d-", "d-marker-"), &marked);
    let expired = issuer.session(&marked.replace("1750003540", "1"));
    let forged = Signer::other().session(&marked);
    let tokens = [&good, &gone, &expired, &forged];

    let gate = Gate::page(PagePolicy::default());
    let (mut store, now) = (store_after(FetchAnswer::failed(), at(NOW)), at(NOW));
    let later = at(NOW + 60);
    let [ready, failed, new] = all_keys();
    let mut shown: Vec<(&str, String)> = Vec::new();
    let mut cache = TokenCache::new(10, 1 << 20);
    for token in tokens {
        let field = format!("marker=marker; sAccessToken={token}; marker-cookie");
        let request = gate.request("GET", [field.as_bytes()]);
        let odd = gate.request("GET", [b"sAccessToken=marker.marker.marker".as_slice()]);
        shown.push(("Request", format!("{request:?} {request:#?} {odd:?}")));
        for (keys, now) in [(&ready, now), (&ready, later), (&failed, now), (&new, now)] {
            let decision = request.decide_with(&mut cache, keys, now);
            shown.push(("SessionDecision", format!("{decision:?} {decision:#?}")));
            shown.push(match decision {
                SessionDecision::Authenticated(session) => ("Session", format!("{session:?}")),
                SessionDecision::FetchKeys(why) => ("FetchKeys", format!("{why:?}")),
                SessionDecision::Unavailable(why) => ("Unavailable", format!("{why:?}")),
                other => ("Reason", format!("{:?}", other.reason())),
            });
        }
    }
    assert_eq!(cache.len(), 1);
    shown.push(("TokenCache", format!("{cache:?} {cache:#?}")));
    shown.push(("CacheAccess", format!("{:?}", &mut cache)));
    shown.extend(api(&marked, &ready));
    // A server of another kind may answer with what the request held.
    let answer = FetchAnswer::http(200, b"{\"keys\":\"marker\"}")
        .header("etag", b"marker")
        .header("last-modified", b"marker")
        .header("cache-control", b"max-age=1, marker");
    shown.push(("FetchAnswer", format!("{answer:?} {:?}", FetchAnswer::failed())));
    let not_now = store.begin_fetch(store.fetch_now(), now);
    let Fetch::Ticket(ticket) = ({
        shown.push(("Fetch", format!("{not_now:?}")));
        let SessionDecision::FetchKeys(why) = gate
            .request("GET", [format!("sAccessToken={good}").as_bytes()])
            .decide(&store.keys(), later)
        else {
            panic!("the wait is over")
        };
        store.begin_fetch(why, later)
    }) else {
        panic!("the wait is over")
    };
    shown.push(("Ticket", format!("{ticket:?}")));
    let report = store.finish_fetch(ticket, answer, later);
    shown.push(("FetchReport", format!("{report:?}")));
    shown.push(("FetchOutcome", format!("{:?}", report.outcome())));
    let status = store.status(later);
    shown.push(("KeyStatus", format!("{status:?} {status}")));
    shown.push(("FetchCounts", format!("{:?}", status.counts)));
    shown.push(("Freshness", format!("{:?}", status.freshness)));
    shown.push(("NextAction", format!("{:?}", store.next_action(later))));
    let refused = store.import(b"marker", later).unwrap_err();
    shown.push(("ImportError", format!("{refused} {refused:?}")));
    shown.push(("KeyPolicy", format!("{:?}", KeyPolicy::default())));
    let keys = report.into_keys();
    shown.push(("KeyStore", format!("{store:?}")));
    shown.push(("Keys", format!("{keys:?} {ready:?} {:?}", Fetch::Newer(ready.clone()))));
    shown.push(("KeySet", format!("{:?}", ready.set().unwrap())));
    let skipped = keys_with_skipped();
    shown.push(("Skipped", format!("{:?}", skipped.skipped())));
    shown.push(("Gate", format!("{gate:?}")));
    let policy = PagePolicy::default().claim(EmailVerificationClaim::is_verified());
    shown.push(("PagePolicy", format!("{policy:?}")));
    assert!(format!("{policy:?}").contains("st-ev"), "{policy:?}");
    shown.push(("Origins", format!("{:?}", Origins::from("https://core.example/"))));
    let key = PublicKey::Rsa { n: &[0xff; 256], e: &[3] };
    let prepared = provider::RS256.prepare(key).unwrap();
    shown.push(("PublicKey", format!("{key:?}")));
    shown.push(("VerifyingKey", format!("{prepared:?}")));
    shown.push(("SignatureAlgorithm", format!("{:?}", provider::RS256)));
    shown.push(("BadSignature", format!("{BadSignature} {BadSignature:?}")));
    shown.push(("KeyRejected", format!("{KeyRejected} {KeyRejected:?}")));
    let words = |all: &[String]| all.join(" ");
    let both = |word: &dyn std::fmt::Debug, sentence: &dyn std::fmt::Display| {
        format!("{word:?} {sentence}")
    };
    shown.push(("Reason", words(&Reason::ALL.iter().map(|w| both(w, w)).collect::<Vec<_>>())));
    shown.push((
        "SkipReason",
        words(&SkipReason::ALL.iter().map(|w| both(w, w)).collect::<Vec<_>>()),
    ));
    shown.push((
        "FetchFailure",
        words(&FetchFailure::ALL.iter().map(|w| both(w, w)).collect::<Vec<_>>()),
    ));
    shown.push((
        "FetchReason",
        words(&FetchReason::ALL.iter().map(|w| both(w, w)).collect::<Vec<_>>()),
    ));
    shown.push(("KeyKind", format!("{:?}", KeyKind::Rsa)));
    shown.push(("SigningKeyKind", format!("{:?}", SigningKeyKind::Static)));
    shown.push(("TokenSource", format!("{:?}", TokenSource::Cookie)));
    shown.push(("TokenTransfer", format!("{:?}", TokenTransfer::Any)));
    shown.push(("TokenVersion", format!("{:?}", TokenVersion::V5)));
    shown.push(("UnixMillis", format!("{now:?}")));
    shown.extend(shown_words());

    shown.extend(claims_shown());

    let names: BTreeSet<&str> = shown.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, exported(), "each public type is shown here");
    for (name, text) in &shown {
        // Something, though: a gap in a log helps nobody.
        let first = text.trim_start_matches('[').chars().next();
        assert!(first.is_some_and(char::is_alphanumeric), "{name}: {text}");
        assert!(!text.to_lowercase().contains("marker"), "{name}: {text}");
        // Nor as the numbers a slice of bytes prints as.
        assert!(!text.contains(&numbers(b"marker")), "{name}: {text}");
        for token in tokens {
            for piece in token.as_bytes().windows(12) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!text.contains(piece), "{name} prints {piece}");
            }
            assert!(!text.contains(&numbers(&token.as_bytes()[..12])), "{name}: {text}");
        }
    }
}

/// The types of an API.
fn api(payload: &str, keys: &Keys) -> Vec<(&'static str, String)> {
    let (issuer, now) = (Signer::dynamic(), at(NOW));
    let gate = Gate::api(ApiPolicy::new(AntiCsrf::ViaToken).check_database(true));
    let payload = payload.replace(r#""antiCsrfToken":null"#, r#""antiCsrfToken":"marker-csrf""#);
    let field = format!("marker=marker; sAccessToken={}", issuer.session(&payload));
    let bearer = format!("Bearer {}", issuer.session(&payload));
    let mut request = gate
        .request("POST", [field.as_bytes()])
        .authorization(Some(bearer.as_bytes()))
        .anti_csrf(Some(b"marker-csrf"))
        .rid(Some(b"marker"));
    let decision = request.decide(keys, now);
    let mut shown = vec![
        ("ApiPolicy", format!("{gate:?}")),
        ("AntiCsrf", format!("{:?}", AntiCsrf::None)),
        ("StatusCodes", format!("{:?}", StatusCodes::default())),
        ("ApiDecision", format!("{decision:?}")),
    ];
    let ApiDecision::AskCore(check) = decision else { panic!("{decision:?}") };
    shown.push(("AskCore", format!("{check:?} {check:#?}")));
    let body = format!(r#"{{"status":"OK","accessToken":{{"token":"{}"}}}}"#, &bearer[7..]);
    let answer = CoreAnswer::http(200, body.as_bytes());
    shown.push(("CoreAnswer", format!("{answer:?}")));
    request.finish(check, answer);
    let decision = request.decide(keys, now);
    assert_eq!(decision.name(), "authenticated");
    shown.push(("ApiRequest", format!("{request:?} {request:#?} {decision:?}")));
    shown.push((
        "Response",
        format!("{:?}", gate.response(&ApiDecision::NoSession(Reason::Revoked), now)),
    ));
    shown
}

/// What is said to browsers and read from front ends.
fn shown_words() -> Vec<(&'static str, String)> {
    let routes = Routes::new("/auth", "/refresh");
    let back = routes.return_path(b"/marker?marker");
    assert!(back.as_str().contains("marker"));
    let response = routes.to_sign_in(&back);
    // {"uid":"marker","ate":1,"up":{"sub":"marker"}}
    let front = b"eyJ1aWQiOiJtYXJrZXIiLCJhdGUiOjEsInVwIjp7InN1YiI6Im1hcmtlciJ9fQ==";
    let token = FrontToken::parse(front).unwrap();
    assert_eq!(token.user_id(), "marker");
    let flaws = FrontTokenError::ALL.iter().map(|word| format!("{word:?} {word}"));
    vec![
        ("Routes", format!("{routes:?}")),
        ("ReturnPath", format!("{back:?} {back:#?}")),
        ("Response", format!("{response:?} {response:#?}")),
        ("TokenCookies", format!("{:?}", TokenCookies::default())),
        ("SameSite", format!("{:?}", SameSite::Lax)),
        ("FrontToken", format!("{token:?} {token:#?}")),
        ("FrontTokenError", flaws.collect()),
    ]
}

fn numbers(bytes: &[u8]) -> String {
    format!("{bytes:?}").trim_matches(['[', ']']).to_owned()
}

fn keys_with_skipped() -> KeySet {
    let odd = Signer::statik().jwk().replace("sig", "enc");
    let document = jwks_of(&[Signer::dynamic().jwk(), odd]);
    KeySet::parse(document.as_bytes(), &[provider::RS256]).unwrap()
}

/// Claims and all that is said of them. None has a `Display`; the JSON text is had by asking for it.
fn claims_shown() -> Vec<(&'static str, String)> {
    let payload = r#"{"marker":{"v":["marker"],"t":1},"st-ev":{"v":"marker"},"st-mfa":"marker"}"#;
    let claims = Claims::parse(payload).unwrap();
    let value = claims.get("marker").unwrap();
    let body = br#"{"claimValidationErrors":[{"id":"marker","reason":{"marker":["marker"]}}]}"#;
    let invalid = InvalidClaims::from_json(body).unwrap();
    let mut shown = vec![
        ("ClaimValue", format!("{value:?} {:?}", value.get("v"))),
        ("Claims", format!("{claims:?} {claims:#?}")),
        ("InvalidClaims", format!("{invalid:?} {invalid:#?}")),
        ("ClaimFailure", format!("{:?}", invalid.failures())),
        ("MfaRequirement", format!("{:?}", MfaRequirement::factor("totp"))),
        ("PrimitiveClaim", format!("{:?}", PrimitiveClaim::new("k"))),
        ("BooleanClaim", format!("{:?}", BooleanClaim::new("k"))),
        ("PrimitiveArrayClaim", format!("{:?}", PrimitiveArrayClaim::new("k"))),
    ];
    // What is expected is a value, and may be the user's: "is the owner of".
    let has_value = PrimitiveClaim::new("st-ev").has_value("marker-user");
    let includes = UserRoleClaim::includes("marker-role");
    let verified = EmailVerificationClaim::is_verified();
    let mfa = MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth();
    let all: [(_, &dyn ClaimValidator, String); 9] = [
        ("PrimitiveClaimValidator", &has_value, format!("{has_value:?}")),
        ("PrimitiveArrayClaimValidator", &includes, format!("{includes:?}")),
        ("UserRoleClaim", &includes, format!("{includes:#?}")),
        ("PermissionClaim", &includes, format!("{:?}", PermissionClaim::includes("marker"))),
        (
            "AllowedDomainsClaim",
            &includes,
            format!("{:?}", AllowedDomainsClaim::includes("marker")),
        ),
        ("EmailVerificationClaim", &verified, format!("{verified:?}")),
        ("EmailVerificationClaimValidator", &verified, format!("{verified:#?}")),
        ("MultiFactorAuthClaim", &mfa, format!("{mfa:?}")),
        ("MultiFactorAuthClaimValidator", &mfa, format!("{mfa:#?}")),
    ];
    for (name, validator, text) in all {
        let reason = validator.validate(&claims, at(NOW)).unwrap_err();
        shown.push(("ClaimReason", format!("{reason:?} {reason:#?} {:?}", reason.as_value())));
        shown.push(("ClaimValidator", text.clone()));
        shown.push((name, text));
    }
    shown
}
