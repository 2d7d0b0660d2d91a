//! What a decision costs in heap allocations, counted exactly: a number that grows is a change
//! somebody must have meant.
//!
//! The counter is per thread, so the harness and the other test do not disturb it. What the
//! provider allocates inside a verification is not ours: it is measured by the bare call on the same
//! message and signature, and subtracted.

mod support;

use std::array::IntoIter;
use std::collections::BTreeMap;
use std::iter::Cycle;

use base64ct::{Base64, Encoding};
use supertokens_session::{
    AllowedDomainsClaim, AntiCsrf, ApiDecision, ApiPolicy, Claims, CoreAnswer,
    EmailVerificationClaim, Fetch, FetchAnswer, FetchOutcome, FrontToken, Gate, InvalidClaims,
    KeyPolicy, KeySet, KeyStore, Keys, MultiFactorAuthClaim, PagePolicy, PermissionClaim,
    PublicKey, Reason, SessionDecision, Ticket, TokenCache, UnixMillis, UserRoleClaim,
    VerifyingKey,
};
use support::counting::{Counting, cost, live};
use support::{
    NOW, PAYLOAD, Signer, at, base64url, jwks, jwks_of, keys, payload_with, provider, store_after,
    unbase64url,
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// This signer's key, prepared by the provider alone.
fn prepared(key: &Signer) -> Box<dyn VerifyingKey> {
    let (n, e) = key.numbers();
    let (n, e) = (unbase64url(&n), unbase64url(&e));
    provider::RS256.prepare(PublicKey::Rsa { n: &n, e: &e }).unwrap()
}

/// The allocations of the provider alone for this token's message and signature under this key.
fn provider_alone(key: &Signer, token: &str) -> u64 {
    let key = prepared(key);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = unbase64url(signature);
    let (_, calls, _) = cost(|| key.verify(message.as_bytes(), &signature));
    calls
}

/// What a decision is, in a word.
fn outcome(decision: &SessionDecision) -> &'static str {
    decision.reason().map_or_else(|| decision.name(), Reason::name)
}

