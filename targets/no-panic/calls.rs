//! Which functions of a program can reach a panic, and by what: read from its machine code and its
//! debug information. A program of `rustc` alone, see `.ci/no-panic`.
//!
//! What the compiler has inlined is told apart by the debug information, so that a call belongs to the
//! function in whose source it stands. An edge of the graph is a call or a jump from one function to
//! another, or the inlining of one in another; functions of one name are one. What is called through
//! a pointer is not followed, but listed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};

/// Where every way to a panic ends: the handler, and what a vector does that grows too long.
fn is_end(name: &str) -> bool {
    ["__rustc::rust_begin_unwind", "alloc::raw_vec::handle_error"].contains(&name)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, sources, rest @ ..] = &arguments[..] else {
        panic!("calls PROGRAM SOURCES [ENTRY | +LIBRARY]...")
    };
    let graph = Graph::read(program, sources);
    let (allowed, entries): (Vec<&str>, Vec<&str>) =
        rest.iter().map(|word| &**word).partition(|word| word.starts_with('+'));
    let allowed: Vec<&str> = allowed.iter().map(|word| word.trim_start_matches('+')).collect();
    let is_right =
        entries.iter().fold(true, |is_right, entry| graph.report(entry, &allowed) & is_right);
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Graph {
    calls: BTreeMap<String, BTreeSet<String>>,
    /// Whose code calls through a pointer.
    pointers: BTreeSet<String>,
    /// The crate and module that each function is written in; nothing for the crate in question.
    modules: BTreeMap<String, String>,
}

/// A call or a jump out of a function, at an address; to a function, or through a pointer.
struct Site {
    from: String,
    at: String,
    to: Option<String>,
}

impl Graph {
    fn read(program: &str, sources: &str) -> Self {
        let objdump =
            |arguments: &[&str]| output(Command::new("objdump").args(arguments).arg(program), "");
        let sites = sites(
            &objdump(&["-d", "--no-show-raw-insn", "-M", "intel"]),
            &objdump(&["-s", "-j", ".got"]),
        );
        let mut names: Vec<&str> = sites.iter().map(|site| &*site.from).collect();
        names.extend(sites.iter().filter_map(|site| site.to.as_deref()));
        let text = names.join("\n");
        let plain = without_hashes(&output(&mut Command::new("c++filt"), &text));
        let plain: BTreeMap<&str, &str> = names.iter().copied().zip(plain.lines()).collect();

        let mut graph = Self::default();
        let addresses: Vec<&str> = sites.iter().map(|site| &*site.at).collect();
        let lines = output(
            Command::new("addr2line").args(["-a", "-i", "-f", "-C", "-e", program]),
            &addresses.join("\n"),
        );
        let lines = without_hashes(&lines);
        let mut stacks = lines.split("0x0000").skip(1);
        for site in &sites {
            // The innermost first: an address, then a name and a place for each function.
            let stack: Vec<&str> = stacks.next().expect("a stack").lines().skip(1).collect();
            let mut frames: Vec<(&str, &str)> =
                stack.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            if let Some(outermost) = frames.last_mut() {
                outermost.0 = plain[&*site.from];
            }
            for (name, place) in &frames {
                graph.modules.insert((*name).to_owned(), module(place, sources));
            }
            for pair in frames.windows(2) {
                graph.call(pair[1].0, pair[0].0);
            }
            let innermost = frames.first().map_or(plain[&*site.from], |frame| frame.0);
            match &site.to {
                Some(to) => graph.call(innermost, plain[&**to]),
                None => drop(graph.pointers.insert(innermost.to_owned())),
            }
        }
        graph
    }

    fn call(&mut self, from: &str, to: &str) {
        if from != to {
            self.calls.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
    }

    /// Says what of all that can be reached from `entry` can panic. Right is where that is nothing of
    /// ours, and nothing of a library's but of its modules that are allowed.
    fn report(&self, entry: &str, allowed: &[&str]) -> bool {
        let entries: Vec<&str> =
            self.calls.keys().map(|name| &**name).filter(|name| short(name) == entry).collect();
        assert!(!entries.is_empty(), "{entry} calls nothing, if there is one");
        let reached = self.reached(&entries, |_| true);
        let ours: Vec<&str> = reached.iter().copied().filter(|name| self.is_ours(name)).collect();
        println!("{entry}: {} functions, {} of the crate", reached.len(), ours.len());

        let (mut lines, mut is_right) = (BTreeSet::new(), true);
        for name in &ours {
            let mut modules = BTreeSet::new();
            for called in self.called(name) {
                if self.ends(called) {
                    modules.insert("itself");
                } else if !self.is_ours(called) {
                    let within =
                        self.reached(&[called], |name| !self.is_ours(name) && !is_end(name));
                    let panics = |name: &&str| self.called(name).any(|called| self.ends(called));
                    let within = within.iter().filter(|name| !self.is_passed(name));
                    modules
                        .extend(within.filter(|name| panics(name)).map(|name| self.module(name)));
                }
            }
            let wrong = modules.iter().any(|module| !allowed.contains(module));
            is_right &= !wrong;
            if !modules.is_empty() {
                let verdict = if wrong { "MUST NOT PANIC" } else { "may panic" };
                let modules = Vec::from_iter(modules).join(", ");
                lines.insert(format!("  {verdict}: {}, by {modules}", short(name)));
            }
        }
        for name in ours.iter().filter(|name| self.pointers.contains(**name)) {
            lines.insert(format!("  calls through a pointer: {}", short(name)));
        }
        lines.iter().for_each(|line| println!("{line}"));
        is_right
    }

    /// Whether all it does is to panic, or to panic for its caller, as `unwrap` does.
    fn ends(&self, name: &str) -> bool {
        is_end(name)
            || self.is_passed(name)
                && self
                    .reached(&[name], |name| self.is_passed(name) || is_end(name))
                    .iter()
                    .any(|name| is_end(name))
    }

    /// Functions of `core` are part of who calls them: an index, an `unwrap`. But for its numbers, in
    /// which a text is read.
    fn is_passed(&self, name: &str) -> bool {
        let module = self.module(name);
        module.starts_with("core/") && module != "core/num"
    }

    fn is_ours(&self, name: &str) -> bool {
        self.modules.get(name).is_some_and(String::is_empty)
    }

    fn module(&self, name: &str) -> &str {
        self.modules.get(name).map_or("?", |module| module)
    }

    fn called(&self, name: &str) -> impl Iterator<Item = &str> {
        self.calls.get(name).into_iter().flatten().map(|name| &**name)
    }

    /// All that can be reached through functions that are passed through.
    fn reached<'n>(
        &'n self,
        start: &[&'n str],
        is_passed: impl Fn(&str) -> bool,
    ) -> BTreeSet<&'n str> {
        let (mut reached, mut next) = (BTreeSet::from_iter(start.iter().copied()), start.to_vec());
        while let Some(from) = next.pop() {
            for to in self.called(from) {
                if is_passed(to) && reached.insert(to) {
                    next.push(to);
                }
            }
        }
        reached
    }
}

