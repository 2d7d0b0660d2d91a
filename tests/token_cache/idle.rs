//! The one that is idle goes when another wants its place.

use supertokens_session::{Gate, Keys, TokenCache};

use crate::issuer::{ROW, store};
use crate::support::{NOW, at};
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
