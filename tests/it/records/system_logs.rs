//! The page on times has a line for each of sixteen system logs: each gives the hits by hour that Python finds.

use crate::support::{fan, has, oracle, repository};
use std::collections::BTreeMap;
use std::ffi::OsStr;

/// Returns the command lines of the page, each without the program's name.
fn command_lines() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(repository().join("src/help/times.md")).expect("the page is there");
    let lines = page.lines().filter(|line| line.starts_with("fanfold map "));
    let split = |line: &str| {
        let (command, _) = line.split_once("  # ").expect("the log's name follows");
        let words = shlex::split(command).expect("the quotes are closed");
        words[1..].to_vec()
    };
    lines.map(split).collect()
}

#[test]
fn sixteen_system_logs_are_grouped_by_hour_as_the_page_says() {
    if !has("python3") {
        return;
    }
    let given = fan("");
    let script = repository().join("tests/it/records/system_logs.py");
    let said = oracle(given.dir(), "python3 \"$1\"", &[OsStr::new(&script)]);
    let expected: BTreeMap<String, String> = serde_json::from_slice(&said).expect("JSON");
    let lines = command_lines();
    assert_eq!((lines.len(), expected.len()), (16, 16));
    for words in lines {
        let name = words[1].strip_suffix(".log").expect("a log's name");
        for jobs in ["-j1", "-j8"] {
            let run = fan("").at(given.dir()).args(&words).arg(jobs);
            run.stdout(&expected[name]).code(0);
        }
    }
}
