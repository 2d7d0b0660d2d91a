//! The lists in the documents match the tree: a file that is added, renamed or dropped is so in
//! the documents too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use supertokens_session::{FetchFailure, Reason, SkipReason};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The entries of a folder, as paths from the root; none if there is no such folder.
fn entries(folder: &str) -> Vec<PathBuf> {
    let read = std::fs::read_dir(root().join(folder)).into_iter().flatten();
    let mut paths: Vec<_> =
        read.map(|entry| Path::new(folder).join(entry.unwrap().file_name())).collect();
    paths.sort();
    paths
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().replace('\\', "/")
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// The Rust files directly in a folder.
fn rust_files(folder: &str) -> Vec<String> {
    entries(folder).iter().filter(|path| is_rust(path)).map(|path| text(path)).collect()
}

/// The Rust files in a folder and below it; what cargo or a fuzzer writes is not ours.
fn all_rust_files(folder: &str) -> Vec<String> {
    let mut files = rust_files(folder);
    for path in entries(folder) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if root().join(&path).is_dir() && !["target", "corpus", "artifacts"].contains(&name) {
            files.extend(all_rust_files(&text(&path)));
        }
    }
    files
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// The words of a document that are or could be paths.
fn paths_in(document: &str) -> Vec<&str> {
    let words = document.split(|c: char| !c.is_alphanumeric() && !"_-./".contains(c));
    words.map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty()).collect()
}

/// The files that `architecture` does not name, by path or by bare name; where files share a name
/// it must stand there as often as there are such files.
fn unnamed<'f>(architecture: &str, files: &'f [String]) -> Vec<&'f String> {
    let words = paths_in(architecture);
    let is_unnamed = |file: &&String| {
        let named = words.iter().filter(|word| file_name(word) == file_name(file)).count();
        let namesakes = files.iter().filter(|other| file_name(other) == file_name(file)).count();
        !words.contains(&file.as_str()) && named < namesakes
    };
    files.iter().filter(is_unnamed).collect()
}

#[test]
fn the_architecture_names_every_file_and_no_other() {
    let architecture = document("ARCHITECTURE.md");
    let mut files = all_rust_files("src");
    files.extend(all_rust_files("targets"));
    for folder in ["examples", "tests", "fuzz/fuzz_targets", "benches"] {
        files.extend(rust_files(folder));
    }
    assert!(files.len() > 20, "{files:?}");
    assert_eq!(unnamed(&architecture, &files), [""; 0], "not in ARCHITECTURE.md");
    let words = paths_in(&architecture);
    for path in entries("examples").iter().filter(|path| root().join(path).is_dir()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let names =
            |word: &&str| word.trim_start_matches("examples/").starts_with(&format!("{name}/"));
        assert!(words.iter().any(names), "examples/{name}/ is not in ARCHITECTURE.md");
    }
    let known: BTreeSet<String> = ["src", "examples", "tests", "fuzz", "benches", "targets"]
        .into_iter()
        .flat_map(all_rust_files)
        .collect();
    for word in words.iter().filter(|word| word.ends_with(".rs") && word.len() > 3) {
        let ends_so = |file: &String| file == word || file.ends_with(&format!("/{word}"));
        assert!(known.iter().any(ends_so), "ARCHITECTURE.md names {word}, which does not exist");
    }
}

#[test]
fn the_readme_names_every_example() {
    let readme = document("README.md");
    for example in rust_files("examples") {
        let stem = file_name(&example).trim_end_matches(".rs");
        let command = format!("--example {stem}");
        assert!(readme.contains(&example) || readme.contains(&command), "README.md: {example}");
    }
}

#[test]
fn every_fuzz_target_says_its_invariant_and_is_listed() {
    let readme = root().join("fuzz/README.md");
    let listed = readme.exists().then(|| document("fuzz/README.md"));
    for target in rust_files("fuzz/fuzz_targets") {
        let first = document(&target).lines().next().unwrap_or_default().to_owned();
        assert!(first.starts_with("// Invariant:"), "line 1 of {target}: {first}");
        let stem = file_name(&target).trim_end_matches(".rs");
        let is_stem = |word: &str| word == stem || file_name(word) == file_name(&target);
        if let Some(listed) = &listed {
            assert!(paths_in(listed).into_iter().any(is_stem), "fuzz/README.md: {stem}");
        }
    }
}

#[test]
fn every_reason_has_one_name_in_snake_case() {
    let mut lists: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
    lists.insert("Reason", Reason::ALL.iter().map(|w| (w.name(), w.to_string())).collect());
    lists.insert("SkipReason", SkipReason::ALL.iter().map(|w| (w.name(), w.to_string())).collect());
    lists.insert(
        "FetchFailure",
        FetchFailure::ALL.iter().map(|w| (w.name(), w.to_string())).collect(),
    );
    for (list, words) in lists {
        assert!(!words.is_empty(), "{list}");
        let names: BTreeSet<_> = words.iter().map(|(name, _)| name).collect();
        let sentences: BTreeSet<_> = words.iter().map(|(_, sentence)| sentence).collect();
        assert_eq!((names.len(), sentences.len()), (words.len(), words.len()), "{list}: a repeat");
        for (name, _) in words {
            let is_word = |word: &str| {
                let digits_and_letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
                !word.is_empty() && word.chars().all(digits_and_letters)
            };
            let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
            assert!(begins && name.split('_').all(is_word), "{list}: {name}");
        }
    }
}

