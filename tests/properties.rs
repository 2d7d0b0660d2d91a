//! The promises that hold for every input, tried on many: arbitrary, mutated and rearranged.

#[path = "properties/garbage.rs"]
mod garbage;
#[path = "properties/printing.rs"]
mod printing;
mod support;

use garbage::{MEMBERS, field, json, order, shuffle, shuffled, some_members, with_members};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use supertokens_session::{
    AntiCsrf, ApiDecision, ApiPolicy, CoreAnswer, FetchAnswer, FetchReason, Gate, KeyPolicy,
    KeyStore, Keys, PagePolicy, Reason, SessionDecision, SigningKeyKind, TokenTransfer, UnixMillis,
};
use support::{
    NOW, PAYLOAD, Signer, at, base64url, decide, decide_token, jwks, jwks_of, keys, payload_with,
    provider, store_after, unbase64url,
};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The word a decision leads with, and its reason.
fn outcome(decision: &SessionDecision) -> (&'static str, &'static str) {
    let reason = match decision {
        SessionDecision::FetchKeys(why) => match why.reason() {
            FetchReason::NoKeys => "no_keys",
            _ => "unknown_key",
        },
        decision => decision.reason().map_or("", Reason::name),
    };
    (decision.name(), reason)
}

/// Who a decision says the visitor is: what two tokens of one meaning must agree on.
fn who(decision: &SessionDecision) -> Vec<String> {
    let mut who = vec![format!("{decision:?}")];
    if let SessionDecision::Authenticated(session) = decision {
        let ids = [session.user_id(), session.recipe_user_id(), session.tenant_id()];
        who.extend(ids.map(str::to_owned));
        who.push(session.session_handle().to_owned());
    }
    who
}

fn is_authenticated(decision: &SessionDecision) -> bool {
    matches!(decision, SessionDecision::Authenticated(_))
}

/// The key sets a request may meet: fetched, failed, never asked for.
fn all_keys() -> [Keys; 3] {
    let new = KeyStore::new(
        "https://core.example/jwks.json",
        &[provider::RS256],
        KeyPolicy::default(),
        7,
    );
    [keys(&jwks()), store_after(FetchAnswer::failed(), at(NOW)).keys(), new.keys()]
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn no_input_makes_it_panic_and_every_refusal_has_a_reason(
        fields in prop::collection::vec(field(), 0..4),
        method in prop_oneof![Just("GET".to_owned()), any::<String>()],
        transfer in select(vec![TokenTransfer::Any, TokenTransfer::Cookie, TokenTransfer::Header]),
        document in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            json().prop_map(String::into_bytes),
            prop::collection::vec(json(), 0..4).prop_map(|jwks| jwks_of(&jwks).into_bytes()),
            some_members().prop_map(|members| {
                jwks_of(&[with_members(&Signer::dynamic().jwk(), &members)]).into_bytes()
            }),
        ],
        status in prop_oneof![Just(200), any::<u16>()],
        (fetched_at, now) in any::<(u64, u64)>(),
    ) {
        let fetched_at = UnixMillis::from_millis(fetched_at);
        let store = store_after(FetchAnswer::http(status, &document), fetched_at);
        let gate = Gate::page(PagePolicy::default().token_transfer(transfer));
        let fields = fields.iter().map(Vec::as_slice);
        let request = gate.request(&method, fields.chain([b"".as_slice()]));
        for keys in [store.keys()].iter().chain(&all_keys()) {
            for now in [UnixMillis::from_millis(now), at(NOW), UnixMillis::from_millis(u64::MAX)] {
                let decision = request.decide(keys, now);
                // Nobody signed any of this.
                prop_assert!(!is_authenticated(&decision));
                let printed = format!("{decision:?}{keys:?}{request:?}");
                prop_assert!(printed.is_ascii());
                let (arm, reason) = outcome(&decision);
                let is_reason = Reason::ALL.iter().any(|known| known.name() == reason);
                prop_assert!(is_reason || arm == "fetch_keys", "{decision:?}");
            }
        }
    }

    /// What the issuer signs may be nonsense too: it is accepted only as what it says.
    #[test]
    fn no_signed_token_makes_it_panic_or_is_taken_for_another(
        header in some_members(),
        payload in prop_oneof![
            4 => some_members().prop_map(|members| with_members(PAYLOAD, &members)),
            1 => json(),
        ],
        now in prop_oneof![Just(NOW), any::<u64>()],
    ) {
        let issuer = Signer::dynamic();
        let header = with_members(&issuer.header(), &header);
        let token = issuer.token(&header, &payload);
        let ready = keys(&jwks());
        // A stack that unbounded recursion over 8 KiB of brackets would overflow.
        let decision = std::thread::Builder::new().stack_size(256 * 1024).spawn(move || {
            decide(format!("sAccessToken={token}").as_bytes(), &ready, at(now))
        });
        if let SessionDecision::Authenticated(session) = decision.unwrap().join().unwrap() {
            // serde_json is another reader of the same text; of two members it takes the last.
            let claims: Value = serde_json::from_str(&payload).unwrap();
            prop_assert_eq!(claims["sub"].as_str(), Some(session.user_id()));
            prop_assert_eq!(claims["sessionHandle"].as_str(), Some(session.session_handle()));
            prop_assert!(claims["exp"].as_f64().unwrap() > now as f64);
            let not_before = claims.get("nbf").map_or(Some(0.0), Value::as_f64);
            prop_assert!(not_before.is_some_and(|nbf| nbf <= now as f64));
            prop_assert!(claims.get("stt").is_none_or(|stt| stt.as_f64() == Some(0.0)));
            let header: Value = serde_json::from_str(&header).unwrap();
            prop_assert_eq!(header["alg"].as_str(), Some("RS256"));
            prop_assert_eq!(header["kid"].as_str(), Some(issuer.kid));
            prop_assert_eq!(session.payload_json(), payload);
        }
    }
}

