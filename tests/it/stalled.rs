//! Readers and writers that stand still, and descriptors that are set not to wait for them.

use crate::harness::{Done, Fan, fan};
use rustix::io::ioctl_fionread;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::Signal;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt as _;

/// A pipe that holds a page: what is read from, and what is written to.
fn small_pipe(flags: PipeFlags) -> (File, File) {
    let (read, write) = pipe_with(flags | PipeFlags::CLOEXEC).expect("a pipe");
    shrink(&read);
    (read.into(), write.into())
}

fn shrink(pipe: impl AsFd) -> usize {
    fcntl_setpipe_size(pipe, 4096).expect("a page is little enough")
}

/// Starts it, waits until the pipe is full, which nobody empties, and interrupts it.
fn interrupted(fan: Fan, full: &File) -> Done {
    let running = fan.spawn();
    await_full(full);
    running.signal(Signal::INT);
    running.wait()
}

fn await_full(pipe: &File) {
    while ioctl_fionread(pipe).expect("a pipe") < 4096 {
        std::thread::yield_now();
    }
}

fn lines(number: usize) -> String {
    (0..number).map(|line| format!("{line:05}\n")).collect()
}

#[test]
fn output_that_is_set_not_to_wait_is_waited_for() {
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
fn input_that_is_set_not_to_wait_is_waited_for() {
    for words in ["run -- echo", "map - --unique"] {
        let (read, mut write) = small_pipe(PipeFlags::NONBLOCK);
        let from = read.try_clone().expect("a descriptor");
        let mut running = fan(words).stdin_from(from).spawn();
        let mut say = |text: &[u8]| write.write_all(text).expect("there is room");
        say(b"a whole");
        while ioctl_fionread(&read).expect("a pipe") > 0 {
            std::thread::yield_now();
        }
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
        done.expect(done.status.signal() == Some(2), &format!("{words}: ended by INT"));
    }
}

#[test]
fn a_signal_ends_a_run_whose_messages_nobody_reads() {
    for words in ["run f f --", "run f --pool --"] {
        let fan = fan(words).args(["sh", "-c", "yes >&2"]).file("f", "").fifo("err");
        let fan = fan.after("exec 2>err");
        let err = File::options().read(true).write(true).open(fan.path("err"));
        let err = err.expect("a FIFO");
        shrink(&err);
        let done = interrupted(fan, &err);
        done.expect(done.status.signal() == Some(2), &format!("{words}: ended by INT"));
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
