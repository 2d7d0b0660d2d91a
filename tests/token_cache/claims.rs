//! Claims that were read are remembered too: what they count for, and where they are not.

use supertokens_session::{EmailVerificationClaim, Gate, PagePolicy, TokenCache};

use crate::issuer::{ROW, store};
use crate::support::{NOW, at, payload_with};
use crate::{ONE, decide, page, token_of};

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

/// Claims that leave no room for their own token do not cost it its place.
#[test]
fn claims_that_do_not_fit_beside_their_token_are_not_remembered() {
    let (keys, plain) = (store(&ROW, &[ONE]).keys(), page());
    let verified = EmailVerificationClaim::is_verified();
    let claims = Gate::page(PagePolicy::default().claim(verified));
    let token = ONE.token(&ROW, &payload_with("x", &format!(r#""{}""#, "x".repeat(500))));
    let size = |bytes: usize| {
        let mut cache = TokenCache::new(1, bytes);
        assert_eq!(decide(&plain, &token, &mut cache, &keys, at(NOW)).0, 1);
        let alone = cache.bytes();
        for _ in 0..2 {
            let (checked, decision) = decide(&claims, &token, &mut cache, &keys, at(NOW));
            assert_eq!((checked, decision.name()), (0, "authenticated"));
        }
        (alone, cache.bytes())
    };
    let (alone, whole) = size(1 << 20);
    assert!(whole - alone < alone);
    assert_eq!(size(whole), (alone, whole));
    assert_eq!(size(whole - 1), (alone, alone));
}

/// The last byte of claims that are remembered as they were read is the 8 192nd.
#[test]
fn claims_of_eight_kibibytes_are_the_most_that_is_remembered() {
    let (keys, plain) = (store(&ROW, &[ONE]).keys(), page());
    let verified = EmailVerificationClaim::is_verified();
    let claims = Gate::page(PagePolicy::default().claim(verified));
    // What the claims of a token with so long a text add to a cache of so many bytes.
    let added = |length: usize, bytes: usize| {
        let value = format!(r#"[{}"{}"]"#, "[0],".repeat(20), "x".repeat(length));
        let token = ONE.token(&ROW, &payload_with("x", &value));
        let mut cache = TokenCache::new(1, bytes);
        assert_eq!(decide(&plain, &token, &mut cache, &keys, at(NOW)).0, 1);
        let before = cache.bytes();
        assert_eq!(decide(&claims, &token, &mut cache, &keys, at(NOW)).1.name(), "authenticated");
        cache.bytes() - before
    };
    let least = added(0, 1 << 20);
    assert_eq!(added(1_000, 1 << 20), least + 1_000);
    let most = 8 * 1024 - least;
    assert_eq!([most, most + 1].map(|length| added(length, 1 << 20)), [8 * 1024, 0]);
    // Nor more than half of what the cache may hold.
    assert_eq!([most, most + 1].map(|length| added(length, 16 * 1024)), [8 * 1024, 0]);
    assert_eq!([0, 1].map(|length| added(length, 2 * least)), [least, 0]);
}