/// Every bit of the text, the dots included, and every bit of the bytes it stands for. No flip is
/// left out: one that makes a `;` ends the cookie early, one at an end that makes a space or a
/// quote is trimmed or kept, and what is left is another text in each case.
#[test]
fn flipping_any_bit_of_an_accepted_token_makes_it_not_accepted() {
    let ready = keys(&jwks());
    let token = Signer::dynamic().session(PAYLOAD);
    assert!(is_authenticated(&decide_token(&token, &ready)));
    let name = "sAccessToken=".len();
    let mut cookie = format!("sAccessToken={token}").into_bytes();
    for at_byte in name..cookie.len() {
        for bit in 0..8 {
            cookie[at_byte] ^= 1 << bit;
            let decision = decide(&cookie, &ready, at(NOW));
            assert!(!is_authenticated(&decision), "bit {bit} of byte {at_byte}");
            cookie[at_byte] ^= 1 << bit;
        }
    }
    let segments: Vec<Vec<u8>> = token.split('.').map(unbase64url).collect();
    for segment in 0..3 {
        for bit in 0..segments[segment].len() * 8 {
            let mut flipped = segments.clone();
            flipped[segment][bit / 8] ^= 1 << (bit % 8);
            let token = flipped.iter().map(|bytes| base64url(bytes)).collect::<Vec<_>>().join(".");
            let decision = decide_token(&token, &ready);
            assert!(!is_authenticated(&decision), "bit {bit} of segment {segment}");
            // The text around a signature is well formed, so only the signature can be wrong.
            if segment == 2 {
                assert_eq!(decision, SessionDecision::TryRefresh(Reason::BadSignature));
            }
        }
    }
    assert!(is_authenticated(&decide(&cookie, &ready, at(NOW))), "the flips were undone");
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn no_other_text_than_an_accepted_token_is_accepted(
        (from, to, source) in any::<(Index, Index, Index)>(),
        inserted in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..5),
            "[A-Za-z0-9_.=-]{0,5}".prop_map(String::into_bytes),
        ],
        parts in prop::array::uniform3(0..3_usize),
    ) {
        let ready = keys(&jwks());
        let one = Signer::dynamic().session(PAYLOAD);
        // A range of the token replaced by other bytes, and by bytes from elsewhere in it.
        let (from, to) = (from.index(one.len()), to.index(one.len()));
        let (from, to) = (from.min(to), from.max(to));
        let elsewhere = &one.as_bytes()[source.index(from + 1)..][..to - from];
        for inserted in [inserted.as_slice(), elsewhere] {
            let bytes = one.as_bytes();
            let cookie = [b"sAccessToken=", &bytes[..from], inserted, &bytes[to..]].concat();
            let gate = Gate::page(PagePolicy::default());
            let request = gate.request("GET", [cookie.as_slice()]);
            // White space, quotes or `;` around it: still the same token.
            let same = request.token() == Some(&one);
            prop_assert_eq!(is_authenticated(&request.decide(&ready, at(NOW))), same);
        }
        // The parts of three accepted tokens, mixed.
        let tokens = [one, Signer::dynamic().session(&payload_with("sub", "\"user-2\"")),
            Signer::statik().session(PAYLOAD)].map(|token| {
            token.split('.').map(str::to_owned).collect::<Vec<_>>()
        });
        let mixed = (0..3).map(|part| tokens[parts[part]][part].as_str()).collect::<Vec<_>>();
        // The static key's token alone is refused by policy, not by its signature.
        let expected = parts == [0; 3] || parts == [1; 3]
            || mixed.join(".") == tokens[0].join(".") || mixed.join(".") == tokens[1].join(".");
        prop_assert_eq!(is_authenticated(&decide_token(&mixed.join("."), &ready)), expected);
    }

    #[test]
    fn later_never_revives(
        exp in prop_oneof![
            (0..2 * NOW).prop_map(|exp| exp.to_string()),
            (0.0..2e9_f64).prop_map(|exp| exp.to_string()),
            Just("-1".to_owned()), Just("0".to_owned()),
        ],
        nbf in prop_oneof![Just(String::new()), (0..2 * NOW).prop_map(|nbf| nbf.to_string())],
        now in 0..4_000_000_000_000_u64,
        later in prop_oneof![1..20_000_u64, any::<u64>()],
    ) {
        // Around the moment itself, too.
        let exp_millis = (exp.parse::<f64>().unwrap().max(0.0) * 1000.0) as u64;
        let payload = payload_with("exp", &exp);
        let payload = if nbf.is_empty() { payload } else {
            payload.replacen('{', &format!(r#"{{"nbf":{nbf},"#), 1)
        };
        let cookie = format!("sAccessToken={}", Signer::dynamic().session(&payload));
        let moments = (exp_millis.saturating_sub(2)..exp_millis + 3).chain([now]);
        for keys in all_keys() {
            for t in moments.clone() {
                let earlier = decide(cookie.as_bytes(), &keys, UnixMillis::from_millis(t));
                if earlier != SessionDecision::TryRefresh(Reason::Expired) {
                    prop_assert!(t < exp_millis + 1 || outcome(&earlier).1 == "not_yet_valid",
                        "{t} {earlier:?}");
                    continue;
                }
                for t in [t + 1, t.saturating_add(later), u64::MAX] {
                    let decision = decide(cookie.as_bytes(), &keys, UnixMillis::from_millis(t));
                    prop_assert_eq!(decision, earlier.clone(), "at {}", t);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn the_order_of_members_cookies_and_headers_never_changes_a_decision(
        order in order(),
        jwks_order in order(),
        taken in any::<u16>(),
        change in prop_oneof![Just(None), (select(MEMBERS.split(' ').collect::<Vec<_>>()), select(
            vec!["null", "1", "\"x\"", "[[{\"a\":[1]}]]", "1750000001", "\"5\""])).prop_map(Some)],
        cuts in any::<u16>(),
    ) {
        let (issuer, statik) = (Signer::dynamic(), Signer::statik());
        // JWKS members: good, repeated, ambiguous, unusable, nonsense; any of them.
        let mut members = vec![
            issuer.jwk(), issuer.jwk(), Signer::other().jwk(), statik.jwk(),
            statik.jwk().replace("sig", "enc"), statik.jwk().replace("RS256", "ES256"),
            statik.jwk().replace(r#""n""#, r#""m""#), "7".into(), "{}".into(),
        ];
        let mut at_member = 0;
        members.retain(|_| { at_member += 1; taken >> at_member & 1 == 1 });
        let first = keys(&jwks_of(&members));
        let mut members: Vec<_> = members.iter().map(|jwk| {
            if jwk.len() > 2 { shuffled(jwk, &order) } else { jwk.clone() }
        }).collect();
        shuffle(&mut members, &jwks_order);
        let second = keys(&jwks_of(&members));

        // Members of header and payload, signed anew.
        let (mut header, mut payload) = (issuer.header(), PAYLOAD.to_owned());
        if let Some((name, value)) = change {
            payload = payload_with(name, value);
            let mut object: Value = serde_json::from_str(&header).unwrap();
            object[name] = serde_json::from_str(value).unwrap();
            if name.len() < 4 { header = object.to_string(); }
        }
        let other = issuer.token(&shuffled(&header, &order), &shuffled(&payload, &jwks_order));
        let ready = keys(&jwks());
        for signer in [&issuer, &statik] {
            let header = header.replace(issuer.kid, signer.kid);
            let token = signer.token(&header, &payload);
            let other = signer.token(&shuffled(&header, &order), &shuffled(&payload, &jwks_order));
            for (before, after) in [(&first, &second), (&ready, &ready)] {
                let (before, after) = (decide_token(&token, before), decide_token(&other, after));
                prop_assert_eq!(who(&before), who(&after));
            }
        }

        // Cookies: unrelated ones and, now and then, a second token or a legacy one; as one field
        // or several. What is compared is the whole decision, its payload too.
        let mut cookies = vec![
            format!("sAccessToken={other}"), "theme=dark".into(), "sFrontToken=e30".into(),
            "x=\"a b\"".into(), "no-equals".into(), "=nameless".into(), "sAccessTokens=1".into(),
            String::new(), "ssAccessToken=1".into(),
        ];
        let more = ["st-access-token=a.b.c", "sAccessToken=", "sIdRefreshToken="];
        let more = more.iter().enumerate().filter(|(n, _)| taken >> (n + 10) & 3 == 3);
        cookies.extend(more.map(|(_, cookie)| cookie.to_string()));
        let expected = decide(cookies.join("; ").as_bytes(), &ready, at(NOW));
        shuffle(&mut cookies, &order);
        let mut fields = vec![String::new()];
        for (n, cookie) in cookies.iter().enumerate() {
            match fields.last_mut() {
                Some(field) if cuts >> n & 1 == 0 => *field = format!("{field};{cookie}"),
                _ => fields.push(cookie.clone()),
            }
        }
        let gate = Gate::page(PagePolicy::default());
        let request = gate.request("GET", fields.iter().map(|field| field.as_bytes()));
        prop_assert_eq!(request.decide(&ready, at(NOW)), expected);
    }
}

/// The API's last word on a request, with a core that knows every session.
fn api_decides(api: &Gate<ApiPolicy>, cookie: &[u8], keys: &Keys, now: UnixMillis) -> ApiDecision {
    let mut request = api.request("GET", [cookie]);
    match request.decide(keys, now) {
        ApiDecision::AskCore(check) => {
            request.finish(check, CoreAnswer::http(200, br#"{"status":"OK"}"#));
            request.decide(keys, now)
        }
        decision => decision,
    }
}

proptest! {
    #![proptest_config(config(400))]

    /// Nor, where it is nobody, on why.
    #[test]
    fn page_and_api_never_disagree_on_who_the_user_is(
        header in some_members(),
        payload in prop_oneof![
            4 => some_members().prop_map(|members| with_members(PAYLOAD, &members)),
            1 => Just(payload_with("parentRefreshTokenHash1", r#""x""#)),
            1 => json(),
        ],
        (signer, kind) in (0..3_usize, select(vec![SigningKeyKind::Dynamic, SigningKeyKind::Static])),
        around in select(vec![("", ""), ("x=y; ", "; sIdRefreshToken=1"), ("\"", "\""), (" ", "\t")]),
        garbled in prop_oneof![3 => Just(None), 1 => any::<(Index, u8)>().prop_map(Some)],
        now in prop_oneof![3 => Just(NOW), 1 => any::<u64>()],
    ) {
        let signer = [Signer::dynamic(), Signer::statik(), Signer::other()].into_iter().nth(signer);
        let signer = signer.unwrap();
        let token = signer.token(&with_members(&signer.header(), &header), &payload);
        let mut cookie = match around {
            (before @ "x=y; ", after) => format!("{before}sAccessToken={token}{after}"),
            (before, after) => format!("sAccessToken={before}{token}{after}"),
        }.into_bytes();
        if let Some((place, byte)) = garbled {
            let place = place.index(cookie.len());
            cookie[place] = byte;
        }
        let page = Gate::page(PagePolicy::default()
            .signing_keys(kind).token_transfer(TokenTransfer::Cookie));
        let api = Gate::api(ApiPolicy::new(AntiCsrf::None)
            .signing_keys(kind).token_transfer(TokenTransfer::Cookie));
        for keys in all_keys() {
            let page = page.request("GET", [cookie.as_slice()]).decide(&keys, at(now));
            let api = api_decides(&api, &cookie, &keys, at(now));
            let reason = page.reason();
            prop_assert_eq!(reason, api.reason());
            match (page, api) {
                (SessionDecision::Authenticated(page), ApiDecision::Authenticated(api)) => {
                    prop_assert_eq!(page, api);
                }
                (SessionDecision::FetchKeys(page), ApiDecision::FetchKeys(api)) => {
                    prop_assert_eq!(page, api);
                }
                (page, api) => prop_assert!(reason.is_some(), "{:?} {:?}", page, api),
            }
        }
    }
}
