//! What is remembered holds under the very key that verified it: sets change, stores share a cache.

use supertokens_session::{Keys, Reason, SessionDecision, TokenCache};

use crate::issuer::{Pair, ROW, publish, store};
use crate::support::{NOW, PAYLOAD, at};
use crate::{ONE, OTHER, STATIC, decide, page};

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
