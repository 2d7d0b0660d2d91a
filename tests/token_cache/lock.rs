//! A cache behind a caller's lock: others come in between.

use std::sync::{Mutex, PoisonError};
use std::thread;

use supertokens_session::{
    CacheAccess, EmailVerificationClaim, Gate, Keys, PagePolicy, TokenCache,
};

use crate::issuer::{PADDED, ROW, checks, store};
use crate::support::{NOW, at, payload_with};
use crate::{ONE, cookie, decide, page, session, token_of};

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
