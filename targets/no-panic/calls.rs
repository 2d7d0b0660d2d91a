//! Which functions of a program can reach a panic, and by what: read from its machine code and its
//! debug information. A program of `rustc` alone, see `.ci/no-panic`.
//!
//! What the compiler has inlined is told apart by the debug information, so that a call belongs to the
//! function in whose source it stands. An edge of the graph is a call or a jump from one function to
//! another, or the inlining of one in another; functions of one name are one, and names of one
//! address too, as the compiler folds what is alike. What is called through a pointer is not followed,
//! but listed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};

/// Where every way to a panic ends: the handler, what it calls should it be inlined, and what a vector
/// does that grows too long.
fn is_end(name: &str) -> bool {
    ["__rustc::rust_begin_unwind", "a_panic", "alloc::raw_vec::handle_error"].contains(&name)
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
    /// The crates and modules that each function that calls is written in, mostly one; nothing for the
    /// crate in question.
    modules: BTreeMap<String, BTreeSet<String>>,
    /// All that have an instruction, under each of their names.
    functions: BTreeSet<String>,
}

/// An instruction, by its function and its address.
struct Site {
    from: String,
    at: u64,
    to: Way,
}

/// Where an instruction leads to but on.
enum Way {
    /// Nowhere else, or elsewhere in its function.
    Stays,
    Calls(String),
    Pointer,
}

