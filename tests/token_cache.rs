//! The token cache: what enters it, what a hit still judges, and that no decision is another for it.

#[path = "token_cache/access.rs"]
mod access;
#[path = "token_cache/issuer.rs"]
mod issuer;
#[path = "token_cache/room.rs"]
mod room;
#[path = "token_cache/same.rs"]
mod same;
mod support;

use std::sync::{Mutex, PoisonError};
use std::thread;

use issuer::{PADDED, Pair, ROW, Row, checks, publish, store};
use supertokens_session::{
    AntiCsrf, ApiPolicy, CacheAccess, CoreAnswer, EmailVerificationClaim, Gate, Keys, PagePolicy,
    Reason, Session, SessionDecision, SigningKeyKind, TokenCache, TokenSource, UnixMillis,
};
use support::{NOW, PAYLOAD, at, payload_with};

const ONE: Pair = Pair { kid: "d-1", number: 1 };
/// Another key under the same name.
const OTHER: Pair = Pair { kid: "d-1", number: 2 };
const STATIC: Pair = Pair { kid: "s-1", number: 3 };

fn page() -> Gate {
    Gate::page(PagePolicy::default())
}

fn cookie(token: &str) -> String {
    format!("theme=dark; sAccessToken={token}; lang=en")
}

/// The token of the user of this number, who is called `user-N`.
fn token_of(row: &Row, user: usize) -> String {
    ONE.token(row, &payload_with("sub", &format!(r#""user-{user}""#)))
}

/// A page's decision with the cache, and how many signatures were checked for it.
fn decide(
    gate: &Gate,
    token: &str,
    cache: &mut TokenCache,
    keys: &Keys,
    now: UnixMillis,
) -> (u32, SessionDecision) {
    let cookie = cookie(token);
    checks(|| gate.request("GET", [cookie.as_bytes()]).decide_with(cache, keys, now))
}

fn session(decision: SessionDecision) -> Session {
    let SessionDecision::Authenticated(session) = decision else { panic!("{decision:?}") };
    session
}

#[test]
fn a_token_is_checked_once_and_judged_every_time() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let token = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    assert!(cache.is_empty());

    let (checked, first) = decide(&gate, &token, &mut cache, &keys, at(NOW));
    assert_eq!(checked, 1);
    let end = session(first.clone()).expires_at();
    for seconds in [0, 1, 60, 3_539] {
        assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW + seconds)), (0, first.clone()));
    }
    // In the millisecond of its `exp` it has expired, in the one before it has not, whatever came first.
    let before = UnixMillis::from_millis(end.as_millis() - 1);
    let expired = SessionDecision::TryRefresh(Reason::Expired);
    assert_eq!(decide(&gate, &token, &mut cache, &keys, end), (0, expired));
    assert_eq!(decide(&gate, &token, &mut cache, &keys, before), (0, first));
    assert!(!cache.is_empty());
    assert_eq!(cache.len(), 1);

    cache.clear();
    assert_eq!((cache.len(), cache.bytes()), (0, 0));
    assert_eq!(decide(&gate, &token, &mut cache, &keys, before).0, 1);
}

/// `nbf` too is judged at each use.
#[test]
fn a_clock_that_is_set_back_finds_a_token_not_yet_valid() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let token = ONE.token(&ROW, &payload_with("nbf", &(NOW + 1).to_string()));
    let mut cache = TokenCache::new(10, 1 << 20);
    assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW + 1)).0, 1);
    let early = SessionDecision::TryRefresh(Reason::NotYetValid);
    assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)), (0, early));
}

