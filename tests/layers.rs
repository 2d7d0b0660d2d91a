//! The order of modules, and who may name what: read from the source, so that it cannot be
//! forgotten. Comments are free to name anything; examples in them use `std`.

use std::collections::BTreeMap;
use std::path::Path;

/// The lines of each file of src/ that are not comments, by the path below src/.
fn sources() -> BTreeMap<String, Vec<String>> {
    fn add(folder: &Path, root: &Path, files: &mut BTreeMap<String, Vec<String>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, root, files);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(|line| line.split(" // ").next().unwrap_or_default().to_owned());
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, code.collect());
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    add(&root, &root, &mut files);
    files
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The files with a line of code that `is` so.
fn files_with(is: impl Fn(&str) -> bool) -> Vec<String> {
    let sources = sources().into_iter();
    let found = sources.filter(|(_, lines)| lines.iter().any(|line| is(line)));
    found.map(|(file, _)| file).collect()
}

#[test]
fn a_module_uses_only_what_is_declared_above_it() {
    let sources = sources();
    let declared: Vec<&str> = sources["lib.rs"]
        .iter()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "))
        .map(|name| name.trim_end_matches(';'))
        .collect();
    assert!(declared.len() > 10, "{declared:?}");
    let place = |name: &str| declared.iter().position(|module| *module == name);
    let mut uses = 0;
    for (file, lines) in sources.iter().filter(|(file, _)| *file != "lib.rs") {
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        let own = place(module).unwrap_or_else(|| panic!("{file} is not declared in lib.rs"));
        for line in lines {
            for path in line.split("crate::").skip(1) {
                // A re-exported item has no place, nor has `{`: a use names the module.
                let used = words(path).next().filter(|name| path.starts_with(name));
                let at = used.and_then(place);
                assert!(at.is_some_and(|at| at < own), "{file} may not use: {line}");
                uses += 1;
            }
            // `super` is the crate's root in these files, but in their tests it is themselves.
            let names_super = words(line).any(|word| word == "super");
            assert!(!names_super || line.trim() == "use super::*;", "{file}: {line}");
        }
    }
    assert!(uses > 30, "only {uses} uses found: does this test still read the code?");
}

#[test]
fn a_dependency_is_named_only_where_it_belongs() {
    let manifest = include_str!("../Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
    let (dependencies, _) = dependencies.split_once("\n[").unwrap();
    for line in dependencies.lines().filter(|line| line.contains('=')) {
        let name = line.split([' ', '=', '.']).next().unwrap().replace('-', "_");
        let files: &[&str] = match name.as_str() {
            "base64ct" => &["base64url.rs"],
            "constant_time_eq" => &["token_cache.rs"],
            "memchr" => &["cookie.rs", "token.rs"],
            "serde" | "serde_json" => &["json.rs", "key_set.rs", "claim_json.rs"],
            // All others are providers, and those are optional.
            _ => {
                assert!(line.contains("optional = true"), "{name} has no place");
                &[]
            }
        };
        let named_in = files_with(|line| words(line).any(|word| word == name));
        assert!(!named_in.is_empty(), "{name} is not used");
        for file in named_in {
            let is_provider = files.is_empty() && file.starts_with("crypto/");
            assert!(is_provider || files.contains(&file.as_str()), "{file} names {name}");
        }
    }
}

#[test]
fn no_source_names_std_a_clock_io_or_unsafe() {
    let forbidden = ["std", "Instant", "SystemTime", "unsafe", "libc"];
    let named_in = files_with(|line| words(line).any(|word| forbidden.contains(&word)));
    assert_eq!(named_in, [""; 0], "one of {forbidden:?}");
    assert_eq!(files_with(|line| line.contains("static mut")), [""; 0]);
    let lib = sources()["lib.rs"].join("\n");
    for attribute in ["#![no_std]", "#![forbid(unsafe_code)]"] {
        assert!(lib.contains(attribute), "{attribute}");
    }
}

#[test]
fn a_proof_is_made_in_one_place() {
    let sources = sources();
    let makes = |text: &str| text.matches("Verified {").count();
    let makers = sources.iter().map(|(file, lines)| (file.as_str(), makes(&lines.join("\n"))));
    let makers: Vec<_> = makers.filter(|(_, count)| *count > 0).collect();
    assert_eq!(makers, [("verified.rs", 1)]);
    // Nor under another name.
    for lines in sources.values() {
        let text = lines.join("\n");
        for block in text.split("\nimpl").filter(|block| block.contains("Verified<'_> {")) {
            let block = block.split("\n}\n").next().unwrap();
            assert!(!block.contains("Self {") && !block.contains("-> Self"), "{block}");
        }
        assert!(!text.contains("Verified as ") && !text.contains("= Verified"), "an alias");
    }
}
