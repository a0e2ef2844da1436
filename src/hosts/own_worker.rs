//! The worker that a run which leads keeps on its own host: a child with the same command line, started again when it
//! dies while jobs are left.
//!
//! It does not know what the worker does.

use crate::message;
use crate::sys::arguments::Arguments;
use crate::sys::{Launcher, ProcessGroup, Streams, retry_start, signals};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The variable by which the child knows what it is: it has the number of this process.
const JOIN_VARIABLE: &str = "FANFOLD_JOIN";

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long passes before it is started again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long it may take to leave.
const GRACE: Duration = Duration::from_secs(5);
/// After how many exits within a second each it is not started again.
const ATTEMPTS: u32 = 3;

/// The worker. Dropped, it is asked to leave.
#[derive(Debug)]
pub(super) struct OwnWorker {
    leave: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl OwnWorker {
    /// Starts it.
    ///
    /// # Errors
    /// When there is no thread.
    pub(super) fn start() -> io::Result<OwnWorker> {
        let (leave, is_asked) = bounded(0);
        let keep = move || {
            if let Err(cause) = keep_worker(&is_asked) {
                message::say(format_args!(
                    "this host's own worker can't be started: {}",
                    message::cause(&cause)
                ));
            }
        };
        let thread = thread::Builder::new().name("own worker".into()).spawn(keep)?;
        Ok(OwnWorker {
            leave: Some(leave),
            thread: Some(thread),
        })
    }
}

impl Drop for OwnWorker {
    fn drop(&mut self) {
        drop(self.leave.take());
        if let Some(thread) = self.thread.take() {
            // What it had to say it has said.
            let _ = thread.join();
        }
    }
}

/// Starts the child, and starts it again, until it says that the run is over or the other end of the channel is gone.
fn keep_worker(leave: &Receiver<()>) -> io::Result<()> {
    signals::block_in_this_thread();
    let program = std::env::current_exe()?;
    let launcher = Launcher::new(&program, &[JOIN_VARIABLE])?;
    let words: Vec<_> = std::env::args_os().collect();
    let args: Arguments = words.iter().map(std::ffi::OsString::as_os_str).collect();
    let null = File::options().write(true).open("/dev/null")?;
    let mut short = 0;
    loop {
        let began = Instant::now();
        let streams = Streams {
            stdout: Some(null.as_fd()),
            ..Streams::default()
        };
        let mut child = retry_start(|| {
            let variables = [(JOIN_VARIABLE, std::process::id().to_string())];
            launcher.spawn(
                &args,
                variables,
                Streams {
                    stdin: streams.stdin,
                    ..streams
                },
            )
        })?;
        while !child.has_exited() {
            if let Err(RecvTimeoutError::Disconnected) = leave.recv_timeout(LOOK) {
                end(&mut child);
                return Ok(());
            }
        }
        let status = child.reap()?;
        if status.success() {
            return Ok(());
        }
        // One that was killed may have died of a job, which will be given up.
        let is_short = began.elapsed() < PAUSE && status.code().is_some();
        short = if is_short { short + 1 } else { 0 };
        if short == ATTEMPTS {
            message::say("this host's own worker ends at once: the jobs are left to others");
            return Ok(());
        }
        if let Err(RecvTimeoutError::Disconnected) = leave.recv_timeout(PAUSE) {
            return Ok(());
        }
    }
}

/// Asks the child to leave, and kills it when it does not.
fn end(child: &mut ProcessGroup) {
    child.signal(signals::TERM);
    let began = Instant::now();
    while !child.has_exited() && began.elapsed() < GRACE {
        thread::sleep(LOOK);
    }
}