#[test]
fn only_tokens_that_hold_are_remembered() {
    let (keys, gate) = (store(&ROW, &[ONE, STATIC]).keys(), page());
    let good = ONE.token(&ROW, PAYLOAD);
    let (message, _) = good.rsplit_once('.').unwrap();
    let mut cache = TokenCache::new(10, 1 << 20);
    for (token, reason) in [
        (format!("{message}.AAAAAAAAAAA"), Reason::BadSignature),
        (OTHER.token(&ROW, PAYLOAD), Reason::BadSignature),
        (ONE.token(&ROW, &payload_with("exp", "1")), Reason::Expired),
        (ONE.token(&ROW, &payload_with("nbf", "1750000001")), Reason::NotYetValid),
        (STATIC.token(&ROW, PAYLOAD), Reason::SigningKeyKind),
        (Pair { kid: "d-2", ..ONE }.token(&ROW, PAYLOAD), Reason::UnknownKey),
        (ONE.token(&ROW, &payload_with("stt", "1")), Reason::WrongTokenType),
        (String::from("a.b"), Reason::SegmentCount),
    ] {
        for _ in 0..2 {
            let (_, decision) = decide(&gate, &token, &mut cache, &keys, at(NOW));
            assert_eq!(decision, SessionDecision::TryRefresh(reason));
            assert!(cache.is_empty(), "{reason}");
        }
    }
}

/// A text that differs in any one character from one that is remembered is not taken for it.
#[test]
fn the_whole_text_is_compared() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let good = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    assert_eq!(decide(&gate, &good, &mut cache, &keys, at(NOW)).0, 1);
    for index in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let (_, decision) = decide(&gate, &changed, &mut cache, &keys, at(NOW));
        assert!(matches!(decision, SessionDecision::TryRefresh(_)), "{index}: {decision:?}");
    }
    for changed in [&good[1..], &good[..good.len() - 1], &format!("A{good}")] {
        let (_, decision) = decide(&gate, changed, &mut cache, &keys, at(NOW));
        assert!(matches!(decision, SessionDecision::TryRefresh(_)), "{decision:?}");
    }
    assert_eq!((cache.len(), decide(&gate, &good, &mut cache, &keys, at(NOW)).0), (1, 0));
}

/// Promise 7, with a cache: the key is gone, or another has its name, or it is back and was prepared
/// anew.
#[test]
fn a_key_that_is_gone_authenticates_nobody_cached_token_or_not() {
    let (mut store, gate) = (store(&ROW, &[ONE]), page());
    let old = store.keys();
    let token = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    let decide = |cache: &mut TokenCache, keys: &Keys| decide(&gate, &token, cache, keys, at(NOW));
    assert_eq!(decide(&mut cache, &old).0, 1);

    let keys = publish(&mut store, &[STATIC], at(NOW));
    let unknown = SessionDecision::TryRefresh(Reason::UnknownKey);
    assert_eq!(decide(&mut cache, &keys), (0, unknown));

    let keys = publish(&mut store, &[OTHER], at(NOW));
    assert_eq!(decide(&mut cache, &keys), (1, SessionDecision::TryRefresh(Reason::BadSignature)));

    let keys = publish(&mut store, &[ONE], at(NOW));
    let (checked, decision) = decide(&mut cache, &keys);
    assert_eq!((checked, decision.name()), (1, "authenticated"));
    assert_eq!(decide(&mut cache, &keys).0, 0);
    // The snapshot of before has the key as it was prepared then.
    assert_eq!((decide(&mut cache, &old).0, cache.len()), (1, 1));
}

/// A key that stays in the set stays the very one, so what it verified stays remembered.
#[test]
fn a_rotation_forgets_nothing_that_still_holds() {
    let (mut store, gate) = (store(&ROW, &[ONE]), page());
    let token = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    assert_eq!(decide(&gate, &token, &mut cache, &store.keys(), at(NOW)).0, 1);
    let added = Pair { kid: "d-9", number: 9 };
    for set in [&[ONE][..], &[added, ONE], &[STATIC, ONE, added]] {
        let keys = publish(&mut store, set, at(NOW));
        assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)).0, 0);
    }
}

