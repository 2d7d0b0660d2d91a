//! What is measured of this crate and of the libraries under it.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use aws_lc_rs::signature::ParsedPublicKey;
use supertokens_session::{
    AllowedDomainsClaim, EmailVerificationClaim, Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore,
    Keys, MultiFactorAuthClaim, PagePolicy, PermissionClaim, SessionDecision, SignatureAlgorithm,
    TokenCache, UserRoleClaim, crypto,
};

use crate::cases::support::{NOW, PAYLOAD, Signer, at, jwks, unbase64url};
use crate::cases::{TOKEN, cookie, decide};
use crate::peers::USER;

/// A page's decision on a token never seen before, by what verifies its signature.
pub const COLD_RING: &str = "decision, ring";
pub const COLD_AWS: &str = "decision, aws-lc-rs";
/// The same on a thousand tokens in turn that were seen before.
pub const CACHED: &str = "token cache hit";
pub const CACHED_CLAIMS: &str = "token cache hit, five claims";
pub const ROWS: [(&str, &dyn SignatureAlgorithm); 2] =
    [(COLD_RING, crypto::ring::RS256), (COLD_AWS, crypto::aws_lc_rs::RS256)];

/// One verification by `aws-lc-rs`, all decoded and the key parsed before.
pub struct BareAws {
    key: ParsedPublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl BareAws {
    pub fn new(token: &str, key: ParsedPublicKey) -> Self {
        let (message, signature) = token.rsplit_once('.').expect("a token");
        Self { key, message: message.into(), signature: unbase64url(signature) }
    }

    pub fn verify(&self) {
        self.key.verify_sig(&self.message, &self.signature).expect("a good signature");
    }
}

/// A page's decision, from the bytes of the cookie.
pub struct Cold {
    gate: Gate,
    keys: Keys,
    cookie: String,
}

impl Cold {
    pub fn new(row: &'static dyn SignatureAlgorithm, document: &str) -> Self {
        let keys = keys(row, document);
        Self { gate: Gate::page(PagePolicy::default()), keys, cookie: cookie(TOKEN.trim()) }
    }

    /// The question that the peers are asked.
    pub fn decide(&self) -> bool {
        let decision = decide(&self.gate, &self.cookie, &self.keys, at(NOW));
        matches!(decision, SessionDecision::Authenticated(session) if session.user_id() == USER)
    }
}

/// Out of a document fetched at [`NOW`], for this row alone.
fn keys(row: &'static dyn SignatureAlgorithm, document: &str) -> Keys {
    let url = "https://core.example/.well-known/jwks.json";
    let mut store = KeyStore::new(url, &[row], KeyPolicy::default(), 7);
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), at(NOW)) else {
        panic!("a new store gives a ticket");
    };
    store.finish_fetch(ticket, FetchAnswer::http(200, document.as_bytes()), at(NOW)).into_keys()
}

/// A name, how many decisions one call makes, and that call.
pub type CachedRow = (&'static str, u32, Box<dyn Fn()>);

/// As many tokens as `node/measure.mjs` has for the caches of others.
const TOKENS: usize = 1000;

/// Decisions of one call: as long as a batch of verifying, with [`BATCH`](crate::BATCH) calls.
const EACH: u32 = 100;

/// Decisions on a thousand tokens in turn, all of them in the token cache.
pub fn cached() -> Vec<CachedRow> {
    let strict = PagePolicy::default()
        .claim(EmailVerificationClaim::is_verified())
        .claim(UserRoleClaim::includes("admin"))
        .claim(PermissionClaim::includes_all(["read", "write"]))
        .claim(MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth())
        .claim(AllowedDomainsClaim::includes("example.com"));
    let stamp = NOW * 1000 - 60_000;
    // What these validators ask for, in place of the claims of the fixed token.
    let (claims, _) = PAYLOAD.split_once(r#","st-ev""#).expect("the first claim");
    let claims = format!(
        concat!(
            r#"{claims},"st-ev":{{"v":true,"t":{stamp}}},"st-role":{{"v":["admin"],"t":{stamp}}},"#,
            r#""st-perm":{{"v":["read","write"],"t":{stamp}}},"#,
            r#""st-mfa":{{"c":{{"emailpassword":1749999940,"totp":1749999950}},"v":true}},"#,
            r#""st-t-dmns":{{"v":["example.com"],"t":{stamp}}}}}"#
        ),
        claims = claims,
        stamp = stamp
    );
    vec![
        (CACHED, EACH, rotation(PagePolicy::default(), PAYLOAD)),
        (CACHED_CLAIMS, EACH, rotation(strict, &claims)),
    ]
}

/// A call that decides about the next [`EACH`] of a thousand sessions of this payload.
fn rotation(policy: PagePolicy, payload: &str) -> Box<dyn Fn()> {
    let issuer = Signer::dynamic();
    let session = |n: usize| {
        let user = payload.replace(USER, &format!("user-{n}"));
        cookie(&issuer.session(&user.replace("handle-1", &format!("handle-{n}"))))
    };
    let cookies: Vec<String> = (0..TOKENS).map(session).collect();
    let gate = Gate::page(policy);
    let keys = keys(crypto::ring::RS256, &jwks());
    let mut cache = TokenCache::new(TOKENS, 8 << 20);
    let decide = move |cache: &mut TokenCache, cookie: &str| {
        let request = gate.request("GET", [cookie.as_bytes()]);
        let decision = request.decide_with(cache, &keys, at(NOW));
        // Whose it is differs; that it is somebody's session is asked of each.
        matches!(decision, SessionDecision::Authenticated(session) if !session.user_id().is_empty())
    };
    for cookie in &cookies {
        assert!(decide(&mut cache, cookie), "a good token");
    }
    assert_eq!(cache.len(), TOKENS, "all are remembered");
    let (cache, next) = (RefCell::new(cache), Cell::new(0));
    Box::new(move || {
        let mut cache = cache.borrow_mut();
        for _ in 0..EACH {
            assert!(decide(&mut cache, black_box(&cookies[next.get()])));
            next.set((next.get() + 1) % TOKENS);
        }
    })
}
