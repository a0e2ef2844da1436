//! A process of the pool: a child that lives from job to job, and says on standard error what belongs to no job.
//!
//! It does not know what is asked or answered, only that bytes go both ways.

use super::answered::Answered;
use crate::control::WorkerHandle;
use crate::map::{OutOfBand, OutOfBandSink};
use crate::process::child::Child;
use crate::process::child_event::{ChildEvent, Wants};
use crate::process::pipes::Pipes;
use crate::process::plan::{Capture, ChildStdin, CommandPlan};
use crate::process::stop_ladder::StopReason;
use crate::process::stopped::stop_notice;
use crate::sys::Launcher;
use crate::sys::arguments::Arguments;
use std::ffi::OsString;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

/// The longest line of standard error that waits for its end, in bytes.
const LINE: usize = 64 * 1024;

/// A process that lives from job to job. Dropped, it is killed with its group.
#[derive(Debug)]
pub(super) struct PoolProcess {
    pub(super) child: Child,
    /// The line of standard error that has not ended.
    line: Vec<u8>,
    /// The grace between the end of its input, or the first signal, and KILL.
    grace: Duration,
    program: OsString,
    slot: usize,
    /// What it has answered; it does not read this itself.
    pub(super) answered: Answered,
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Exited {
    /// Its exit status.
    pub(super) status: ExitStatus,
    /// Why it was stopped, if it was.
    pub(super) reason: Option<StopReason>,
    /// Whether it wrote something to standard output on the way.
    pub(super) has_written: bool,
}

impl Exited {
    /// Returns whether it did not exit at the end of its input and was killed.
    pub(super) fn has_overstayed(&self) -> bool {
        matches!(self.reason, Some(StopReason::Overstayed))
    }
}

impl PoolProcess {
    /// Starts it with these arguments and these variables.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn start(
        plan: &CommandPlan,
        launcher: &Launcher,
        args: &Arguments,
        variables: [(&'static str, String); 2],
        worker: &WorkerHandle,
    ) -> io::Result<Self> {
        let (mut pipes, stdin) = Pipes::new(ChildStdin::Raw, Capture::Whole)?;
        let group = launcher.spawn(args, variables, pipes.streams(&stdin))?;
        pipes.release();
        // What it wrote before its exit lies in its pipes: no time is given to who else holds them.
        let drain = Duration::ZERO;
        Ok(PoolProcess {
            child: Child::new(group, Vec::new(), pipes, worker, plan.kill_after, drain),
            line: Vec::new(),
            grace: plan.kill_after,
            program: plan.template.program().to_owned(),
            slot: worker.slot,
            answered: Answered::default(),
        })
    }

    /// Does a step of the child, and reports what belongs to no job.
    pub(super) fn step(
        &mut self,
        wants: &Wants<'_>,
        buffer: &mut [u8],
        report: &mut OutOfBandSink<'_>,
    ) -> ChildEvent {
        let event = self.child.step(wants, buffer);
        match event {
            ChildEvent::Stderr(n) => self.report_lines(&buffer[..n], report),
            ChildEvent::StoppedBy(signal) => {
                let who = format!("worker {}", self.slot + 1);
                report(OutOfBand::Notice(stop_notice(&who, &self.program, signal)));
            }
            _ => {}
        }
        event
    }

    /// Waits until it is over. It is stopped for the reason, or else its input ends, and it has the grace to exit.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub(super) fn finish(
        mut self,
        reason: Option<StopReason>,
        buffer: &mut [u8],
        report: &mut OutOfBandSink<'_>,
    ) -> io::Result<Exited> {
        self.child.close_input();
        match reason {
            Some(reason) => self.child.stop(reason),
            None => self.child.set_timeout(Some(self.grace)),
        }
        let mut has_written = false;
        loop {
            match self.step(&Wants::default(), buffer, report) {
                ChildEvent::Over => break,
                ChildEvent::Stdout(_) => has_written = true,
                ChildEvent::TimedOut => self.child.stop(StopReason::Overstayed),
                _ => {}
            }
        }
        if !self.line.is_empty() {
            self.line.push(b'\n');
            report(OutOfBand::Lines(&self.line));
        }
        let end = self.child.reap();
        match end.reason {
            Some(StopReason::Broken(cause)) => Err(cause),
            reason => Ok(Exited {
                status: end.status?,
                reason,
                has_written,
            }),
        }
    }

    /// Reports whole lines; a line that has not ended waits.
    fn report_lines(&mut self, bytes: &[u8], report: &mut OutOfBandSink<'_>) {
        self.line.extend_from_slice(bytes);
        let end = match memchr::memrchr(b'\n', &self.line) {
            Some(last) => last + 1,
            None if self.line.len() >= LINE => {
                self.line.push(b'\n');
                self.line.len()
            }
            None => return,
        };
        report(OutOfBand::Lines(&self.line[..end]));
        self.line.drain(..end);
    }
}
