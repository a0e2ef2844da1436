//! Supervised commands: their timeout, the end of the run and their own end are noticed whatever they wait
//! for.

use crate::support::{Fan, fan, fifo, gzip, lives, send, until};
use rustix::process::Signal;
use std::io::Write;

#[test]
fn an_input_without_a_writer_does_not_outlast_the_timeout() {
    for feed in ["--stdin", "-z"] {
        fan("run --timeout 0.1s --kill-after 0.1s ff")
            .args([feed, "--", "cat"])
            .fifo("ff")
            .says("job 1 (ff): 'cat' ran longer than 100ms and was killed")
            .code(123);
    }
}

#[test]
fn a_command_is_done_when_it_has_exited_though_its_input_goes_on() {
    for feed in ["--stdin", "-z"] {
        let fan = fan("run ff").args([feed, "--", "head", "-c0"]).fifo("ff");
        let writer = fifo::both_ends(&fan.path("ff"));
        fan.ok();
        drop(writer);
    }
}

#[test]
fn an_input_that_is_written_bit_by_bit_arrives_whole() {
    let text = "a line of text\n".repeat(20_000);
    let packed = gzip(text.as_bytes());
    for (feed, bytes) in [("--stdin", text.as_bytes()), ("-z", &packed)] {
        let fan = fan("run ff").args([feed, "--", "cat"]).fifo("ff").stdout(&text);
        let path = fan.path("ff");
        let running = fan.spawn();
        let mut writer = fifo::writer(&path);
        for part in bytes.chunks(bytes.len() / 3) {
            writer.write_all(part).expect("it is read");
        }
        drop(writer);
        let done = running.wait();
        done.expect(done.status.success(), "success");
    }
}

#[test]
fn a_signal_reaches_a_command_that_waits_for_its_input() {
    let script = "case $1 in f2) echo $$ > pid;; esac; exec cat";
    for feed in ["--stdin", "-z"] {
        let fan = fan("run -j2 f1 a f2").args([feed, "--", "sh", "-c", script, "sh", "{}"]);
        let fan = fan.fifo("f1").fifo("f2").fifo("pid").file("a", "finished\n");
        let writers = ["f1", "f2"].map(|name| fifo::both_ends(&fan.path(name)));
        let running = fan.spawn();
        let child = running.child_pid();
        running.signal(Signal::TERM);
        let done = running.wait();
        done.expect_death_by(Signal::TERM);
        done.expect(done.out == b"finished\n", "the output of the finished job");
        done.expect(!lives(child), "no survivor");
        drop(writers);
    }
}

#[test]
fn finished_jobs_are_printed_and_remembered_though_a_worker_is_blocked() {
    let map = fan("map -j2 --state st f1 a f2").file("a", "finished\n");
    let map = map.fifo("f1").fifo("f2");
    let path = map.path("f2");
    let running = map.spawn();
    // It has opened the FIFO, so the file before it is done; nobody opens the other FIFO.
    let writer = fifo::writer(&path);
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect_death_by(Signal::TERM);
    done.expect(done.out == b"finished\n", "the output of the finished job");
    let state = fan("status st --json").at(done.fan.dir()).ok();
    let state: serde_json::Value = serde_json::from_slice(&state.out).expect("one object");
    // A file that was written this very moment is unsettled: it could be written again without a trace.
    let ended = [&state["done"], &state["unsettled"]].map(|count| count.as_u64());
    assert_eq!(ended.into_iter().flatten().sum::<u64>(), 1, "{state}");
    drop(writer);
}

#[test]
fn the_output_of_a_command_is_read_to_its_end_when_a_signal_ends_the_run() {
    let script = "trap 'head -c 300000 /dev/zero; echo bye >&2; echo cleaned > got; exit 0' INT; \
                  echo $$ > pid; read line < never";
    let fan = fan("run a").args(["--shell", script]).file("a", "");
    let running = fan.fifo("pid").fifo("never").spawn();
    running.child_pid();
    running.signal(Signal::INT);
    let done = running.wait();
    done.expect_death_by(Signal::INT);
    let got = std::fs::read_to_string(done.fan.path("got"));
    done.expect(got.is_ok_and(|got| got == "cleaned\n"), "an end in order");
}

