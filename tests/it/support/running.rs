//! fanfold while it runs, and what it left behind when it has ended.
//!
//! A failed expectation shows the command line, the directory and its files, the status and both streams. A
//! program that hangs is killed, which fails its own test and no other.

use super::deadline::{PATIENCE, Timed, is_ready};
use super::fifo;
use super::harness::Fan;
use super::process::{Watch, send};
use rustix::event::PollFlags;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a program has said on its standard error.
#[derive(Default)]
struct Messages {
    bytes: Mutex<(Vec<u8>, Ended)>,
    more: Condvar,
}

/// Whether all writers have closed the stream.
type Ended = bool;

impl Messages {
    /// Reads them to their end, and returns whether it came.
    fn collect(&self, stderr: ChildStderr) -> bool {
        let mut stderr = Timed::new(stderr);
        let mut block = [0; 4096];
        loop {
            let read = stderr.read(&mut block);
            let n = *read.as_ref().unwrap_or(&0);
            let mut messages = self.bytes.lock().expect("no panic");
            messages.0.extend_from_slice(&block[..n]);
            messages.1 = n == 0;
            self.more.notify_all();
            if n == 0 {
                return read.is_ok();
            }
        }
    }

    /// Waits until this was said or nothing more can come.
    fn wait_for(&self, text: &str) {
        let messages = self.bytes.lock().expect("no panic");
        let missing = |(bytes, ended): &mut (Vec<u8>, Ended)| {
            !*ended && memchr::memmem::find(bytes, text.as_bytes()).is_none()
        };
        let waited = self.more.wait_timeout_while(messages, PATIENCE, missing);
        drop(waited.expect("no panic"));
    }

    fn so_far(&self) -> String {
        let messages = self.bytes.lock().expect("no panic");
        String::from_utf8_lossy(&messages.0).into_owned()
    }
}

/// A program that was started.
pub struct Running {
    fan: Fan,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<BufReader<Timed<ChildStdout>>>,
    messages: Arc<Messages>,
    collector: JoinHandle<bool>,
    read: Vec<u8>,
    watch: Watch,
}

impl Running {
    pub(super) fn new(mut child: Child, fan: Fan) -> Running {
        let stderr = child.stderr.take().expect("it is piped");
        let messages = Arc::<Messages>::default();
        let collector = {
            let messages = Arc::clone(&messages);
            std::thread::spawn(move || messages.collect(stderr))
        };
        Running {
            watch: Watch::new(child.id()),
            stdin: child.stdin.take(),
            stdout: child.stdout.take().map(|pipe| BufReader::new(Timed::new(pipe))),
            messages,
            collector,
            read: Vec::new(),
            child,
            fan,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.fan.path(name)
    }

    /// Waits until a process has written its number into the FIFO `pid`.
    #[track_caller]
    pub fn child_pid(&self) -> u32 {
        fifo::pid(&self.path("pid"))
    }

    pub fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Writes to its standard input, which stays open.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("not closed yet");
        stdin.write_all(bytes.as_ref()).expect("fanfold reads its input");
    }

