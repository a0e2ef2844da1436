//! Inside a room, too, imports point down: no file uses one that uses it in turn.
//!
//! A file uses another when a path leads from it to an item there: `super::x::Y`, `crate::room::x::Y`, `x::Y`
//! for its own module `x`, or `super::Y` when the root of the room has `Y` itself or re-exports it from `x`.
//! Unit tests and re-exports count as no use. Paths that a macro makes, and methods, are not seen.

use super::source::{Source, none, sources};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// How many files of a room may still stand in circles, and why. The rooms that are not listed have none.
const CIRCLES: &[(&str, usize, &str)] = &[
    ("codec", 6, "the table of codecs stands beside their trait"),
    (
        "run",
        4,
        "the loop calls what dispatch, events, finish and merge add to the main thread",
    ),
    ("sys", 8, "processes, signals and limits know each other"),
];

/// The module of a file, from the root of the crate.
pub type Module = Vec<String>;

/// What a path may lead to.
struct Crate {
    modules: BTreeSet<Module>,
    /// The path that a re-exported name stands for, by the module that re-exports it.
    names: BTreeMap<(Module, String), Module>,
}

/// The paths of one file.
struct Paths {
    module: Module,
    /// What its code names.
    used: Vec<Module>,
}

/// Returns the tree of a `use`, spelled out: `a::{b, c::{self, D}}` is `a::b`, `a::c` and `a::c::D`.
fn spelled_out(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        let segments = path.split("::").map(|segment| segment.trim().to_owned());
        return vec![segments.filter(|s| !s.is_empty() && s != "self").collect()];
    };
    let (head, list) = (
        &tree[..open],
        &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())],
    );
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    let items = items.into_iter().filter(|item| !item.trim().is_empty());
    items
        .flat_map(|item| spelled_out(&format!("{head}{item}")))
        .collect()
}

impl Crate {
    /// Returns the module and the rest of the path that these words lead to from a module.
    fn resolve(&self, from: &[String], path: &[String]) -> Option<Module> {
        let mut path = path.iter().peekable();
        let mut module = match path.peek()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => from.to_vec(),
            first => {
                let child = [from, &[first.to_owned()]].concat();
                self.modules.contains(&child).then_some(from.to_vec())?
            }
        };
        while let Some(word) = path.next_if(|word| ["crate", "self", "super"].contains(&word.as_str())) {
            if word == "super" {
                module.pop();
            }
        }
        for word in path {
            let child = [&module[..], std::slice::from_ref(word)].concat();
            if self.modules.contains(&child) {
                module = child;
            } else if let Some(other) = self.names.get(&(module.clone(), word.clone())) {
                return Some(other.clone());
            } else {
                return Some(module);
            }
        }
        Some(module)
    }
}

/// Reads all files: the modules, the names that they re-export, and the paths that they use.
fn read() -> (Crate, Vec<Paths>) {
    let uses = Regex::new(r"(?m)^\s*(pub(?:\([a-z: ]+\))?\s+)?use\s+([^;]+);").expect("a pattern");
    let inline = Regex::new(r"\b[a-z_][a-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)+").expect("a pattern");
    let sources: Vec<_> = sources("src").into_iter().filter(|s| !s.is_test()).collect();
    let module = |source: &Source| source.modules().map(str::to_owned).collect::<Module>();
    let mut found = Crate {
        modules: sources.iter().map(module).collect(),
        names: BTreeMap::new(),
    };
    let (mut files, mut exports) = (Vec::new(), Vec::new());
    for source in &sources {
        let code: Vec<_> = source.code_without_tests().map(|(_, line)| line).collect();
        let code = code.join("\n");
        let mut file = Paths {
            module: module(source),
            used: Vec::new(),
        };
        for one in uses.captures_iter(&code) {
            for path in spelled_out(&one[2]) {
                match one.get(1) {
                    Some(_) => exports.push((file.module.clone(), path)),
                    None => file.used.push(path),
                }
            }
        }
        let rest = uses.replace_all(&code, "");
        let words = |path: regex::Match<'_>| path.as_str().split("::").map(str::to_owned).collect();
        file.used.extend(inline.find_iter(&rest).map(words));
        files.push(file);
    }
    for (module, path) in exports {
        if let (Some(target), Some(name)) = (found.resolve(&module, &path), path.last().cloned()) {
            found.names.insert((module, name), target);
        }
    }
    (found, files)
}

/// Returns which file uses which, inside of the rooms, by their modules.
pub fn graph() -> BTreeMap<Module, BTreeSet<Module>> {
    let (found, files) = read();
    let mut graph = BTreeMap::new();
    for file in files {
        let inside = |module: &Module| *module != file.module && module.first() == file.module.first();
        let used = file
            .used
            .iter()
            .filter_map(|path| found.resolve(&file.module, path));
        graph.insert(file.module.clone(), used.filter(inside).collect());
    }
    graph
}

/// Returns what can be reached from a file.
fn reach<'g>(graph: &'g BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> BTreeSet<&'g Module> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(module) = next.pop() {
        for used in graph.get(&module).into_iter().flatten() {
            if reached.insert(used) {
                next.push(used.clone());
            }
        }
    }
    reached
}

#[test]
fn files_of_a_room_stand_in_no_circle() {
    let graph = graph();
    assert!(
        graph.values().map(BTreeSet::len).sum::<usize>() > 100,
        "uses are found"
    );
    let reached: BTreeMap<_, _> = graph
        .keys()
        .map(|module| (module, reach(&graph, module)))
        .collect();
    let mut circles: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (module, others) in &reached {
        if others.contains(module) {
            let back: Vec<_> = graph[*module]
                .iter()
                .filter(|used| reached[used].contains(module))
                .map(|used| used.join("::"))
                .collect();
            let line = format!("  {} uses {}", module.join("::"), back.join(", "));
            circles.entry(&module[0]).or_default().push(line);
        }
    }
    let mut wrong = Vec::new();
    for (room, lines) in circles {
        let allowed = CIRCLES
            .iter()
            .find(|(name, ..)| *name == room)
            .map_or(0, |(_, most, _)| *most);
        if lines.len() > allowed {
            wrong.push(format!(
                "{room}: {} files, not {allowed}:\n{}",
                lines.len(),
                lines.join("\n")
            ));
        }
    }
    none(&wrong, "files that use each other in a circle");
}

#[test]
fn paths_are_found() {
    let spelled: Vec<_> = spelled_out("super::{a, b::{self, C as D}, self}")
        .iter()
        .map(|p| p.join("::"))
        .collect();
    assert_eq!(spelled, ["super::a", "super::b", "super::b::C", "super"]);
}
