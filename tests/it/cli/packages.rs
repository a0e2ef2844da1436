//! What a release is made with: the list of crates, and the pages that the packages install.

use crate::support::{fan, has, oracle, repository};
use std::ffi::OsStr;
use std::fs;

#[test]
fn the_list_of_crates_has_what_the_program_is_built_from_and_its_licences() {
    if !has("python3") || !has("cargo") {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let script = r#"for n in 1 2; do
SOURCE_DATE_EPOCH=1000000000 CARGO_NET_OFFLINE=true python3 "$1/.packaging/crates.py" "$1" x86_64-unknown-linux-gnu s$n l$n || exit
done; cmp s1 s2 && cmp l1 l2 && python3 -c 'import json; s = json.load(open("s1")); print(s["metadata"]["timestamp"])
names = {c["name"] for c in s["components"]}; print(*sorted(names & {"clap", "rusqlite", "proptest", "divan"}))
refs = {c["bom-ref"] for c in s["components"]} | {s["metadata"]["component"]["bom-ref"]}
assert all(refs.issuperset([d["ref"], *d["dependsOn"]]) for d in s["dependencies"])
assert all(len(c["hashes"][0]["content"]) == 64 and c["licenses"] for c in s["components"])'"#;
    let said = oracle(dir.path(), script, &[repository().as_os_str()]);
    assert_eq!(
        String::from_utf8_lossy(&said),
        "2001-09-09T01:46:40Z\nclap rusqlite\n"
    );
    let licences = fs::read_to_string(dir.path().join("l1")).expect("it was made");
    assert!(licences.contains("Permission is hereby granted") && licences.contains("clap "));
}

#[test]
fn the_pages_that_the_first_one_refers_to_are_all_there_is() {
    let release = fs::read_to_string(repository().join(".packaging/release.sh")).expect("a script");
    let begin = release.find("\"$program\" man >").expect("the pages");
    let end = release[begin..].find("    done\n").expect("a loop") + begin + 9;
    let script = format!("program=$1 extra=.; mkdir man\n{}ls man", &release[begin..end]);
    let dir = tempfile::tempdir().expect("a directory");
    let program = OsStr::new(env!("CARGO_BIN_EXE_fanfold"));
    let pages = oracle(
        dir.path(),
        "bash -euo pipefail -c \"$2\" bash \"$1\"",
        &[program, OsStr::new(&script)],
    );
    let pages = String::from_utf8(pages).expect("UTF-8");
    let help = fan("--help").ok();
    let help = String::from_utf8_lossy(&help.out).into_owned();
    for command in ["run", "map", "status", "xargs", "parallel", "completions"] {
        assert!(help.contains(command));
        assert!(pages.contains(&format!("fanfold-{command}.1\n")), "{pages}");
    }
    assert!(
        pages.contains("fanfold.1\n") && pages.contains("fanfold-exit-codes.7\n"),
        "{pages}"
    );
}
