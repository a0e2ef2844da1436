//! A command that is looked after: its time, the end of the run and its own end are heard whatever it
//! waits for.

use crate::support::{Fan, Running, fan, lives};
use rustix::process::Signal;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

const INT: i32 = 2;
const TERM: i32 = 15;

/// Both ends of a FIFO, so that its readers wait for ever.
fn held(path: &Path) -> File {
    let both = OpenOptions::new().read(true).write(true).open(path);
    both.expect("a FIFO")
}

/// Waits until a child has written its number into the FIFO `pid`.
pub fn pid(running: &Running) -> u32 {
    let mut text = String::new();
    let mut fifo = File::open(running.path("pid")).expect("a FIFO");
    fifo.read_to_string(&mut text).expect("a pid");
    text.trim().parse().expect("a pid")
}

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
        let writer = held(&fan.path("ff"));
        fan.ok();
        drop(writer);
    }
}

#[test]
fn an_input_that_is_written_bit_by_bit_arrives_whole() {
    let text = "a line of text\n".repeat(20_000);
    let packed = crate::support::gzip(text.as_bytes());
    for (feed, bytes) in [("--stdin", text.as_bytes()), ("-z", &packed)] {
        let fan = fan("run ff").args([feed, "--", "cat"]).fifo("ff").stdout(&text);
        let path = fan.path("ff");
        let running = fan.spawn();
        let mut writer = OpenOptions::new().write(true).open(path).expect("a FIFO");
        for part in bytes.chunks(bytes.len() / 3) {
            writer.write_all(part).expect("it is read");
        }
        drop(writer);
        let done = running.wait();
        done.expect(done.status.success(), "success");
    }
}

#[test]
fn a_signal_is_heard_by_who_waits_for_an_input() {
    let script = "case $1 in f2) echo $$ > pid;; esac; exec cat";
    for feed in ["--stdin", "-z"] {
        let fan = fan("run -j2 f1 a f2").args([feed, "--", "sh", "-c", script, "sh", "{}"]);
        let fan = fan.fifo("f1").fifo("f2").fifo("pid").file("a", "finished\n");
        let writers = ["f1", "f2"].map(|name| held(&fan.path(name)));
        let running = fan.spawn();
        let child = pid(&running);
        running.signal(Signal::TERM);
        let done = running.wait();
        done.expect(done.status.signal() == Some(TERM), "death by TERM");
        done.expect(done.out == b"finished\n", "what is finished, printed");
        done.expect(!lives(child), "no survivor");
        drop(writers);
    }
}

#[test]
fn what_is_finished_is_printed_and_remembered_though_a_worker_does_not_hear() {
    let map = fan("map -j2 --state st f1 a f2").file("a", "finished\n");
    let map = map.fifo("f1").fifo("f2");
    let path = map.path("f2");
    let running = map.spawn();
    // It opens the FIFO, so the file before it is done; and nobody opens the other one.
    let writer = OpenOptions::new().write(true).open(path).expect("a FIFO");
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect(done.status.signal() == Some(TERM), "death by TERM");
    done.expect(done.out == b"finished\n", "what is finished, printed");
    let state = fan("status st --json").at(done.fan.dir()).ok();
    let state: serde_json::Value = serde_json::from_slice(&state.out).expect("one object");
    // What was written this moment could be written again without showing.
    let ended = [&state["done"], &state["unsettled"]].map(|count| count.as_u64());
    assert_eq!(ended.into_iter().flatten().sum::<u64>(), 1, "{state}");
    drop(writer);
}

#[test]
fn a_command_that_ends_with_the_run_has_a_reader_to_its_end() {
    let script = "trap 'head -c 300000 /dev/zero; echo bye >&2; echo cleaned > got; exit 0' INT; \
                  echo $$ > pid; read line < never";
    let fan = fan("run a").args(["--shell", script]).file("a", "");
    let running = fan.fifo("pid").fifo("never").spawn();
    pid(&running);
    running.signal(Signal::INT);
    let done = running.wait();
    done.expect(done.status.signal() == Some(INT), "death by INT");
    let got = std::fs::read_to_string(done.fan.path("got"));
    done.expect(got.is_ok_and(|got| got == "cleaned\n"), "an end in order");
}

#[test]
fn a_try_that_failed_is_told_while_the_next_is_waited_for() {
    let fan = fan("run a --retries 1 --retry-delay 600s -- false").file("a", "");
    let running = fan.spawn();
    running.hears("job 1 (a): 'false' exited with status 1 (try 1 of 2)");
    running.signal(Signal::TERM);
    let done = running.wait();
    done.expect(done.status.signal() == Some(TERM), "death by TERM");
}

/// The job of this writes its process to the FIFO `pid`, stops itself and prints `on`; `what` stopped.
fn is_named_and_goes_on(fan: Fan, what: &str) {
    let running = fan.file("a", "").fifo("pid").stdout("on\n").spawn();
    let child = pid(&running);
    running.hears(&format!(
        "{what}: 'sh' was stopped by signal 19: it waits to be continued"
    ));
    running.signal(Signal::USR1);
    running.hears("s and stopped)");
    crate::support::send(child, Signal::CONT);
    let done = running.wait();
    done.expect(done.status.success(), "success");
}

#[test]
fn a_command_that_was_stopped_by_another_is_named_and_goes_on_when_it_is_continued() {
    let script = "echo $$ > pid; kill -STOP $$; echo on";
    // Where its output is captured, and where only its end is waited for.
    for words in ["run a", "run a -u"] {
        is_named_and_goes_on(fan(words).args(["--shell", script]), "job 1 (a)");
    }
}

#[test]
fn a_pool_process_that_was_stopped_by_another_is_named() {
    let script = "echo $$ > pid; kill -STOP $$; read name; echo on";
    is_named_and_goes_on(fan("run a --pool --").args(["sh", "-c", script]), "worker 1");
}

#[test]
fn no_thread_is_woken_by_the_end_of_a_child() {
    let chld = 1 << (Signal::CHILD.as_raw() - 1);
    // The job lasts long enough for all of them to be there.
    let script = "echo $$ > pid; read line < go; grep -h SigBlk /proc/$PPID/task/*/status";
    let fan = fan("run a").args(["--shell", script]).file("a", "");
    let running = fan.fifo("pid").fifo("go").spawn();
    pid(&running);
    running.signal(Signal::USR1);
    running.hears("1 running");
    std::fs::write(running.path("go"), "\n").expect("the child reads it");
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
fn tries_are_told_in_their_order_also_where_the_first_had_to_wait_for_its_turn() {
    let script = "case $1$FANFOLD_TRY in a1) read line < a;; b2) echo > a; echo $$ > pid; read line < b; exit 1;; *) exit 1;; esac";
    let fan = fan("run -j2 a b --retries 2 --shell").arg(script);
    let fan = fan.fifo("a").fifo("b").fifo("pid");
    let gate = held(&fan.path("b"));
    let running = fan.spawn();
    pid(&running);
    while !running.has_said("1 done") {
        running.signal(Signal::USR1);
    }
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
