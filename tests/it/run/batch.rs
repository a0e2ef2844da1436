//! Several inputs for each command: `-n` and `-X`.

use crate::support::{Fan, HOSTILE, fan, oracle};
use std::ffi::OsStr;

/// Prints the number of arguments, and each argument followed by a NUL.
const SHOW: &str = r#"echo "$#"; printf '%s\0' "$@"; echo"#;

/// Prepares `fanfold run OPTIONS -- sh -c SCRIPT sh {}`.
fn script(words: &str, script: &str) -> Fan {
    let fan = fan("run").args(words.split_whitespace());
    fan.args(["--", "sh", "-c", script, "sh", "{}"])
}

fn lines(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("{}\n", name.as_ref())).collect()
}

/// Returns how many names each command was given, from commands that print that.
fn counts(out: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(out);
    text.lines().map(|line| line.parse().expect("a number")).collect()
}

#[test]
fn n_inputs_become_n_arguments() {
    fan("run -n3")
        .args(["--", "echo", "a", "{}", "b"])
        .stdin("1\n2\n3\n4\n5\n6\n7\n")
        .stdout("a 1 2 3 b\na 4 5 6 b\na 7 b\n")
        .ok();
    fan("run --max-args 2")
        .args(["--", "echo", "{}", "{.}.bak", "{#}"])
        .stdin("x.c\ny.c\nz.c\n")
        .stdout("x.c y.c x.bak y.bak 1\nz.c z.bak 2\n")
        .ok();
}

#[test]
fn without_a_replacement_string_the_inputs_are_appended() {
    fan("run -n2")
        .args(["--", "echo", "x"])
        .stdin("1\n2\n3\n")
        .stdout("x 1 2\nx 3\n")
        .ok();
}

