//! `--pool`: what a process is asked, what it replies, and how it ends.

use crate::support::{Fan, fan, fifo, has, lives, send};
use rustix::process::Signal;

/// Prepares `fanfold run OPTIONS --pool --shell SCRIPT`, for names from a list.
fn pool(words: &str, script: &str) -> Fan {
    fan("run --pool")
        .args(words.split_whitespace())
        .args(["--shell", script])
}

/// Returns a loop that answers every name by `body`, which has it as `$n`.
fn answering(body: &str) -> String {
    format!("while IFS= read -r n; do {body}; done")
}

#[test]
fn each_name_is_answered_in_input_order_by_one_process_a_worker() {
    let names: String = (1..=400).map(|at| format!("name {at}\n")).collect();
    fan("run -j3 --pool")
        .args(["--", "cat"])
        .stdin(&names)
        .stdout(&names)
        .ok();
    let done = pool("-j2 --count", &answering("echo $$ $FANFOLD_SLOT"))
        .stdin(&names)
        .ok();
    let rows = String::from_utf8_lossy(&done.out).into_owned();
    let jobs = rows
        .lines()
        .filter_map(|row| row.split('\t').next()?.parse::<u32>().ok());
    done.expect(
        rows.lines().count() <= 2 && jobs.sum::<u32>() == 400,
        "one process a worker",
    );
}

#[test]
fn replies_are_tagged_and_folded_like_any_output() {
    pool("--tag", &answering("echo \"<$n>\""))
        .stdin("a\nb\n")
        .stdout("a\t<a>\nb\t<b>\n")
        .ok();
    pool("-j2 --select 2 --unique", &answering("echo \"$n ${#n}\""))
        .stdin("one\ntwo\nthree\n")
        .stdout("3\n5\n")
        .ok();
}

#[test]
fn names_and_replies_that_end_with_nul_may_hold_newlines() {
    fan("run -j2 -0 --pool --reply nul")
        .args(["--", "cat"])
        .stdin("a\nb\0\n\0c\0")
        .stdout("a\nb\nc")
        .ok();
    // A leading dash is not guarded against: a name on standard input is no option.
    fan("run --pool")
        .args(["--", "cat"])
        .stdin("-n\n")
        .stdout("-n\n")
        .ok();
}

#[test]
fn a_name_with_a_newline_is_not_sent_as_two() {
    fan("run --pool d")
        .args(["--", "cat"])
        .file("d/a\nb", "")
        .file("d/c", "")
        .stdout("d/c\n")
        .stderr(concat!(
            "fanfold: job 1 (d/a\\nb): 'cat' can't be told a name that holds a newline: use -0\n",
            "fanfold: 1 of 2 jobs failed (exit 123)\n",
        ))
        .code(123);
}

#[test]
fn names_and_replies_larger_than_a_pipe_pass() {
    let names = format!("{}\n{}\n", "x".repeat(1_000_000), "y".repeat(300_000));
    // cat answers while it still reads.
    fan("run -j1 --pool")
        .args(["--", "cat"])
        .stdin(&names)
        .stdout(&names)
        .ok();
    let zeros = answering("head -c 3000000 /dev/zero | tr '\\0' 'z'; echo");
    let done = pool("-j2", &zeros).stdin("a\nb\n").ok();
    let lines: Vec<_> = done.out.split(|&b| b == b'\n').map(<[u8]>::len).collect();
    done.expect(lines == [3_000_000, 3_000_000, 0], "two long lines");
    // In both directions at once, with more on standard error than a pipe holds.
    let noisy = answering("head -c 200000 /dev/zero | tr '\\0' 'e' >&2; echo >&2; echo ${#n}");
    let done = pool("-j1", &noisy)
        .stdin(&names)
        .stdout("1000000\n300000\n")
        .says("e");
    done.code(0);
}

