//! Jobs that fail: retries, halts, messages and lists of failures.

use crate::support::{Fan, fan, fifo};
use rustix::process::Signal;
use std::io::Write;

/// Prepares `fanfold run OPTIONS -- sh -c SCRIPT sh NAME`, for these names.
fn script(words: &str, script: &str, names: &str) -> Fan {
    let fan = fan("run").args(words.split_whitespace());
    fan.args(["--", "sh", "-c", script, "sh"]).stdin(names)
}

#[test]
fn the_first_ten_failures_are_repeated_at_the_end() {
    let names: String = (1..=14).map(|at| format!("{at}\n")).collect();
    let line = |at: u32| format!("job {at} ({at}): 'sh' exited with status {at}\n");
    let mut said: String = (2..=13).map(|at| format!("fanfold: {}", line(at))).collect();
    said += "fanfold: 12 of 14 jobs failed (exit 123); the first ten:\n";
    said.extend((2..=11).map(|at| format!("fanfold:   {}", line(at))));
    said += "fanfold:   … and 2 more\n";
    script("-j3", "case $1 in 1|14) exit 0;; esac; exit $1", &names)
        .stdout("")
        .stderr(&said)
        .code(123);
}

#[test]
fn failures_that_scrolled_away_are_repeated() {
    script("-j1", "echo $1 >&2; [ $1 != b ]", "a\nb\nc\n")
        .stderr(concat!(
            "a\nb\n",
            "fanfold: job 2 (b): 'sh' exited with status 1\n",
            "c\n",
            "fanfold: 1 of 3 jobs failed (exit 123): job 2 (b): 'sh' exited with status 1\n",
        ))
        .code(123);
    script("-j1", "echo $1 >&2; [ $1 = b ]", "a\nb\nc\n")
        .says(concat!(
            "fanfold: 2 of 3 jobs failed (exit 123):\n",
            "fanfold:   job 1 (a): 'sh' exited with status 1\n",
            "fanfold:   job 3 (c): 'sh' exited with status 1\n",
        ))
        .code(123);
}

#[test]
fn a_failed_job_is_retried_and_prints_the_output_of_its_last_try() {
    script(
        "--retries 2",
        "echo try $FANFOLD_TRY; [ $FANFOLD_TRY = 3 ]",
        "a\n",
    )
    .stdout("try 3\n")
    .stderr(concat!(
        "fanfold: job 1 (a): 'sh' exited with status 1 (try 1 of 3)\n",
        "fanfold: job 1 (a): 'sh' exited with status 1 (try 2 of 3)\n",
    ))
    .code(0);
    script("--retries 1", "echo $FANFOLD_TRY; exit 7", "a\n")
        .stdout("2\n")
        .stderr(concat!(
            "fanfold: job 1 (a): 'sh' exited with status 7 (try 1 of 2)\n",
            "fanfold: job 1 (a): 'sh' exited with status 7\n",
            "fanfold: 1 of 1 job failed (exit 123)\n",
        ))
        .code(123);
}

#[test]
fn nothing_of_a_failed_try_is_counted() {
    let words = "--retries 1 --count -j2";
    script(words, "echo x; [ $FANFOLD_TRY = 2 ]", "a\nb\nc\n")
        .stdout("3\tx\n")
        .says("(try 1 of 2)")
        .code(0);
}

#[test]
fn the_delay_before_a_try_ends_with_the_run() {
    use std::os::unix::process::ExitStatusExt;
    let fan = fan("run -j1 --retries 1 --retry-delay 1h a")
        .file("a", "")
        .fifo("pid");
    let fan = fan.args(["--", "sh", "-c", "echo $$ > pid; exit 1", "sh"]);
    let pid = fan.path("pid");
    let running = fan.spawn();
    fifo::read(&pid);
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect(
        done.status.signal() == Some(15),
        "death by TERM, long before the hour is over",
    );
}