/// Two issuers have a key of one name: what one has signed is nothing to the other.
#[test]
fn a_cache_that_two_stores_share_tells_their_keys_apart() {
    let (ours, theirs) = (store(&ROW, &[ONE]).keys(), store(&ROW, &[OTHER]).keys());
    // The same key, prepared by another store.
    let twin = store(&ROW, &[ONE]).keys();
    let (gate, token) = (page(), ONE.token(&ROW, PAYLOAD));
    let mut cache = TokenCache::new(10, 1 << 20);
    for _ in 0..2 {
        let (_, decision) = decide(&gate, &token, &mut cache, &ours, at(NOW));
        assert_eq!(decision.name(), "authenticated");
        let (checked, decision) = decide(&gate, &token, &mut cache, &theirs, at(NOW));
        assert_eq!((checked, decision), (1, SessionDecision::TryRefresh(Reason::BadSignature)));
    }
    assert_eq!(decide(&gate, &token, &mut cache, &ours, at(NOW)).0, 0);
    assert_eq!(decide(&gate, &token, &mut cache, &twin, at(NOW)).0, 1);
}

/// One cache for a page of dynamic keys, a page of static ones, one with a validator, and an API.
#[test]
fn gates_that_share_a_cache_keep_their_own_rules() {
    let keys = store(&ROW, &[ONE]).keys();
    let unverified = PAYLOAD.replace(r#""st-ev":{"v":true"#, r#""st-ev":{"v":false"#);
    let with_csrf = unverified.replace(r#""antiCsrfToken":null"#, r#""antiCsrfToken":"csrf""#);
    let token = ONE.token(&ROW, &with_csrf);
    let mut cache = TokenCache::new(10, 1 << 20);
    assert_eq!(decide(&page(), &token, &mut cache, &keys, at(NOW)).0, 1);

    let statik = Gate::page(PagePolicy::default().signing_keys(SigningKeyKind::Static));
    let refused = SessionDecision::TryRefresh(Reason::SigningKeyKind);
    assert_eq!(decide(&statik, &token, &mut cache, &keys, at(NOW)), (0, refused));

    let verified = EmailVerificationClaim::is_verified();
    let claims = Gate::page(PagePolicy::default().claim(verified));
    for _ in 0..2 {
        let (checked, decision) = decide(&claims, &token, &mut cache, &keys, at(NOW));
        assert_eq!((checked, decision.name()), (0, "invalid_claims"));
    }

    let api = Gate::api(ApiPolicy::new(AntiCsrf::ViaToken));
    let cookie = cookie(&token);
    let mut api_decides = |header: Option<&[u8]>| {
        let request = api.request("POST", [cookie.as_bytes()]).anti_csrf(header);
        checks(|| request.decide_with(&mut cache, &keys, at(NOW)))
    };
    for (header, expected) in [
        (None, Some(Reason::AntiCsrfHeaderMissing)),
        (Some(b"other".as_slice()), Some(Reason::AntiCsrfMismatch)),
        (Some(b"csrf".as_slice()), None),
    ] {
        let (checked, decision) = api_decides(header);
        assert_eq!((checked, decision.reason()), (0, expected), "{decision:?}");
    }
    assert_eq!(cache.len(), 1);
}

/// A session says where the token of its own request was, not of the one that was first.
#[test]
fn one_text_may_come_from_several_places() {
    let keys = store(&ROW, &[ONE]).keys();
    let token = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    let (page, api) = (page(), Gate::api(ApiPolicy::new(AntiCsrf::None)));
    let (cookie, header_mode) = (cookie(&token), format!("st-access-token={token}"));
    let bearer = format!("Bearer {token}");
    for _ in 0..2 {
        for (field, source) in
            [(&cookie, TokenSource::Cookie), (&header_mode, TokenSource::HeaderModeCookie)]
        {
            let request = page.request("GET", [field.as_bytes()]);
            let decision = request.decide_with(&mut cache, &keys, at(NOW));
            assert_eq!(session(decision).source(), source);
        }
        let request = api.request("GET", []).authorization(Some(bearer.as_bytes()));
        let SessionDecision::Authenticated(session) =
            request.decide_with(&mut cache, &keys, at(NOW))
        else {
            panic!()
        };
        assert_eq!(session.source(), TokenSource::Authorization);
    }
    assert_eq!(cache.len(), 1);
}

/// A token that the core has put in another's place, with its claims read, is afterwards a visitor's own:
/// nothing is to be handed on.
#[test]
fn what_the_core_has_said_is_not_remembered() {
    let keys = store(&ROW, &[ONE]).keys();
    let first = ONE.token(&ROW, &payload_with("parentRefreshTokenHash1", r#""hash""#));
    let second = ONE.token(&ROW, PAYLOAD);
    let verified = EmailVerificationClaim::is_verified();
    let gate = Gate::api(ApiPolicy::new(AntiCsrf::None).claim(verified));
    let mut cache = TokenCache::new(10, 1 << 20);

    let field = cookie(&first);
    let mut request = gate.request("GET", [field.as_bytes()]);
    let SessionDecision::AskCore(check) = request.decide_with(&mut cache, &keys, at(NOW)) else {
        panic!("it is the first after a refresh")
    };
    let answer = format!(r#"{{"status":"OK","accessToken":{{"token":"{second}"}}}}"#);
    request.finish(check, CoreAnswer::http(200, answer.as_bytes()));
    for _ in 0..2 {
        let decision = request.decide_with(&mut cache, &keys, at(NOW));
        assert_eq!(request.replacement_headers(&decision).count(), 3, "{decision:?}");
    }

    let field = cookie(&second);
    let request = gate.request("GET", [field.as_bytes()]);
    let decision = request.decide_with(&mut cache, &keys, at(NOW));
    assert_eq!(decision, request.decide(&keys, at(NOW)));
    assert_eq!(request.replacement_headers(&decision).count(), 0);
    let SessionDecision::Authenticated(session) = decision else { panic!("{decision:?}") };
    assert_eq!(request.token(&session), Some(second.as_str()));
}

#[test]
fn it_holds_no_more_than_it_may() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let long = format!(r#""{}""#, "u".repeat(3_000));
    let long = [ONE.token(&ROW, &payload_with("sub", &long)), token_of(&ROW, 0)];
    let users: Vec<String> = (1..200).map(|user| token_of(&ROW, user)).collect();
    let one = {
        let mut cache = TokenCache::new(1, usize::MAX);
        assert_eq!(decide(&gate, &users[0], &mut cache, &keys, at(NOW)).0, 1);
        cache.bytes()
    };
    assert!(one > users[0].len() + PAYLOAD.len(), "{one}");
    assert!(one < users[0].len() + PAYLOAD.len() + 512, "{one}");

    for (entries, bytes) in [
        (0, 1 << 20),
        (10, 0),
        (1, 1 << 20),
        (10, 1 << 20),
        (100, 10 * one),
        (100, one),
        (100, one - 20),
    ] {
        let mut cache = TokenCache::new(entries, bytes);
        let mut most = (0, 0);
        for token in users.iter().chain(&long).chain(&users) {
            let (_, decision) = decide(&gate, token, &mut cache, &keys, at(NOW));
            assert_eq!(decision.name(), "authenticated");
            assert!(cache.len() <= entries && cache.bytes() <= bytes, "{cache:?}");
            most = (most.0.max(cache.len()), most.1.max(cache.bytes()));
        }
        // And no less than it could.
        let expected = entries.min(bytes / one);
        assert!(most.0.abs_diff(expected) <= 1, "{most:?} of {entries}, {bytes}");
        cache.clear();
        assert_eq!((cache.len(), cache.bytes()), (0, 0));
    }
}

/// Where claims were read they are remembered too, and counted.
#[test]
fn claims_count_for_what_they_take() {
    let keys = store(&ROW, &[ONE]).keys();
    let (plain, verified) = (page(), EmailVerificationClaim::is_verified());
    let claims = Gate::page(PagePolicy::default().claim(verified));
    let (mut few, mut more) = (TokenCache::new(100, 1 << 20), TokenCache::new(100, 1 << 20));
    let tokens: Vec<String> = (0..20).map(|user| token_of(&ROW, user)).collect();
    for token in &tokens {
        assert_eq!(decide(&plain, token, &mut few, &keys, at(NOW)).0, 1);
        assert_eq!(decide(&claims, token, &mut more, &keys, at(NOW)).0, 1);
    }
    assert!(more.bytes() > few.bytes() + 20 * 1_000, "{} {}", more.bytes(), few.bytes());
    // The same, whoever comes first.
    for token in &tokens {
        assert_eq!(decide(&claims, token, &mut few, &keys, at(NOW)).0, 0);
    }
    assert_eq!((few.len(), few.bytes()), (20, more.bytes()));
    // Where there is no room for them, something goes.
    let mut tight = TokenCache::new(100, few.bytes() / 2);
    for token in &tokens {
        assert_eq!(decide(&plain, token, &mut tight, &keys, at(NOW)).0, 1);
    }
    for token in &tokens {
        let _ = decide(&claims, token, &mut tight, &keys, at(NOW));
        assert!(tight.bytes() <= few.bytes() / 2);
    }
}

/// Visitors who come back keep their place while a stranger signs in again and again, each time for
/// one request.
#[test]
fn what_is_used_outlives_what_is_not() {
    const VISITORS: usize = 100;
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let mut cache = TokenCache::new(2 * VISITORS, 1 << 20);
    let visitors: Vec<String> = (0..VISITORS).map(|user| token_of(&ROW, user)).collect();
    let mut checked = 0;
    for round in 0..50 {
        for token in &visitors {
            checked += decide(&gate, token, &mut cache, &keys, at(NOW)).0;
        }
        for stranger in 0..VISITORS {
            let token = token_of(&ROW, 1_000 + round * VISITORS + stranger);
            assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)).0, 1);
        }
    }
    // Of 5 000 requests of visitors; the first of each is one.
    assert!(checked < 250, "{checked}");
}

/// As many as fit stay, in whatever order they come.
#[test]
fn a_rotation_of_as_many_tokens_as_fit_is_checked_once_each() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let tokens: Vec<String> = (0..300).map(|user| token_of(&ROW, user)).collect();
    let mut cache = TokenCache::new(tokens.len(), 1 << 20);
    let mut round = || {
        tokens.iter().map(|token| decide(&gate, token, &mut cache, &keys, at(NOW)).0).sum::<u32>()
    };
    assert_eq!([round(), round(), round()], [300, 0, 0]);
}

/// What has expired makes room first, used or not.
#[test]
fn what_has_expired_goes_first() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let short = |user: usize| {
        let payload = payload_with("sub", &format!(r#""user-{user}""#));
        ONE.token(&ROW, &payload.replace("1750003540", "1750000010"))
    };
    let mut cache = TokenCache::new(20, 1 << 20);
    let long: Vec<String> = (0..10).map(|user| token_of(&ROW, user)).collect();
    for token in (10..20).map(short).chain(long.iter().cloned()) {
        for checked in [1, 0] {
            assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)).0, checked);
        }
    }
    // All were used. Ten seconds later half of them have expired.
    let later = at(NOW + 10);
    for user in 20..30 {
        assert_eq!(decide(&gate, &token_of(&ROW, user), &mut cache, &keys, later).0, 1);
    }
    let again: u32 =
        long.iter().map(|token| decide(&gate, token, &mut cache, &keys, later).0).sum();
    // Each was passed over twice at most while a second stranger came; most were not.
    assert!(again <= 3, "{again}");
}

