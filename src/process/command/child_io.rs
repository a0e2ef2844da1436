//! The bytes between the child of a job and the rest of fanfold: what it is fed, and what it writes.
//!
//! It does not know where the child's input comes from, nor what its end means for the job.

use crate::codec::MarkedText;
use crate::job::{Input, Job, Trust, display_names};
use crate::map::{ChildEmit, OutOfBand};
use crate::process::child::Child;
use crate::process::child_event::{ChildEnd, ChildEvent, Wants};
use crate::process::plan::CommandPlan;
use crate::process::stop_ladder::StopReason;
use crate::process::stopped::stop_notice;
use crate::record::NoteKind;
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// The child of a job.
pub(in crate::process) struct ChildIo<'a> {
    child: Child,
    plan: &'a CommandPlan,
    job: &'a Job,
    emit: &'a mut dyn ChildEmit,
    buffer: &'a mut [u8],
    /// What the child writes, when it becomes records.
    text: Option<MarkedText>,
    /// How far what the child writes can be trusted: no further than what it was fed.
    trust: Trust,
    began: Instant,
}

impl<'a> ChildIo<'a> {
    pub(in crate::process) fn new(
        child: Child,
        plan: &'a CommandPlan,
        job: &'a Job,
        emit: &'a mut dyn ChildEmit,
        buffer: &'a mut [u8],
    ) -> Self {
        ChildIo {
            child,
            plan,
            job,
            text: emit.takes_lines().then(MarkedText::new),
            emit,
            buffer,
            trust: Trust::Final,
            began: Instant::now(),
        }
    }

    /// Writes `block` to the child, and takes what it writes meanwhile. Breaks when the child takes no more, which is
    /// no failure.
    pub(super) fn feed(&mut self, mut block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.trust = trust;
        while !block.is_empty() && self.child.takes_input() {
            match self.step(block, None) {
                ChildEvent::Given(given) => block = &block[given..],
                ChildEvent::InputClosed => self.child.close_input(),
                _ => {}
            }
        }
        match self.child.takes_input() {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }

    /// Returns whether the child may read more.
    pub(super) fn takes_input(&self) -> bool {
        self.child.takes_input()
    }

    /// Takes what the child writes next. Returns false when it is over.
    pub(in crate::process) fn await_output(&mut self) -> bool {
        loop {
            match self.step(&[], None) {
                ChildEvent::Stdout(_) => return true,
                ChildEvent::Over => return false,
                _ => {}
            }
        }
    }

    /// Takes what the child writes within this time.
    pub(super) fn look_after(&mut self, time: Duration) {
        loop {
            let event = self.step_within(&[], None, Some(time));
            if matches!(event, ChildEvent::RoundEnd { .. } | ChildEvent::Over) {
                return;
            }
        }
    }

    /// Waits until there is something to read from `source`, or its end, and takes what the child writes meanwhile.
    /// Returns false when the child takes no more input.
    pub(super) fn await_source(&mut self, source: BorrowedFd<'_>) -> bool {
        while self.child.takes_input() {
            if self.step(&[], Some(source)) == ChildEvent::SourceReady {
                return true;
            }
        }
        false
    }

    /// Notes how far the output that comes from now on can be trusted.
    pub(super) fn set_trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    pub(super) fn warn(&mut self, name: &OsStr, what: &str) {
        self.emit.warn(name, what);
    }

    pub(super) fn note(&mut self, kind: NoteKind, name: &OsStr) {
        self.emit.note(kind, name);
    }

    pub(in crate::process) fn stop(&mut self, reason: StopReason) {
        self.child.stop(reason);
    }

    /// Closes the child's input, takes what it still writes, and returns how it ended.
    pub(in crate::process) fn finish(mut self) -> ChildEnd {
        self.child.close_input();
        while self.step(&[], None) != ChildEvent::Over {}
        let emit = &mut *self.emit;
        if let Some(text) = &mut self.text
            && let Some(what) = text.end(&mut |block, trust| emit.take(block, trust))
        {
            emit.warn(self.job.name(), what);
        }
        let end = self.child.reap();
        let succeeded = end.status.as_ref().is_ok_and(|status| status.success());
        if let Some(limit) = self.plan.median.as_ref().filter(|_| succeeded) {
            limit.add(self.began.elapsed());
        }
        if end.leaked {
            let what = "a process that the command left behind holds its output; not waited for";
            self.emit.warn(self.job.name(), what);
        }
        end
    }

    /// Passes on what the child wrote into the buffer.
    fn take(&mut self, length: usize) -> ControlFlow<()> {
        let block = &self.buffer[..length];
        let emit = &mut *self.emit;
        match &mut self.text {
            Some(text) => text.give(block, self.trust, &mut |block, trust| emit.take(block, trust)),
            None => emit.take(block, self.trust),
        }
    }

    /// Stops the child, unless others have taken so long that it may go on.
    fn time_out(&mut self) {
        let median = self.plan.median.as_ref();
        match median.and_then(|limit| limit.left(self.began.elapsed())) {
            Some(left) => self.child.set_timeout(Some(left)),
            None => self.child.stop(StopReason::TimedOut),
        }
    }

    fn step(&mut self, input: &[u8], source: Option<BorrowedFd<'_>>) -> ChildEvent {
        self.step_within(input, source, None)
    }

    fn step_within(
        &mut self,
        input: &[u8],
        source: Option<BorrowedFd<'_>>,
        at_most: Option<Duration>,
    ) -> ChildEvent {
        let wants = Wants {
            input,
            source,
            is_full: self.emit.is_full(),
            at_most,
        };
        let event = self.child.step(&wants, self.buffer);
        match event {
            // Only now, as it may take a while, and what the run wants is done at once.
            ChildEvent::RoundEnd { is_woken } if is_woken || self.emit.is_full() => self.emit.flush(),
            ChildEvent::Stdout(n) if self.take(n).is_break() => self.child.stop(StopReason::NotWanted),
            ChildEvent::Stderr(n) => self.emit.err(&self.buffer[..n]),
            ChildEvent::TimedOut => self.time_out(),
            ChildEvent::StoppedBy(signal) => {
                let name = display_names(self.job.inputs.iter().map(Input::name));
                let who = format!("job {} ({name})", self.job.number);
                let notice = stop_notice(&who, self.plan.template.program(), signal);
                self.emit.out_of_band(OutOfBand::Notice(notice));
            }
            _ => {}
        }
        event
    }
}