#[test]
fn halt_soon_lets_running_jobs_finish() {
    let text = "case $1 in a) read line < go; exit 1;; b) echo > go; read line < gate; echo $1;; \
                *) touch started;; esac";
    let fan = fan("run -j2 --halt soon")
        .args(["--", "sh", "-c", text, "sh"])
        .fifo("go")
        .fifo("gate");
    let gate = fan.path("gate");
    let mut running = fan.spawn();
    running.write("a\nb\n");
    running.hears("job 1 (a)");
    fifo::write(&gate, "\n");
    assert_eq!(running.line(), "b");
    let done = running.wait();
    done.expect(done.status.code() == Some(124), "exit code 124");
    done.expect(
        done.err.ends_with("fanfold: 1 of 2 jobs failed (exit 124)\n"),
        "the code, said",
    );
}

#[test]
fn halt_now_ends_running_jobs_and_starts_none() {
    let text =
        "case $1 in a) read line < go; exit 1;; b) echo > go; read line < never;; *) touch started;; esac";
    let done = script("-j2 --halt now", text, "a\nb\nc\nd\n")
        .fifo("go")
        .fifo("never")
        .stdout("")
        .stderr(concat!(
            "fanfold: job 1 (a): 'sh' exited with status 1\n",
            "fanfold: 1 of 1 job failed (exit 124)\n"
        ))
        .code(124);
    done.expect(!done.fan.path("started").exists(), "no further job");
}

#[test]
fn halt_counts_inputs_that_are_missing() {
    let files = |fan: Fan| (1..=6).fold(fan, |fan, at| fan.file(format!("f{at}"), ""));
    for how in ["now", "soon"] {
        files(fan("run -j2 --halt").args([how, "no", "f1", "f2", "--", "echo"]))
            .stdout("")
            .says("no: no such file or directory")
            .code(124);
    }
    // When the fifth input fails, 3 of 7 have failed.
    let words = "run -j1 --halt soon,fail=50% m1 m2 f1 f2 f3 f4 f5 f6";
    files(fan(words))
        .args(["--shell", "echo $1; test $1 != f5"])
        .stdout("f1\nf2\nf3\nf4\nf5\nf6\n")
        .says("3 of 8 jobs failed")
        .code(123);
}

#[test]
fn halt_counts_failures_by_number_and_by_share() {
    let names: String = (1..=200).map(|at| format!("{at}\n")).collect();
    let text = "echo $1 >> ran; exit $(($1 % 2))";
    for (words, jobs) in [("--halt soon,fail=3", 5), ("--halt now,fail=50%", 3)] {
        let done = script(&format!("-j1 {words}"), text, &names)
            .says("(exit 124)")
            .code(124);
        let ran = std::fs::read_to_string(done.fan.path("ran")).expect("some ran");
        done.expect(
            ran.lines().count() == jobs,
            &format!("{words}: {jobs} jobs, not {ran:?}"),
        );
    }
    let all = script("-j1 --halt soon,fail=60%", "[ $1 != 5 ]", "1\n2\n3\n4\n5\n6\n7\n");
    all.says("1 of 7 jobs failed (exit 123)").code(123);
}

#[test]
fn a_job_that_takes_too_long_is_killed_and_the_others_go_on() {
    let text = "case $1 in b) read line < never;; esac; echo $1";
    script("-j1 --timeout 300ms", text, "a\nb\nc\n")
        .fifo("never")
        .stdout("a\nc\n")
        .stderr(concat!(
            "fanfold: job 2 (b): 'sh' ran longer than 300ms and was killed\n",
            "fanfold: 1 of 3 jobs failed (exit 123)\n",
        ))
        .code(123);
}

#[test]
fn accepted_exit_statuses_are_no_failures() {
    script("--ok-exit 0,3", "echo $1; exit $1", "0\n3\n")
        .stdout("0\n3\n")
        .ok();
    script("--ok-exit 3", "exit $1", "0\n3\n")
        .says("1 of 2 jobs failed")
        .code(123);
    let said = "invalid value '256' for '--ok-exit <N,...>': 256 is not in 0..=255";
    script("--ok-exit 0,256", "exit 0", "").says(said).code(2);
}

