//! The seeds and the committed corpora of the fuzz targets through the targets' own checks: every input that
//! showed a fuzzer something new, against the naive doubles, on the stable compiler and with no fuzzer at
//! hand.
#![allow(dead_code, unreachable_pub, missing_debug_implementations, clippy::must_use_candidate)]

// The modules of the fuzz package, which is a workspace of its own.
#[path = "../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../fuzz/src/doubles/mod.rs"]
mod doubles;
#[path = "../fuzz/src/seeds.rs"]
mod seeds;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::thread;

fn fuzz(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

/// The seeds, what reached something new, and what once failed.
fn inputs(target: &str) -> Vec<Vec<u8>> {
    let file = fuzz(&format!("corpus/{target}.txt"));
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let failed = fs::read_to_string(fuzz(&format!("found/{target}.txt"))).unwrap_or_default();
    let seeds = seeds::all().of(target).cloned().collect();
    [seeds, corpus::unpack(&text), corpus::unpack(&failed)].concat()
}

#[test]
fn every_input_of_the_corpora_holds() {
    thread::scope(|scope| {
        for (target, check) in targets::ALL {
            scope.spawn(move || {
                for input in inputs(target) {
                    let held = catch_unwind(|| check(&input)).is_ok();
                    assert!(held, "{target}: \"{}\"", input.escape_ascii());
                }
            });
        }
    });
}

/// A target, its row in the manifest, its dictionary and its corpus, or none of them.
#[test]
fn every_target_is_whole() {
    let names = |folder: &str, extension: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz(folder)).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.filter(|path| path.extension().is_some_and(|found| found == extension));
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let all: BTreeSet<String> = targets::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets", "rs"), all);
    assert_eq!(names("corpus", "txt"), all);
    assert_eq!(names("dictionaries", "dict"), all);
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).unwrap();
    for name in &all {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        // Line 1 of the binary is line 1 of the check.
        let first = |file: String| {
            let text = fs::read_to_string(fuzz(&file)).unwrap();
            text.lines().next().unwrap().trim_start_matches(['/', '!']).to_owned()
        };
        let check = first(format!("src/targets/{name}.rs"));
        assert_eq!(first(format!("fuzz_targets/{name}.rs")), check);
        assert!(inputs(name).len() > 10, "{name}");
    }
}

#[test]
fn a_corpus_comes_back_from_its_text() {
    let all: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![b'a', byte, b'\\', byte]).collect();
    let mut twice = [all.clone(), all.clone()].concat();
    twice.reverse();
    let text = corpus::pack(twice);
    assert_eq!(corpus::unpack(&text), all);
    assert!(text.is_ascii());
}
