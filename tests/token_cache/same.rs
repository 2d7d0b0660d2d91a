//! With and without the cache: the same decision, for any sequence of requests, keys and times.

use proptest::prelude::*;
use supertokens_session::{
    AntiCsrf, ApiPolicy, ClaimReason, ClaimValidator, Claims, Gate, KeyStore, Keys, PagePolicy,
    SigningKeyKind, TokenCache, UnixMillis,
};

use crate::issuer::{PADDED, Pair, ROW, Row, publish, store};
use crate::support::{NOW, payload_with};
use crate::{ONE, OTHER, STATIC, cookie};

/// A rule that depends on the time, and on what was read of the token.
struct Until;

impl ClaimValidator for Until {
    fn id(&self) -> &str {
        "until"
    }

    fn validate(&self, claims: &Claims, now: UnixMillis) -> Result<(), ClaimReason> {
        let until = claims.get("until").and_then(|until| until.as_number()).unwrap_or(0.0);
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
        let holds = (now.as_secs() as f64) < until;
        if holds { Ok(()) } else { Err(ClaimReason::new("too late")) }
    }
}

/// Tokens good and bad, some of them good only under one of the keys or for a time.
fn tokens(row: &Row) -> Vec<String> {
    let user = |name: &str| payload_with("sub", &format!(r#""{name}""#));
    let mut tokens: Vec<String> = [
        (ONE, user("one")),
        (OTHER, user("one")),
        (ONE, user(r"tw\u006f")),
        (OTHER, user("other")),
        (STATIC, user("static")),
        (ONE, payload_with("until", &(NOW + 40).to_string())),
        (ONE, payload_with("exp", &(NOW + 30).to_string())),
        (ONE, payload_with("nbf", &(NOW + 20).to_string())),
        (ONE, payload_with("antiCsrfToken", r#""csrf""#)),
        (ONE, payload_with("parentRefreshTokenHash1", r#""hash""#)),
        (ONE, payload_with("stt", "1")),
        (ONE, payload_with("tId", "")),
    ]
    .map(|(pair, payload)| pair.token(row, &payload))
    .into();
    // The end of one with the beginning of another.
    let (_, signature) = tokens[0].rsplit_once('.').unwrap();
    let (message, _) = tokens[2].rsplit_once('.').unwrap();
    tokens.push(format!("{message}.{signature}"));
    tokens.push(tokens[0].replacen('.', "..", 1));
    tokens
}

#[derive(Clone, Debug)]
enum Step {
    /// The request of this number with a token, at one of the gates, through one of the caches, with a
    /// store's newest keys or with those of before.
    Decide {
        token: usize,
        gate: usize,
        cache: usize,
        store: usize,
        old: bool,
    },
    /// A store gets another set, or the same once more.
    Publish {
        store: usize,
        set: usize,
    },
    /// Time passes, or the clock is set back.
    Time(i64),
    Clear(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let decide = (0..14_usize, 0..5_usize, 0..3_usize, 0..2_usize, any::<bool>());
    let decide = decide.prop_map(|(token, gate, cache, store, old)| Step::Decide {
        token: if token == 13 { 0 } else { token },
        gate,
        cache,
        store,
        old,
    });
    prop_oneof![
        12 => decide,
        2 => (0..2_usize, 0..SETS.len()).prop_map(|(store, set)| Step::Publish { store, set }),
        2 => (-60_000..60_000_i64).prop_map(Step::Time),
        1 => (0..3_usize).prop_map(Step::Clear),
    ]
}

const SETS: [&[Pair]; 5] = [&[ONE, STATIC], &[OTHER], &[STATIC], &[ONE], &[OTHER, STATIC]];

/// Two issuers, and what a reader of theirs has kept.
struct World {
    stores: [(KeyStore, Keys); 2],
    caches: [TokenCache; 3],
    now: UnixMillis,
}

impl World {
    fn new(row: &'static Row) -> Self {
        let stores = [SETS[0], SETS[1]].map(|set| {
            let store = store(row, set);
            let keys = store.keys();
            (store, keys)
        });
        // One for all, one for few, one for few bytes.
        let sizes = [(100, 1 << 20), (2, 1 << 20), (100, 5_000)];
        let caches = sizes.map(|(entries, bytes)| TokenCache::new(entries, bytes));
        Self { stores, caches, now: UnixMillis::from_secs(NOW) }
    }

    fn decide(&mut self, token: &str, gate: usize, cache: usize, store: usize, old: bool) {
        let cookie = cookie(token);
        let (store, before) = &self.stores[store];
        let keys = if old { before.clone() } else { store.keys() };
        let (cache, now) = (&mut self.caches[cache], self.now);
        let pages = PagePolicy::default();
        let page = |policy: PagePolicy, cache: &mut TokenCache| {
            let gate = Gate::page(policy);
            let request = gate.request("GET", [cookie.as_bytes()]);
            let without = request.decide(&keys, now);
            for _ in 0..2 {
                assert_eq!(request.decide_with(&mut *cache, &keys, now), without, "{token}");
            }
        };
        let api = |policy: ApiPolicy, cache: &mut TokenCache| {
            let gate = Gate::api(policy);
            let bearer = format!("Bearer {token}");
            for bearer in [None, Some(bearer.as_bytes())] {
                let request = gate.request("POST", [cookie.as_bytes()]);
                let request = request.authorization(bearer).anti_csrf(Some(b"csrf"));
                let without = request.decide(&keys, now);
                for _ in 0..2 {
                    assert_eq!(request.decide_with(&mut *cache, &keys, now), without, "{token}");
                }
            }
        };
        match gate {
            0 => page(pages, cache),
            1 => page(pages.signing_keys(SigningKeyKind::Static), cache),
            2 => page(pages.claim(Until), cache),
            3 => api(ApiPolicy::new(AntiCsrf::ViaToken), cache),
            _ => api(ApiPolicy::new(AntiCsrf::ViaCustomHeader).claim(Until), cache),
        }
    }

    fn step(&mut self, tokens: &[String], step: &Step) {
        match *step {
            Step::Decide { token, gate, cache, store, old } => {
                self.decide(&tokens[token], gate, cache, store, old);
            }
            Step::Publish { store, set } => {
                let (store, before) = &mut self.stores[store];
                *before = store.keys();
                publish(store, SETS[set], self.now);
            }
            Step::Time(by) => {
                self.now = UnixMillis::from_millis(self.now.as_millis().saturating_add_signed(by));
            }
            Step::Clear(cache) => self.caches[cache].clear(),
        }
        for (cache, (entries, bytes)) in
            self.caches.iter().zip([(100, 1 << 20), (2, 1 << 20), (100, 5_000)])
        {
            assert!(cache.len() <= entries && cache.bytes() <= bytes, "{cache:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_cache_never_changes_a_decision(
        steps in proptest::collection::vec(step(), 1..80),
        padded: bool,
    ) {
        let row: &'static Row = if padded { &PADDED } else { &ROW };
        let (tokens, mut world) = (tokens(row), World::new(row));
        for step in &steps {
            world.step(&tokens, step);
        }
    }
}
