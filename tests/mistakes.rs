//! Mistakes other verifiers made, one class after the other, each a test that says what is so here.
//!
//! Where a table shows a class already it is not shown twice; the map says where. What is tried here
//! is tried with keys of all four kinds and, where a provider could differ, with every provider.
//!
//! | class | mistake | tests |
//! |---|---|---|
//! | 1 | `alg` is `none` | `tests/mistakes/algorithm.rs::no_spelling_of_none_is_an_algorithm`, `tests/mistakes/algorithm.rs::a_token_in_a_token_is_not_unwrapped`, `tests/tokens.rs::the_token_does_not_choose_its_algorithm` |
//! | 2 | a public key as an HMAC secret | `tests/mistakes/algorithm.rs::a_public_key_is_never_an_hmac_secret`, `tests/mistakes/algorithm.rs::a_secret_key_in_the_set_is_never_loaded`, `tests/mistakes/algorithm.rs::the_source_has_no_word_for_a_shared_secret`, `tests/tokens.rs::the_token_does_not_choose_its_algorithm` |
//! | 3 | `alg` of the token where the JWK has none | `tests/mistakes/algorithm.rs::a_jwk_without_alg_is_for_one_algorithm_of_its_kind`, `tests/mistakes/algorithm.rs::a_jwk_with_alg_is_for_that_algorithm_whatever_the_order_of_the_table`, `tests/mistakes/algorithm.rs::a_signature_of_one_padding_or_hash_is_not_one_of_another`, `tests/mistakes/algorithm.rs::what_the_table_has_not_does_not_exist`, `tests/algorithms.rs::a_key_is_used_with_the_algorithm_of_its_jwk_and_no_other` |
//! | 4 | a `kid` that is a path, a statement or an address | `tests/mistakes/header.rs::a_kid_is_only_compared`, `tests/mistakes/header.rs::a_kid_is_never_part_of_an_address`, `tests/tokens/shape.rs::header_and_payload_are_json_objects_in_utf_8`, `tests/tokens/shape.rs::each_limit_is_the_last_size_that_passes` |
//! | 5 | `jwk`, `jku`, `x5u`, `x5c` of the token | `tests/mistakes/header.rs::a_key_the_token_brings_is_not_looked_at`, `tests/tokens.rs::a_header_is_a_session_token_s_or_refused`, `tests/wycheproof.rs::every_provider_is_right_about_every_vector_and_no_two_disagree` |
//! | 6 | psychic signatures | `tests/mistakes/signature.rs::no_psychic_signature_holds`, `tests/mistakes/signature.rs::a_signature_of_another_encoding_or_length_does_not_hold`, `tests/wycheproof.rs::every_provider_is_right_about_every_vector_and_no_two_disagree` |
//! | 7 | `crit` and `b64` | `tests/tokens.rs::a_header_is_a_session_token_s_or_refused`, `tests/mistakes/header.rs::what_is_signed_is_always_the_encoded_payload` |
//! | 8 | duplicate members, two readings of one text | `tests/tokens/shape.rs::no_object_at_any_depth_has_two_members_of_one_name`, `tests/mistakes/key.rs::a_jwk_with_a_member_twice_is_never_loaded`, `tests/mistakes/header.rs::a_json_serialization_is_no_token`, `tests/allocations.rs::a_repeat_at_any_depth_is_found_without_an_allocation` |
//! | 9 | claims of another type | `tests/tokens/claims.rs::a_token_is_valid_from_its_nbf_to_just_before_its_exp`, `tests/tokens/claims.rs::a_payload_is_a_session_s_or_refused` |
//! | 10 | a claim that is not there passes | `tests/mistakes/case.rs::a_claim_that_is_not_there_is_not_satisfied`, `tests/tokens/claims.rs::a_payload_is_a_session_s_or_refused` |
//! | 11 | huge tokens, dots, nesting | `tests/allocations.rs::no_size_of_a_request_makes_it_allocate`, `tests/allocations.rs::no_input_allocates_more_than_a_stated_multiple_of_its_bytes`, `tests/tokens/shape.rs::each_limit_is_the_last_size_that_passes` |
//! | 12 | fetches at an attacker's word | `tests/key_store/looks.rs::ten_thousand_made_up_keys_cost_what_the_budget_allows`, `tests/key_store/looks.rs::an_expired_token_whose_key_is_gone_is_expired_whatever_the_origin_does`, `tests/mistakes/flood.rs::a_malformed_token_never_causes_a_fetch`, `tests/mistakes/flood.rs::a_flood_while_the_issuer_is_away_neither_fetches_more_nor_harms_the_known_key` |
//! | 13 | state that strangers make grow | `tests/allocations.rs::a_million_forged_tokens_leave_nothing_behind` |
//! | 14 | a remembered token outlives its key | `tests/mistakes/signature.rs::a_payload_that_was_accepted_is_not_accepted_with_another_signature`, `tests/key_store/looks.rs::a_key_that_is_gone_authenticates_nobody_from_the_next_decision_on`, `tests/properties.rs::later_never_revives` |
//! | 15 | several spellings in base64 | `tests/tokens/shape.rs::a_token_has_one_spelling`, `tests/mistakes/signature.rs::a_segment_has_one_spelling_even_where_another_is_signed` |
//! | 16 | several signatures of one message | `tests/mistakes/signature.rs::an_ecdsa_token_has_two_texts_and_they_are_one_user_s`, `tests/mistakes/signature.rs::of_the_others_there_is_no_second_signature_to_make` |
//! | 17 | weak RSA keys | `tests/jwks.rs::an_rsa_key_has_2048_to_8192_bits_and_an_odd_exponent_from_3`, `tests/mistakes/key.rs::a_key_that_signs_for_everybody_is_never_loaded`, `tests/mistakes/key.rs::a_modulus_with_the_fingerprint_of_roca_is_never_loaded`, `tests/key_kinds.rs::an_ed25519_key_of_small_order_is_skipped`, `tests/wycheproof.rs::every_provider_is_right_about_every_vector_and_no_two_disagree` |
//! | 18 | lax padding | `tests/mistakes/signature.rs::only_the_one_padding_of_a_digest_is_a_signature`, `tests/wycheproof.rs::every_provider_is_right_about_every_vector_and_no_two_disagree` |
//! | 19 | `use`, `key_ops`, `alg` of the JWK ignored | `tests/jwks.rs::every_member_of_a_key_is_right_or_the_key_is_skipped`, `tests/key_kinds.rs::every_member_of_a_curve_s_key_is_right_or_the_key_is_skipped`, `tests/mistakes/key.rs::a_key_that_is_not_for_verifying_is_never_loaded` |
//! | 20 | private, mixed or huge JWKs | `tests/rfc7515.rs::the_rfc_s_key_with_any_private_member_is_skipped`, `tests/mistakes/key.rs::a_private_member_hides_a_key_of_any_kind`, `tests/mistakes/key.rs::a_jwk_of_mixed_members_is_a_key_of_its_kty_alone`, `tests/mistakes/key.rs::a_modulus_of_16384_bits_never_reaches_a_provider` |
//! | 21 | repeated, empty or missing `kid` | `tests/jwks.rs::two_keys_of_one_kid_are_neither_used_whatever_their_order`, `tests/jwks.rs::a_token_whose_only_key_has_no_kid_is_of_an_unknown_key`, `tests/mistakes/key.rs::two_kinds_of_key_of_one_kid_are_neither_used`, `tests/mistakes/key.rs::a_key_that_a_provider_rejects_takes_its_kid_all_the_same`, `tests/properties.rs::the_order_of_members_cookies_and_headers_never_changes_a_decision`, `tests/wycheproof.rs::every_provider_is_right_about_every_vector_and_no_two_disagree` |
//! | 22 | bombs in encrypted tokens | `tests/mistakes/header.rs::an_encrypted_token_is_refused_for_its_five_parts`, `tests/allocations.rs::no_size_of_a_request_makes_it_allocate` |
//! | 23 | one issuer's tokens taken for each other | `tests/mistakes/header.rs::another_token_of_the_issuer_is_no_session`, `tests/tokens/claims.rs::a_payload_is_a_session_s_or_refused` |
//! | 24 | leeway, ends and overflow of time | `tests/tokens/claims.rs::a_token_is_valid_from_its_nbf_to_just_before_its_exp`, `tests/mistakes/case.rs::no_clock_makes_a_time_wrap_around`, `tests/key_store.rs::the_ends_of_time_are_harmless` |
//! | 25 | patterns that backtrack | `tests/mistakes/flood.rs::nothing_is_matched_by_a_pattern` |
//! | 26 | byte order marks, bad UTF-8, lone surrogates | `tests/tokens/shape.rs::header_and_payload_are_json_objects_in_utf_8`, `tests/mistakes/case.rs::every_single_case_has_its_one_answer` |
//! | 27 | two readings of the cookies | `tests/tokens.rs::a_request_is_read_before_its_token`, `tests/cookies.rs::one_field_is_read_by_the_rule`, `tests/cookies.rs::several_fields_are_read_as_one_request`, `tests/cookies.rs::every_real_cookie_header_is_read_by_the_rule_for_every_name_in_it` |
//! | 28 | errors that tell of the token | `tests/properties/printing.rs::debug_and_display_print_nothing_of_the_user`, `tests/mistakes/case.rs::a_reason_has_no_room_for_a_byte_of_the_token` |
//!
//! A page reads no `Authorization` field; its class, 27, is for cookies alone.
//!
//! | cases | tests |
//! |---|---|
//! | single tokens, accepted or refused | `tests/mistakes/case.rs::every_single_case_has_its_one_answer`, `tests/mistakes/signature.rs::a_signature_under_exponent_3_holds` |
//! | members of a key set | `tests/mistakes/set.rs::a_member_that_is_no_key_is_skipped_with_its_reason_and_harms_no_neighbour`, `tests/mistakes/set.rs::a_lone_key_without_a_kid_verifies_nothing`, `tests/mistakes/set.rs::two_keys_with_one_kid_refuse_right_one_first_or_last` |
//! | whole documents | `tests/mistakes/set.rs::a_document_that_is_refused_leaves_the_working_set_in_place` |
//! | the arithmetic of these tests | `tests/mistakes/integer.rs::the_arithmetic_is_right`, `tests/mistakes.rs::the_map_names_every_class_and_every_test_that_is_here` |