#[test]
fn a_script_has_the_inputs_as_its_arguments() {
    fan("run -n2 --shell")
        .arg(r#"echo "$#: $*""#)
        .stdin("a b\nc\nd\n")
        .stdout("2: a b c\n1: d\n")
        .ok();
    fan("run -X -j1 --shell")
        .arg(r#"for f; do echo "<$f>"; done"#)
        .stdin("a b\n$(c)\n")
        .stdout("<a b>\n<$(c)>\n")
        .ok();
}

#[test]
fn a_full_command_line_is_spread_evenly_over_the_workers() {
    let names: Vec<String> = (1..=10).map(|at| at.to_string()).collect();
    for (workers, expected) in [
        ("-j2", &[5, 5][..]),
        ("-j4", &[3, 3, 2, 2]),
        ("-j1", &[10]),
        ("-j16", &[1; 10]),
    ] {
        let done = script(&format!("-X {workers}"), "echo $#");
        let done = done.stdin(lines(&names)).ok();
        done.expect(counts(&done.out) == expected, &format!("{expected:?}"));
    }
}

#[test]
fn named_files_are_batched_too() {
    let mut fan = script("-X -j2 d", "echo $#");
    for at in 0..10 {
        fan = fan.file(format!("d/{at}"), "");
    }
    fan.stdout("5\n5\n").ok();
}

#[test]
fn many_inputs_fill_command_lines_as_the_system_allows_and_none_is_lost() {
    let names: Vec<String> = (0..200_000)
        .map(|at| format!("{at:06}-{}", "x".repeat(20)))
        .collect();
    let done = script("-X -j2", "echo $#").stdin(lines(&names)).ok();
    let counts = counts(&done.out);
    done.expect(counts.iter().sum::<usize>() == names.len(), "every input once");
    done.expect(counts.len() < 20, "few commands");
    // A name takes 28 bytes and a pointer.
    done.expect(
        counts.iter().all(|&count| count * 36 <= 6 << 20),
        "full, not more",
    );
}

#[test]
fn a_large_environment_makes_batches_smaller() {
    let names: Vec<String> = (0..20_000).map(|at| format!("{at:0100}")).collect();
    let few = counts(&script("-X -j1", "echo $#").stdin(lines(&names)).ok().out);
    let mut big = script("-X -j1", "echo $#").stdin(lines(&names));
    for at in 0..12 {
        big = big.env(&format!("FILLER{at}"), &"y".repeat(100_000));
    }
    let done = big.ok();
    let many = counts(&done.out);
    done.expect(many.iter().sum::<usize>() == names.len(), "every input once");
    done.expect(many.len() > few.len(), "more commands than without it");
}

#[test]
fn a_name_that_can_never_fit_fails_alone() {
    for words in ["-X -j1", "-n10 -j1"] {
        let names = ["a", "b", &"x".repeat(140_000), "c", "d"];
        script(words, "echo $*")
            .stdin(lines(&names))
            .stdout("a b\nc d\n")
            .says("job 2 (xxxx")
            .says("… (140000 bytes)): 'sh' could not be started: argument list too long\n")
            .code(123);
    }
}

#[test]
fn a_batch_of_n_is_smaller_when_the_command_line_is_full() {
    let names: Vec<String> = (0..30_000).map(|at| format!("{at:0300}")).collect();
    let done = script("-n 30000", "echo $#").stdin(lines(&names)).ok();
    let counts = counts(&done.out);
    done.expect(counts.iter().sum::<usize>() == names.len(), "every input once");
    done.expect(counts.len() > 1, "more than one command");
}

#[test]
fn hostile_names_pass_exactly_through_a_batch() {
    let list: Vec<u8> = HOSTILE.map(|name| [name, b"\0"].concat()).concat();
    let mut expected = format!("{}\n./", HOSTILE.len()).into_bytes();
    expected.extend_from_slice(&list);
    expected.push(b'\n');
    script("-0 -X -j1", SHOW).stdin(list).stdout(expected).ok();
}

#[test]
fn all_inputs_are_fed_one_after_another() {
    fan("run -n2 -z")
        .gz("a", "1\n2\n")
        .file("b", "3\n")
        .gz("c", "4\n")
        .args(["a", "b", "c", "--", "sh", "-c", "cat; echo end"])
        .stdout("1\n2\n3\nend\n4\nend\n")
        .ok();
    fan("run -X -j1 --stdin")
        .file("a", "1\n")
        .file("b", "2")
        .args(["a", "b", "--", "cat"])
        .stdout("1\n2")
        .ok();
}

#[test]
fn inputs_on_standard_input_are_batched_evenly_too() {
    let mut fan = fan("run -X -j2 --stdin d -- wc -l");
    for at in 0..6 {
        fan = fan.file(format!("d/{at}"), "x\n");
    }
    fan.stdout("3\n3\n").ok();
}

#[test]
fn an_unreadable_input_of_a_batch_is_the_one_that_is_named() {
    fan("run -n2 --stdin --failed failed")
        .file("a", "1\n")
        .file("c", "2\n")
        .args(["--", "cat"])
        .stdin("a\nb\nc\n")
        .says("fanfold: b: no such file")
        .code(3);
}

#[test]
fn a_failed_batch_lists_all_its_inputs() {
    let done = script("-n2 --failed failed", "[ $1 != c ]")
        .stdin("a\nb\nc\nd\ne\n")
        .says("fanfold: job 2 (c and 1 more): 'sh' exited with status 1\n")
        .code(123);
    let listed = std::fs::read(done.fan.path("failed")).expect("it was made");
    done.expect(listed == b"c\nd\n", "c and d listed");
}

#[test]
fn a_batch_is_named_by_its_first_input() {
    script("-n2 --tag", "echo $*")
        .stdin("a\nb\nc\n")
        .stdout("a\ta b\nc\tc\n")
        .ok();
    script("-n2 --select @file,1", "echo $2")
        .stdin("a\nb\nc\nd\n")
        .stdout("a\tb\nc\td\n")
        .ok();
}

#[test]
fn a_dry_run_shows_batches() {
    fan("run -n2 --dry-run -- echo")
        .stdin("a b\nc\nd\n")
        .stdout("echo 'a b' c\necho d\n")
        .ok();
}

#[test]
fn the_rest_of_the_list_is_the_last_batch() {
    let mut running = script("-n2 -j1", "echo $*").spawn();
    running.write("a\nb\n");
    assert_eq!(running.line(), "a b");
    running.write("c");
    let done = running.wait();
    done.expect(done.out == b"a b\nc\n" && done.status.success(), "two commands");
}

#[test]
fn n_and_x_exclude_each_other_and_need_a_command() {
    fan("run -n2 -X -- echo")
        .stdin("a\n")
        .says("cannot be used with")
        .code(2);
    fan("run -n0 -- echo").stdin("a\n").says("from 1").code(2);
    fan("map -n2 a").file("a", "").says("-n").code(2);
}

#[test]
fn xargs_gives_the_same_arguments() {
    let names: Vec<String> = (0..5000).map(|at| format!("{at} x")).collect();
    let list: Vec<u8> = names
        .iter()
        .flat_map(|name| [name.as_bytes(), b"\0"].concat())
        .collect();
    let fan = script("-0 -n 700 -j3", SHOW).stdin(&list).file("list", &list);
    let script = r#"xargs -0 -n 700 sh -c "$1" sh < list"#;
    let expected = oracle(fan.dir(), script, &[OsStr::new(SHOW)]);
    fan.stdout(expected).ok();
}

#[test]
fn a_script_that_would_lose_inputs_is_refused() {
    for words in ["-n2 -- sh -c", "-X -- /bin/bash -e -c"] {
        let fan = fan("run").args(words.split(' ')).arg("cat {}").stdin("a\nb\n");
        fan.says("use --shell 'SCRIPT with \"$@\"'").code(2);
    }
    let merge = ["a", "--merge", "sh -c 'cat {}'", "--", "cat"];
    fan("run")
        .args(merge)
        .says("write sh -c 'sort -m \"$@\"' sh {}")
        .code(2);
    let right = ["-n2", "--", "sh", "-c", "echo $#", "sh", "{}"];
    fan("run").args(right).stdin("a\nb\n").stdout("2\n").ok();
}