#[test]
fn a_failed_try_is_reported_before_the_delay_of_the_next() {
    let fan = fan("run a --retries 1 --retry-delay 600s -- false").file("a", "");
    let running = fan.spawn();
    running.hears("job 1 (a): 'false' exited with status 1 (try 1 of 2)");
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect_death_by(Signal::TERM);
}

/// Runs a job that writes its number to the FIFO `pid`, stops itself and prints `on`; `what` is said to have
/// stopped.
fn is_named_and_goes_on(fan: Fan, what: &str) {
    let running = fan.file("a", "").fifo("pid").stdout("on\n").spawn();
    let child = running.child_pid();
    running.hears(&format!(
        "{what}: 'sh' was stopped by signal 19: it waits to be continued"
    ));
    running.signal(Signal::USR1);
    running.hears("s and stopped)");
    send(child, Signal::CONT);
    let done = running.wait();
    done.expect(done.status.success(), "success");
}

#[test]
fn a_command_that_someone_stopped_is_named_and_goes_on_when_it_is_continued() {
    let script = "echo $$ > pid; kill -STOP $$; echo on";
    // When its output is captured, and when only its end is waited for.
    for words in ["run a", "run a -u"] {
        is_named_and_goes_on(fan(words).args(["--shell", script]), "job 1 (a)");
    }
}

#[test]
fn a_pool_process_that_someone_stopped_is_named() {
    let script = "echo $$ > pid; kill -STOP $$; read name; echo on";
    is_named_and_goes_on(fan("run a --pool --").args(["sh", "-c", script]), "worker 1");
}

#[test]
fn no_thread_receives_sigchld() {
    let chld = 1 << (Signal::CHILD.as_raw() - 1);
    // The job runs until all threads have been started.
    let script = "echo $$ > pid; read line < go; grep -h SigBlk /proc/$PPID/task/*/status";
    let fan = fan("run a").args(["--shell", script]).file("a", "");
    let running = fan.fifo("pid").fifo("go").spawn();
    running.child_pid();
    running.signal(Signal::USR1);
    running.hears("1 running");
    fifo::write(&running.path("go"), "\n");
    let done = running.wait();
    let out = String::from_utf8_lossy(&done.out);
    let masks: Vec<_> = out
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    let blocks = |mask: &&str| u64::from_str_radix(mask, 16).is_ok_and(|mask| mask & chld != 0);
    done.expect(
        masks.len() > 2 && masks.iter().all(blocks),
        "CHLD blocked in each thread",
    );
}

#[test]
fn tries_are_reported_in_order_even_when_the_first_waits_for_its_turn() {
    let script = "case $1$FANFOLD_TRY in a1) read line < a;; b2) echo > a; echo $$ > pid; read line < b; exit 1;; *) exit 1;; esac";
    let fan = fan("run -j2 a b --retries 2 --shell").arg(script);
    let fan = fan.fifo("a").fifo("b").fifo("pid");
    let gate = fifo::both_ends(&fan.path("b"));
    let running = fan.spawn();
    running.child_pid();
    until("the end of the first job", || {
        running.signal(Signal::USR1);
        running.has_said("1 done")
    });
    (&gate).write_all(b"\n").expect("there is room");
    let done = running.wait();
    let tries: Vec<_> = done
        .err
        .lines()
        .filter(|line| line.contains("job 2 (b)"))
        .collect();
    let told = |line: &str, end: &str| line.ends_with(&format!("'sh' exited with status 1{end}"));
    let ends = [" (try 1 of 3)", " (try 2 of 3)", ""];
    let right = tries.iter().zip(ends).all(|(line, end)| told(line, end));
    done.expect(right && tries.len() > 2, "the tries, in their order");
}
