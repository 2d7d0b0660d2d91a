//! Which entry goes when another wants its place.

use supertokens_session::{EmailVerificationClaim, Gate, Keys, PagePolicy, TokenCache};

use crate::issuer::{ROW, store};
use crate::support::{NOW, at, payload_with};
use crate::{ONE, OTHER, decide, page, token_of};

/// A gate, keys, and a cache that is full of tokens in use.
struct Full {
    gate: Gate,
    keys: Keys,
    cache: TokenCache,
    tokens: Vec<String>,
}

impl Full {
    fn new(tokens: usize) -> Self {
        let keys = store(&ROW, &[ONE]).keys();
        let tokens: Vec<String> = (0..tokens).map(|user| token_of(&ROW, user)).collect();
        let cache = TokenCache::new(tokens.len(), 1 << 20);
        let mut full = Self { gate: page(), keys, cache, tokens: tokens.clone() };
        for token in &tokens {
            assert_eq!([full.checks(token), full.checks(token)], [1, 0]);
        }
        full
    }

    fn checks(&mut self, token: &str) -> u32 {
        decide(&self.gate, token, &mut self.cache, &self.keys, at(NOW)).0
    }
}

/// The one that is idle goes, wherever the hand stands. What does not count as use: a text that ends
/// like it, and the token itself where its key is another.
#[test]
fn the_idle_one_goes() {
    let others = store(&ROW, &[OTHER]).keys();
    let newcomers = [token_of(&ROW, 10), token_of(&ROW, 11)];
    // The first newcomer takes the place of one of those in use, and is in use then; that the others
    // were is forgotten.
    let after_one = || {
        let mut full = Full::new(5);
        assert_eq!([full.checks(&newcomers[0]), full.checks(&newcomers[0])], [1, 0]);
        full
    };
    let gone: Vec<usize> = (0..5)
        .filter(|&user| {
            let mut full = after_one();
            full.checks(&full.tokens[user].clone()) == 1
        })
        .collect();
    let [gone] = gone[..] else { panic!("{gone:?}") };

    for idle in (0..5).filter(|&user| user != gone) {
        let mut full = after_one();
        let token = full.tokens[idle].clone();
        let mut kept: Vec<String> = (0..5)
            .filter(|&user| user != gone && user != idle)
            .map(|i| full.tokens[i].clone())
            .collect();
        kept.push(newcomers[0].clone());
        for token in &kept {
            assert_eq!(full.checks(token), 0);
        }
        let forged = format!("A{}", &token[1..]);
        full.checks(&forged);
        let (_, decision) = decide(&full.gate, &token, &mut full.cache, &others, at(NOW));
        assert_eq!(decision.name(), "try_refresh");

        assert_eq!(full.checks(&newcomers[1]), 1);
        kept.push(newcomers[1].clone());
        for token in &kept {
            assert_eq!(full.checks(token), 0, "{idle} was idle");
        }
        assert_eq!(full.checks(&token), 1);
    }
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

/// As many bytes as some take are room for them, and one byte less is not.
#[test]
fn tokens_fit_where_they_just_fit() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    for users in [1, 2, 7] {
        let len = |bytes: usize| {
            let mut cache = TokenCache::new(10, bytes);
            for user in 0..users {
                let token = token_of(&ROW, user);
                assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)).0, 1);
            }
            (cache.len(), cache.bytes())
        };
        let (all, bytes) = len(usize::MAX);
        assert_eq!([len(bytes).0, len(bytes - 1).0], [all, all - 1]);
    }
}
