//! Key sets of real issuers and of other libraries' tests: what is loaded, and why the rest is not.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use supertokens_session::FetchFailure::{self, NoKeysMember, NotJson};
use supertokens_session::KeySet;
use supertokens_session::SkipReason::{
    self, Algorithm, Exponent, KeyId, KeyOperations, KeyType, Modulus, Private, RsaSize,
};

use Outcome::{Loaded, NoUsableKey, Refused};
use support::{Signer, provider, unbase64url};

fn parse(document: &[u8]) -> Result<KeySet, FetchFailure> {
    KeySet::parse(document, &[provider::RS256])
}

fn key_ids(set: &KeySet) -> Vec<&str> {
    set.key_ids().collect()
}

/// The skip reasons of a document's members, also where none is left: a good key is put before them
/// into the text, because a set without a usable key is only an error.
fn skip_reasons(document: &[u8]) -> Vec<SkipReason> {
    let text = std::str::from_utf8(document).unwrap();
    let keys = text.find(r#""keys""#).unwrap();
    let open = keys + text[keys..].find('[').unwrap() + 1;
    let good = Signer::dynamic().jwk();
    let set = parse([&text[..open], &good, ",", &text[open..]].concat().as_bytes()).unwrap();
    set.skipped().iter().map(|member| member.reason()).collect()
}

/// The names of a folder's files, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// A line of JSON that has no member but these.
fn object(line: &str, known: &[&str]) -> Value {
    let line: Value = serde_json::from_str(line).unwrap();
    for member in line.as_object().unwrap().keys() {
        assert!(known.contains(&member.as_str()), "{member} is not read");
    }
    line
}

/// A member that RS256 can be verified with, judged a second time and naively.
fn is_usable(jwk: &Value) -> bool {
    let bits = |n: &str| {
        let digits = n.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let bytes = unbase64url(&digits);
        let bytes: Vec<_> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
        let unused = bytes.first().map_or(0, |byte| byte.leading_zeros());
        bytes.len() * 8 - usize::try_from(unused).unwrap()
    };
    jwk["kty"] == "RSA"
        && (jwk["alg"] == "RS256" || jwk["alg"].is_null())
        && (jwk["use"] == "sig" || jwk["use"].is_null())
        && jwk["d"].is_null()
        && jwk["n"].as_str().is_some_and(|n| (2048..=8192).contains(&bits(n)))
}

/// How many of the members repeat an earlier usable one, number for number.
fn repeats(usable: &[&Value]) -> usize {
    let distinct: BTreeSet<_> =
        usable.iter().map(|jwk| (jwk["kid"].as_str(), jwk["n"].as_str())).collect();
    usable.len() - distinct.len()
}

#[test]
fn every_usable_key_of_25_real_issuers_is_found() {
    let Some(vectors) = support::vectors() else { return };
    let folder = vectors.join("jwks/real-issuers");
    let mut observed: BTreeSet<String> = support::lines(&vectors.join("jwks/observed.jsonl"))
        .iter()
        // The other members are what other libraries make of the set; only its files count here.
        .map(|line| object(line, &["file", "jose6_set", "jwks_rsa3", "jwks_rsa4", "keys"]))
        .filter_map(|line| Some(line["file"].as_str()?.strip_prefix("real-issuers/")?.to_owned()))
        .collect();
    let (mut loaded, mut found, mut skipped) = (0, 0, 0);
    for name in names(&folder) {
        assert!(observed.remove(&name), "{name}");
        let document = std::fs::read(folder.join(&name)).unwrap();
        let failure = match name.as_str() {
            // One bare private JWK, no set of them.
            "openid_connect-jwks-jwk.json" => Some(NoKeysMember),
            // Two private keys of one kid.
            "openid_connect-jwks-jwks.json" => {
                assert_eq!(skip_reasons(&document), [Private; 2]);
                Some(FetchFailure::NoUsableKey)
            }
            // Three keys of 1024 bits and one that the table has no row for.
            "yahoo.json" => {
                let (size, kind) = (RsaSize, KeyType);
                assert_eq!(skip_reasons(&document), [size, kind, size, size]);
                Some(FetchFailure::NoUsableKey)
            }
            _ => None,
        };
        let set = parse(&document);
        if let Some(failure) = failure {
            assert_eq!(set.err(), Some(failure), "{name}");
            continue;
        }
        let set = set.unwrap_or_else(|e| panic!("{name}: {e}"));
        let document: Value = serde_json::from_slice(&document).unwrap();
        let members = document["keys"].as_array().unwrap();
        let usable: Vec<_> = members.iter().filter(|jwk| is_usable(jwk)).collect();
        let mut expected = Vec::new();
        for kid in usable.iter().map(|jwk| jwk["kid"].as_str().unwrap()) {
            if !expected.contains(&kid) {
                expected.push(kid);
            }
        }
        assert_eq!(key_ids(&set), expected, "{name}");
        let accounted_for = expected.len() + set.skipped().len() + repeats(&usable);
        assert_eq!(accounted_for, members.len(), "{name}: {set:?}");
        for member in set.skipped() {
            assert_eq!(members[member.index()]["kid"].as_str(), member.kid(), "{name}");
            assert!(!is_usable(&members[member.index()]), "{name}: {member:?}");
        }
        loaded += 1;
        found += expected.len();
        skipped += set.skipped().len();
    }
    assert!(observed.is_empty(), "missing: {observed:?}");
    assert_eq!(loaded, 25);
    println!("real issuers: {loaded} sets, {found} keys, {skipped} members skipped");
}

/// The keys that other libraries (jose, jwks-rsa) took from the same files are all found too.
#[test]
fn no_key_is_missed_that_other_libraries_use_for_rs256() {
    let Some(vectors) = support::vectors() else { return };
    let mut keys_seen = 0;
    for line in support::lines(&vectors.join("jwks/observed.jsonl")) {
        let line = object(&line, &["file", "jose6_set", "jwks_rsa3", "jwks_rsa4", "keys"]);
        let file = line["file"].as_str().unwrap();
        let document = std::fs::read(vectors.join("jwks").join(file)).unwrap();
        let (Ok(set), true) = (parse(&document), file.starts_with("real-issuers/")) else {
            continue;
        };
        for key in line["keys"].as_array().unwrap() {
            let key = object(&key.to_string(), &["alg", "jose4", "jose6", "kid"]);
            if key["alg"] == "RS256" && key["jose6"] == "public" {
                let kid = key["kid"].as_str().unwrap();
                assert!(set.key_ids().any(|found| found == kid), "{file}: {kid}");
                keys_seen += 1;
            }
        }
    }
    assert!(keys_seen > 0);
    println!("{keys_seen} keys of other libraries found");
}

/// Old cores serve `n` padded and with a leading zero byte.
#[test]
fn the_padded_set_of_an_old_core_is_loaded() {
    let Some(vectors) = support::vectors() else { return };
    let folder = vectors.join("jwks/supertokens");
    assert_eq!(names(&folder), ["docs-static-key-padded-leading-zero.json"]);
    let document = std::fs::read(folder.join("docs-static-key-padded-leading-zero.json")).unwrap();
    let set = parse(&document).unwrap();
    assert_eq!(key_ids(&set), ["s-2de612a5-a5ba-413e-9216-4c43e2e78c86"]);
    assert!(set.skipped().is_empty());
}

#[test]
fn every_snapshot_of_two_rotating_issuers_is_loaded() {
    let Some(vectors) = support::vectors() else { return };
    let folder = vectors.join("jwks/rotation");
    assert_eq!(names(&folder), ["apple.jsonl", "google.jsonl"]);
    let (mut snapshots, mut ids) = (0, BTreeSet::new());
    for line in names(&folder).iter().flat_map(|name| support::lines(&folder.join(name))) {
        let line = object(&line, &["seen_at", "commit", "jwks"]);
        let set = parse(line["jwks"].to_string().as_bytes()).unwrap();
        let members = line["jwks"]["keys"].as_array().unwrap();
        let expected: Vec<_> = members.iter().map(|jwk| jwk["kid"].as_str().unwrap()).collect();
        assert_eq!(key_ids(&set), expected, "{}", line["seen_at"]);
        assert!(set.skipped().is_empty());
        snapshots += 1;
        ids.extend(expected.into_iter().map(str::to_owned));
    }
    assert_eq!(snapshots, 46);
    println!("rotation: {snapshots} snapshots, {} keys", ids.len());
}

/// What becomes of a document.
enum Outcome {
    /// These keys are loaded and no member is skipped.
    Loaded(&'static [&'static str]),
    /// Every member is skipped, for these reasons.
    NoUsableKey(&'static [SkipReason]),
    /// The document as a whole is refused.
    Refused(FetchFailure),
}

/// Two certificates' keys that several of the files share.
const AZURE: &[&str] = &["NGTFvdK-fythEuLwjpwAJOM9n-A", "kriMPdmBvx68skT8-mPAB3BseeA"];

/// The sets that jwt_verify_lib's and Azure AD's own tests hold, and what becomes of each here. In
/// most the members have no `kid`, which is the first thing a member must have after being public.
const ODD_SETS: [(&str, Outcome); 67] = [
    ("expected-jwt_verify_lib/GoodEC-1.json", NoUsableKey(&[KeyType; 4])),
    (
        "expected-jwt_verify_lib/GoodJwks-1.json",
        Loaded(&[
            "62a93512c9ee4c7f8067b5a216dade2763d32a47",
            "b3319a147514df7ee5e4bcdee51350cc890cc89e",
        ]),
    ),
    ("expected-jwt_verify_lib/GoodOKP-1.json", NoUsableKey(&[KeyType])),
    ("expected-jwt_verify_lib/JwkECMissingAlg-1.json", NoUsableKey(&[KeyType])),
    ("expected-jwt_verify_lib/JwkECMissingCrv-1.json", NoUsableKey(&[KeyType])),
    ("expected-jwt_verify_lib/JwksECMatchAlgES256CrvP256-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMatchAlgES256WrongBadY-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMatchAlgES256WrongCrvType-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMatchAlgES256WrongMissingY-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMatchAlgES256WrongXType-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMatchAlgES384CrvP384-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMatchAlgES512CrvP521-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMismatchAlgCrv1-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMismatchAlgCrv2-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMismatchAlgCrv3-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMissingBothAlgCrvES256-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECMissingBothAlgES384-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECNoXY-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECNotSupportedAlg-1.json", Refused(NotJson)),
    ("expected-jwt_verify_lib/JwksECNotSupportedCrv-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECUnspecifiedCrv-1.json", NoUsableKey(&[KeyId; 3])),
    ("expected-jwt_verify_lib/JwksECWrongXY-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksECXYBadBase64-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksIgnoreUnsupportedKey-1.json", NoUsableKey(&[KeyType; 2])),
    ("expected-jwt_verify_lib/JwksIgnoreUnsupportedKeyInMiddle-1.json", NoUsableKey(&[KeyType; 3])),
    ("expected-jwt_verify_lib/JwksIgnoreUnsupportedKeySolo-1.json", NoUsableKey(&[KeyType])),
    ("expected-jwt_verify_lib/JwksInvalidKty-1.json", NoUsableKey(&[KeyType])),
    ("expected-jwt_verify_lib/JwksJwkBadKty-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksJwkMissingKty-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksJwkOctBadAlg-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksJwkOctBadBase64-1.json", NoUsableKey(&[Private])),
    ("expected-jwt_verify_lib/JwksJwkOctBadK-1.json", NoUsableKey(&[Private])),
    ("expected-jwt_verify_lib/JwksJwkOctBadMissingK-1.json", NoUsableKey(&[KeyType])),
    ("expected-jwt_verify_lib/JwksMismatchKty1-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksMismatchKty2-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPKeyBadAlg-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPKeyBadCrv-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPKeyBadX-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPKeyCrvUnsupported-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPKeyMissingCrv-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPKeyMissingX-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPXBadBase64-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksOKPXWrongLength-1.json", NoUsableKey(&[KeyId])),
    // n in the standard alphabet, as real issuers serve it; the other library takes base64url only.
    (
        "expected-jwt_verify_lib/JwksRSAInvalidN-1.json",
        Loaded(&["F46BB2F600BF3BBB53A324F12B290846"]),
    ),
    ("expected-jwt_verify_lib/JwksRSAKeyBadE-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksRSAKeyBadN-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksRSAKeyMissingE-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksRSANoNE-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksRSAWrongNE-1.json", NoUsableKey(&[KeyId])),
    ("expected-jwt_verify_lib/JwksWrongKeys-1.json", Refused(NoKeysMember)),
    ("expected-jwt_verify_lib/JwksX509EmptyKid-1.json", Refused(NotJson)),
    ("expected-jwt_verify_lib/JwksX509EmptyPubkey-1.json", Refused(NoKeysMember)),
    ("expected-jwt_verify_lib/JwksX509NotPrefix-1.json", Refused(NotJson)),
    ("expected-jwt_verify_lib/JwksX509NotSuffix-1.json", Refused(NotJson)),
    ("expected-jwt_verify_lib/JwksX509NotSuffixPrefix-1.json", Refused(NotJson)),
    ("expected-jwt_verify_lib/JwksX509WrongPubkey-1.json", Refused(NotJson)),
    ("expected-jwt_verify_lib/JwksX509WrongTypeArray-1.json", Refused(NotJson)),
    ("expected-jwt_verify_lib/JwksX509WrongTypeBool-1.json", Refused(NoKeysMember)),
    // `key_ops` is `["signing"]`, `alg` is `SHA256`: neither means RS256.
    ("files-azuread-dotnet/JsonWebKeySet.json", NoUsableKey(&[KeyOperations, Algorithm])),
    // What is bad is the certificate in `x5c`, which is never looked at.
    ("files-azuread-dotnet/JsonWebKeySetBadBase64Data.json", Loaded(AZURE)),
    // The names of the first member are capitalised, so it has none.
    (
        "files-azuread-dotnet/JsonWebKeySetBadRsaDataMissingComponent.json",
        NoUsableKey(&[KeyId, KeyOperations, Exponent]),
    ),
    // Again only `x5c` is bad.
    ("files-azuread-dotnet/JsonWebKeySetBadX509Data.json", Loaded(AZURE)),
    (
        "files-azuread-dotnet/JsonWebKeySetEnd2End.json",
        Loaded(&["999b2be9-6213-436b-b12b-637b0176be41", "kriMPdmBvx68skT8-mPAB3BseeA"]),
    ),
    ("files-azuread-dotnet/JsonWebKeySetEnd2EndEC.json", NoUsableKey(&[KeyType; 3])),
    // A certificate and no numbers.
    ("files-azuread-dotnet/JsonWebKeySetSingleX509Data.json", NoUsableKey(&[Modulus])),
    (
        "files-azuread-dotnet/JsonWebKeySetUnrecognizedKty.json",
        NoUsableKey(&[KeyOperations, KeyType]),
    ),
    ("files-azuread-dotnet/PingLabsJWKS.json", Loaded(&["20am7", "20am3", "20alz"])),
];

#[test]
fn every_odd_set_gets_its_outcome() {
    let Some(vectors) = support::vectors() else { return };
    let folder = vectors.join("jwks");
    let mut indexed = 0;
    for line in support::lines(&folder.join("index.jsonl")) {
        // Of these members only `file` and whether it is JSON say anything about our outcome:
        // `expected` is another library's, the others describe the file.
        let line = object(
            &line,
            &[
                "alg", "bytes", "commit", "crv", "expected", "file", "flags", "json_ok", "kty",
                "licence", "n_keys", "note", "origin", "path", "use",
            ],
        );
        let file = line["file"].as_str().unwrap();
        let odd = ["expected-jwt_verify_lib/", "files-azuread-dotnet/"];
        if odd.iter().any(|folder| file.starts_with(folder)) {
            let (_, outcome) = ODD_SETS
                .iter()
                .find(|(known, _)| *known == file)
                .unwrap_or_else(|| panic!("{file} is not in the table"));
            let is_json = !matches!(outcome, Refused(NotJson));
            assert_eq!(line["json_ok"], is_json, "{file}");
            indexed += 1;
        }
    }
    assert_eq!(indexed, ODD_SETS.len());
    let in_folders: Vec<_> = ["expected-jwt_verify_lib", "files-azuread-dotnet"]
        .iter()
        .flat_map(|sub| names(&folder.join(sub)).into_iter().map(move |n| format!("{sub}/{n}")))
        .collect();
    let mut in_table: Vec<_> = ODD_SETS.iter().map(|(file, _)| *file).collect();
    in_table.sort_unstable();
    assert_eq!(in_folders, in_table);

    let mut loaded = 0;
    for (file, outcome) in &ODD_SETS {
        let document = std::fs::read(folder.join(file)).unwrap();
        let set = parse(&document);
        match outcome {
            Loaded(ids) => {
                let set = set.unwrap_or_else(|e| panic!("{file}: {e}"));
                assert_eq!(key_ids(&set), *ids, "{file}");
                assert!(set.skipped().is_empty(), "{file}: {set:?}");
                loaded += 1;
            }
            NoUsableKey(reasons) => {
                assert_eq!(set.err(), Some(FetchFailure::NoUsableKey), "{file}");
                assert_eq!(skip_reasons(&document), *reasons, "{file}");
            }
            Refused(failure) => assert_eq!(set.err(), Some(*failure), "{file}"),
        }
    }
    println!("odd sets: {} read, {loaded} loaded", ODD_SETS.len());
}