/// Tokens that end alike have one place. That costs them the cache and nothing else.
#[test]
fn tokens_that_end_alike_are_not_mistaken_for_each_other() {
    let (keys, gate) = (store(&PADDED, &[ONE]).keys(), page());
    let tokens = [token_of(&PADDED, 1), token_of(&PADDED, 2)];
    assert_eq!(tokens[0][tokens[0].len() - 8..], tokens[1][tokens[1].len() - 8..]);
    let mut cache = TokenCache::new(10, 1 << 20);
    for _ in 0..3 {
        for (token, user) in tokens.iter().zip(["user-1", "user-2"]) {
            let (checked, decision) = decide(&gate, token, &mut cache, &keys, at(NOW));
            assert_eq!((checked, session(decision).user_id()), (1, user));
            assert_eq!(decide(&gate, token, &mut cache, &keys, at(NOW)).0, 0);
            assert_eq!(cache.len(), 1);
        }
    }
}

/// Behind a lock: whenever it is free, there is a request with a token that ends alike.
struct Busy<'a> {
    cache: TokenCache,
    gate: &'a Gate,
    keys: &'a Keys,
    other: &'a str,
}

impl CacheAccess for &mut Busy<'_> {
    fn access<T>(&mut self, work: impl FnOnce(&mut TokenCache) -> T) -> T {
        let result = work(&mut self.cache);
        let (_, decision) = decide(self.gate, self.other, &mut self.cache, self.keys, at(NOW));
        assert_eq!(session(decision).user_id(), "user-2");
        assert_eq!(self.cache.len(), 1);
        result
    }
}

