//! What GNU parallel's documentation asks of a tool that runs commands side by side, each case built anew from its
//! description in parallel_alternatives(7), and made smaller where the size is not the point.

use crate::support::{Place, fan, fifo, strace};
use rustix::process::Signal;

/// Writes 100,000 times each of six letters by turns to the two outputs, and ends the lines.
const SIX_LETTERS: &str = "w() { head -c 100000 /dev/zero | tr '\\0' $1; printf ' '; }; \
    w a; w b >&2; w c; w d >&2; w e; w f >&2; echo; echo >&2";

/// Replaces each run of one byte by one of it.
fn squeeze(bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    bytes.dedup();
    String::from_utf8(bytes).expect("ASCII")
}

#[test]
fn output_of_jobs_does_not_mix() {
    for how in ["", "-k", "--line-buffer"] {
        let running = fan(&format!("parallel -j5 {how}"))
            .arg(format!(": {{}}; {SIX_LETTERS}"))
            .stdin("1\n2\n3\n4\n5\n")
            .spawn();
        let done = running.wait();
        assert!(done.status.success());
        assert_eq!(squeeze(&done.out), "a c e \n".repeat(5), "{how}");
        assert_eq!(squeeze(done.err.as_bytes()), "b d f \n".repeat(5), "{how}");
    }
}

#[test]
fn standard_error_is_not_merged_with_standard_output() {
    fan("parallel")
        .arg("echo stdout; echo stderr >&2; echo stdout; echo stderr >&2 {}")
        .stdin("x\n")
        .stdout("stdout\nstdout\n")
        .stderr("stderr\nstderr x\n")
        .ok();
}

#[test]
fn output_larger_than_memory_is_held_on_disk() {
    // Three jobs of 40 MB wait for the first, with 8 MB to hold them in.
    let script = "test {} = 1 && read line < gate; yes {} | head -c 40000000; test {} = 1 || echo > done";
    let fan = fan("parallel -j4 -k --memory 8M --tmpdir .")
        .fifo("gate")
        .fifo("done");
    let (gate, ended) = (fan.path("gate"), fan.path("done"));
    let running = fan.arg(script).args([":::", "1", "2", "3", "4"]).spawn();
    assert_eq!(fifo::lines(&ended, 3).len(), 3);
    fifo::write(&gate, "\n");
    let done = running.wait();
    done.expect(done.status.success(), "exit code 0");
    assert_eq!(done.out.len(), 4 * 40_000_000);
    for (digit, part) in ["1\n", "2\n", "3\n", "4\n"]
        .into_iter()
        .zip(done.out.chunks(40_000_000))
    {
        assert!(
            part == digit.repeat(20_000_000).as_bytes(),
            "what job {digit} wrote"
        );
    }
}

#[test]
fn a_disk_that_runs_full_under_held_output_is_told() {
    let Some(inside) = strace::small_disk() else {
        return;
    };
    let script = "test {} = 1 && read line < gate; head -c 3000000 /dev/zero; test {} = 1 || echo > gate";
    fan("parallel -j2 -k --memory 1M --tmpdir disk")
        .under(&inside)
        .fifo("gate")
        .arg(script)
        .args([":::", "1", "2"])
        .says("no space left on device")
        .code(255);
}

#[test]
fn nothing_is_left_behind_when_it_is_killed() {
    let place = Place::new();
    std::fs::create_dir(place.path("tmp")).expect("made");
    let script = "head -c 300000 /dev/zero; echo {} > here; read line < gate";
    fifo::make(&place.path("here"));
    fifo::make(&place.path("gate"));
    let running = place
        .fan("parallel -j3 --memory 1M --tmpdir tmp")
        .arg(script)
        .args([":::", "1", "2", "3"])
        .spawn();
    assert_eq!(fifo::lines(&place.path("here"), 3).len(), 3);
    running.signal(Signal::KILL);
    running.wait();
    let left = std::fs::read_dir(place.path("tmp")).expect("a directory").count();
    assert_eq!(left, 0);
}

#[test]
fn a_name_with_special_characters_is_one_name() {
    let name = "My brother's 12\" *** record  (costs $$$).jpg";
    for command in ["ls", "ls {}", "ls '--' {}", "test -f {} && echo {}"] {
        fan("parallel")
            .file(name, "")
            .arg(command)
            .stdin(format!("{name}\n"))
            .stdout(format!("{name}\n"))
            .ok();
    }
}

#[test]
fn commands_are_composed_and_a_value_is_used_again() {
    fan("parallel echo foo; echo {}")
        .stdin("bar\n")
        .stdout("foo\nbar\n")
        .ok();
    fan("parallel echo {} foo {}")
        .stdin("bar\n")
        .stdout("bar foo bar\n")
        .ok();
}

#[test]
fn values_may_be_long_and_outputs_may_have_many_words_or_one_line() {
    // Without the rest of the name, the command is short.
    let long = format!("foo.{}\n", "x".repeat(3_000_000));
    fan("parallel echo {.}").stdin(long).stdout("foo\n").ok();
    let value = "x".repeat(131_000);
    fan("parallel echo {}")
        .stdin(&value)
        .stdout(format!("{value}\n"))
        .ok();
    let words: String = (1..=1000).map(|word| format!("{word} ")).collect();
    let done = fan("parallel -j4")
        .arg("yes \"$(seq -s' ' 1000) \" | head -n 500 # {}")
        .args([":::", "1", "2", "3", "4"])
        .ok();
    assert!(
        done.out
            .split_inclusive(|&byte| byte == b'\n')
            .all(|line| line == format!("{words}\n").as_bytes())
    );
    assert_eq!(done.out.len(), 4 * 500 * (words.len() + 1));
    let done = fan("parallel")
        .arg("head -c {} /dev/zero")
        .args([":::", "50000000"])
        .ok();
    assert_eq!(done.out.len(), 50_000_000);
}