/// The page gate's decision on this token, and the allocations and bytes it took.
fn decide(token: &str, keys: &Keys) -> (SessionDecision, u64, u64) {
    let gate = Gate::page(PagePolicy::default());
    let field = format!("theme=dark; sAccessToken={token}; lang=en");
    cost(|| gate.request("GET", [field.as_bytes()]).decide(keys, at(NOW)))
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// A token that is never verified, of any bytes.
fn unsigned(header: &[u8], payload: &[u8]) -> String {
    format!("{}.{}.AAAA", base64url(header), base64url(payload))
}

/// Decides each row's token with its keys; all rows that are not as they say, in one message.
fn check(table: &[(&str, String, &Keys, u64)], alone: impl Fn(&str) -> u64) {
    let mut wrong = Vec::new();
    for (expected, token, keys, ours) in table {
        let (decision, calls, _) = decide(token, keys);
        let alone = alone(token);
        if (outcome(&decision), calls) != (*expected, ours + alone) {
            wrong.push(format!("{expected} {ours} + {alone}: {} {calls}", outcome(&decision)));
        }
    }
    assert!(wrong.is_empty(), "expected, ours + the provider's: measured\n{}", wrong.join("\n"));
}

#[test]
fn a_refusal_before_the_signature_allocates_exactly_this_often() {
    let issuer = Signer::dynamic();
    let good = issuer.session(PAYLOAD);
    let header = issuer.header();
    let bytes = header.as_bytes();
    let payload = |name: &str, value: &str| issuer.session(&payload_with(name, value));
    let with_header = |from: &str, to: &str| issuer.token(&header.replace(from, to), PAYLOAD);
    let (parts, _) = good.rsplit_once('.').unwrap();
    let unknown_kid = header.replace(issuer.kid, "d-1");
    let old = payload_with("exp", "1");
    let many = (0..270).fold(r#"{"a":0"#.to_owned(), |text, n| format!(r#"{text},"{n}":0"#));
    let twice = PAYLOAD.replace(r#""iat""#, r#""exp":1,"iat""#);
    let open = format!(r#"{{"a":{}"#, "[".repeat(64));
    let legacy = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIyIn0=";

    let ready = keys(&jwks());
    let failed = store_after(FetchAnswer::failed(), at(NOW)).keys();
    let new =
        KeyStore::new("https://core.example/", &[provider::RS256], KeyPolicy::default(), 7).keys();
    let encrypts = issuer.jwk().replace(r#""sig""#, r#""enc""#);
    let unusable = keys(&jwks_of(&[Signer::statik().jwk(), encrypts]));

    #[rustfmt::skip]
    let table = [
        // No token, or not the shape of one: nothing.
        ("no_token", String::new(), &ready, 0),
        ("token_too_long", "a".repeat(8 * 1024 + 1), &ready, 0),
        ("segment_count", "a.b".into(), &ready, 0),
        ("legacy_token", format!("{legacy}.."), &ready, 0),
        ("header_too_long", format!("{}..", "A".repeat(1025)), &ready, 0),
        ("header_not_base64url", "a=.b.c".into(), &ready, 0),
        ("header_not_utf8", unsigned(b"{\"\xff\":1}", b"{}"), &ready, 0),
        ("header_not_an_object", unsigned(b"[]", b"{}"), &ready, 0),
        ("header_duplicate_member", unsigned(br#"{"a":1,"a":2}"#, b"{}"), &ready, 0),
        ("typ", with_header("JWT", "jwt"), &ready, 0),
        ("kid", with_header(issuer.kid, ""), &ready, 0),
        ("version", with_header(r#""5""#, r#""6""#), &ready, 0),
        ("payload_not_base64url", format!("{}.*.c", base64url(bytes)), &ready, 0),
        ("payload_not_utf8", unsigned(bytes, b"{\"\xff\":1}"), &ready, 0),
        ("payload_not_an_object", unsigned(bytes, b"7"), &ready, 0),
        ("payload_duplicate_member", unsigned(bytes, br#"{"a":1,"a":2,"b":[3]}"#), &ready, 0),
        ("payload_too_many_members", unsigned(bytes, format!("{many}}}").as_bytes()), &ready, 0),
        ("wrong_token_type", payload("stt", "1"), &ready, 0),
        ("sub", payload("sub", "null"), &ready, 0),
        ("tenant_id", payload("tId", "[]"), &ready, 0),
        ("recipe_user_id", payload("rsub", ""), &ready, 0),
        ("session_handle", payload("sessionHandle", "{}"), &ready, 0),
        ("refresh_token_hash1", payload("refreshTokenHash1", "0"), &ready, 0),
        ("exp", payload("exp", r#""1""#), &ready, 0),
        ("exp_out_of_range", payload("exp", "1e300"), &ready, 0),
        ("iat", payload("iat", "true"), &ready, 0),
        // Refused by name.
        ("algorithm_not_allowed", with_header("RS256", "none"), &ready, 0),
        ("algorithm_not_allowed", with_header("RS256", "HS256"), &ready, 0),
        ("critical_header", with_header("{", r#"{"crit":["b64"],"b64":false,"#), &ready, 0),
        ("signature_not_base64url", format!("{parts}.*"), &ready, 0),
        // No key.
        ("unknown_key", issuer.token(&unknown_kid, PAYLOAD), &ready, 0),
        ("expired", issuer.token(&unknown_kid, &old), &ready, 0),
        ("expired", issuer.session(&old), &failed, 0),
        ("keys_unavailable", good.clone(), &failed, 0),
        ("fetch_keys", good.clone(), &new, 0),
        ("key_unusable", good.clone(), &unusable, 0),
        ("payload_duplicate_member", issuer.session(&twice), &ready, 0),
        ("payload_too_complex", payload("a", &nested(2500)), &ready, 0),
        // serde_json skips what lies too deep and notes what is nested in it: a byte a depth, in a
        // vector that doubles from 8.
        ("header_too_deep", with_header("{", &format!(r#"{{"a":{},"#, nested(18))), &ready, 1),
        ("payload_too_deep", payload("a", &nested(65)), &ready, 0),
        ("payload_too_deep", payload("a", &nested(66)), &ready, 0),
        ("payload_too_deep", payload("a", &nested(67)), &ready, 1),
        ("payload_too_deep", payload("a", &nested(250)), &ready, 6),
        // Escapes: room to undo them, and a copy of each text that is kept.
        ("unknown_key", with_header("d-1", r"\u0064-2"), &ready, 3),
        ("sub", payload("sub", r#"["\n"]"#), &ready, 1),
        // Broken JSON: an error of serde_json's for every object and array left open.
        ("header_not_json", unsigned(b"{\"typ\":JWT}", b"{}"), &ready, 2),
        ("payload_not_json", unsigned(bytes, b"{\"sub\":1e400}"), &ready, 1),
        ("payload_not_json", unsigned(bytes, b"{} {}"), &ready, 1),
        ("payload_not_json", unsigned(bytes, b"{"), &ready, 2),
        ("payload_not_json", unsigned(bytes, br#"{"a":[[["#), &ready, 5),
        ("payload_not_json", unsigned(bytes, open.as_bytes()), &ready, 66),
    ];
    check(&table, |_| 0);

    let (_, calls, _) = cost(|| ready.clone());
    assert_eq!(calls, 0, "a snapshot is a reference count");
}

#[test]
fn a_decision_on_a_signature_allocates_exactly_this_often() {
    let issuer = Signer::dynamic();
    let good = issuer.session(PAYLOAD);
    let (parts, _) = good.rsplit_once('.').unwrap();
    let changed = |name: &str, value: &str| issuer.session(&payload_with(name, value));
    let escaped = |from: &str, to: &str| PAYLOAD.replace(from, to);
    let both = escaped("user-1", r"\u0075ser-1").replace("handle-1", r"\u0068andle-1");
    let v3 = issuer.header().replace(r#""version":"5","#, "");
    let escaped_kid = issuer.header().replace("d-1", r"\u0064-1");
    let ready = keys(&jwks());

    #[rustfmt::skip]
    let table = [
        ("bad_signature", Signer::other().session(PAYLOAD), &ready, 0),
        ("bad_signature", format!("{parts}.AAAA"), &ready, 0),
        ("bad_signature", format!("{parts}."), &ready, 0),
        ("expired", changed("exp", "1"), &ready, 0),
        ("not_yet_valid", changed("nbf", "1750000001"), &ready, 0),
        // An acceptance: the session's text.
        ("authenticated", good.clone(), &ready, 1),
        ("authenticated", issuer.token(&v3, PAYLOAD), &ready, 1),
        // Escapes: room to undo them, once a segment; where the text is kept a copy, and one of all.
        ("authenticated", issuer.session(&escaped("admin", r"\u0061dmin")), &ready, 2),
        ("authenticated", issuer.session(&escaped("user-1", r"\u0075ser-1")), &ready, 4),
        ("authenticated", issuer.session(&escaped("handle-1", r"\u0068andle-1")), &ready, 4),
        // A second text is one copy more, and makes that of all grow.
        ("authenticated", issuer.session(&both), &ready, 6),
        ("bad_signature", Signer::other().session(&escaped("user-1", r"\u0075")), &ready, 2),
        // That room grows with the text: 8 bytes, then what is needed.
        ("authenticated", issuer.token(&escaped_kid, PAYLOAD), &ready, 4),
    ];
    check(&table, |token| provider_alone(&issuer, token));

    let statik = Signer::statik();
    let table = [("signing_key_kind", statik.session(PAYLOAD), &ready, 0)];
    check(&table, |token| provider_alone(&statik, token));
}

/// And a token that is remembered never, at either gate, with the SDK's claims judged or without.
#[test]
fn a_hit_in_the_token_cache_allocates_nothing() {
    let issuer = Signer::dynamic();
    let ready = keys(&jwks());
    let payload =
        PAYLOAD.replace(r#""v":[],"#, r#""v":["read"],"#).replace("1750003540", "1750000060");
    let payload = payload.strip_suffix('}').unwrap().to_owned()
        + r#","st-mfa":{"c":{"totp":1749999940},"v":true},"st-t-dmns":{"v":["a.example"],"t":1}}"#;
    // Escapes cost where they are undone, and that is done once.
    for payload in [payload.clone(), payload.replace("user-1", r"\u0075ser-1")] {
        let token = issuer.session(&payload);
        let (cookie, bearer) = (format!("sAccessToken={token}"), format!("Bearer {token}"));
        let pages = PagePolicy::default();
        let with_claims = pages
            .clone()
            .claim(EmailVerificationClaim::is_verified())
            .claim(UserRoleClaim::includes("admin"))
            .claim(PermissionClaim::includes_any(["write", "read"]))
            .claim(MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth())
            .claim(AllowedDomainsClaim::excludes("b.example"));
        let mut cache = TokenCache::new(10, 1 << 20);
        for gate in [Gate::page(pages), Gate::page(with_claims)] {
            let mut decide = || {
                let request = gate.request("GET", [cookie.as_bytes()]);
                request.decide_with(&mut cache, &ready, at(NOW))
            };
            assert!(matches!(decide(), SessionDecision::Authenticated(_)));
            let (decision, calls, _) = cost(decide);
            assert!(matches!(decision, SessionDecision::Authenticated(_)));
            assert_eq!(calls, 0);
        }
        let gate = Gate::api(api());
        for bearer in [None, Some(bearer.as_bytes())] {
            let (decision, calls, _) = cost(|| {
                let request = gate.request("GET", [cookie.as_bytes()]).authorization(bearer);
                request.decide_with(&mut cache, &ready, at(NOW))
            });
            assert!(matches!(decision, SessionDecision::Authenticated(_)));
            assert_eq!(calls, 0);
        }
        // It expires without a trace.
        let request = || gate.request("GET", [cookie.as_bytes()]);
        let later = at(NOW + 60);
        let (decision, calls, _) = cost(|| request().decide_with(&mut cache, &ready, later));
        assert_eq!((decision.reason(), calls), (Some(Reason::Expired), 0));
    }
}

/// What the cache says it takes is what it has allocated.
#[test]
fn the_token_cache_counts_what_it_takes() {
    let (issuer, ready) = (Signer::dynamic(), keys(&jwks()));
    let pages = PagePolicy::default();
    let claims = pages.clone().claim(EmailVerificationClaim::is_verified());
    let tokens: Vec<String> = (0..300)
        .map(|user| {
            format!(
                "sAccessToken={}",
                issuer.session(&payload_with("sub", &format!(r#""{user}""#)))
            )
        })
        .collect();
    for gate in [Gate::page(pages), Gate::page(claims)] {
        let mut cache = TokenCache::new(tokens.len(), usize::MAX);
        let before = live();
        for cookie in &tokens {
            let decision =
                gate.request("GET", [cookie.as_bytes()]).decide_with(&mut cache, &ready, at(NOW));
            assert_eq!(decision.name(), "authenticated");
        }
        let taken = live() - before;
        let counted = i64::try_from(cache.bytes()).unwrap();
        // But for the nodes of the tree, which are more or less full.
        assert!(taken.abs_diff(counted) * 32 < counted.unsigned_abs(), "{taken}, not {counted}");
        cache.clear();
        assert_eq!(live(), before);
    }
}

/// The API gate's decision on these fields of a GET, and the allocations it took.
fn decide_api(
    policy: ApiPolicy,
    bearer: Option<&str>,
    cookie: Option<&str>,
    keys: &Keys,
) -> (ApiDecision, u64) {
    let gate = Gate::api(policy);
    let cookie = cookie.map(|token| format!("theme=dark; sAccessToken={token}; lang=en"));
    let bearer = bearer.map(|token| format!("Bearer {token}"));
    let (decision, calls, _) = cost(|| {
        gate.request("GET", cookie.as_ref().map(|field| field.as_bytes()))
            .authorization(bearer.as_ref().map(|value| value.as_bytes()))
            .decide(keys, at(NOW))
    });
    (decision, calls)
}

fn api() -> ApiPolicy {
    ApiPolicy::new(AntiCsrf::None)
}

#[test]
fn an_api_s_decision_allocates_exactly_this_often() {
    let issuer = Signer::dynamic();
    let good = issuer.session(PAYLOAD);
    let no_session = issuer.session(&payload_with("sessionHandle", ""));
    let old = issuer.session(&payload_with("exp", "1"));
    let unknown = issuer.token(&issuer.header().replace(issuer.kid, "d-1"), PAYLOAD);
    let (g, n) = (Some(good.as_str()), Some(no_session.as_str()));
    let (ready, alone) = (keys(&jwks()), provider_alone(&issuer, &good));
    let on_claims = || {
        api()
            .claim(EmailVerificationClaim::is_verified())
            .claim(UserRoleClaim::includes("admin"))
            .claim(PermissionClaim::excludes("post:delete"))
    };
    let outcome = |decision: &ApiDecision| match decision.reason() {
        Some(reason) => reason.name(),
        None => decision.name(),
    };
    // Beside the provider's, where a signature was checked.
    let (before, behind) = (0, alone);
    #[rustfmt::skip]
    let table = [
        // Before the signature: nothing.
        ("no_token", api(), None, None, before),
        ("session_handle", api(), n, None, before),
        ("session_handle", api(), n, n, before),
        ("segment_count", api(), Some("x"), Some("a.b"), before),
        ("unknown_key", api(), Some(unknown.as_str()), g, before),
        ("unknown_key", api(), n, Some(unknown.as_str()), before),
        ("custom_header_missing", ApiPolicy::new(AntiCsrf::ViaCustomHeader).anti_csrf_check(true), None, g, before),
        // Behind it, refused: nothing of ours.
        ("expired", api(), Some(old.as_str()), g, behind),
        // What a session says of itself is refused with the session at hand.
        ("anti_csrf_token_missing", ApiPolicy::new(AntiCsrf::ViaToken).anti_csrf_check(true), None, g, behind + 1),
        // An acceptance: the session's text, as for a page.
        ("authenticated", api(), None, g, behind + 1),
        ("authenticated", api(), g, None, behind + 1),
        ("authenticated", api(), n, g, behind + 1),
        // And the question to the core.
        ("check_database", api().check_database(true), None, g, behind + ASKING),
        // And what the validators read: a value for each in the payload, and the names.
        ("authenticated", on_claims(), None, g, behind + JUDGING),
    ];
    let mut wrong = Vec::new();
    for (expected, policy, bearer, cookie, most) in table {
        let (decision, calls) = decide_api(policy, bearer, cookie, &ready);
        if (outcome(&decision), calls) != (expected, most) {
            wrong.push(format!("{expected} {most}: {} {calls}", outcome(&decision)));
        }
    }
    assert!(wrong.is_empty(), "expected: measured, {alone} the provider's\n{}", wrong.join("\n"));

    // The core's word, and the decision on it.
    let gate = Gate::api(api().check_database(true));
    let cookie = format!("sAccessToken={good}");
    for (body, ours) in [
        (br#"{"status":"OK"}"#.as_slice(), FINISHING),
        (br#"{"status":"UNAUTHORISED"}"#.as_slice(), FINISHING),
    ] {
        let mut request = gate.request("GET", [cookie.as_bytes()]);
        let SessionDecision::AskCore(check) = request.decide(&ready, at(NOW)) else { panic!() };
        let ((), calls, _) = cost(|| request.finish(check, CoreAnswer::http(200, body)));
        assert_eq!(calls, ours, "{body:?}");
        let (_, calls, _) = cost(|| request.decide(&ready, at(NOW)));
        assert_eq!(calls, alone + 1);
    }
    // What a client is told: fixed bodies, a list of fields that grows once.
    for (decision, answer) in [
        (decide_api(api(), None, None, &ready).0, ANSWERING),
        (decide_api(api(), None, Some(&old), &ready).0, ANSWERING),
        (decide_api(api(), None, g, &ready).0, 0),
    ] {
        let (_, calls, _) = cost(|| Gate::api(api()).response(&decision, at(NOW)));
        assert_eq!(calls, answer, "{decision:?}");
    }
}

/// The session, and the text of the question.
const ASKING: u64 = 2;

/// The session, and the payload as values that are shared: a text for each name and each string, a list for each
/// container, which grows.
const JUDGING: u64 = 35;

/// Room for names, and the answer as values.
const FINISHING: u64 = 4;

/// The list of fields, made and grown.
const ANSWERING: u64 = 2;

/// What comes from others, at its worst: hostile JSON, in what is read only where somebody asked for it.
#[test]
fn no_word_of_others_allocates_more_than_a_stated_multiple_of_its_bytes() {
    let list = |element: &str, count: usize| vec![element; count].join(",");
    let names: Vec<_> = (0..250).map(|n| format!(r#""{n}":{{}}"#)).collect();
    let long = |text: &str| format!(r#""{}""#, text.repeat(5000 / text.len()));
    let values = [
        format!("[{}]", list("0", 500)),
        format!("[{}]", list(r#""""#, 500)),
        format!("[{}]", list("[]", 250)),
        format!("[{}]", list(r#"{"":0}"#, 130)),
        format!("{{{}}}", names.join(",")),
        nested(60),
        long("u"),
        long("\\n").chars().take(500).collect::<String>() + "\"",
        format!("[{}", "[".repeat(60)),
    ];
    let mut wrong = Vec::new();
    let mut hold = |what: &str, bytes: usize, allocated: u64| {
        let most = MULTIPLE * bytes as u64 + FLOOR;
        if allocated > most {
            wrong.push(format!("{what}: {allocated} of {most} for {bytes}"));
        }
    };
    for value in &values {
        let body = format!(
            r#"{{"claimValidationErrors":[{{"id":"x","reason":{value}}}],"status":"OK","x":{value}}}"#
        );
        let (_, _, allocated) = cost(|| InvalidClaims::from_json(body.as_bytes()));
        hold("an API's answer", body.len(), allocated);

        let json = format!(r#"{{"uid":"u","ate":1,"up":{{"x":{value}}}}}"#);
        let mut room = vec![0; json.len() * 2];
        let text = Base64::encode(json.as_bytes(), &mut room).unwrap();
        let (_, _, allocated) = cost(|| FrontToken::parse(text.as_bytes()));
        hold("a front token", text.len(), allocated);

        let payload = format!(r#"{{"x":{value}}}"#);
        let (_, _, allocated) = cost(|| Claims::parse(&payload));
        hold("claims", payload.len(), allocated);

        let issuer = Signer::dynamic();
        let gate = Gate::api(api().check_database(true));
        let cookie = format!("sAccessToken={}", issuer.session(PAYLOAD));
        let mut request = gate.request("GET", [cookie.as_bytes()]);
        let SessionDecision::AskCore(check) = request.decide(&keys(&jwks()), at(NOW)) else {
            panic!("the policy asks")
        };
        let ((), _, allocated) =
            cost(|| request.finish(check, CoreAnswer::http(200, body.as_bytes())));
        hold("the core's answer", body.len(), allocated);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A value of one byte and its comma become one of 32 bytes, in a list that grows by doubling and is
/// copied as it grows.
const MULTIPLE: u64 = 64;

/// Room for the names of eight payloads' worth of members, whatever the text.
const FLOOR: u64 = 24 * 1024;

/// Of the worst kinds of input there are: long texts, escapes, deep and many containers.
#[test]
fn no_input_allocates_more_than_a_stated_multiple_of_its_bytes() {
    let issuer = Signer::dynamic();
    let bytes = issuer.header().into_bytes();
    let ready = keys(&jwks());
    let long = |text: &str| text.repeat(4000 / text.len());
    let sub = |text: String| issuer.session(&payload_with("sub", &format!(r#""{text}""#)));
    let tokens = [
        sub(long("u")),
        sub(long(r"\n")),
        sub(format!(r"\n{}", long("u"))),
        issuer.session(&payload_with("a", &nested(2500))),
        unsigned(&bytes, format!(r#"{{"a":{}"#, "[".repeat(64)).as_bytes()),
        unsigned(&bytes, format!(r#"{{"{}":"#, long(r"\n")).as_bytes()),
    ];
    for token in tokens {
        // Five times the token, and what the provider and the errors of 66 open containers take.
        let (decision, _, allocated) = decide(&token, &ready);
        let most = 5 * token.len() as u64 + 3 * 1024;
        assert!(allocated <= most, "{allocated} of {most}: {}", outcome(&decision));
    }

    let kid = |n: usize| issuer.jwk().replace(issuer.kid, &format!("d-{n}"));
    let documents = [
        jwks(),
        jwks_of(&vec!["0".to_owned(); 128]),
        jwks_of(&vec![r#"{"kid":"\n"}"#.to_owned(); 128]),
        jwks_of(&(0..128).map(kid).collect::<Vec<_>>()),
        format!(r#"{{"keys":[{{"a":"{}"}}]}}"#, r"\n".repeat(100_000)),
        format!(r#"{{"keys":[{}"#, r#"{"a":["#.repeat(8)),
        format!(r#"{{"a":{}}}"#, nested(130_000)),
    ];
    let (_, _, for_a_key) = cost(|| prepared(&issuer));
    for document in documents {
        // Four times the document, a list of 128 members that grew by doubling, and what the provider
        // takes for each key.
        let parse = || KeySet::parse(document.as_bytes(), &[provider::RS256]);
        let (set, _, allocated) = cost(parse);
        let keys = set.as_ref().map_or(0, |set| set.key_ids().count()) as u64;
        let most = 4 * document.len() as u64 + 8 * 1024 + keys * for_a_key;
        assert!(allocated <= most, "{allocated} of {most}: {:?}", set.err());
    }
}

/// In one pass and on the stack: neither where the repeat is nor among how many members matters.
#[test]
fn a_repeat_at_any_depth_is_found_without_an_allocation() {
    let issuer = Signer::dynamic();
    let (header, ready) = (issuer.header(), keys(&jwks()));
    let within = |pair: &str, open: &str, close: &str, depth: usize| {
        format!("{}{pair}{}", open.repeat(depth), close.repeat(depth))
    };
    let in_header = |value: &str| {
        let header = header.replacen('{', &format!(r#"{{"x":{value},"#), 1);
        unsigned(header.as_bytes(), PAYLOAD.as_bytes())
    };
    let in_payload = |value: &str| unsigned(header.as_bytes(), payload_with("x", value).as_bytes());
    let (repeat, none) = (r#"{"a":1,"b":[{}],"a":1}"#, r#"{"a":1,"b":[{}],"c":1}"#);
    let mut table = Vec::new();
    for (open, close) in [("[", "]"), (r#"{"y":"#, "}"), (r#"[0,{"a":"#, "}]")] {
        for depth in 0..6 {
            let of_header = within(repeat, open, close, depth);
            table.push(("header_duplicate_member", in_header(&of_header), &ready, 0));
            let of_header = within(none, open, close, depth);
            table.push(("bad_signature", in_header(&of_header), &ready, 0));
        }
        for depth in [0, 1, 2, 10, 29] {
            let of_payload = within(repeat, open, close, depth);
            table.push(("payload_duplicate_member", in_payload(&of_payload), &ready, 0));
            let of_payload = within(none, open, close, depth);
            table.push(("bad_signature", in_payload(&of_payload), &ready, 0));
        }
    }
    // Among as many members as there may be, the first and the last.
    let members: String = (0..200).map(|name| format!(r#","m{name}":0"#)).collect();
    let among = format!(r#"{{"a":1{members},"a":1}}"#);
    table.push(("payload_duplicate_member", in_payload(&among), &ready, 0));
    // Undoing an escape takes room for the text, once.
    table.push(("header_duplicate_member", in_header(r#"{"a":1,"\u0061":1}"#), &ready, 1));
    table.push(("payload_duplicate_member", in_payload(r#"{"a":1,"\u0061":1}"#), &ready, 1));
    check(&table, |token| {
        // A token that is not refused for a repeat is refused for its signature.
        let repeats = token.split('.').take(2).any(|segment| {
            let text = String::from_utf8(unbase64url(segment)).unwrap();
            text.matches(r#""a":1"#).count() > 1 || text.contains(r"\u0061")
        });
        if repeats { 0 } else { provider_alone(&issuer, token) }
    });

    // And in a key: never more than the same key without the repeat.
    let set = |value: &str| {
        let odd = Signer::statik().jwk().replacen('{', &format!(r#"{{"x":{value},"#), 1);
        let document = jwks_of(&[issuer.jwk(), odd]);
        let (set, calls, _) = cost(|| KeySet::parse(document.as_bytes(), &[provider::RS256]));
        (set.unwrap().skipped().len(), calls)
    };
    for depth in [0, 1, 5, 13] {
        let (skipped, with) = set(&within(r#"{"a":1,"a":1}"#, r#"{"y":"#, "}", depth));
        let (usable, without) = set(&within(r#"{"a":1,"b":1}"#, r#"{"y":"#, "}", depth));
        assert_eq!((skipped, usable), (1, 0), "{depth}");
        assert!(with <= without, "{depth}: {with} with a repeat, {without} without");
    }
}

/// What is too long, too deep or too much is refused before anything is done with it.
#[test]
fn no_size_of_a_request_makes_it_allocate() {
    let issuer = Signer::dynamic();
    let header = issuer.header();
    let ready = keys(&jwks());
    let claims = |count: usize| {
        let claims: Vec<_> = (0..count).map(|claim| format!(r#""{claim}":0"#)).collect();
        format!("{{{}}}", claims.join(","))
    };
    let of_payload = |payload: &str| unsigned(header.as_bytes(), payload.as_bytes());
    let encrypted = |header: &str| format!("{}.AA.AA.AA.AA", base64url(header.as_bytes()));
    let table = [
        ("cookie_header_too_long", ".".repeat(10_000_000), &ready, 0),
        ("cookie_header_too_long", format!("{}.e30.AA", "A".repeat(1 << 20)), &ready, 0),
        ("cookie_header_too_long", format!("e30.{}.AA", "A".repeat(4 << 20)), &ready, 0),
        ("cookie_header_too_long", of_payload(&"[".repeat(100_000)), &ready, 0),
        ("cookie_header_too_long", of_payload(&claims(100_000)), &ready, 0),
        ("token_too_long", ".".repeat(60_000), &ready, 0),
        ("token_too_long", of_payload(&"[".repeat(40_000)), &ready, 0),
        ("token_too_long", of_payload(&claims(4_000)), &ready, 0),
        ("token_too_long", encrypted(&"{".repeat(10_000)), &ready, 0),
        ("segment_count", ".".repeat(8_192), &ready, 0),
        ("segment_count", encrypted(r#"{"alg":"dir","enc":"A128GCM","zip":"DEF"}"#), &ready, 0),
        ("segment_count", encrypted(r#"{"alg":"PBES2-HS256+A128KW","p2c":4294967295}"#), &ready, 0),
        ("header_too_long", unsigned(&b"[".repeat(1_000), b"{}"), &ready, 0),
        ("header_too_complex", unsigned(&b"[".repeat(700), b"{}"), &ready, 0),
        ("payload_too_complex", of_payload(&"[".repeat(5_000)), &ready, 0),
        ("payload_too_complex", of_payload(&claims(600)), &ready, 0),
        ("payload_too_many_members", of_payload(&claims(270)), &ready, 0),
    ];
    check(&table, |_| 0);
    // Where no cookie stands before it, the token's own limits do; there, a payload is any bytes.
    let set = KeySet::parse(jwks().as_bytes(), &[provider::RS256]).unwrap();
    for (_, token, ..) in table.iter().filter(|(reason, ..)| !reason.starts_with("payload")) {
        let (verified, calls, bytes) = cost(|| set.verify_jws(token.as_bytes()));
        assert_eq!((verified.is_err(), calls, bytes), (true, 0, 0), "{} bytes", token.len());
    }
    // Nor does the number of fields or of cookies.
    let gate = Gate::page(PagePolicy::default());
    let fields = vec![b"sAccessToken=a.b.c; x".as_slice(); 100_000];
    let (decision, calls, _) =
        cost(|| gate.request("GET", fields.iter().copied()).decide(&ready, at(NOW)));
    assert_eq!((outcome(&decision), calls), ("cookie_header_too_long", 0));
}

/// What the issuer's servers answer in turn while [`a_million_forged_tokens_leave_nothing_behind`].
#[derive(Clone, Copy, Debug)]
enum Turn {
    SameDocument,
    OtherOrder,
    NotModified,
    Broken,
    NoConnection,
    NotJson,
    NeverComesBack,
    GivenBack,
}

const TURNS: [Turn; 8] = [
    Turn::SameDocument,
    Turn::OtherOrder,
    Turn::NotModified,
    Turn::Broken,
    Turn::NoConnection,
    Turn::NotJson,
    Turn::NeverComesBack,
    Turn::GivenBack,
];

/// An issuer with two servers and two keys, which it lists in whichever order.
struct Issuer {
    orders: [String; 2],
    turns: Cycle<IntoIter<Turn, 8>>,
}

impl Issuer {
    fn new() -> Self {
        let [dynamic, statik] = [Signer::dynamic().jwk(), Signer::statik().jwk()];
        let orders = [jwks_of(&[dynamic.clone(), statik.clone()]), jwks_of(&[statik, dynamic])];
        Self { orders, turns: TURNS.into_iter().cycle() }
    }

    /// Carries a fetch out, and says whether it brought keys.
    fn answer(&mut self, store: &mut KeyStore, ticket: Ticket, now: UnixMillis) -> bool {
        let conditional = ticket.headers().any(|(name, _)| name == "if-none-match");
        let [one, other] = &self.orders;
        let answer = match self.turns.next().unwrap() {
            Turn::SameDocument => FetchAnswer::http(200, one.as_bytes()),
            Turn::OtherOrder => FetchAnswer::http(200, other.as_bytes()),
            // Only who has the document may be told so.
            Turn::NotModified if conditional => FetchAnswer::http(304, b""),
            Turn::NotModified => FetchAnswer::http(200, one.as_bytes()),
            Turn::Broken => FetchAnswer::http(500, b"no"),
            Turn::NoConnection => FetchAnswer::failed(),
            Turn::NotJson => FetchAnswer::http(200, b"<html>"),
            Turn::NeverComesBack => return false,
            Turn::GivenBack => {
                store.abandon(ticket, now);
                return false;
            }
        };
        let outcome = store.finish_fetch(ticket, answer.header("etag", b"\"1\""), now).outcome();
        assert_ne!(outcome, FetchOutcome::Changed, "the issuer has the keys it had");
        outcome == FetchOutcome::Unchanged
    }
}

/// Seven hours of forgeries, 40 a second and each with a `kid` of its own, against servers that fail
/// in every way there is. Every fetch that one of them causes is carried out. Whenever the store has
/// its keys from a fetch that has just succeeded, it is as large as it was at such a moment before.
#[test]
fn a_million_forged_tokens_leave_nothing_behind() {
    let mut issuer = Issuer::new();
    let mut store = KeyStore::new(
        ["https://core-1.example/jwks.json", "https://core-2.example/jwks.json"],
        &[provider::RS256],
        KeyPolicy::default(),
        7,
    );
    let Fetch::Ticket(first) = store.begin_fetch(store.fetch_now(), at(NOW)) else {
        panic!("a new store gives a ticket");
    };
    let document = issuer.orders[0].clone();
    store.finish_fetch(
        first,
        FetchAnswer::http(200, document.as_bytes()).header("etag", b"\"1\""),
        at(NOW),
    );

    let gate = Gate::page(PagePolicy::default());
    // Twelve bytes, then six digits, then the rest: each a whole number of base64's groups.
    let begin = format!("sAccessToken={}", base64url(br#"{ "kid":"d-1"#));
    let digits: Vec<_> = (0..1000).map(|n| base64url(format!("{n:03}").as_bytes())).collect();
    let claims = r#"{"sub":"","sessionHandle":"","refreshTokenHash1":"","iat":1,"exp":2e9}"#;
    let end = base64url(br#"","typ":"JWT","alg":"RS256"}"#);
    let rest = format!("{end}.{}.AAAA", base64url(claims.as_bytes()));
    let mut field = format!("{begin}{}{}{rest}", digits[0], digits[0]);
    let (high, low) = (begin.len(), begin.len() + 4);

    let mut seen = BTreeMap::from([("unknown_key", 0), ("keys_unavailable", 0), ("fetch_keys", 0)]);
    let (mut tickets, mut successes, mut allocated) = (0_u64, 0_u64, 0_u64);
    let mut before = None;
    for forged in 0..1_000_000 {
        field.replace_range(high..high + 4, &digits[forged / 1000]);
        field.replace_range(low..low + 4, &digits[forged % 1000]);
        let now = UnixMillis::from_millis(NOW * 1000 + u64::try_from(forged).unwrap() * 25);
        let keys = store.keys();
        let (decision, calls, _) =
            cost(|| gate.request("GET", [field.as_bytes()]).decide(&keys, now));
        drop(keys);
        allocated += calls;
        *seen.get_mut(outcome(&decision)).unwrap_or_else(|| panic!("{decision:?}")) += 1;
        let SessionDecision::FetchKeys(why) = decision else { continue };
        let Fetch::Ticket(ticket) = store.begin_fetch(why, now) else { continue };
        tickets += 1;
        if !issuer.answer(&mut store, ticket, now) {
            continue;
        }
        successes += 1;
        // By then each kind of answer has come twice, and what grows to its size at first has.
        if tickets > 16 {
            assert_eq!(live(), *before.get_or_insert_with(live), "after {tickets} tickets");
        }
    }
    assert_eq!(allocated, 0, "no decision makes anything");
    // Once a minute at least: the longest interval, and what a failure or a lost ticket takes.
    assert!(tickets > 300 && successes > 100, "{tickets} tickets, {successes} successes");
    assert!(seen.values().all(|count| *count > 0), "{seen:?}");
    let counts = store.status(at(NOW)).counts;
    assert_eq!((counts.all_begun(), counts.unchanged), (tickets + 1, successes));
}
