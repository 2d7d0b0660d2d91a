//! How much is held, and who has to go.

use supertokens_session::TokenCache;

use crate::issuer::{PADDED, ROW, store};
use crate::support::{NOW, PAYLOAD, at, payload_with};
use crate::{ONE, decide, page, session, token_of};

#[test]
fn it_holds_no_more_than_it_may() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let long = format!(r#""{}""#, "u".repeat(3_000));
    let long = [ONE.token(&ROW, &payload_with("sub", &long)), token_of(&ROW, 0)];
    let users: Vec<String> = (1..200).map(|user| token_of(&ROW, user)).collect();
    let one = {
        let mut cache = TokenCache::new(1, usize::MAX);
        assert_eq!(decide(&gate, &users[0], &mut cache, &keys, at(NOW)).0, 1);
        cache.bytes()
    };
    assert!(one > users[0].len() + PAYLOAD.len(), "{one}");
    assert!(one < users[0].len() + PAYLOAD.len() + 512, "{one}");

    for (entries, bytes) in [
        (0, 1 << 20),
        (10, 0),
        (1, 1 << 20),
        (10, 1 << 20),
        (100, 10 * one),
        (100, one),
        (100, one - 20),
    ] {
        let mut cache = TokenCache::new(entries, bytes);
        let mut most = (0, 0);
        for token in users.iter().chain(&long).chain(&users) {
            let (_, decision) = decide(&gate, token, &mut cache, &keys, at(NOW));
            assert_eq!(decision.name(), "authenticated");
            assert!(cache.len() <= entries && cache.bytes() <= bytes, "{cache:?}");
            most = (most.0.max(cache.len()), most.1.max(cache.bytes()));
        }
        // And no less than it could.
        let expected = entries.min(bytes / one);
        assert!(most.0.abs_diff(expected) <= 1, "{most:?} of {entries}, {bytes}");
        cache.clear();
        assert_eq!((cache.len(), cache.bytes()), (0, 0));
    }
}

/// What had escapes stands behind the payload, which is there once however many had.
#[test]
fn a_text_with_escapes_takes_room_for_itself() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let mut payload = PAYLOAD.to_owned();
    let mut bytes = || {
        let mut cache = TokenCache::new(1, 1 << 20);
        assert_eq!(decide(&gate, &ONE.token(&ROW, &payload), &mut cache, &keys, at(NOW)).0, 1);
        let texts = [
            ("user-1", r"\u0075ser-1"),
            ("public", r"\u0070ublic"),
            ("handle-1", r"\u0068andle-1"),
        ];
        let next = texts.into_iter().find(|(text, _)| payload.contains(text));
        payload =
            next.map_or_else(String::new, |(text, spelled)| payload.replacen(text, spelled, 1));
        cache.bytes()
    };
    let bytes = [bytes(), bytes(), bytes(), bytes()];
    for pair in bytes.windows(2) {
        assert!((10..40).contains(&(pair[1] - pair[0])), "{bytes:?}");
    }
}

/// Visitors who come back keep their place while a stranger signs in again and again, each time for
/// one request.
#[test]
fn what_is_used_outlives_what_is_not() {
    const VISITORS: usize = 100;
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let mut cache = TokenCache::new(2 * VISITORS, 1 << 20);
    let visitors: Vec<String> = (0..VISITORS).map(|user| token_of(&ROW, user)).collect();
    let mut checked = 0;
    for round in 0..50 {
        for token in &visitors {
            checked += decide(&gate, token, &mut cache, &keys, at(NOW)).0;
        }
        for stranger in 0..VISITORS {
            let token = token_of(&ROW, 1_000 + round * VISITORS + stranger);
            assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)).0, 1);
        }
    }
    // Of 5 000 requests of visitors; the first of each is one.
    assert!(checked < 250, "{checked}");
}

/// Who was used once is not in use for ever.
#[test]
fn what_is_used_again_outlives_what_was_used_once() {
    const VISITORS: usize = 40;
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let mut cache = TokenCache::new(2 * VISITORS, 1 << 20);
    let mut decides = |user| decide(&gate, &token_of(&ROW, user), &mut cache, &keys, at(NOW)).0;
    // Half of them never come again, and all who come later come twice.
    let twice = (0..2).flat_map(|_| 0..2 * VISITORS).map(&mut decides).sum::<u32>();
    assert_eq!(twice, 80);
    let checked: u32 = (0..VISITORS)
        .map(|stranger| {
            let checked = (0..VISITORS).map(&mut decides).sum::<u32>();
            assert_eq!([decides(1_000 + stranger), decides(1_000 + stranger)], [1, 0]);
            checked
        })
        .sum();
    // Of 1 600 requests; of three in ten, if to be passed over cost nothing.
    assert!(checked < 40, "{checked}");
}