    /// Returns its standard input, for a thread that writes much.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("not taken yet")
    }

    /// Waits for the next line of its output.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        let stdout = self.stdout.as_mut().expect("it is piped");
        stdout.read_until(b'\n', &mut line).expect("a pipe can be read");
        self.read.extend_from_slice(&line);
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// Waits until it has said this on its standard error.
    #[track_caller]
    pub fn hears(&self, text: &str) {
        self.messages.wait_for(text);
        assert!(
            self.has_said(text),
            "standard error without {text:?}:\n{}",
            self.messages.so_far()
        );
    }

    /// Whether it has said this so far.
    pub fn has_said(&self, text: &str) -> bool {
        self.messages.so_far().contains(text)
    }

    /// Waits for its end for this time, and returns whether it came.
    pub fn ends_within(&self, time: Duration) -> bool {
        let pid = Pid::from_child(&self.child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).expect("it is our child");
        is_ready(pidfd, PollFlags::IN, time)
    }

    /// Closes this end of its output, as `head` does.
    pub fn hang_up(&mut self) {
        self.stdout = None;
    }

    /// Waits for its end while its standard input stays open.
    #[track_caller]
    pub fn wait_open(mut self) -> Done {
        let held = self.stdin.take();
        let done = self.wait();
        drop(held);
        done
    }

    /// Gives it the rest of its input, takes the rest of its output, and compares what was expected.
    #[track_caller]
    pub fn wait(mut self) -> Done {
        let bytes = std::mem::take(&mut self.fan.stdin);
        let stdin = self.stdin.take();
        let writer = std::thread::spawn(move || {
            // A program that stops reading has its reasons; the test sees them in the status.
            stdin.map(|mut stdin| stdin.write_all(&bytes).is_ok())
        });
        let mut out = std::mem::take(&mut self.read);
        if let Some(mut stdout) = self.stdout.take() {
            stdout.read_to_end(&mut out).expect("a pipe can be read");
        }
        let status = self.child.wait().expect("it is our child");
        let hung = self.watch.finish();
        writer.join().expect("the writer does not panic");
        let closed = self.collector.join().expect("the reader does not panic");
        let done = Done {
            status,
            out,
            err: self.messages.so_far(),
            fan: self.fan,
        };
        done.expect(!hung, &format!("an end: it was killed after {PATIENCE:?}"));
        done.expect(closed, "nobody who holds its standard error open after its end");
        done.compare();
        done
    }
}

/// What a program that has ended left behind.
pub struct Done {
    pub status: ExitStatus,
    pub out: Vec<u8>,
    pub err: String,
    pub fan: Fan,
}

impl Done {
    /// Fails the test, showing everything, when `holds` is false.
    #[track_caller]
    pub fn expect(&self, holds: bool, what: &str) {
        assert!(holds, "expected {what}\n{}", self.show());
    }

    /// Expects that a signal ended it.
    #[track_caller]
    pub fn expect_death_by(&self, signal: Signal) {
        let died = self.status.signal() == Some(signal.as_raw());
        self.expect(died, &format!("death by {signal:?}"));
    }

    #[track_caller]
    fn compare(&self) {
        if let Some(stdout) = &self.fan.stdout {
            let what = format!("standard output: {}", shown(stdout));
            self.expect(self.out == *stdout, &what);
        }
        if let Some(stderr) = &self.fan.stderr {
            self.expect(self.err == *stderr, &format!("standard error: {stderr:?}"));
        }
        for text in &self.fan.said {
            self.expect(self.err.contains(text), &format!("standard error with {text:?}"));
        }
    }

    fn show(&self) -> String {
        let mut text = format!("command: {:?} fanfold {:?}\n", self.fan.under, self.fan.args);
        let dir = self.fan.cwd.as_deref().unwrap_or(self.fan.dir.path());
        let _ = writeln!(text, "directory: {}", dir.display());
        for name in entries(self.fan.dir.path()) {
            let _ = writeln!(text, "  {name}");
        }
        let _ = writeln!(text, "status: {}", self.status);
        let _ = writeln!(text, "standard output: {}", shown(&self.out));
        let _ = writeln!(text, "standard error: {}", shown(self.err.as_bytes()));
        text
    }
}

fn entries(dir: &Path) -> Vec<String> {
    let found = std::fs::read_dir(dir).expect("the directory is the test's own");
    let entry = |entry: std::fs::DirEntry| {
        let size = entry.metadata().map_or(0, |found| found.len());
        format!("{:?}: {size} bytes", entry.file_name())
    };
    let mut names: Vec<_> = found.flatten().map(entry).collect();
    names.sort();
    names.truncate(40);
    names
}

fn shown(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(4000)];
    let cut = if head.len() < bytes.len() { "…" } else { "" };
    format!("{} bytes: {:?}{cut}", bytes.len(), OsStr::from_bytes(head))
}
