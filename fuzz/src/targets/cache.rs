//! Invariant: no sequence of requests, key changes and times makes a decision with a cache another than without.
//!
//! Input: a byte for the sizes of two caches, then operations, each a byte of kind and as many more as that
//! takes. Two stores share both caches, and in their sets one `kid` has different keys by turns.

use std::sync::LazyLock;

use supertokens_session::{
    AntiCsrf, ApiDecision, ApiPolicy, BooleanClaim, CoreAnswer, EmailVerificationClaim, Fetch,
    FetchAnswer, Gate, KeyPolicy, KeyStore, Keys, PagePolicy, Reason, SessionDecision,
    SigningKeyKind, TokenCache, UnixMillis,
};

use crate::doubles::held::NOW;
use crate::doubles::{null, token};

/// More of them show nothing new.
const MOST_OPERATIONS: usize = 200;

pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let sizes = bytes.next();
    let mut world = World {
        now: NOW,
        stores: [0, 1].map(|_| {
            KeyStore::new("https://core.example/", &[null::RS256], KeyPolicy::default(), 7)
        }),
        kept: Vec::new(),
        caches: [sizes % 16, sizes / 16].map(|size| cache(size.into())),
    };
    world.fetch(0, Some(0));
    world.fetch(1, Some(1));
    for _ in 0..MOST_OPERATIONS {
        if bytes.0.is_empty() {
            break;
        }
        world.perform(&mut bytes);
    }
}

/// An empty cache, its most entries and its most bytes.
fn cache(size: usize) -> (TokenCache, usize, usize) {
    let entries = [100, 3, 1, 0][size % 4];
    let bytes = [1 << 20, 4_000, 1_800, 0][size / 4 % 4];
    (TokenCache::new(entries, bytes), entries, bytes)
}

struct World {
    now: u64,
    stores: [KeyStore; 2],
    /// Snapshots of a while ago.
    kept: Vec<Keys>,
    caches: [(TokenCache, usize, usize); 2],
}

impl World {
    fn perform(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.next() % 16 {
            0..6 => {
                let (keys, cache) = (self.keys(bytes.next()), usize::from(bytes.next() % 2));
                self.page(&keys, cache, bytes.next(), bytes.token());
            }
            6..10 => {
                let (keys, cache) = (self.keys(bytes.next()), usize::from(bytes.next() % 2));
                let tokens = [bytes.token(), bytes.token(), bytes.token()];
                self.api(&keys, cache, bytes.next(), tokens);
            }
            10 => {
                let which = bytes.next();
                self.fetch(which % 2, Some(which / 2));
            }
            11 => self.fetch(bytes.next() % 2, None),
            12 => self.now = self.now.saturating_add(bytes.span()),
            13 => self.now = self.now.saturating_sub(bytes.span()),
            14 => {
                let which = bytes.next();
                let keys = self.keys(which & 1);
                self.kept.insert(0, keys);
                self.kept.truncate(4);
            }
            _ => {
                let which = bytes.next();
                let at = usize::from(which % 2);
                if which & 2 == 0 {
                    self.caches[at].0.clear();
                    assert!(self.caches[at].0.is_empty() && self.caches[at].0.bytes() == 0);
                } else {
                    self.caches[at] = cache(usize::from(which / 4));
                }
            }
        }
        for (cache, entries, most) in &self.caches {
            assert!(cache.len() <= *entries && cache.bytes() <= *most, "{cache:?}");
            assert_eq!(cache.is_empty(), matches!(cache.len(), 0));
        }
    }

    /// A store's keys, or those it had.
    fn keys(&self, which: u8) -> Keys {
        let kept = self.kept.get(usize::from(which / 2 % 4)).filter(|_| which >= 128);
        kept.cloned().unwrap_or_else(|| self.stores[usize::from(which % 2)].keys())
    }

    /// Has a store fetch this document, or in vain.
    fn fetch(&mut self, store: u8, document: Option<u8>) {
        let now = UnixMillis::from_millis(self.now);
        let store = &mut self.stores[usize::from(store)];
        let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else { return };
        let document = document.map(|which| &DOCUMENTS[usize::from(which) % DOCUMENTS.len()]);
        let answer = document.map_or_else(FetchAnswer::failed, |document| {
            FetchAnswer::http(200, document.as_bytes())
        });
        let _ = store.finish_fetch(ticket, answer, now);
    }

