//! The rules for the source: which rooms may import which, where things stand, how files are named and
//! shaped.

mod architecture;
mod circles;
mod names;
mod order;
mod source;

use crate::support::repository;
use source::{none, sources};
use std::collections::BTreeSet;

/// The rooms that each room may import, from the top down: a row names rooms of rows below it only. A new
/// room is a new row.
const LAYERS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "help", "report", "hosts", "run", "queue", "progress", "saved", "process", "sink", "output",
            "state", "map", "fold", "record", "codec", "template", "plan", "source", "memory", "job",
            "message", "sys",
        ],
    ),
    ("fuzzing", &["source", "record", "codec", "plan", "job", "memory"]),
    ("help", &[]),
    ("report", &["state", "message"]),
    (
        "hosts",
        &["run", "queue", "sink", "state", "source", "job", "message", "sys"],
    ),
    (
        "run",
        &[
            "progress", "saved", "worker", "merge", "sink", "output", "state", "map", "fold", "record",
            "plan", "source", "control", "job", "memory", "message", "sys",
        ],
    ),
    ("saved", &["output", "job", "message"]),
    ("queue", &[]),
    ("progress", &["message", "sys"]),
    ("pool", &["worker", "job"]),
    (
        "worker",
        &[
            "merge", "sink", "output", "state", "map", "fold", "record", "plan", "control", "job", "memory",
            "message", "sys",
        ],
    ),
    (
        "process",
        &[
            "map", "merge", "record", "codec", "template", "plan", "control", "job", "memory", "message",
            "sys",
        ],
    ),
    ("sink", &["plan", "job", "memory", "message", "sys"]),
    ("state", &["plan", "job", "message", "sys"]),
    (
        "map",
        &[
            "merge", "record", "codec", "template", "plan", "control", "job", "memory", "message", "sys",
        ],
    ),
    ("merge", &["output", "job", "memory", "message", "sys"]),
    (
        "output",
        &["template", "source", "codec", "plan", "job", "message", "sys"],
    ),
    ("fold", &["record", "memory", "message", "sys"]),
    ("record", &["job", "memory", "message"]),
    ("source", &["codec", "plan", "job", "message", "sys"]),
    ("codec", &["template", "job", "memory", "message", "sys"]),
    ("template", &["job", "message", "sys"]),
    ("plan", &[]),
    ("control", &["job", "sys"]),
    ("job", &["message", "sys"]),
    ("memory", &[]),
    ("message", &["sys"]),
    ("sys", &[]),
];

/// What stands at the top of the repository, beside dot-files.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "tests",
    "benches",
    "examples",
    "README.md",
    "LICENSE",
];

/// Lines that a file may have.
const LONGEST: usize = 450;

/// Returns the modules that a line names as `crate::NAME` or `crate::{A, B}`.
fn imports(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for rest in line.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => names.extend(list.split([',', '}', ';']).map(first_word)),
            None => names.push(first_word(rest)),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}

#[test]
fn the_table_of_layers_points_down() {
    for (at, (name, below)) in LAYERS.iter().enumerate() {
        let lower: BTreeSet<_> = LAYERS[at + 1..].iter().map(|(name, _)| name).collect();
        for import in *below {
            assert!(lower.contains(import), "{import} is not below {name}");
        }
    }
}

#[test]
fn imports_point_down_only() {
    let mut wrong = Vec::new();
    for source in sources("src").iter().filter(|source| source.path != "src/lib.rs") {
        let room = source.room();
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: {room} has no row in LAYERS", source.path));
            continue;
        };
        for (at, line) in source.code() {
            for import in imports(line) {
                if import != room && !allowed.contains(&import) {
                    wrong.push(format!("{}:{at}: {room} imports {import}", source.path));
                }
            }
        }
    }
    none(&wrong, "imports point down only, as the table LAYERS has it");
}

