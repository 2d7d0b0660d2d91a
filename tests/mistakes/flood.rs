//! What strangers can make the verifier or the issuer do, and how often.

use supertokens_session::{
    Fetch, FetchAnswer, Gate, Keys, PagePolicy, Reason, SessionDecision, UnixMillis,
};

use crate::pair::Pair;
use crate::support::{NOW, PAYLOAD, base64url, jwks_of, payload_with};
use crate::{KID, header, message, never_fetched, nine, root, sources, store_of};

/// So many milliseconds after [`NOW`].
fn after(millis: u64) -> UnixMillis {
    UnixMillis::from_millis(NOW * 1000 + millis)
}

fn decide(token: &str, keys: &Keys, now: UnixMillis) -> SessionDecision {
    crate::support::decide(format!("sAccessToken={token}").as_bytes(), keys, now)
}

// 12: fetches at an attacker's word

#[test]
fn a_malformed_token_never_causes_a_fetch() {
    let pair = Pair::p256();
    // Never fetched, and with a set in which any unknown key would be looked for.
    let (never, old) = (never_fetched(), store_of(&nine(), &[pair.jwk("")]).keys());
    let stranger = header(r#""ES256""#).replace(KID, "d-stranger");
    let well_formed = pair.token(&stranger, PAYLOAD);
    for keys in [&never, &old] {
        let decision = decide(&well_formed, keys, after(60_000));
        assert!(matches!(decision, SessionDecision::FetchKeys(_)), "{decision:?}");
    }
    let (first_two, signature) = well_formed.rsplit_once('.').unwrap();
    let (first, second) = first_two.split_once('.').unwrap();
    let malformed = [
        pair.token(&stranger.replace("ES256", "none"), PAYLOAD),
        pair.token(&stranger.replace("ES256", "HS256"), PAYLOAD),
        pair.token(&stranger.replace(r#""typ":"JWT","#, ""), PAYLOAD),
        pair.token(&stranger.replace(r#""5""#, r#""6""#), PAYLOAD),
        pair.token(&stranger.replacen('{', r#"{"crit":["exp"],"#, 1), PAYLOAD),
        pair.token(&stranger.replacen('{', r#"{"kid":"d-2","#, 1), PAYLOAD),
        pair.token(&stranger, ""),
        pair.token(&stranger, "{}"),
        pair.token(&stranger, &payload_with("exp", "")),
        pair.token(&stranger, &payload_with("stt", "1")),
        pair.token(&stranger, &PAYLOAD.replacen('{', r#"{"x":1,"x":2,"#, 1)),
        format!("{first}.{second}"),
        format!("{first}.{second}.{signature}="),
        format!("{first}.{second}.*"),
        format!("{first}=.{second}.{signature}"),
        format!("{first}.{second}=.{signature}"),
        format!("{well_formed}.{signature}"),
        ".".repeat(8000),
        "x".repeat(60_000),
    ];
    for token in malformed {
        for keys in [&never, &old] {
            for now in [0, 15_000, 60_000, 100_000_000] {
                let decision = decide(&token, keys, after(now));
                assert!(
                    matches!(decision, SessionDecision::TryRefresh(_)),
                    "{token}: {decision:?}"
                );
            }
        }
    }
    // Nor does a request without a token, or one this gate does not decide.
    let gate = Gate::page(PagePolicy::default());
    let cookie = format!("sAccessToken={well_formed}");
    for (method, cookie) in [("GET", "theme=dark"), ("POST", cookie.as_str())] {
        let decision = gate.request(method, [cookie.as_bytes()]).decide(&never, after(0));
        assert!(matches!(decision, SessionDecision::NoSession(_)), "{decision:?}");
    }
}

/// The issuer answers nothing for ten minutes, while a made-up key comes in every 60 ms.
#[test]
fn a_flood_while_the_issuer_is_away_neither_fetches_more_nor_harms_the_known_key() {
    let pair = Pair::p256();
    let mut store = store_of(&nine(), &[pair.jwk("")]);
    let good = pair.session(PAYLOAD);
    let (_, rest) = good.split_once('.').unwrap();
    let mut fetches = Vec::new();
    for forged in 0..10_000_u64 {
        let now = forged * 60;
        let kid = format!("d-{}", forged.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let header = header(r#""ES256""#).replace(KID, &kid);
        let forgery = format!("{}.{rest}", base64url(header.as_bytes()));
        match decide(&forgery, &store.keys(), after(now)) {
            SessionDecision::FetchKeys(why) => {
                if let Fetch::Ticket(ticket) = store.begin_fetch(why, after(now)) {
                    fetches.push(now);
                    store.finish_fetch(ticket, FetchAnswer::failed(), after(now));
                }
            }
            SessionDecision::TryRefresh(Reason::UnknownKey) | SessionDecision::Unavailable(_) => {}
            other => panic!("{other:?}"),
        }
        // Now and then its own user, to whom nothing is known to be wrong.
        if forged % 1_000 == 0 {
            let decision = decide(&good, &store.keys(), after(now));
            assert!(matches!(decision, SessionDecision::Authenticated(_)), "{now}: {decision:?}");
        }
    }
    // None while the first set was news, never more than two in 30 seconds, and fewer and fewer.
    assert!(fetches[0] >= 15_000, "{fetches:?}");
    assert!(fetches.windows(3).all(|three| three[2] - three[0] >= 30_000), "{fetches:?}");
    assert!((10..=22).contains(&fetches.len()), "{fetches:?}");
    // And it is over with the first answer.
    let now = after(700_000);
    let why = store.fetch_now();
    let Fetch::Ticket(ticket) = store.begin_fetch(why, now) else { panic!("no ticket") };
    let document = jwks_of(&[pair.jwk("")]);
    let keys =
        store.finish_fetch(ticket, FetchAnswer::http(200, document.as_bytes()), now).into_keys();
    let decision = decide(&pair.signed(&message(&header(r#""ES256""#), PAYLOAD)), &keys, now);
    assert!(matches!(decision, SessionDecision::Authenticated(_)), "{decision:?}");
}

// 25: patterns that backtrack

#[test]
fn nothing_is_matched_by_a_pattern() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    assert!(dependencies.contains("serde_json"));
    let texts = sources().into_iter().map(|(path, text)| (path.display().to_string(), text));
    for (place, text) in texts.chain([("Cargo.toml".to_owned(), dependencies.to_owned())]) {
        for word in ["regex", "fnmatch", "globset"] {
            assert!(!text.to_lowercase().contains(word), "{word} in {place}");
        }
    }
}