mod support;

#[path = "mistakes/algorithm.rs"]
mod algorithm;
#[path = "mistakes/case.rs"]
mod case;
#[path = "mistakes/flood.rs"]
mod flood;
#[path = "mistakes/header.rs"]
mod header;
#[path = "mistakes/integer.rs"]
mod integer;
#[path = "mistakes/key.rs"]
mod key;
#[path = "mistakes/pair.rs"]
mod pair;
#[path = "mistakes/set.rs"]
mod set;
#[path = "mistakes/signature.rs"]
mod signature;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use supertokens_session::{
    Fetch, FetchAnswer, KeyPolicy, KeyStore, Keys, Reason, SessionDecision, SignatureAlgorithm,
    UnixMillis,
};
use support::{NOW, Signer, at, base64url, decide_token, jwks_of};

/// The name of the issuer's key here, whatever its kind.
const KID: &str = "d-1";

const NINE: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

type Table = Vec<&'static dyn SignatureAlgorithm>;

macro_rules! nine_of {
    ($($provider:tt)*) => {{
        use $($provider)*::*;
        vec![RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EDDSA]
    }};
}

/// All nine rows of the first provider there is.
fn nine() -> Table {
    nine_of!(support::provider)
}

/// All nine rows of every provider there is.
fn providers() -> Vec<(&'static str, Table)> {
    Vec::from([
        #[cfg(feature = "ring")]
        ("ring", nine_of!(supertokens_session::crypto::ring)),
        #[cfg(feature = "rust-crypto")]
        ("rust-crypto", nine_of!(supertokens_session::crypto::rust_crypto)),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", nine_of!(supertokens_session::crypto::aws_lc_rs)),
        #[cfg(not(any(feature = "ring", feature = "rust-crypto", feature = "aws-lc-rs")))]
        ("the example's", nine()),
    ])
}