/// The tests a document names, as `` `tests/file.rs::name` ``, each of which must exist.
fn tests_named_in(document: &str, place: &str) -> usize {
    let quoted = document.split('`').skip(1).step_by(2);
    let named = quoted
        .filter_map(|text| text.split_once(".rs::"))
        .filter(|(file, _)| file.starts_with("tests/") || file.starts_with("src/"));
    named
        .inspect(|(file, test)| {
            let path = root().join(format!("{file}.rs"));
            let code = std::fs::read_to_string(&path).unwrap_or_default();
            // A unit test is named with its module, `src/file.rs::tests::name`.
            let name = test.rsplit("::").next().unwrap();
            let lines: Vec<&str> = code.lines().map(str::trim).collect();
            let at = lines.iter().position(|line| line.starts_with(&format!("fn {name}(")));
            let attribute = at.and_then(|at| {
                // Attributes and comments may stand between; an empty line ends the search.
                lines[..at]
                    .iter()
                    .rev()
                    .take_while(|line| !line.is_empty())
                    .find(|line| **line == "#[test]")
            });
            assert!(attribute.is_some(), "{place} names {file}.rs::{test}, which is no test");
        })
        .count()
}

/// Checks the tables that have a column of tests: every row names at least one, and all exist.
fn check_tests_of(name: &str) {
    let text = document(name);
    assert!(tests_named_in(&text, name) > 0, "{name} names no test");
    let mut rows = 0;
    for table in tables(&text).iter().filter(|table| table[0].to_lowercase().contains("test")) {
        // The first two lines are the heads and the rule under them.
        for row in table.iter().skip(2) {
            assert!(tests_named_in(row, name) > 0, "{name}: a row without its test: {row}");
            rows += 1;
        }
    }
    assert!(rows > 0, "{name} has no table with a column of tests");
}

/// Runs of lines that begin with `|`.
fn tables(text: &str) -> Vec<Vec<&str>> {
    let mut tables = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with('|') {
            tables.last_mut().unwrap().push(line);
        } else {
            tables.push(Vec::new());
        }
    }
    tables.retain(|table| !table.is_empty());
    tables
}

#[test]
fn every_deviation_has_its_test() {
    check_tests_of("DEVIATIONS.md");
}

#[test]
fn every_security_claim_has_its_test() {
    check_tests_of("SECURITY.md");
}

/// The checks themselves, on small documents: each must be able to say no.
#[test]
fn the_checks_of_this_file_can_fail() {
    let files = ["src/a.rs", "tests/a.rs", "src/b.rs"].map(str::to_owned);
    assert_eq!(unnamed("src/a.rs `b.rs`", &files), [&files[1]]);
    assert_eq!(unnamed("a.rs", &files), [&files[0], &files[1], &files[2]]);
    assert_eq!(unnamed("a.rs, a.rs; my_b.rs", &files), [&files[2]]);
    assert_eq!(tests_named_in("`tests/docs.rs::the_readme_names_every_example`", "here"), 1);
    assert_eq!(tests_named_in("`tests/docs.rs`, `cargo test`", "here"), 0);
    for missing in ["`tests/docs.rs::root`", "`tests/none.rs::x`", "`tests/docs.rs::nothing`"] {
        assert!(std::panic::catch_unwind(|| tests_named_in(missing, "here")).is_err(), "{missing}");
    }
    assert_eq!(tables("| a |\n|-|\n| b |\n\n| c |").len(), 2);
}

/// The body of a function of these texts, without what is asynchronous about it.
fn body(text: &str, name: &str) -> String {
    let (_, from) = text.split_once(&format!("fn {name}(")).unwrap_or_else(|| panic!("no {name}"));
    let body = from.split_once("{\n").unwrap().1.split_once("\n}\n").unwrap().0;
    body.replace(".await", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a newcomer reads is what runs: but for the HTTP around it, word for word.
#[test]
fn the_loop_of_the_site_is_the_loop_of_the_readme() {
    let (readme, site) = (document("README.md"), document("examples/ssr-axum/src/site.rs"));
    let the_loop = |text| {
        let body = body(text, "account");
        body[body.find("let path =").unwrap()..].to_owned()
    };
    assert!(
        the_loop(&readme).contains("SessionDecision::FetchKeys(why) => match fetch(site, why)")
    );
    assert_eq!(the_loop(&readme), the_loop(&site));
    assert_eq!(body(&readme, "keep_fresh"), body(&site, "keep_fresh"));
    let answers = |text| body(text, "fetch").split_once("// The store").unwrap().1.to_owned();
    assert_eq!(answers(&readme).replace("thread::sleep", "tokio::time::sleep"), answers(&site));
}