#[test]
fn an_exit_without_a_reply_fails_that_job_alone() {
    let dies = answering("case $n in b) exit 3;; c) printf half; kill -9 $$;; esac; echo \"<$n>\"");
    pool("-j1", &dies)
        .stdin("a\nb\nc\nd\n")
        .stdout("<a>\n<d>\n")
        .stderr(concat!(
            "fanfold: job 2 (b): 'sh' exited with status 3 without a reply\n",
            "fanfold: job 3 (c): 'sh' was killed by signal 9 in the middle of its reply\n",
            "fanfold: 2 of 4 jobs failed (exit 123)\n",
        ))
        .code(123);
}

#[test]
fn an_incomplete_reply_does_not_reach_a_fold() {
    let dies = answering("case $n in b) printf 'half a\\tline'; exit 1;; esac; echo \"$n\"");
    pool("-j1 --count", &dies)
        .stdin("a\nb\na\n")
        .stdout("2\ta\n")
        .code(123);
}

#[test]
fn a_job_without_a_reply_is_retried() {
    let once = answering("[ $n != b -o -e tried ] || { : > tried; printf half; exit 1; }; echo \"<$n>\"");
    pool("-j1 --retries 1", &once)
        .stdin("a\nb\nc\n")
        .stdout("<a>\n<b>\n<c>\n")
        .says("job 2 (b): 'sh' exited with status 1 in the middle of its reply (try 1 of 2)")
        .code(0);
}

#[test]
fn a_process_that_exits_after_each_reply_is_restarted() {
    let names: String = (1..=60).map(|at| format!("{at}\n")).collect();
    fan("run -j2 --pool")
        .args(["--", "head", "-n1"])
        .stdin(&names)
        .stdout(&names)
        .ok();
    // The exit status of the process is not a failure of a job.
    let done = pool("-j1", "read -r n; echo $n; exit 7")
        .stdin("a\nb\n")
        .stdout("a\nb\n")
        .code(123);
    done.expect(
        done.err.matches("'sh' exited with status 7").count() == 2 && !done.err.contains("job "),
        "two failures that are no job's",
    );
    pool("-j1 --ok-exit 7", "read -r n; echo $n; exit 7")
        .stdin("a\nb\n")
        .stdout("a\nb\n")
        .ok();
}

#[test]
fn a_process_killed_during_a_job_fails_that_job_alone() {
    let names: String = (1..=2000).map(|at| format!("{at}\n")).collect();
    for retries in [0, 1] {
        let body = "[ $n != 1500 -o -e tried ] || { : > tried; echo $$ > pid; read x < never; }; echo $n";
        let words = format!("-j2 --retries {retries}");
        let fan = pool(&words, &answering(body)).fifo("pid").fifo("never");
        let mut running = fan.spawn();
        let mut stdin = running.take_stdin();
        let all = names.clone();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, all.as_bytes()));
        send(running.child_pid(), Signal::KILL);
        let done = running.wait();
        writer.join().expect("no panic").expect("fanfold reads");
        let expected = match retries {
            0 => names.replace("\n1500\n", "\n"),
            _ => names.clone(),
        };
        done.expect(done.out == expected.as_bytes(), "every other reply");
        let said = "job 1500 (1500): 'sh' was killed by signal 9 without a reply";
        done.expect(done.err.contains(said), said);
        done.expect(
            done.status.code() == Some(if retries == 0 { 123 } else { 0 }),
            "its code",
        );
    }
}

#[test]
fn a_second_reply_is_a_failure_and_never_the_reply_of_the_next_job() {
    let twice = answering("case $n in b) printf '1\\n2\\n';; *) echo \"<$n>\";; esac");
    pool("-j1", &twice)
        .stdin("a\nb\nc\n")
        .stdout("<a>\n<c>\n")
        .stderr("fanfold: job 2 (b): 'sh' gave more than one reply\nfanfold: 1 of 3 jobs failed (exit 123)\n")
        .code(123);
    pool("-j1", &format!("{}; echo more", answering("echo $n")))
        .stdin("a\n")
        .stdout("a\n")
        .stderr(concat!(
            "fanfold: worker 1: 'sh' gave more replies than it was asked for\n",
            "fanfold: 1 pool process failed (exit 123)\n",
        ))
        .code(123);
}