/// As many as fit stay, in whatever order they come.
#[test]
fn a_rotation_of_as_many_tokens_as_fit_is_checked_once_each() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let tokens: Vec<String> = (0..300).map(|user| token_of(&ROW, user)).collect();
    let mut cache = TokenCache::new(tokens.len(), 1 << 20);
    let mut round = || {
        tokens.iter().map(|token| decide(&gate, token, &mut cache, &keys, at(NOW)).0).sum::<u32>()
    };
    assert_eq!([round(), round(), round()], [300, 0, 0]);
}

/// Where all are in use one goes all the same: 32 are passed over, in the order of the tokens' last characters.
#[test]
fn where_all_are_in_use_one_goes() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let mut tokens: Vec<String> = (0..100).map(|user| token_of(&ROW, user)).collect();
    tokens.sort_by_key(|token| token[token.len() - 8..].to_owned());
    let mut cache = TokenCache::new(tokens.len(), 1 << 20);
    for checked in [1, 0] {
        for token in &tokens {
            assert_eq!(decide(&gate, token, &mut cache, &keys, at(NOW)).0, checked);
        }
    }
    let bytes = cache.bytes();
    assert_eq!(decide(&gate, &token_of(&ROW, 100), &mut cache, &keys, at(NOW)).0, 1);
    assert_eq!(cache.len(), 100);
    assert!(cache.bytes().abs_diff(bytes) < 16, "{} {bytes}", cache.bytes());
    tokens.remove(32);
    for token in &tokens {
        assert_eq!(decide(&gate, token, &mut cache, &keys, at(NOW)).0, 0);
    }
}

/// However many have to go for one that is long, no more than 32 are passed over.
#[test]
fn for_a_long_one_no_more_are_passed_over_than_for_a_short_one() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let mut tokens: Vec<String> = (0..100).map(|user| token_of(&ROW, user)).collect();
    tokens.sort_by_key(|token| token[token.len() - 8..].to_owned());
    let fill = |bytes: usize| {
        let mut cache = TokenCache::new(1_000, bytes);
        for token in tokens.iter().chain(&tokens) {
            let (_, decision) = decide(&gate, token, &mut cache, &keys, at(NOW));
            assert_eq!(decision.name(), "authenticated");
        }
        cache
    };
    let bytes = fill(usize::MAX).bytes();
    let mut cache = fill(bytes);
    assert_eq!((cache.len(), cache.bytes()), (100, bytes));
    let long = ONE.token(&ROW, &payload_with("x", &format!(r#""{}""#, "x".repeat(3_000))));
    assert_eq!(decide(&gate, &long, &mut cache, &keys, at(NOW)).0, 1);
    let gone = 101 - cache.len();
    assert!((3..10).contains(&gone), "{gone}");
    for (index, token) in tokens.iter().enumerate() {
        if !(32..32 + gone).contains(&index) {
            assert_eq!(decide(&gate, token, &mut cache, &keys, at(NOW)).0, 0, "{index}");
        }
    }
}

/// What has expired makes room first, used or not.
#[test]
fn what_has_expired_goes_first() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let short = |user: usize| {
        let payload = payload_with("sub", &format!(r#""user-{user}""#));
        ONE.token(&ROW, &payload.replace("1750003540", "1750000010"))
    };
    let mut cache = TokenCache::new(20, 1 << 20);
    let long: Vec<String> = (0..10).map(|user| token_of(&ROW, user)).collect();
    for token in (10..20).map(short).chain(long.iter().cloned()) {
        for checked in [1, 0] {
            assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)).0, checked);
        }
    }
    // All were used. Ten seconds later half of them have expired.
    let later = at(NOW + 10);
    for user in 20..30 {
        assert_eq!(decide(&gate, &token_of(&ROW, user), &mut cache, &keys, later).0, 1);
    }
    let again: u32 =
        long.iter().map(|token| decide(&gate, token, &mut cache, &keys, later).0).sum();
    // Each was passed over twice at most while a second stranger came; most were not.
    assert!(again <= 3, "{again}");
}

/// Tokens that end alike have one place. That costs them the cache and nothing else.
#[test]
fn tokens_that_end_alike_are_not_mistaken_for_each_other() {
    let (keys, gate) = (store(&PADDED, &[ONE]).keys(), page());
    let tokens = [token_of(&PADDED, 1), token_of(&PADDED, 2)];
    assert_eq!(tokens[0][tokens[0].len() - 8..], tokens[1][tokens[1].len() - 8..]);
    let mut cache = TokenCache::new(10, 1 << 20);
    for _ in 0..3 {
        for (token, user) in tokens.iter().zip(["user-1", "user-2"]) {
            let (checked, decision) = decide(&gate, token, &mut cache, &keys, at(NOW));
            assert_eq!((checked, session(decision).user_id()), (1, user));
            assert_eq!(decide(&gate, token, &mut cache, &keys, at(NOW)).0, 0);
            assert_eq!(cache.len(), 1);
        }
    }
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