impl Graph {
    fn read(program: &str, sources: &str) -> Self {
        let objdump =
            |arguments: &[&str]| output(Command::new("objdump").args(arguments).arg(program), "");
        let has_table = objdump(&["-h"]).contains(" .got ");
        let table = if has_table { objdump(&["-s", "-j", ".got"]) } else { String::new() };
        let sites = sites(&objdump(&["-d", "--no-show-raw-insn", "-M", "intel"]), &table);
        let aliases = aliases(&objdump(&["-t"]));
        let mut names: BTreeSet<&str> = sites.iter().map(|site| &*site.from).collect();
        for site in &sites {
            if let Way::Calls(to) = &site.to {
                names.insert(to);
            }
        }
        names.extend(aliases.iter().flatten().map(|name| &**name));
        let names = Vec::from_iter(names);
        // What follows a dot is the compiler's, for a part or a copy.
        let text: Vec<&str> =
            names.iter().map(|name| name.split_once('.').map_or(*name, |(name, _)| name)).collect();
        let plain = without_hashes(&output(&mut Command::new("c++filt"), &text.join("\n")));
        assert_eq!(plain.lines().count(), names.len(), "a name, a line");
        let plain: BTreeMap<&str, &str> = names.iter().copied().zip(plain.lines()).collect();

        let mut graph = Self::default();
        for alike in &aliases {
            graph.functions.extend(alike.iter().map(|name| plain[&**name].to_owned()));
            for (a, b) in alike.iter().zip(&alike[1..]) {
                graph.call(plain[&**a], plain[&**b]);
                graph.call(plain[&**b], plain[&**a]);
            }
        }
        let addresses: Vec<String> = sites.iter().map(|site| format!("{:x}", site.at)).collect();
        let lines = output(
            Command::new("addr2line").args(["-a", "-i", "-f", "-C", "-e", program]),
            &addresses.join("\n"),
        );
        let lines = without_hashes(&lines);
        let mut lines = lines.lines().peekable();
        for site in &sites {
            let at = lines.next().and_then(address);
            assert_eq!(at, Some(site.at), "the place of an instruction");
            // The innermost first: a name and a place for each function.
            let mut frames: Vec<(&str, &str)> = Vec::new();
            while let Some(name) = lines.next_if(|line| address(line).is_none()) {
                frames.push((name, lines.next().expect("a place")));
            }
            frames.last_mut().expect("a function").0 = plain[&*site.from];
            graph.functions.extend(frames.iter().map(|(name, _)| (*name).to_owned()));
            // Other instructions may have been moved, and their places are not as exact.
            if matches!(site.to, Way::Stays) {
                continue;
            }
            for (name, place) in &frames {
                let modules = graph.modules.entry((*name).to_owned()).or_default();
                modules.insert(module(place, sources));
            }
            for pair in frames.windows(2) {
                graph.call(pair[1].0, pair[0].0);
            }
            let innermost = frames[0].0;
            match &site.to {
                Way::Stays => {}
                Way::Calls(to) => graph.call(innermost, plain[&**to]),
                Way::Pointer => drop(graph.pointers.insert(innermost.to_owned())),
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
            self.functions.iter().map(|name| &**name).filter(|name| short(name) == entry).collect();
        assert!(!entries.is_empty(), "there is no {entry}");
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
                    modules.extend(
                        within.filter(|name| panics(name)).flat_map(|name| self.modules(name)),
                    );
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
        self.modules(name).all(|module| module.starts_with("core/") && module != "core/num")
    }

    /// Also where only some of it is: whoever is in doubt is ours.
    fn is_ours(&self, name: &str) -> bool {
        self.modules(name).any(str::is_empty)
    }

    /// `?` where there is none that is known.
    fn modules(&self, name: &str) -> impl Iterator<Item = &str> {
        let known = self.modules.get(name).into_iter().flatten().map(|module| &**module);
        let known = known.filter(|module| *module != "?");
        let unknown = known.clone().next().is_none().then_some("?");
        known.chain(unknown)
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

/// The address that a line begins with, `0x0000000000208be0`.
fn address(line: &str) -> Option<u64> {
    u64::from_str_radix(line.strip_prefix("0x")?, 16).ok()
}

/// Names of one address, in a table of symbols: lines of an address, flags, a section, a tab, a size
/// and a name.
fn aliases(table: &str) -> Vec<Vec<String>> {
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in table.lines() {
        let Some((start, end)) = line.split_once(".text\t") else { continue };
        // A section is a symbol, too.
        if let (Some(at), Some(name)) = (start.split(' ').next(), end.split(' ').next_back())
            && name != ".text"
        {
            names.entry(at).or_default().push(name.to_owned());
        }
    }
    names.into_values().filter(|names| names.len() > 1).collect()
}

/// The instructions in what `objdump` has written of the code, and of the table of addresses through
/// which some calls go.
fn sites(text: &str, table: &str) -> Vec<Site> {
    let label = |line: &str| {
        let (at, name) = line.strip_suffix(">:")?.split_once(" <")?;
        Some((u64::from_str_radix(at, 16).ok()?, name.to_owned()))
    };
    let functions: BTreeMap<u64, String> = text.lines().filter_map(label).collect();
    let table = addresses(table);
    let (mut sites, mut from) = (Vec::new(), String::new());
    for line in text.lines() {
        if let Some((_, name)) = label(line) {
            from = name;
        }
        let Some((at, instruction)) = line.trim_start().split_once(":\t") else { continue };
        let at = u64::from_str_radix(at, 16).expect("an address");
        let to = way(instruction, &from, |place| functions.get(table.get(&place)?).cloned());
        sites.push(Site { from: from.clone(), at, to });
    }
    sites
}

/// Where an instruction of a function leads to. `table` knows what is called through a place.
fn way(instruction: &str, from: &str, table: impl Fn(u64) -> Option<String>) -> Way {
    let is_prefix = |word: &&str| {
        ["addr32", "bnd", "cs", "data16", "ds", "notrack"].contains(word) || word.starts_with("rex")
    };
    let mut words = instruction.split_whitespace().skip_while(is_prefix);
    let operation = words.next().unwrap_or_default();
    if operation != "call" && !operation.starts_with('j') {
        return Way::Stays;
    }
    let target = words.collect::<Vec<_>>().join(" ");
    if target.contains('[') {
        // The table of a `match` is jumped through by its index.
        if operation == "jmp" && target.contains("*8+") {
            return Way::Stays;
        }
        let place = target.split_once("# ").and_then(|(_, place)| place.split(' ').next());
        let place = place.and_then(|place| u64::from_str_radix(place, 16).ok());
        return place.and_then(table).map_or(Way::Pointer, Way::Calls);
    }
    let Some((_, name)) = target.split_once('<') else { return Way::Pointer };
    let name = name.trim_end_matches('>');
    let name = name.rsplit_once("+0x").map_or(name, |(name, _)| name);
    if name == from { Way::Stays } else { Way::Calls(name.to_owned()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_left_out_with_and_without_leading_zeros() {
        assert_eq!(without_hashes("<a[ce675ea950e5bf76]::B>::c"), "<a::B>::c");
        assert_eq!(without_hashes("a[f9fc81fd8b812cc]::b[1b403f5d4cef]"), "a::b");
        assert_eq!(without_hashes("<[f32] as a[ce675ea950e5bf76]::B>"), "<[f32] as a::B>");
    }

    #[test]
    fn a_way_out_is_seen_through_prefixes_and_the_table() {
        let table = |place| (place == 0x30).then(|| "g".to_owned());
        let way = |instruction| match way(instruction, "f", table) {
            Way::Stays => "-".to_owned(),
            Way::Calls(to) => to,
            Way::Pointer => "*".to_owned(),
        };
        assert_eq!(way("mov    rax,QWORD PTR [rip+0x8]        # 30 <d+0x10>"), "-");
        assert_eq!(way("call   208bec <g>"), "g");
        assert_eq!(way("addr32 call 208bec <g>"), "g");
        assert_eq!(way("jne    208bec <g+0x1f>"), "g");
        assert_eq!(way("jne    208bec <f+0x1f>"), "-");
        assert_eq!(way("jmp    QWORD PTR [rax*8+0x200260]"), "-");
        assert_eq!(way("call   QWORD PTR [rax*8+0x200260]"), "*");
        assert_eq!(way("call   QWORD PTR [rip+0x8]        # 30 <d+0x10>"), "g");
        assert_eq!(way("call   QWORD PTR [rip+0x8]        # 38 <d+0x18>"), "*");
        assert_eq!(way("call   QWORD PTR [rip-0x8]        # 30 <d+0x10>"), "g");
        assert_eq!(way("jmp    rax"), "*");
    }
}