#[test]
fn output_after_a_reply_is_not_the_reply_of_the_next_job() {
    let body =
        answering("echo \"<$n>\"; [ $n != a ] || { read x < go; echo stray; echo > done; read x < never; }");
    let mut running = pool("-j1", &body).fifo("go").fifo("done").fifo("never").spawn();
    running.write("a\n");
    assert_eq!(running.line(), "<a>");
    fifo::write(&running.path("go"), "");
    fifo::read(&running.path("done"));
    running.write("b\n");
    assert_eq!(running.line(), "<b>");
    let done = running.wait();
    let said = "fanfold: worker 1: 'sh' wrote more after its reply to 'a'\n\
                fanfold: 1 pool process failed (exit 123)\n";
    done.expect(done.err == said && done.status.code() == Some(123), said);
}

#[test]
fn a_reply_before_the_name_was_read_is_a_failure() {
    // It answers before it has read a name to its end, which is larger than a pipe.
    let long = format!("{}\nb\n", "x".repeat(500_000));
    pool("-j1", "echo early; while read -r n; do echo \"<$n>\"; done")
        .stdin(long)
        .says("'sh' answered before it was asked")
        .code(123);
}

#[test]
fn a_process_that_takes_too_long_is_killed_and_restarted() {
    let hangs = answering("[ $n != b ] || { echo $$ > pid; read x < never; }; echo \"<$n>\"");
    let mut running = pool("-j1 --timeout 200ms", &hangs)
        .fifo("pid")
        .fifo("never")
        .spawn();
    running.write("a\nb\nc\n");
    let child = running.child_pid();
    let done = running.wait();
    done.expect(done.out == b"<a>\n<c>\n", "the others' replies");
    let said = "fanfold: job 2 (b): 'sh' ran longer than 200ms and was killed\n\
                fanfold: 1 of 3 jobs failed (exit 123)\n";
    done.expect(done.err == said && done.status.code() == Some(123), said);
    done.expect(!lives(child), "no survivor");
}

#[test]
fn a_program_that_cannot_be_executed_stops_before_the_first_job() {
    fan("run --pool")
        .args(["--", "no-such-program"])
        .stdin("a\n")
        .stdout("")
        .says("no-such-program")
        .code(127);
    fan("run --pool")
        .args(["--", "./data"])
        .file("data", "")
        .stdin("a\n")
        .stdout("")
        .says("data")
        .code(126);
}

#[test]
fn three_deaths_without_a_reply_stop_the_run() {
    let done = pool("-j1", "exit 9")
        .stdin("a\nb\nc\nd\ne\n")
        .stdout("")
        .code(124);
    done.expect(
        done.err.contains("3 of 3 jobs failed"),
        "three failures and no more",
    );
    let said = "job 3 (c): 'sh' exited with status 9 without a reply, and those before it answered nothing \
                either: the run is stopped";
    done.expect(done.err.contains(said), said);
    // Retries do not get around the limit, and those of one job count once.
    pool("-j1 --retries 4", "exit 9")
        .stdin("a\nb\nc\nd\n")
        .stdout("")
        .says("job 3 (c): 'sh' exited with status 9 without a reply, and those")
        .code(124);
    // A reply in between resets the count.
    pool("-j1", "read -r n; [ $n != b ] || exit 1; echo $n")
        .stdin("b\nb\nx\nb\nb\ny\n")
        .stdout("x\ny\n")
        .code(123);
}

#[test]
fn a_process_that_closes_its_output_fails_its_job() {
    pool("-j1", "read -r n; exec >&-; read -r n; exit 0")
        .stdin("a\n")
        .stdout("")
        .says("fanfold: job 1 (a): 'sh' exited with status 0 without a reply\n")
        .code(123);
}

#[test]
fn the_exit_status_at_the_end_counts() {
    pool("-j1", &format!("{}; exit 4", answering("echo $n")))
        .stdin("a\n")
        .stdout("a\n")
        .stderr(concat!(
            "fanfold: worker 1: 'sh' exited with status 4 after its last reply\n",
            "fanfold: 1 pool process failed (exit 123)\n",
        ))
        .code(123);
    let stays = format!("{}; read x < never", answering("echo $n"));
    pool("-j1 --kill-after 100ms", &stays)
        .fifo("never")
        .stdin("a\n")
        .stdout("a\n")
        .stderr(concat!(
            "fanfold: worker 1: 'sh' did not exit within 100ms of the end of its input and was killed\n",
            "fanfold: 1 pool process failed (exit 123)\n",
        ))
        .code(123);
}