#[test]
fn a_way_round_the_table_is_seen() {
    assert_eq!(
        imports("use crate::{sink::Sink, run}; crate::cli::main()"),
        ["sink", "run", "cli"]
    );
    let mut wrong = Vec::new();
    for source in sources("src") {
        let folders = source.path.matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
        let to_root = format!("use {}", "super::".repeat(folders));
        for (at, line) in source
            .code()
            .filter(|(_, line)| folders > 0 && line.starts_with(&to_root))
        {
            wrong.push(format!("{}:{at}: {line}", source.path));
        }
    }
    none(
        &wrong,
        "another module is named by crate::, so that its layer shows",
    );
}

#[test]
fn maps_folds_records_and_codecs_know_no_threads_or_channels() {
    let mut wrong = Vec::new();
    let quiet = [
        "map", "process", "fold", "record", "codec", "source", "template", "job",
    ];
    for source in sources("src").iter().filter(|s| quiet.contains(&s.room())) {
        for (at, line) in source.code_without_tests() {
            if ["std::thread", "crossbeam_channel", "mpsc"]
                .iter()
                .any(|word| line.contains(word))
            {
                wrong.push(format!("{}:{at}: {line}", source.path));
            }
        }
    }
    none(&wrong, "threads and channels are for run and worker");
}

#[test]
fn run_and_worker_name_no_map_and_no_fold() {
    let mut wrong = Vec::new();
    let blind = ["run", "worker", "sink"];
    for source in sources("src").iter().filter(|s| blind.contains(&s.room())) {
        for (at, line) in source.code_without_tests() {
            let words: Vec<_> = line
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|word| !word.is_empty())
                .collect();
            let from = |module| line.contains(&format!("crate::{module}::"));
            let concrete = |word: &&str| word.starts_with(char::is_uppercase);
            let known = [
                "Map",
                "StartMap",
                "Emit",
                "ChildEmit",
                "OutOfBand",
                "OutOfBandSink",
                "PipeJob",
                "Latency",
                "Fold",
                "StartFold",
            ];
            if (from("map") || from("fold")) && words.iter().any(|w| concrete(w) && !known.contains(w)) {
                wrong.push(format!("{}:{at}: {line}", source.path));
            }
        }
    }
    none(&wrong, "run and worker know maps and folds by their traits");
}

#[test]
fn words_of_a_room_stand_in_that_room() {
    let mut wrong = Vec::new();
    let rules: &[(&str, &str)] = &[
        ("clap::", "src/cli/"),
        ("unsafe ", "src/sys/"),
        ("cfg(unix)", "src/sys/"),
        ("cfg(windows)", "src/sys/"),
        ("io::stdout()", "src/sys/ src/run/mod.rs"),
        ("compile_error!", "src/sys/"),
        ("libc::", "src/sys/"),
        ("rustix::", "src/sys/"),
        ("println!", ""),
        ("eprintln!", ""),
        ("print!(", ""),
        ("dbg!", ""),
        ("todo!", ""),
    ];
    for source in sources("src") {
        for (at, line) in source.code() {
            for (word, place) in rules {
                let allowed = place.split_whitespace().any(|p| source.path.starts_with(p));
                if line.contains(word) && !allowed {
                    wrong.push(format!("{}:{at}: {word} stands in {place:?} only", source.path));
                }
            }
        }
    }
    none(&wrong, "each in its place");
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    let mut wrong = Vec::new();
    for source in ["src", "tests", "benches", "examples"]
        .into_iter()
        .flat_map(sources)
    {
        if !source.text.starts_with("//!") {
            wrong.push(format!("{}: does not begin with //!", source.path));
        }
        let lines = source.text.lines().count();
        if lines >= LONGEST {
            wrong.push(format!("{}: {lines} lines", source.path));
        }
    }
    none(
        &wrong,
        &format!("every file begins with //! and has under {LONGEST} lines"),
    );
}

#[test]
fn the_top_of_the_repository_is_what_it_should_be() {
    let ignored = std::fs::read_to_string(repository().join(".gitignore")).expect("it is there");
    let ignored: BTreeSet<_> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    let entries = std::fs::read_dir(repository()).expect("it is there").flatten();
    let names: BTreeSet<_> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !ignored.contains(name.as_str()))
        .collect();
    let top: BTreeSet<_> = TOP.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names, top);
}
