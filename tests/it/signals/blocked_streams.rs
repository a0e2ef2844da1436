//! Streams that nobody reads or writes, and descriptors that are set not to block.

use crate::support::{Done, Fan, fan, fifo, lives, state, until};
use rustix::io::ioctl_fionread;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::Signal;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd;

/// Makes a pipe that holds one page; returns its ends for reading and for writing.
fn small_pipe(flags: PipeFlags) -> (File, File) {
    let (read, write) = pipe_with(flags | PipeFlags::CLOEXEC).expect("a pipe");
    shrink(&read);
    (read.into(), write.into())
}

fn shrink(pipe: impl AsFd) -> usize {
    fcntl_setpipe_size(pipe, 4096).expect("a page is little enough")
}

/// Starts it, waits until the pipe, which nobody reads, is full, and interrupts it.
fn interrupted(fan: Fan, full: &File) -> Done {
    let running = fan.spawn();
    await_full(full);
    running.signal(Signal::INT);
    running.wait()
}

fn await_full(pipe: &File) {
    until("a full pipe", || ioctl_fionread(pipe).expect("a pipe") == 4096);
}

fn lines(number: usize) -> String {
    (0..number).map(|line| format!("{line:05}\n")).collect()
}

#[test]
fn output_that_does_not_block_is_waited_for() {
    for words in [
        "run f -- cat",
        "map f",
        "map f --unique",
        "run f --merge cat -- cat",
    ] {
        let (mut read, write) = small_pipe(PipeFlags::NONBLOCK);
        rustix::io::ioctl_fionbio(&read, false).expect("a pipe");
        let running = fan(words).file("f", lines(50_000)).stdout_to(write).spawn();
        let mut got = String::new();
        read.read_to_string(&mut got).expect("a pipe can be read");
        let done = running.wait();
        done.expect(done.status.success(), "success");
        done.expect(
            got == lines(50_000),
            &format!("{words}: every line, not {}", got.len()),
        );
    }
}

#[test]
fn input_that_does_not_block_is_waited_for() {
    for words in ["run -- echo", "map - --unique"] {
        let (read, mut write) = small_pipe(PipeFlags::NONBLOCK);
        let from = read.try_clone().expect("a descriptor");
        let mut running = fan(words).stdin_from(from).spawn();
        let mut say = |text: &[u8]| write.write_all(text).expect("there is room");
        say(b"a whole");
        until("an empty pipe", || ioctl_fionread(&read).expect("a pipe") == 0);
        say(b" name\n");
        drop(write);
        assert_eq!(running.line(), "a whole name", "{words}");
        let done = running.wait();
        done.expect(done.status.success() && done.err.is_empty(), "success");
    }
}

#[test]
fn a_signal_ends_a_run_whose_output_nobody_reads() {
    for words in [
        "run f f -- cat",
        "map f f",
        "map f --unique",
        "run f --count -- cat",
        "run f --merge cat -- cat",
    ] {
        let (read, write) = small_pipe(PipeFlags::empty());
        let fan = fan(words).file("f", lines(50_000)).stdout_to(write);
        let done = interrupted(fan, &read);
        done.expect_death_by(Signal::INT);
    }
}

#[test]
fn a_signal_ends_a_run_whose_messages_nobody_reads() {
    for words in ["run f f --", "run f --pool --"] {
        let fan = fan(words).args(["sh", "-c", "yes >&2"]).file("f", "").fifo("err");
        let fan = fan.after("exec 2>err");
        let err = fifo::both_ends(&fan.path("err"));
        shrink(&err);
        let done = interrupted(fan, &err);
        done.expect_death_by(Signal::INT);
    }
}

#[test]
fn a_list_that_cannot_be_read_ends() {
    for words in ["run -a . -- echo", "map -a ."] {
        let fan = fan(words).stdout("");
        fan.stderr("fanfold: .: is a directory\nfanfold: 1 of 1 job failed (exit 3)\n")
            .code(3);
    }
}

#[test]
fn a_run_that_is_stopped_before_it_has_a_worker_ends() {
    let fan = fan("run nothing f --kill-after 1000s --failed /dev/full -- true").file("f", "");
    fan.stdout("").says("/dev/full: no space left on device").code(5);
}

#[test]
fn a_command_does_not_outlast_its_time_though_nobody_reads_what_it_writes() {
    for (mode, to) in [("", ""), ("--line-buffer", ""), ("--tag", ""), ("", ">&2")] {
        let script = format!("echo $$ > pid; exec yes {to}");
        let (mut read, write) = small_pipe(PipeFlags::empty());
        let fan = fan("run f --timeout 0.1s --kill-after 0.1s").args(mode.split_whitespace());
        let fan = fan.args(["--shell", &script]).file("f", "").fifo("pid");
        let running = fan.after("exec 2>&1").stdout_to(write).spawn();
        let child = running.child_pid();
        until("the end of the command", || !lives(child));
        let reader = std::thread::spawn(move || {
            let mut got = String::new();
            read.read_to_string(&mut got).map(|_| got)
        });
        let done = running.wait();
        let got = reader.join().expect("no panic").expect("a pipe can be read");
        let told = got.contains("'sh' ran longer than 100ms and was killed");
        done.expect(
            told && done.status.code() == Some(123),
            &format!("its time, told: {got}"),
        );
    }
}