#[test]
fn who_comes_between_a_look_and_the_claims_keeps_their_own() {
    let (keys, plain) = (store(&PADDED, &[ONE]).keys(), page());
    let claims = Gate::page(PagePolicy::default().claim(EmailVerificationClaim::is_verified()));
    let unverified = payload_with("sub", r#""user-2""#).replace(r#""v":true"#, r#""v":false"#);
    let (one, other) = (token_of(&PADDED, 1), ONE.token(&PADDED, &unverified));
    let cache = TokenCache::new(10, 1 << 20);
    let mut busy = Busy { cache, gate: &plain, keys: &keys, other: &other };
    let field = cookie(&one);
    for _ in 0..3 {
        let request = claims.request("GET", [field.as_bytes()]);
        let decision = request.decide_with(&mut busy, &keys, at(NOW));
        assert_eq!(session(decision).user_id(), "user-1");
        let (checked, decision) = decide(&plain, &other, &mut busy.cache, &keys, at(NOW));
        assert_eq!((checked, session(decision).user_id()), (0, "user-2"));
        let (checked, decision) = decide(&claims, &other, &mut busy.cache, &keys, at(NOW));
        assert_eq!((checked, decision.name()), (0, "invalid_claims"));
    }
}

/// Claims that take many times their text are read at each request, and displace nobody.
#[test]
fn claims_out_of_proportion_are_not_remembered() {
    let keys = store(&ROW, &[ONE]).keys();
    let gate = Gate::page(PagePolicy::default().claim(EmailVerificationClaim::is_verified()));
    let mut cache = TokenCache::new(1_000, 128 << 10);
    for user in 0..100 {
        assert_eq!(decide(&gate, &token_of(&ROW, user), &mut cache, &keys, at(NOW)).0, 1);
    }
    let before = cache.len();
    let token = ONE.token(&ROW, &payload_with("x", &format!("[{}[0]]", "[0],".repeat(120))));
    for checked in [1, 0, 0] {
        assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)).0, checked);
        assert!(cache.len() + 2 >= before, "{} of {before}", cache.len());
    }
}