/// The row of this name.
fn row(table: &Table, alg: &str) -> &'static dyn SignatureAlgorithm {
    *table.iter().find(|row| row.alg() == alg).unwrap()
}

/// The usual header with this `alg`, which is JSON; none where it is empty.
fn header(alg: &str) -> String {
    let alg = if alg.is_empty() { String::new() } else { format!(r#","alg":{alg}"#) };
    format!(r#"{{"kid":"{KID}","typ":"JWT","version":"5"{alg}}}"#)
}

/// The first two segments of a token.
fn message(header: &str, payload: &str) -> String {
    [header, payload].map(|text| base64url(text.as_bytes())).join(".")
}

/// A store under this table: these JWKs and, that it is never empty, the static key.
fn store_at(
    now: UnixMillis,
    table: &[&'static dyn SignatureAlgorithm],
    jwks: &[String],
) -> KeyStore {
    let mut store = KeyStore::new("https://core.example/jwks.json", table, KeyPolicy::default(), 7);
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else {
        panic!("a new store gives a ticket");
    };
    let document = jwks_of(&[jwks, &[Signer::statik().jwk()]].concat());
    store.finish_fetch(ticket, FetchAnswer::http(200, document.as_bytes()), now);
    store
}

/// The same, fetched at [`NOW`].
fn store_of(table: &[&'static dyn SignatureAlgorithm], jwks: &[String]) -> KeyStore {
    store_at(at(NOW), table, jwks)
}

fn keys_of(table: &[&'static dyn SignatureAlgorithm], jwks: &[String]) -> Keys {
    store_of(table, jwks).keys()
}

/// The keys of a store that has never fetched: who gets as far as looking for one would fetch.
fn never_fetched() -> Keys {
    KeyStore::new("https://core.example/jwks.json", &nine(), KeyPolicy::default(), 7).keys()
}

/// Why a token is no session; `None` if it is one.
fn refused(token: &str, keys: &Keys) -> Option<Reason> {
    match decide_token(token, keys) {
        SessionDecision::FetchKeys(_) => panic!("a key was looked for: {token}"),
        decision => decision.reason(),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and of those in it, with their texts.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![(path.clone(), std::fs::read_to_string(&path).unwrap())],
        })
        .collect()
}

/// The library's source.
fn sources() -> Vec<(PathBuf, String)> {
    files(&root().join("src"))
}

/// The names of a file's tests.
fn tests_in(code: &str) -> BTreeSet<&str> {
    // Attributes and comments may stand between, an empty line may not.
    code.split("#[test]\n")
        .skip(1)
        .filter_map(|after| {
            let mut lines = after.lines().map(str::trim).take_while(|line| !line.is_empty());
            lines.find_map(|line| line.strip_prefix("fn "))?.split('(').next()
        })
        .collect()
}

/// The tests that a text names, as `` `tests/file.rs::name` ``.
fn named_in(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|text| text.starts_with("tests/")).filter_map(|t| t.split_once("::")).collect()
}

#[test]
fn the_map_names_every_class_and_every_test_that_is_here() {
    let map = include_str!("mistakes.rs");
    let map: Vec<&str> = map.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let classes = map.iter().filter_map(|row| {
        let class = row.strip_prefix(" | ")?.split_once(" |")?.0.parse::<u32>().ok()?;
        assert!(!named_in(row).is_empty(), "class {class} has no test");
        Some(class)
    });
    assert!(classes.eq(1..=28), "each class has a row, in order");

    let named: BTreeSet<_> = map.iter().flat_map(|row| named_in(row)).collect();
    for (file, test) in &named {
        let code = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        assert!(tests_in(&code).contains(test), "{file}::{test} is no test");
    }
    for (path, code) in files(&root().join("tests/mistakes")) {
        let file = format!("tests/mistakes/{}", path.file_name().unwrap().to_str().unwrap());
        for test in tests_in(&code) {
            assert!(named.contains(&(file.as_str(), test)), "{file}::{test} is not in the map");
        }
    }
    // The check itself can say no.
    assert_eq!(named_in("`tests/a.rs::b` `src/c.rs::d` `tests/e.rs`"), [("tests/a.rs", "b")]);
    let code = ["#[test]\nfn a() {}", "fn b() {}", "#[test]\n\nfn c() {}"].join("\n\n");
    assert!(tests_in(&code).into_iter().eq(["a"]));
}
