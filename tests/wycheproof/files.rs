//! The folder of vectors: every file in it is read, or `exceptions.tsv` says why not.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::cases::{Case, Kind};
use crate::fields::Fields;
use crate::rules::{Rule, What};
use crate::{jose, raw, support};

/// The files of Wycheproof that are read. A list, so that one that is gone is missed.
const READ: [&str; 26] = [
    "ecdsa_secp256r1_sha256_p1363_test.json",
    "ecdsa_secp384r1_sha384_p1363_test.json",
    "ed25519_test.json",
    "json_web_crypto_test.json",
    "json_web_key_test.json",
    "json_web_signature_test.json",
    "rsa_pss_2048_sha256_mgf1_0_test.json",
    "rsa_pss_2048_sha256_mgf1_32_test.json",
    "rsa_pss_2048_sha256_mgf1sha1_20_test.json",
    "rsa_pss_2048_sha384_mgf1_48_test.json",
    "rsa_pss_3072_sha256_mgf1_32_test.json",
    "rsa_pss_4096_sha256_mgf1_32_test.json",
    "rsa_pss_4096_sha384_mgf1_48_test.json",
    "rsa_pss_4096_sha512_mgf1_32_test.json",
    "rsa_pss_4096_sha512_mgf1_64_test.json",
    "rsa_pss_misc_test.json",
    "rsa_signature_2048_sha256_test.json",
    "rsa_signature_2048_sha384_test.json",
    "rsa_signature_2048_sha512_test.json",
    "rsa_signature_3072_sha256_test.json",
    "rsa_signature_3072_sha384_test.json",
    "rsa_signature_3072_sha512_test.json",
    "rsa_signature_4096_sha256_test.json",
    "rsa_signature_4096_sha384_test.json",
    "rsa_signature_4096_sha512_test.json",
    "rsa_signature_8192_sha256_test.json",
];

/// The cases of all files.
pub(crate) fn cases(vectors: &Path, rules: &[Rule]) -> Vec<Case> {
    let folder = vectors.join("wycheproof/testvectors_v1");
    let there: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let not_read = rules.iter().filter(|rule| rule.what == What::NotRead);
    let known: BTreeSet<String> =
        not_read.map(|rule| rule.file.clone()).chain(READ.map(str::to_owned)).collect();
    assert_eq!(there, known, "the folder is not what this test knows");

    let mut cases = Vec::new();
    for file in READ {
        wycheproof(file, &std::fs::read(folder.join(file)).unwrap(), &mut cases);
    }
    // This file does not say how many there are.
    let lines = support::lines(&vectors.join(jose::RFC));
    assert_eq!(lines.len(), 24, "{}", jose::RFC);
    for line in &lines {
        jose::rfc(line, &mut cases);
    }
    cases
}

/// The cases of one file of Wycheproof's.
pub(crate) fn wycheproof(file: &str, text: &[u8], cases: &mut Vec<Case>) {
    let value = serde_json::from_slice(text).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut fields = Fields::new("file", file, value);
    let schema = fields.text("schema");
    let notes = fields.maybe("notes").map_or_else(Vec::new, |notes| flags(file, notes));
    let before = cases.len();
    let mut count = 0;
    for (number, group) in fields.list("testGroups").into_iter().enumerate() {
        count += match schema.as_str() {
            "rsassa_pkcs1_verify_schema_v1.json" => {
                raw::group(Kind::Pkcs1, file, number, group, cases)
            }
            "rsassa_pss_verify_schema_v1.json" => raw::group(Kind::Pss, file, number, group, cases),
            "ecdsa_p1363_verify_schema_v1.json" => {
                raw::group(Kind::Ecdsa, file, number, group, cases)
            }
            "eddsa_verify_schema_v1.json" => raw::group(Kind::Ed25519, file, number, group, cases),
            "json_web_signature_schema_v1.json" => {
                jose::group("JsonWebSignature", file, number, group, cases)
            }
            "json_web_key_schema_v1.json" => jose::group("JsonWebKey", file, number, group, cases),
            "json_web_crypto_schema_v1.json" => {
                jose::group("JsonWebCrypto", file, number, group, cases)
            }
            other => panic!("{file}: nobody reads {other}"),
        };
    }
    assert_eq!(fields.number("numberOfTests"), count, "{file}");
    fields.end();

    // What the rules go by: each case has an `id` of its own, and flags that the file explains.
    let values = |name| {
        let properties = cases[before..].iter().flat_map(|case| &case.properties);
        properties.filter(move |(other, _)| *other == name).map(|(_, value)| value)
    };
    let ids: BTreeSet<_> = values("id").collect();
    assert_eq!(ids.len(), cases.len() - before, "{file}: an id twice");
    let unexplained: Vec<_> = values("flag").filter(|flag| !notes.contains(flag)).collect();
    assert!(unexplained.is_empty(), "{file}: {unexplained:?}");
}

/// The flags that a file explains.
fn flags(file: &str, notes: Value) -> Vec<String> {
    let Value::Object(notes) = notes else { panic!("{file}: notes is not an object") };
    let flag = |(flag, note): (String, Value)| {
        Fields::new("note", file, note).end();
        flag
    };
    notes.into_iter().map(flag).collect()
}