    fn page(&mut self, keys: &Keys, cache: usize, gate: u8, token: &str) {
        let now = UnixMillis::from_millis(self.now);
        let gate = &PAGES[usize::from(gate) % PAGES.len()];
        let cookie = format!("sAccessToken={token}");
        let request = gate.request("GET", [cookie.as_bytes()]);
        let expected = request.decide(keys, now);
        let (cache, entries, _) = &mut self.caches[cache];
        let had = cache.len();
        for _ in 0..2 {
            let found = request.decide_with(&mut *cache, keys, now);
            assert_eq!(found, expected);
            same_session(&found, &expected);
        }
        // Who has no signature of the issuer's adds nothing, and takes nothing away.
        let is_proven = !matches!(
            expected.reason(),
            Some(Reason::BadSignature | Reason::UnknownKey | Reason::KeysUnavailable)
        ) && !matches!(expected, SessionDecision::FetchKeys(_));
        assert!(is_proven || cache.len() == had, "{expected:?}");
        if matches!(expected, SessionDecision::Authenticated(_)) && *entries > 0 {
            assert!(cache.len() <= had + 1);
        }
    }

    fn api(&mut self, keys: &Keys, cache: usize, kind: u8, tokens: [&str; 3]) {
        let now = UnixMillis::from_millis(self.now);
        let gate = &APIS[usize::from(kind) % APIS.len()];
        let [cookie, bearer, replacement] = tokens;
        let cookie = format!("sAccessToken={cookie}");
        let bearer = format!("Bearer {bearer}");
        let method = if kind & 64 == 0 { "POST" } else { "GET" };
        let request = || {
            gate.request(method, [cookie.as_bytes()])
                .authorization((kind & 128 != 0).then_some(bearer.as_bytes()))
                .anti_csrf((kind & 32 != 0).then_some(b"csrf"))
        };
        let (mut plain, mut cached) = (request(), request());
        let (cache, _, _) = &mut self.caches[cache];
        let body = format!(r#"{{"status":"OK","accessToken":{{"token":"{replacement}"}}}}"#);
        // Once the core may be asked, and once it may be asked about its answer's token.
        for _ in 0..2 {
            let expected = plain.decide(keys, now);
            let found = cached.decide_with(&mut *cache, keys, now);
            assert_eq!(found, expected);
            assert_eq!(cached.decide_with(&mut *cache, keys, now), expected, "twice");
            if let (SessionDecision::AskCore(one), SessionDecision::AskCore(two)) = (&expected, &found) {
                assert_eq!((one.body(), one.reason()), (two.body(), two.reason()));
            }
            same_session(&found, &expected);
            texts(&plain, &cached, &expected, &found);
            let answer = if kind & 16 == 0 { body.as_bytes() } else { br#"{"status":"OK"}"# };
            let (SessionDecision::AskCore(one), SessionDecision::AskCore(two)) = (expected, found)
            else {
                return;
            };
            plain.finish(one, CoreAnswer::http(200, answer));
            cached.finish(two, CoreAnswer::http(200, answer));
        }
    }
}

/// The token's text, and the fields that go with a decision.
fn texts(
    plain: &supertokens_session::ApiRequest<'_>,
    cached: &supertokens_session::ApiRequest<'_>,
    expected: &ApiDecision,
    found: &ApiDecision,
) {
    if let (SessionDecision::Authenticated(one), SessionDecision::Authenticated(two)) =
        (expected, found)
    {
        assert_eq!(plain.token(one), cached.token(two));
    }
    let fields: Vec<_> = plain.replacement_headers(expected).collect();
    assert_eq!(cached.replacement_headers(found).collect::<Vec<_>>(), fields);
}

/// To the byte, whatever equality of sessions may mean.
fn same_session<Loop, Ask>(one: &SessionDecision<Loop, Ask>, two: &SessionDecision<Loop, Ask>) {
    let session = |decision: &SessionDecision<Loop, Ask>| match decision {
        SessionDecision::Authenticated(session) => Some(session.clone()),
        SessionDecision::InvalidClaims(invalid) => invalid.session().cloned(),
        _ => None,
    };
    let text = |session: supertokens_session::Session| {
        [
            session.user_id(),
            session.recipe_user_id(),
            session.tenant_id(),
            session.session_handle(),
            session.payload_json(),
        ]
        .map(str::to_owned)
    };
    let numbers = |session: &supertokens_session::Session| {
        (session.expires_at(), session.version(), session.source())
    };
    let (one, two) = (session(one), session(two));
    assert_eq!(one.as_ref().map(numbers), two.as_ref().map(numbers));
    assert_eq!(one.map(text), two.map(text));
}

static PAGES: LazyLock<[Gate; 5]> = LazyLock::new(|| {
    let policy = PagePolicy::default;
    let verified = EmailVerificationClaim::is_verified().max_age(std::time::Duration::from_secs(60));
    [
        Gate::page(policy()),
        Gate::page(policy().signing_keys(SigningKeyKind::Static)),
        Gate::page(policy().claim(EmailVerificationClaim::is_verified())),
        Gate::page(policy().claim(verified).claim(BooleanClaim::new("x").is_true())),
        Gate::page(policy().https(false).claim(BooleanClaim::new("x").is_false())),
    ]
});

static APIS: LazyLock<[Gate<ApiPolicy>; 6]> = LazyLock::new(|| {
    let policy = ApiPolicy::new;
    [
        Gate::api(policy(AntiCsrf::None)),
        Gate::api(policy(AntiCsrf::ViaToken)),
        Gate::api(policy(AntiCsrf::None).check_database(true)),
        Gate::api(policy(AntiCsrf::None).claim(EmailVerificationClaim::is_verified())),
        Gate::api(policy(AntiCsrf::ViaCustomHeader).session_required(false)),
        Gate::api(policy(AntiCsrf::ViaToken).signing_keys(SigningKeyKind::Static)),
    ]
});

/// Of the same names with different keys: what is a number here is a modulus.
static DOCUMENTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let sets: [&[(&str, u8)]; 8] = [
        &[("d-1", 1), ("s-1", 3)],
        &[("d-1", 2), ("s-1", 3)],
        &[("d-2", 2), ("d-1", 1)],
        &[("d-2", 1), ("s-1", 2)],
        &[("d-1", 3)],
        &[("d-1", 1), ("d-1", 2), ("s-1", 1)],
        &[("d-2", 2)],
        &[("s-1", 3), ("d-1", 1), ("d-1", 1)],
    ];
    let jwk = |(kid, number): &(&str, u8)| {
        let n = token::encode(&modulus(*number));
        format!(r#"{{"kty":"RSA","alg":"RS256","kid":"{kid}","n":"{n}","e":"AQAB"}}"#)
    };
    let set = |set: &[(&str, u8)]| set.iter().map(jwk).collect::<Vec<_>>().join(",");
    sets.iter().map(|keys| format!(r#"{{"keys":[{}]}}"#, set(keys))).collect()
});

/// An odd number of 2048 bits.
fn modulus(number: u8) -> Vec<u8> {
    let mut n = vec![number | 0x80; 256];
    n[255] = number | 1;
    n
}

/// Every name, key and payload, and forgeries with the end of a good signature.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let payload = |more: &str, exp: u64, user: &str| {
        let iat = NOW / 1000 - 60;
        format!(
            concat!(
                r#"{{"iat":{},"exp":{},"sub":"{}","tId":"public","rsub":"user-1","#,
                r#""sessionHandle":"h","refreshTokenHash1":"x"{}}}"#
            ),
            iat, exp, user, more
        )
    };
    let (soon, late) = (NOW / 1000 + 30, NOW / 1000 + 3_600);
    let then = NOW - 30_000;
    let payloads = [
        payload("", late, "user-1"),
        payload("", soon, "user-2"),
        payload(&format!(r#","st-ev":{{"v":true,"t":{then}}},"x":{{"v":true}}"#), late, "user-1"),
        payload(&format!(r#","st-ev":{{"v":false,"t":{then}}},"x":{{"v":false}}"#), soon, "user-1"),
        payload(r#","antiCsrfToken":"csrf""#, late, "user-1"),
        payload(&format!(r#","nbf":{soon}"#), late, "user-\\u0031"),
        payload(r#","parentRefreshTokenHash1":"x""#, late, "user-1"),
        payload(r#","stt":1"#, late, "user-1"),
        payload(&format!(r#","pad":"{}""#, "x".repeat(900)), late, "user-3"),
    ];
    let mut all = Vec::new();
    for kid in ["d-1", "s-1", "d-2"] {
        let header = format!(r#"{{"kid":"{kid}","typ":"JWT","version":"5","alg":"RS256"}}"#);
        for number in 1..=3 {
            for payload in &payloads {
                let message =
                    [token::encode(header.as_bytes()), token::encode(payload.as_bytes())].join(".");
                let signature = null::sign(&modulus(number), message.as_bytes());
                all.push(format!("{message}.{}", token::encode(&signature)));
            }
        }
    }
    // As many again: of two neighbours the text of the one under the signature of the other, and a good
    // one whose signature differs in front of what a cache finds it by.
    let forged: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(index, good)| {
            let (message, signature) = good.rsplit_once('.').expect("a token");
            let (_, other) = all[(index + 1) % all.len()].rsplit_once('.').expect("a token");
            if index % 2 == 0 {
                format!("{message}.{other}")
            } else {
                let first = if signature.starts_with('A') { 'B' } else { 'A' };
                format!("{message}.{first}{}", &signature[1..])
            }
        })
        .collect();
    all.extend(forged);
    all
});

/// What is left of the input; zeros after its end.
struct Bytes<'d>(&'d [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn token(&mut self) -> &'static str {
        &TOKENS[usize::from(self.next()) % TOKENS.len()]
    }

    /// Milliseconds from none to hours, so that sums of them meet what there is to meet.
    fn span(&mut self) -> u64 {
        let [power, amount] = [self.next(), self.next()].map(u64::from);
        [1, 100, 1_000, 10_000, 30_000, 600_000, 3_600_000][power as usize % 7] * amount
    }
}