#[test]
fn names_are_answered_as_they_come() {
    let mut running = pool("-j2", &answering("echo \"<$n>\"")).spawn();
    running.write("a\n");
    assert_eq!(running.line(), "<a>");
    // A name that is not complete does not delay the reply before it, and is not sent.
    running.write("b\nc");
    assert_eq!(running.line(), "<b>");
    running.write("c\n");
    assert_eq!(running.line(), "<cc>");
    let done = running.wait();
    done.expect(done.status.success() && done.err.is_empty(), "a clean end");
}

#[test]
fn standard_error_passes_line_by_line_with_the_slot_as_tag() {
    let body = answering("printf 'about ' >&2; echo \"$n\" >&2; echo $n");
    pool("-j1 --tag", &body)
        .stdin("a\nb\n")
        .stdout("a\ta\nb\tb\n")
        .stderr("1\tabout a\n1\tabout b\n")
        .ok();
    pool("-j1", &format!("{}; printf bye >&2", answering("echo $n")))
        .stdin("a\n")
        .stdout("a\n")
        .stderr("bye\n")
        .ok();
}

#[test]
fn the_messages_of_an_idle_process_are_read() {
    // After its reply it writes more to standard error than a pipe holds, while no name comes.
    let body = answering("echo $n; head -c 200000 /dev/zero | tr '\\0' 'e' >&2; echo > done");
    let mut running = pool("-j1", &body).fifo("done").spawn();
    running.write("a\n");
    assert_eq!(running.line(), "a");
    fifo::read(&running.path("done"));
    let done = running.wait();
    let said = done.err.bytes().filter(|&b| b == b'e').count();
    done.expect(done.status.success() && said == 200_000, "all of its messages");
}

#[test]
fn a_signal_ends_the_run_and_its_processes() {
    for body in ["echo $$ > pid; read x < never; echo $n", "echo $n; echo $$ > pid"] {
        let mut running = pool("-j2", &answering(body)).fifo("pid").fifo("never").spawn();
        running.write("a\n");
        let child = running.child_pid();
        running.signal(Signal::TERM);
        let done = running.wait_open();
        done.expect_death_by(Signal::TERM);
        done.expect(!lives(child) && done.err.is_empty(), "no survivor and no word");
    }
}

#[test]
fn options_without_a_meaning_for_pools_are_refused() {
    let refused = |fan: Fan, said: &str| {
        fan.file("a", "").stdout("").says(said).code(2);
    };
    refused(fan("run a --pool").args(["--", "cat", "{}"]), "but not {}");
    refused(fan("run a --pool").args(["--", "cat", "{#}"]), "but not {}");
    refused(fan("run a --pool -u").args(["--", "cat"]), "--ungroup");
    refused(fan("run a --pool -z").args(["--", "cat"]), "--decompress");
    refused(fan("run a --pool -n2").args(["--", "cat"]), "--max-args");
    refused(fan("run a --reply nul").args(["--", "cat"]), "--pool");
    pool("-j1 -t", &answering("echo $n"))
        .stdin("a\n")
        .stdout("a\n")
        .says("sh -c")
        .code(0);
}

#[test]
fn a_reply_that_fills_a_large_pipe_is_read_to_its_end_after_the_exit() {
    if !has("python3") {
        return;
    }
    // F_SETPIPE_SZ; the process exits before most of its reply is read.
    let script = "import fcntl, os, sys\nfcntl.fcntl(1, 1031, 1 << 20)\nsys.stdin.readline()\n\
                  os.write(1, b'a' * 600000 + b'\\n')\nos._exit(0)\n";
    let done = fan("run -j1 --pool -- python3 p.py")
        .file("p.py", script)
        .stdin("1\n")
        .ok();
    assert_eq!(done.out.len(), 600_001);
}
