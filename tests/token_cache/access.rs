//! How often a decision reaches for the cache: behind a lock each time is one of holding it.

use supertokens_session::{CacheAccess, EmailVerificationClaim, Gate, PagePolicy, TokenCache};

use crate::issuer::{ROW, store};
use crate::support::{NOW, PAYLOAD, at, payload_with};
use crate::{ONE, cookie, page};

/// A cache, and how often it was reached for.
struct Counted {
    cache: TokenCache,
    times: u32,
}

impl CacheAccess for &mut Counted {
    fn access<T>(&mut self, work: impl FnOnce(&mut TokenCache) -> T) -> T {
        self.times += 1;
        work(&mut self.cache)
    }
}

#[test]
fn a_hit_is_one_access() {
    let keys = store(&ROW, &[ONE]).keys();
    let claims = Gate::page(PagePolicy::default().claim(EmailVerificationClaim::is_verified()));
    let plain = page();
    let mut counted = Counted { cache: TokenCache::new(10, 1 << 20), times: 0 };
    let mut times = |gate: &Gate, token: &str, name: &str| {
        counted.times = 0;
        let field = cookie(token);
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.decide_with(&mut counted, &keys, at(NOW));
        assert_eq!(decision.name(), name);
        counted.times
    };

    // A look, and one to remember.
    let token = ONE.token(&ROW, PAYLOAD);
    assert_eq!(times(&plain, &token, "authenticated"), 2);
    assert_eq!(times(&plain, &token, "authenticated"), 1);
    // The claims are read once.
    assert_eq!(times(&claims, &token, "authenticated"), 2);
    assert_eq!(times(&claims, &token, "authenticated"), 1);
    assert_eq!(times(&plain, &token, "authenticated"), 1);

    let token = ONE.token(&ROW, &payload_with("sub", r#""another""#));
    assert_eq!(times(&claims, &token, "authenticated"), 3);
    assert_eq!(times(&claims, &token, "authenticated"), 1);

    // A token that is refused is looked for, and one that has no session's form is too.
    let expired = ONE.token(&ROW, &payload_with("exp", "1"));
    for token in [expired.as_str(), "a.b"] {
        assert_eq!(times(&plain, token, "try_refresh"), 1);
    }
}
