//! `--err`: a file for the standard error of each job.

use crate::support::{entries, fan, holds};
use std::fs;

const BOTH: &str = r#"echo "out $1"; echo "err $1" >&2"#;

fn script(words: &str, script: &str) -> crate::support::Fan {
    let fan = fan("run --err e/{/}.err").args(words.split_whitespace());
    fan.args(["--", "sh", "-c", script, "sh", "{}"])
}

#[test]
fn each_job_has_its_standard_error_in_a_file_and_the_rest_stays_printed() {
    for words in ["-j2", "-j1 --line-buffer", "--unordered -j1", "--tag -j2"] {
        let tag = |name: &str| match words.contains("--tag") {
            true => format!("{name}\t"),
            false => String::new(),
        };
        let printed = format!("{}out d/a\n{}out b\n", tag("d/a"), tag("b"));
        let fan = script(words, BOTH).stdin("d/a\nb\n");
        let done = fan.stdout(printed).stderr("").ok();
        holds(&done, "e/a.err", "err d/a\n");
        holds(&done, "e/b.err", "err b\n");
        done.expect(
            entries(&done, "e") == ["a.err", "b.err"],
            "two files and no other",
        );
    }
}

#[test]
fn both_streams_have_files_and_one_that_is_silent_has_an_empty_one() {
    let done = script("--out o/{/}", "echo x").stdin("a\n").stdout("").ok();
    holds(&done, "o/a", "x\n");
    holds(&done, "e/a.err", "");
    done.expect(done.fan.path("e/a.err").exists(), "an empty file");
}

#[test]
fn a_fold_counts_standard_output_alone() {
    let done = script("--count", BOTH).stdin("a\nb\n");
    let done = done.stdout("1\tout a\n1\tout b\n").stderr("").ok();
    holds(&done, "e/b.err", "err b\n");
}

#[test]
fn a_job_that_fails_leaves_what_its_last_try_said() {
    let failing = r#"echo "$1: try $FANFOLD_TRY" >&2; [ "$1" = well ] && [ $FANFOLD_TRY = 2 ]"#;
    let fan = script("--retries 2 --retry-delay 1ms -j1", failing).stdin("ill\nwell\n");
    let done = fan.says("job 1 (ill): 'sh' exited with status 1").code(123);
    holds(&done, "e/ill.err", "ill: try 3\n");
    holds(&done, "e/well.err", "well: try 2\n");
    done.expect(
        entries(&done, "e") == ["ill.err", "well.err"],
        "nothing of other tries",
    );
}

#[test]
fn a_command_that_is_killed_leaves_what_it_said_and_a_job_that_is_stopped_nothing() {
    let fan = script("", "echo said >&2; kill -KILL $$");
    let done = fan.stdin("ill\n").says("job 1 (ill)").code(123);
    holds(&done, "e/ill.err", "said\n");
    // The one that runs is stopped as the other fails.
    let one = r#"echo "$1" >&2; case $1 in a) echo >> p; exit 1;; esac; exec sleep 1000"#;
    let one = one
        .replace("echo >> p", "read x < p")
        .replace("exec", "echo > p; exec");
    let fan = script("-j2 --halt now --kill-after 0s", &one).fifo("p");
    let done = fan.stdin("a\nb\n").code(124);
    done.expect(
        entries(&done, "e") == ["a.err"],
        "nothing of the job that was stopped",
    );
}

#[test]
fn names_that_collide_are_refused_before_the_first_job() {
    for (words, names, said) in [
        (
            "--err e/{/.}",
            "d/a.x\na.y\n",
            "e/a: the standard error of d/a.x and of a.y",
        ),
        (
            "--out o/{} --err ./o/{}",
            "a\n",
            "./o/a: the output of a and the standard error of a",
        ),
        (
            "--out o/{} --err o/{.}",
            "a.x\na.x.y\n",
            "o/a.x: the output of a.x and the standard error of a.x.y",
        ),
        ("--err {.}", "in.err\nin\n", "in: the standard error of in.err"),
        (
            "--out o/{} --err o/{}/e",
            "a\n",
            "o/a/e: cannot be the standard error of a: another output needs its directory as a file",
        ),
        (
            "--err {}.x --failed b.x",
            "a\nb\n",
            "b.x: the file of --failed and the standard error of b",
        ),
    ] {
        let fan = fan("run").args(words.split(' ')).args(["--", "touch", "ran"]);
        let fan = fan.file("in", "kept").file("in.err", "kept").stdin(names);
        let done = fan.stdout("").says(said).code(2);
        done.expect(!done.fan.path("ran").exists(), "no job");
        holds(&done, "in", "kept");
    }
}

#[test]
fn options_that_do_not_go_with_it_are_refused() {
    for (words, said) in [
        ("--err e", "--err: a replacement string is needed"),
        ("--err e/{1}", "--err: '{1}' would be a name as it is"),
        ("--err e/{%}", "--err: {%} cannot be in a file's name"),
        (
            "--err e/{#} --state s",
            "--err with {#} cannot be combined with --state",
        ),
        ("--err e/{} -u", "'--err <TEMPLATE>' cannot be used with"),
        ("--err e/{} --pool", "'--err <TEMPLATE>' cannot be used with"),
    ] {
        let fan = fan("run").args(words.split(' ')).args(["--", "echo"]);
        fan.stdin("a\n").stdout("").says(said).code(2);
    }
}

#[test]
fn a_state_runs_a_job_again_whose_file_is_gone() {
    let place = tempfile::tempdir().expect("a directory");
    let run = |template: &str| {
        let fan = fan("run -j1 --state s --err").arg(template).at(place.path());
        fan.args(["--", "sh", "-c", "echo $1 >&2; echo $1 >> ran", "sh", "{}"])
            .stdin("a\nb\n")
    };
    run("e/{}").ok();
    fs::remove_file(place.path().join("e/b")).expect("it was made");
    let done = run("e/{}").ok();
    let read = |name: &str| fs::read(place.path().join(name)).unwrap_or_default();
    done.expect(read("ran") == b"a\nb\nb\n" && read("e/b") == b"b\n", "b again");
    // Another template is another command line.
    run("f/{}").says("err: stored 'e/{}', now 'f/{}'").code(2);
}

#[test]
fn a_dry_run_and_a_trace_show_what_goes_where() {
    fan("run --dry-run --out o/{} --err e/{}.err -- echo {}")
        .stdin("a b\n")
        .stdout("echo 'a b' > 'o/a b' 2> 'e/a b.err'\n")
        .ok();
    let done = script("--trace -j1", "echo $1 >&2").stdin("a\n");
    let done = done.stderr("sh -c 'echo $1 >&2' sh a\n").ok();
    holds(&done, "e/a.err", "a\n");
}

#[test]
fn a_file_that_can_not_be_written_fails_its_job() {
    let blocked = "rmdir e 2>/dev/null; touch e; echo x >&2";
    for (end, also) in [("", None), ("; exit 3", Some("exited with status 3"))] {
        let fan = script("-j1", &format!("{blocked}{end}"))
            .stdin("a\n")
            .says("e/a.err:");
        match also {
            Some(also) => fan.says(also).code(5),
            None => fan.code(5),
        };
    }
}