#[test]
fn the_list_of_failures_is_the_input_of_the_next_run() {
    let text = "echo \"$1\"; case $1 in b*) exit 1;; esac";
    let done = script("-j3 --failed again", text, "a\nb 1\nc\nb 2\n")
        .says("2 of 4 jobs failed")
        .code(123);
    let path = done.fan.path("again");
    let mut listed: Vec<_> = std::fs::read_to_string(&path)
        .expect("made")
        .lines()
        .map(str::to_owned)
        .collect();
    listed.sort();
    done.expect(listed == ["b 1", "b 2"], "the inputs that failed");
    // When nothing failed, the list exists and is empty.
    let done = script("--failed none", "true", "a\n").stdout("").ok();
    done.expect(
        std::fs::read(done.fan.path("none")).expect("made").is_empty(),
        "an empty list",
    );
    script("--failed /dev/full", "false", "a\n")
        .says("/dev/full: no space left on device")
        .code(5);
    script("--failed no/such/dir", "touch ran", "a\n")
        .says("no/such/dir: no such file or directory")
        .code(5);
}

#[test]
fn line_buffered_lines_come_whole_and_at_once() {
    let text = "case $1 in a) echo a1; printf half; echo > half; read line < gate; echo $line;; \
                *) read line < half; echo b; read line < end;; esac";
    let fan = fan("run -j2 --line-buffer").args(["--", "sh", "-c", text, "sh"]);
    // Two gates: shells that read one FIFO byte by byte would share its lines.
    let fan = fan.fifo("half").fifo("gate").fifo("end");
    let gates = ["gate", "end"].map(|name| fan.path(name));
    let mut running = fan.spawn();
    running.write("a\nb\n");
    // The second job's line comes while the first, which is half through a line, still runs.
    // Which of the two lines is first depends on which worker the kernel wakes first.
    let mut lines = [running.line(), running.line()];
    lines.sort();
    assert_eq!(lines, ["a1", "b"]);
    let mut gates = gates.map(|gate| fifo::both_ends(&gate));
    for gate in &mut gates {
        gate.write_all(b"way\n").expect("it is read");
    }
    assert_eq!(running.line(), "halfway");
    let done = running.wait();
    done.expect(done.status.success(), "success");
}

#[test]
fn a_missing_list_is_not_a_failed_input() {
    let done = fan("run -a nolist --failed again -- true")
        .says("nolist: no such file")
        .code(3);
    let again = std::fs::read(done.fan.path("again")).expect("it is there");
    done.expect(again.is_empty(), "an empty list");
}

#[test]
fn a_line_of_any_length_is_printed_whole() {
    let text = "if test $1 = a; then head -c 3000000 /dev/zero | tr '\\0' a; cat go; else echo b; echo > go; fi; echo";
    let fan = fan("run -j2 --line-buffer --memory 1MiB").args(["--", "sh", "-c", text, "sh"]);
    let done = fan.fifo("go").stdin("a\nb\n").ok();
    let text = String::from_utf8(done.out.clone()).expect("text");
    let mut lines: Vec<_> = text.lines().map(str::len).collect();
    lines.sort_unstable();
    done.expect(
        lines == [0, 0, 1, 3_000_000],
        &format!("whole lines, not {lines:?}"),
    );
}

#[test]
fn a_traced_command_is_shown_before_its_output() {
    let fan = fan("run -u -t a -- sh -c")
        .arg("echo out >&2")
        .arg("sh")
        .file("a", "");
    fan.stderr("sh -c 'echo out >&2' sh a\nout\n").code(0);
}

#[test]
fn an_input_that_turns_out_missing_after_the_command_exited_fails_the_job() {
    // The process that is left behind keeps the input's pipe open, so that feeding goes on.
    let script = "exec 3<&0; sleep 5 >/dev/null 2>&1 & exit 0";
    let data = "x".repeat(1 << 20);
    fan("run --stdin -n 2 --kill-after 100ms --shell")
        .arg(script)
        .file("a", &data)
        .stdin("a\nmissing\n")
        .says("missing: no such file or directory")
        .code(3);
}