/// `core/slice` of `.../library/core/src/slice/index.rs:1`, `serde_json/de` of
/// `.../serde_json-1.0.140/src/de.rs:1`; nothing of a file of ours.
fn module(place: &str, sources: &str) -> String {
    if place.starts_with(sources) {
        return String::new();
    }
    let Some((package, file)) = place.rsplit_once("/src/") else { return "?".into() };
    let name = package.rsplit('/').next().unwrap_or_default();
    let name = name.split_once("-").map_or(name, |(name, _)| name);
    let module = file.split(['/', '.', ':']).next().unwrap_or_default();
    format!("{name}/{module}")
}

/// Names without the hash of their crate, `[0123456789abcdef]`. It is printed without its leading
/// zeros, and nothing else in a name, such as `[f32]`, has so many digits.
fn without_hashes(text: &str) -> String {
    let is_hash =
        |text: &str| (8..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let mut parts = text.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, rest)) if is_hash(hash) => plain += rest,
            _ => plain.extend(["[", part]),
        }
    }
    plain
}

/// A name without what stands between angle brackets that are not at its start.
fn short(name: &str) -> String {
    let (mut depth, mut text) = (0, String::new());
    for (index, c) in name.char_indices() {
        let is_generic = c == '<' && index > 0 && !name[..index].ends_with('<');
        if is_generic || depth > 0 && c == '<' {
            depth += 1;
        } else if c == '>' && depth > 0 {
            depth -= 1;
        } else if depth == 0 {
            text.push(c);
        }
    }
    text.replace("::::", "::").trim_end_matches("::").to_owned()
}

/// Calls, and jumps that leave the function, in what `objdump` has written of the code and of the
/// table of addresses through which some go.
fn sites(text: &str, table: &str) -> Vec<Site> {
    let label = |line: &str| {
        let (at, name) = line.strip_suffix(">:")?.split_once(" <")?;
        Some((u64::from_str_radix(at, 16).ok()?, name.to_owned()))
    };
    let functions: BTreeMap<u64, String> = text.lines().filter_map(label).collect();
    let table = addresses(table);
    let (mut sites, mut from) = (Vec::new(), String::new());
    for line in text.lines() {
        if let Some(name) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            from = name.1.to_owned();
        }
        let Some((at, instruction)) = line.trim_start().split_once(":\t") else { continue };
        let instruction = instruction.trim_start_matches("notrack ").trim_start_matches("bnd ");
        let Some((operation, target)) = instruction.split_once(' ') else { continue };
        if operation != "call" && !operation.starts_with('j') {
            continue;
        }
        let site = |to| Site { from: from.clone(), at: at.to_owned(), to };
        if let Some((_, place)) = target.split_once("[rip+").and_then(|_| target.split_once("# ")) {
            let place = place.split(' ').next().and_then(|at| u64::from_str_radix(at, 16).ok());
            let to = place.and_then(|place| functions.get(table.get(&place)?));
            sites.push(site(Some(to.expect("a function in the table").clone())));
        } else if let Some((_, name)) = target.split_once('<') {
            let name = name.trim_end_matches('>');
            let name = name.rsplit_once("+0x").map_or(name, |(name, _)| name);
            if name != from {
                sites.push(site(Some(name.to_owned())));
            }
        } else if !target.contains("*8+") {
            // Not the table of a `match`.
            sites.push(site(None));
        }
    }
    sites
}

/// The addresses in a section, each by its place: lines of a place and four words of four bytes, the
/// lowest first.
fn addresses(section: &str) -> BTreeMap<u64, u64> {
    let mut addresses = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with(' ')) {
        let mut words = line.split_whitespace();
        let place = words.next().and_then(|at| u64::from_str_radix(at, 16).ok()).expect("a place");
        let bytes: String = words.take(4).collect();
        for (place, address) in (place..).step_by(8).zip(bytes.as_bytes().chunks_exact(16)) {
            let address = std::str::from_utf8(address).expect("digits");
            let address = u64::from_str_radix(address, 16).expect("an address");
            addresses.insert(place, address.swap_bytes());
        }
    }
    addresses
}

/// What a command makes of its input.
fn output(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut stdin, input) = (child.stdin.take().expect("piped"), input.to_owned());
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("its output");
    writer.join().expect("a writer").expect("its input is read");
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("text")
}