#[test]
fn all_that_a_command_wrote_is_printed_though_it_is_read_long_after_its_end() {
    let (mut read, mut write) = small_pipe(PipeFlags::empty());
    write.write_all(&[b'-'; 4096]).expect("there is room");
    let script = "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i + 1)); done; echo $$ > pid";
    let fan = fan("run -j1 f --shell").arg(script).file("f", "").fifo("pid");
    let running = fan.stdout_to(write).spawn();
    let child = running.child_pid();
    until("the end of the process", || !lives(child));
    // This takes longer than pipes are read after the end of a child.
    let clock = crate::support::fan("run --timeout 0.5s --kill-after 0s ff --stdin -- cat").fifo("ff");
    let held = fifo::both_ends(&clock.path("ff"));
    clock.says("ran longer").code(123);
    drop(held);
    let mut got = String::new();
    read.read_to_string(&mut got).expect("a pipe can be read");
    let done = running.wait();
    let all: String = (0..2000).map(|n| format!("{n}\n")).collect();
    done.expect(got[4096..] == all && done.status.success(), "every line");
    done.expect(done.err.is_empty(), "no complaint");
}

/// Returns what a run prints that answers USR1 and is stopped by Ctrl-Z while its output waits for room.
fn printed_after_both(fan: Fan) -> String {
    let (mut read, write) = small_pipe(PipeFlags::empty());
    let running = fan.stdout_to(write).spawn();
    await_full(&read);
    running.signal(Signal::USR1);
    running.hears(" running");
    running.signal(Signal::TSTP);
    until("a stopped run", || state(running.pid()) == 'T');
    running.signal(Signal::CONT);
    let mut got = String::new();
    read.read_to_string(&mut got).expect("a pipe can be read");
    let done = running.wait();
    done.expect(done.status.success(), "success");
    got
}

#[test]
fn ctrl_z_and_usr1_work_though_nobody_reads_the_output() {
    let text = lines(50_000);
    for words in [
        "run f -- cat",
        "map f",
        "map f --unique",
        "run f --count -- cat",
        "run f --merge cat -- cat",
    ] {
        let got = printed_after_both(fan(words).file("f", &text));
        assert_eq!(got.lines().count(), 50_000, "{words}");
    }
}

#[test]
fn ctrl_z_and_usr1_work_though_nobody_reads_the_header() {
    let name = "x".repeat(8192);
    let text = format!("{name}\n1\n");
    let fan = fan("map f -i csv -o csv -s").arg(&name);
    assert_eq!(printed_after_both(fan.file("f", &text)), text);
}

#[test]
fn ctrl_z_stops_a_command_whose_output_nobody_reads() {
    let (read, write) = small_pipe(PipeFlags::empty());
    let fan = fan("run f --shell").arg("echo $$ > pid; exec yes");
    let running = fan.file("f", "").fifo("pid").stdout_to(write).spawn();
    let child = running.child_pid();
    await_full(&read);
    for _ in 0..2 {
        running.signal(Signal::TSTP);
        until("a stopped command and run", || {
            state(child) == 'T' && state(running.pid()) == 'T'
        });
        running.signal(Signal::CONT);
        until("a command that goes on", || state(child) != 'T');
    }
    running.signal(Signal::INT);
    let done = running.wait();
    done.expect_death_by(Signal::INT);
    done.expect(!lives(child), "no survivor");
}

/// Interrupts a run when a command has exited whose output another process still holds. That process, which ignores
/// these signals, ends with the run.
fn holder_ends(ignored: &str) {
    let (_read, mut write) = small_pipe(PipeFlags::empty());
    write.write_all(&[b'-'; 4096]).expect("there is room");
    let script = format!(
        "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i + 1)); done; \
         sh -c 'trap \"\" {ignored}; echo $$ > pid; read line < never' & echo $$ > parent"
    );
    let fan = fan("run -j1 f --shell").arg(script).file("f", "");
    let fan = fan.fifo("pid").fifo("parent").fifo("never");
    let running = fan.stdout_to(write).spawn();
    let holder = running.child_pid();
    // While the run stands still, it can't leave the holder behind: it sees the exit and the signal together.
    running.signal(Signal::STOP);
    until("a stopped run", || state(running.pid()) == 'T');
    let parent = fifo::pid(&running.path("parent"));
    until("the end of the command", || !lives(parent));
    running.signal(Signal::INT);
    running.signal(Signal::CONT);
    let done = running.wait();
    done.expect_death_by(Signal::INT);
    until("the end of the holder", || !lives(holder));
}

#[test]
fn whoever_holds_the_output_of_a_command_that_has_exited_ends_with_the_run() {
    for ignored in ["", "INT"] {
        holder_ends(ignored);
    }
}

#[test]
fn a_pool_process_does_not_outlast_its_time_though_nobody_takes_its_reply() {
    let (mut read, mut write) = small_pipe(PipeFlags::empty());
    write.write_all(&[b'-'; 4096]).expect("there is room");
    let script = "read name; echo $name; read name; echo $$ > pid; yes | tr -d '\\n'";
    let fan = fan("run -j1 f g --timeout 0.1s --kill-after 0.1s --pool --").args(["sh", "-c", script]);
    let fan = fan.file("f", "").file("g", "").fifo("pid");
    let running = fan.stdout_to(write).spawn();
    let child = running.child_pid();
    until("the end of the process", || !lives(child));
    let mut got = String::new();
    read.read_to_string(&mut got).expect("a pipe can be read");
    let done = running.wait();
    done.expect(
        &got[4096..] == "f\n" && done.status.code() == Some(123),
        "one reply",
    );
    done.expect(done.err.contains("ran longer than 100ms"), "its time, told");
}