/// Behind a lock of the caller's, and the threads of a server.
#[test]
fn threads_share_a_cache_behind_a_lock() {
    struct Shared(Mutex<TokenCache>);

    impl CacheAccess for &Shared {
        fn access<T>(&mut self, work: impl FnOnce(&mut TokenCache) -> T) -> T {
            // Not for the time of a decision: whoever checks a signature holds up nobody.
            work(&mut self.0.try_lock().unwrap_or_else(|_| {
                thread::yield_now();
                self.0.lock().unwrap_or_else(PoisonError::into_inner)
            }))
        }
    }

    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let tokens: Vec<String> = (0..50).map(|user| token_of(&ROW, user)).collect();
    let shared = Shared(Mutex::new(TokenCache::new(50, 1 << 20)));
    let work = || {
        let decide = |user: usize, token: &String| {
            let cookie = cookie(token);
            let request = gate.request("GET", [cookie.as_bytes()]);
            let session = session(request.decide_with(&shared, &keys, at(NOW)));
            assert_eq!(session.user_id(), format!("user-{user}"));
        };
        for _ in 0..20 {
            tokens.iter().enumerate().for_each(|(user, token)| decide(user, token));
        }
    };
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    assert_eq!(shared.0.lock().unwrap().len(), 50);
    assert_eq!(checks(work).0, 0);
}
