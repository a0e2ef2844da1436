//! What happens to a whole process: the test binary starts itself again, with one test alone,
//! which then plays the part of fanfold.

use super::*;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PART: &str = "FANFOLD_TEST_PART";

fn plays_the_part() -> bool {
    std::env::var_os(PART).is_some()
}

/// This test again, in a process of its own and on its main thread.
fn play(test: &str) -> Child {
    let own = std::env::current_exe().expect("the test binary has a name");
    let mut command = Command::new(own);
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    let command = command.env(PART, "1").stdout(Stdio::piped());
    command.spawn().expect("the test binary can be started")
}

/// Waits until the condition holds; looks once a millisecond.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !stat.is_empty() && !state.starts_with(['Z', 'X'])
}

#[test]
fn a_signal_interrupts_a_blocked_write_and_can_be_died_of() {
    if plays_the_part() {
        let news = signals::install(signals::Usr2::EndsProcess, |signal, main| {
            main.send(signal).expect("somebody listens");
        });
        let news = news.expect("handlers can be installed");
        while signals::shutdown_signal().is_none() {
            // One write each, which nobody reads: soon it blocks.
            match io::stdout().lock().write(&[b'x'; 4096]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => drop(other.expect("the pipe has a reader")),
            }
        }
        // It came before anybody listened.
        signals::start_thread().expect("a thread can be had");
        let signal = news.received().recv().expect("the thread of the signals lives");
        signals::die_by_signal(signal);
    }
    let mut child = play("sys::tests::a_signal_interrupts_a_blocked_write_and_can_be_died_of");
    let pid = rustix::process::Pid::from_child(&child);
    // Only a process that has filled the pipe is asked; one that has just looked is asked again.
    let pipe = child.stdout.take().expect("it is piped");
    until("a full pipe", || {
        rustix::io::ioctl_fionread(&pipe).expect("a pipe can be asked") >= 60_000
    });
    let started = Instant::now();
    // Without a pause: the kernel gives a signal to the main thread, which here is not the one that writes, unless
    // that thread has yet to handle one.
    let status = loop {
        assert!(started.elapsed() < Duration::from_secs(20), "it stays blocked");
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        if let Some(status) = child.try_wait().expect("own child") {
            break status;
        }
    };
    assert_eq!(status.signal(), Some(15), "{status}");
}

/// Two processes that ignore TERM and wait for a line that never comes, from a FIFO that they hold open
/// themselves.
fn two_that_wait(launcher: &Launcher) -> ProcessGroup {
    let script = "trap '' TERM; f=$(mktemp -u); mkfifo $f; exec 3<>$f; rm $f
        sh -c 'echo pid $$; read x <&3' & echo pid $$; read x <&3";
    let args = ["sh", "-c", script].into_iter().collect();
    let group = launcher.spawn(&args, [], Streams::default());
    group.expect("sh can be started")
}

fn children() -> Vec<i32> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let is_ours = |&pid: &i32| process::Stat::from_pid(pid).is_some_and(|stat| stat.parent == own);
    process::processes().filter(is_ours).collect()
}

/// Kills the part that this test plays once its children have said their numbers, and they are gone.
fn assert_none_survives(test: &str, children: usize) {
    let mut child = play(test);
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let pids: Vec<i32> = lines
        .map_while(Result::ok)
        .filter_map(|line| line.split_once("pid ")?.1.parse().ok())
        .take(children)
        .collect();
    assert!(pids.len() == children && pids.iter().all(|&pid| is_alive(pid)));
    child.kill().expect("own child");
    child.wait().expect("own child");
    until("the end of all children", || {
        !pids.iter().any(|&pid| is_alive(pid))
    });
}

#[test]
fn no_group_survives_a_kill() {
    if plays_the_part() {
        guardian::start().expect("a process can be had");
        let launcher = Launcher::new(Path::new("/bin/sh"), &[]).expect("/dev/null is there");
        let group = two_that_wait(&launcher);
        let notice = group.pidfd().map(|fd| (fd, Interest::Read));
        let _ = poll([notice], None);
        return;
    }
    assert_none_survives("sys::tests::no_group_survives_a_kill", 2);
}

#[test]
fn a_stopped_guardian_is_gone_and_another_can_be_started() {
    if plays_the_part() {
        for _ in 0..2 {
            guardian::start().expect("a process can be had");
            assert_eq!(children().len(), 1);
            guardian::stop();
            assert_eq!(children().len(), 0);
        }
        return;
    }
    let status = play("sys::tests::a_stopped_guardian_is_gone_and_another_can_be_started").wait();
    assert!(status.expect("own child").success());
}

#[test]
fn each_child_writes_where_it_is_told_to_whatever_others_were() {
    let launcher = Launcher::new(Path::new("/bin/echo"), &[]).expect("/dev/null is there");
    let pipes: Vec<_> = (0..70).map(|_| pipe().expect("descriptors")).collect();
    // There and back: those that come first are forgotten meanwhile.
    for at in (0..pipes.len()).chain((0..pipes.len()).rev()) {
        let (stdout, child_stdout) = &pipes[at];
        let args = ["echo".to_owned(), at.to_string()].into_iter().collect();
        let streams = Streams {
            stdout: Some(child_stdout.as_fd()),
            ..Streams::default()
        };
        let mut group = launcher.spawn(&args, [], streams).expect("echo");
        assert!(group.reap().expect("own child").success());
        let mut line = [0; 8];
        let length = rustix::io::read(stdout, &mut line).expect("it was written");
        assert_eq!(line[..length], *format!("{at}\n").as_bytes());
    }
}

#[test]
fn a_signal_that_came_before_a_write_waits_interrupts_it() {
    if plays_the_part() {
        // SAFETY: a number; should the write wait for ever, that ends it.
        unsafe { libc::alarm(20) };
        let _signals = signals::install(signals::Usr2::EndsProcess, |_, _| {}).expect("a pipe");
        signals::start_thread().expect("a thread");
        let (_read, write) = pipe().expect("descriptors");
        let _now = signals::Interruptible::now();
        // The main thread is not this one: nothing here is interrupted by the signal itself.
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::INT).expect("own process");
        let end = loop {
            if let Err(end) = rustix::io::write(&write, &[0; 4096]) {
                break end;
            }
        };
        assert_eq!(end, rustix::io::Errno::INTR);
        return;
    }
    let status = play("sys::tests::a_signal_that_came_before_a_write_waits_interrupts_it").wait();
    assert!(status.expect("own child").success());
}
