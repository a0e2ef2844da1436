//! The files that a run writes beside its output are never inputs of it, and never the same file twice.

use crate::support::fan;
use std::fs;

/// What the file holds before the run, and after it.
const KEPT: &str = "x\ny\n";

#[test]
fn a_file_that_is_also_an_input_or_a_list_is_refused_and_kept() {
    for (words, said) in [
        (
            "run -a a --failed a -- false",
            "a: the file of --failed and a list of inputs",
        ),
        ("map a --failed a", "a: the file of --failed and an input"),
        ("map ./a --failed dir/a", "./a: the file of --failed and an input"),
        ("map link --failed a", "link: the file of --failed and an input"),
        (
            "run a --merge cat --out a -- cat",
            "a: the file of --out and an input",
        ),
        ("run a --joblog a -- cat", "a: the file of --joblog and an input"),
        (
            "map a --bad file=a -i json -s x",
            "a: the file of --bad and an input",
        ),
        (
            "map a --count --state s --failed s",
            "s: the file of --state and of another option",
        ),
        (
            "map a --state s --joblog s-wal",
            "s-wal: the file of --state and of another option",
        ),
        (
            "run a --out dir/{}.x --failed a.x -- cat",
            "dir/a.x: the file of --failed and the output of a",
        ),
        (
            "map a --failed z --joblog ./z",
            "./z: the file of --joblog and of another option",
        ),
    ] {
        let fan = fan("").args(words.split(' ')).file("a", KEPT);
        std::os::unix::fs::symlink("a", fan.path("link")).expect("a link");
        std::os::unix::fs::symlink(".", fan.path("dir")).expect("a link");
        let done = fan.stdout("").says(said).code(2);
        let kept = fs::read_to_string(done.fan.path("a")).expect("it is there");
        done.expect(kept == KEPT, "the file as it was");
    }
}

#[test]
fn a_list_that_a_job_would_make_is_kept() {
    let fan = fan("run -a list --out lis{} -- echo").file("list", "t\n");
    let done = fan
        .stdout("")
        .says("list: the output of t and a list of inputs")
        .code(2);
    let kept = fs::read_to_string(done.fan.path("list")).expect("it is there");
    done.expect(kept == "t\n", "the list as it was");
}

#[test]
fn a_list_on_standard_input_is_kept_too() {
    let fan = fan("run --failed a -- true").file("a", KEPT).stdin("");
    let fan = fan.under(&["sh", "-c", "exec \"$0\" \"$@\" <a"]);
    let done = fan
        .says("the file of --failed and the list of inputs on standard input")
        .code(2);
    let kept = fs::read_to_string(done.fan.path("a")).expect("it is there");
    done.expect(kept == KEPT, "the list as it was");
}

#[test]
fn a_file_in_a_directory_that_is_walked_is_left_out() {
    let words = "map d --count --failed d/failed --joblog d/log --state d/state";
    let fan = fan(words).file("d/a", KEPT).file("d/failed", "old\n");
    let done = fan.stdout("1\tx\n1\ty\n").stderr("").ok();
    done.fan.stdout("1\tx\n1\ty\n").stderr("").ok();
}

#[test]
fn a_reserved_file_in_a_list_is_an_error_of_that_input() {
    let fan = fan("run --failed failed -- cat")
        .file("a", KEPT)
        .stdin("a\nfailed\n");
    let said = "failed: it is written by this run";
    fan.stdout(KEPT).says(said).code(3);
}

#[test]
fn a_device_can_be_named_twice() {
    let fan = fan("run a --failed /dev/null --joblog /dev/null -- cat");
    fan.file("a", KEPT).stdout(KEPT).stderr("").ok();
}

#[test]
fn a_file_behind_a_link_is_left_out_of_a_walk_too() {
    // With a file that exists, and with one that does not yet.
    for all in [Some("old\n"), None] {
        let fan = fan("run d --out link --merge").arg("cat {}").args(["--", "cat"]);
        let fan = fan.file("d/a", KEPT).link("link", "d/all");
        let fan = match all {
            Some(old) => fan.file("d/all", old),
            None => fan,
        };
        let done = fan.stdout("").ok();
        let all = fs::read_to_string(done.fan.path("d/all")).expect("it was made");
        done.expect(all == KEPT, "what was in the other file");
    }
    let words = "map d --count --failed failed --joblog log --state state";
    let fan = fan(words).file("d/a", KEPT).file("d/f", "old\n");
    let fan = fan.link("failed", "d/f").link("log", "d/l").link("state", "d/s");
    let done = fan.stdout("1\tx\n1\ty\n").stderr("").ok();
    done.fan.stdout("1\tx\n1\ty\n").stderr("").ok();
}

#[test]
fn a_file_with_two_names_is_left_out_by_either() {
    let fan = fan("run d --failed failed -- cat")
        .file("d/a", KEPT)
        .file("failed", "old\n");
    fs::hard_link(fan.path("failed"), fan.path("d/other")).expect("a link");
    fan.stdout(KEPT).stderr("").ok();
}

#[test]
fn a_link_and_what_it_leads_to_are_one_file() {
    fan("run a --failed f --joblog link -- cat")
        .file("a", KEPT)
        .link("link", "f")
        .stdout("")
        .says("link: the file of --joblog and of another option")
        .code(2);
}
