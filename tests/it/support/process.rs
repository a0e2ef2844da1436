//! Processes: their states, signals for them, and an end for those that hang.

use super::deadline::{PATIENCE, until};
use rustix::process::{Pid, Signal};
use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;

/// Returns the letter that /proc has for a process's state, or `X` when there is no such process.
pub fn state(pid: u32) -> char {
    stat(pid).map_or('X', |(state, _)| state)
}

/// The state of a process, and its parent.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit(") ").next()?.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

/// Whether the process exists and is not a zombie that someone else has to reap.
pub fn lives(pid: u32) -> bool {
    !matches!(state(pid), 'X' | 'Z')
}

/// Waits until none of these processes lives: one that was killed is gone a moment later.
#[track_caller]
pub fn assert_gone(pids: &[u32], what: &str) {
    until(&format!("the end of {pids:?}: {what}"), || {
        !pids.iter().any(|&pid| lives(pid))
    });
}

/// Sends a signal to one process that this test started.
pub fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.cast_signed()).expect("a pid is not 0");
    let _ = rustix::process::kill_process(pid, signal);
}

/// Kills a child of this test, and all that it started, when it has not ended in time or the test is over.
///
/// Whoever reaps the child finishes the watch afterwards, at once: until then its number can't be another's.
pub struct Watch {
    pid: u32,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<bool>>,
}

impl Watch {
    pub fn new(pid: u32) -> Watch {
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let hangs = stopped.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
            if hangs {
                kill_family(pid);
            }
            hangs
        });
        Watch {
            pid,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Stops watching; returns whether the process was killed because it took too long.
    pub fn finish(mut self) -> bool {
        self.stop = None;
        let thread = self.thread.take().expect("it is taken once");
        thread.join().expect("the watch does not panic")
    }
}

impl Drop for Watch {
    /// The test failed before the process was waited for.
    fn drop(&mut self) {
        if self.thread.is_some() {
            kill_family(self.pid);
        }
    }
}

/// Kills a process and its descendants.
fn kill_family(pid: u32) {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").expect("Linux has it").flatten() {
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some((number, (_, parent))) = number.and_then(|number| Some((number, stat(number)?))) {
            children.entry(parent).or_default().push(number);
        }
    }
    let mut family = vec![pid];
    while let Some(pid) = family.pop() {
        send(pid, Signal::KILL);
        family.extend(children.remove(&pid).unwrap_or_default());
    }
}
