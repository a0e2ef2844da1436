//! Names: of files, of module roots, and of what other rooms can see.

use super::source::{none, sources};
use crate::support::repository;
use regex::Regex;
use std::collections::BTreeMap;

/// Words that say nothing from outside, or have several meanings. No file is named by one.
const VAGUE: &[&str] = &[
    "ahead",
    "announce",
    "aside",
    "at_once",
    "back",
    "bare",
    "claims",
    "closed",
    "common",
    "coprocess",
    "counted",
    "crew",
    "cut",
    "doubts",
    "draft",
    "earlier",
    "ending",
    "exact",
    "failed",
    "feed",
    "feeder",
    "finished",
    "first",
    "gate",
    "gather",
    "gathered",
    "given",
    "glance",
    "gzip_blocks",
    "gzip_whole",
    "halves",
    "heap",
    "hearing",
    "held",
    "lack",
    "lane",
    "lasting",
    "late",
    "left",
    "lines",
    "lowered",
    "malformed",
    "merged",
    "merges",
    "news",
    "own",
    "pack",
    "packed",
    "pages",
    "pairs",
    "part",
    "parts",
    "pick",
    "ran",
    "remember",
    "room",
    "seat",
    "sending",
    "separator",
    "stamp",
    "standing",
    "sweep",
    "tally",
    "target",
    "timers",
    "told",
    "tries",
    "turn",
    "wake",
    "wholes",
];

/// Files that still have such a name.
const STILL_VAGUE: &[&str] = &[
    "ahead", "bare", "closed", "cut", "heap", "lines", "lowered", "pages", "sweep", "wake",
];

/// Module roots that still lie beside their folder.
const STILL_BESIDE: &[&str] = &[];

/// Names that stand more than once where other files can see them, and why.
const TWICE: &[(&str, &str)] = &[
    ("main", "each command has one"),
    ("read", "not yet renamed"),
    ("start", "not yet renamed"),
    ("shown", "not yet renamed"),
    ("Share", "not yet renamed"),
    ("Part", "not yet renamed"),
    ("Pace", "not yet renamed"),
    ("Output", "not yet renamed"),
    ("Order", "not yet renamed"),
    ("Memory", "not yet renamed"),
    ("Limits", "not yet renamed"),
    ("Workers", "not yet renamed"),
    ("Kind", "not yet renamed"),
    ("Input", "not yet renamed"),
    ("Group", "not yet renamed"),
    ("Feed", "not yet renamed"),
    ("Failures", "not yet renamed"),
    ("AHEAD", "not yet renamed"),
    ("line", "not yet renamed"),
];

fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".rs").unwrap_or(file)
}

#[test]
fn files_have_names_that_say_what_they_are() {
    let is_vague = |name: &str| VAGUE.contains(&name) && !STILL_VAGUE.contains(&name);
    let wrong: Vec<_> = sources("src")
        .into_iter()
        .map(|source| source.path)
        .filter(|path| is_vague(stem(path)))
        .collect();
    none(&wrong, "files with names that say too little");
}

#[test]
fn the_root_of_a_folder_is_its_mod_rs() {
    let wrong: Vec<_> = ["src", "tests"]
        .into_iter()
        .flat_map(sources)
        .map(|source| source.path)
        .filter(|path| {
            let folder = path.strip_suffix(".rs").unwrap_or(path);
            repository().join(folder).is_dir() && !STILL_BESIDE.contains(&path.as_str())
        })
        .collect();
    none(&wrong, "x.rs beside x/: it is x/mod.rs");
}

#[test]
fn a_name_that_others_see_stands_once() {
    let item = Regex::new(
        r"(?m)^pub(?:\(crate\))? (?:const |async |unsafe )*(?:struct|enum|trait|fn|type|union|static|const) (\w+)",
    );
    let item = item.expect("a pattern");
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources("src") {
        for found in item.captures_iter(&source.text) {
            let places = places.entry(found[1].to_owned()).or_default();
            if !places.contains(&source.path) {
                places.push(source.path.clone());
            }
        }
    }
    let wrong: Vec<_> = places
        .into_iter()
        .filter(|(name, places)| places.len() > 1 && !TWICE.iter().any(|(twice, _)| twice == name))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    none(&wrong, "a pub name stands once in the crate");
}
