//! `--state`: which jobs need not run, and when it is stored how the others ended.
//!
//! A job's end is stored once nothing of it can be lost any more: under a fold at once, with its
//! part of it, and otherwise when its output has been printed.

mod restore;
mod revoked;

use super::jobs::JobSource;
use crate::job::{ChildOutcome, Failure, Job};
use crate::message;
use crate::plan::{Durability, Plan};
use crate::run::Main;
use crate::sink::Verdict;
use crate::state::{
    Fingerprint, JobEnd, JobLookup, RunProgress, State, StateError, StateErrorKind, StoredOutcome,
    fingerprints,
};
use crate::worker::{Bundle, Event, JobRecord, Recording, Report, Task};
use crossbeam_channel::Receiver;
use restore::{Next, Restore};
use revoked::Revoked;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// How many jobs are looked up before the main thread looks at its news again.
const AT_ONCE: usize = 1024;

/// The main thread's side of the state.
pub(in crate::run) struct Resume {
    state: State,
    folded: bool,
    /// Whether jobs do anything but read.
    acts: bool,
    /// Jobs that were sent and have not ended.
    running: HashMap<u64, Running>,
    /// The ends that will be stored next, with the jobs' numbers.
    ends: Vec<(u64, JobEnd)>,
    /// The ends of jobs whose output is not all printed.
    unprinted: BTreeMap<u64, JobEnd>,
    doubts: Revoked,
    /// What jobs that need not run gave the fold.
    pub earlier: Restore,
    /// Jobs that were looked up.
    looked_up: u64,
    /// Inputs of jobs that are neither done nor wanted.
    left_out: u64,
    progress: RunProgress,
    stored: RunProgress,
    broken: bool,
}

/// What was known of a job when it was sent.
struct Running {
    row: Option<i64>,
    stamps: Vec<Fingerprint>,
    /// Whether its inputs could have changed again without showing.
    recent: bool,
}

impl Resume {
    /// Takes hold of the plan's state, where it has one.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn open(plan: &Plan, folded: bool) -> Result<Option<Self>, StateError> {
        let Some(state) = &plan.state else {
            return Ok(None);
        };
        Ok(Some(Resume {
            state: State::open(state, &plan.tmpdir)?,
            folded,
            acts: state.durability == Durability::EachJob,
            running: HashMap::new(),
            ends: Vec::new(),
            unprinted: BTreeMap::new(),
            doubts: Revoked::new(state.revocable),
            earlier: Restore::default(),
            looked_up: 0,
            left_out: 0,
            progress: RunProgress::default(),
            stored: RunProgress::default(),
            broken: false,
        }))
    }

    /// Whether a job that was found is to be run; `seen` is what its inputs were a little earlier, if
    /// that was looked at, and `gone` says that what it makes is not there.
    fn screen(&mut self, job: &Job, seen: Option<Vec<Fingerprint>>, gone: bool) -> bool {
        self.looked_up += 1;
        let now = SystemTime::now();
        let ahead = seen.is_some();
        let seen = seen.unwrap_or_else(|| fingerprints(job));
        let memory = self.state.look_up(job, &seen);
        let memory = match memory {
            JobLookup::Done(kept) if gone => JobLookup::Undone {
                row: kept.row,
                outcome: StoredOutcome::Unsettled,
            },
            memory => memory,
        };
        if let JobLookup::Done(kept) = memory {
            self.progress.remembered += 1;
            if self.folded {
                self.earlier.add(kept, job.seq);
            }
            return false;
        }
        if !self.state.wants(memory) {
            // A file that is cut counts once.
            let ends = job.inputs.iter().filter(|input| !input.is_continued());
            self.left_out += ends.count() as u64;
            return false;
        }
        let row = match memory {
            JobLookup::Undone { row, .. } => Some(row),
            JobLookup::New | JobLookup::Done(_) => None,
        };
        let now_seen = if ahead { fingerprints(job) } else { seen };
        self.sent(job.seq, row, now_seen, now);
        true
    }

    fn sent(&mut self, seq: u64, row: Option<i64>, stamps: Vec<Fingerprint>, now: SystemTime) {
        let recent = stamps.iter().any(|stamp| stamp.is_recent(now));
        self.running.insert(seq, Running { row, stamps, recent });
    }

    /// Takes note of a job's end. `printed` says whether its output can't be lost any more.
    fn ended(&mut self, seq: u64, failure: Option<&Failure>, bad_lines: u64, ran: JobRecord, printed: bool) {
        let Some(before) = self.running.remove(&seq) else {
            return;
        };
        if matches!(failure, Some(Failure::Stopped | Failure::Own { .. })) {
            return;
        }
        let mut record = record(before, failure, bad_lines, ran);
        self.doubts.judge(seq, &mut record);
        if printed {
            self.ends.push((seq, record));
        } else {
            self.unprinted.insert(seq, record);
        }
    }

    /// Takes note that the output of all jobs below `lowest` is printed.
    fn printed(&mut self, lowest: u64) {
        while let Some(entry) = self.unprinted.first_entry()
            && *entry.key() < lowest
        {
            self.ends.push(entry.remove_entry());
        }
    }

    /// Stores what has ended; `left` is how many jobs are still to be looked up, where that is known.
    fn store(&mut self, left: Option<u64>) -> Result<(), StateError> {
        self.progress.complete = left.is_some();
        self.progress.found = self.looked_up + left.unwrap_or(0);
        if self.broken || (self.ends.is_empty() && self.stored.complete == self.progress.complete) {
            return Ok(());
        }
        let records = self.ends.iter_mut().map(|(_, record)| record);
        let stored = self.state.commit(records, self.progress);
        self.broken = stored.is_err();
        if !self.broken {
            self.doubts.stored(self.ends.drain(..));
        }
        self.stored = self.progress;
        stored
    }

    /// The next task that earlier runs left; `ended` says that all tasks so far have ended.
    fn next_task(&mut self, ended: bool) -> Result<Option<Task>, StateError> {
        let ended = ended && self.ends.is_empty();
        match self.earlier.next(&mut self.state, ended)? {
            Next::Task(task) => Ok(Some(task)),
            Next::Nothing => Ok(None),
            Next::Lost(job, row) => {
                self.progress.remembered -= 1;
                self.sent(job.seq, Some(row), fingerprints(&job), SystemTime::now());
                Ok(Some(Task::Job(job)))
            }
        }
    }

    /// Whether workers are still to be given something, once all jobs are found.
    pub fn is_dry(&self) -> bool {
        self.broken || !self.folded || self.earlier.is_dry()
    }
}

fn record(before: Running, failure: Option<&Failure>, bad_lines: u64, ran: JobRecord) -> JobEnd {
    let pairs = before.stamps.iter().zip(&ran.after);
    let settled: Option<Vec<Fingerprint>> = pairs.map(|(before, after)| before.reconcile(*after)).collect();
    let outcome = match (failure, &settled) {
        (Some(_), _) => StoredOutcome::Failed,
        (None, Some(_)) if !before.recent => StoredOutcome::Done,
        (None, _) => StoredOutcome::Unsettled,
    };
    let (status, signal) = match failure {
        Some(Failure::Command { cause, .. }) => match cause {
            ChildOutcome::Exit(status) => (Some(*status), None),
            ChildOutcome::Signal(signal) => (None, Some(*signal)),
            ChildOutcome::OutOfMemory => (None, Some(9)),
            ChildOutcome::TimedOut(_) | ChildOutcome::NotStarted(_) => (None, None),
        },
        _ => (None, None),
    };
    JobEnd {
        row: before.row,
        inputs: ran.job.inputs,
        fingerprints: settled.unwrap_or(before.stamps),
        outcome,
        bad_lines,
        part: ran.part.filter(|_| outcome == StoredOutcome::Done),
        cause: failure.map(cause),
        status,
        signal,
        tries: ran.tries,
        started: ran.started,
        took: ran.took,
        bytes: ran.bytes,
    }
}

/// Why a job failed, without the name of its input, so that causes can be counted.
fn cause(failure: &Failure) -> String {
    match failure {
        Failure::Unreadable { cause, .. } => message::cause(cause),
        Failure::Corrupt { what, .. } => what.clone(),
        other => other.to_string(),
    }
}

/// What the workers are to tell of the jobs; `folded` says whether there is a fold.
pub(in crate::run) fn recording(plan: &Plan, folded: bool) -> Option<Recording> {
    let wanted = plan.state.is_some() || plan.joblog.is_some();
    wanted.then(|| Recording {
        parts: plan
            .state
            .as_ref()
            .filter(|_| folded)
            .map(|_| plan.tmpdir.clone()),
        commands: plan.joblog.is_some(),
    })
}

impl Main<'_> {
    /// Whether the next job is to be run; where it was done before, it takes its place in the order.
    /// `seen` is what its inputs were when it was found.
    pub(in crate::run) fn wants(&mut self, job: &Job, seen: Option<Vec<Fingerprint>>) -> bool {
        let Some(remember) = &mut self.remember else {
            return true;
        };
        // A file that is not there was not made, whatever is remembered.
        let outputs = self.work.to.names();
        let gone = outputs.is_some_and(|outputs| !outputs.name(job).exists());
        // Jobs that were started since may have changed it.
        let seen = seen.filter(|_| !remember.acts || self.sent == 0);
        if remember.screen(job, seen, gone) {
            return true;
        }
        self.tally.remembered += 1;
        self.tally.left_out = remember.left_out;
        let seq = job.seq;
        if let Err(closed) = self.printing(|sink| sink.done(seq, Verdict::Keep, Vec::new())) {
            self.close(&closed);
        }
        self.printed();
        false
    }

    /// Whether enough jobs were looked up for now.
    pub(in crate::run) fn is_due(&self, looked_up: usize) -> bool {
        self.remember.is_some() && looked_up >= AT_ONCE
    }

    /// Takes note that a worker added parts of earlier runs.
    pub(in crate::run) fn restored(&mut self, end: io::Result<()>) {
        self.ended += 1;
        if let Err(cause) = end {
            self.tally.own_failures += 1;
            message::say(format_args!(
                "what was remembered of a fold: {}",
                message::cause(&cause)
            ));
            self.halt();
        }
    }

    /// Takes a bundle for later runs.
    pub(in crate::run) fn bundled(&mut self, bundle: Bundle) {
        self.ended += 1;
        let Some(remember) = self.remember.as_mut().filter(|remember| !remember.broken) else {
            return;
        };
        if let Err(error) = remember.earlier.bundled(bundle, &remember.state) {
            remember.broken = true;
            self.state_failed(&error);
        }
    }

    /// Hears one event, and with a state all that there are: how they ended is stored together.
    pub(in crate::run) fn drain_events(&mut self, event: Event, events: &Receiver<Event>) {
        self.handle(event);
        if self.remember.is_some() {
            events
                .try_iter()
                .take(events.len())
                .for_each(|event| self.handle(event));
        }
    }

    /// Takes note of a job's end.
    pub(in crate::run) fn note(&mut self, report: &mut Report) {
        let Some(ran) = report.ran.take() else { return };
        let Some(remember) = &mut self.remember else {
            return;
        };
        // A job that failed runs again whether or not its output was printed.
        let printed = remember.folded || report.failure.is_some() || !self.sink.holds(report.seq);
        if self.sink.is_closed() && !remember.folded {
            remember.running.remove(&report.seq);
            return;
        }
        remember.ended(
            report.seq,
            report.failure.as_ref(),
            report.bad_lines,
            *ran,
            printed,
        );
    }

    /// Takes note of how far the output has come.
    pub(in crate::run) fn printed(&mut self) {
        let lowest = self.sink.lowest();
        if self.gate.lowest.swap(lowest, Ordering::SeqCst) != lowest {
            self.control.wake_job(lowest);
        }
        if let Some(remember) = &mut self.remember {
            remember.printed(lowest);
        }
    }

    /// Stores what has ended since the last time. Where that fails, nothing more is started.
    pub(in crate::run) fn store(&mut self, feed: &JobSource) {
        if let Some(remember) = &mut self.remember
            && let Err(error) = remember.store(feed.undecided_left())
        {
            self.state_failed(&error);
        }
    }

    /// Parts of earlier runs for a worker.
    pub(in crate::run) fn next_parts(&mut self) -> Option<Task> {
        let remember = self.remember.as_mut().filter(|remember| !remember.broken)?;
        let next = remember.next_task(self.sent == self.ended);
        let bad_lines = std::mem::take(&mut remember.earlier.bad_lines);
        self.tally.bad_lines = self.tally.bad_lines.saturating_add(bad_lines);
        match next {
            Ok(task) => task,
            Err(error) => {
                remember.broken = true;
                self.state_failed(&error);
                None
            }
        }
    }

    /// Ends the books.
    pub(in crate::run) fn end_state(&mut self, feed: &JobSource) {
        self.store(feed);
        let Some(remember) = self.remember.take().filter(|remember| !remember.broken) else {
            return;
        };
        let all = remember.progress.complete && remember.looked_up == remember.progress.found;
        if let Err(error) = remember.state.finish(remember.progress, all) {
            self.state_failed(&error);
        }
    }

    fn state_failed(&mut self, error: &StateError) {
        match error.kind {
            StateErrorKind::Refused => self.tally.damaged = true,
            StateErrorKind::InUse | StateErrorKind::Io => self.tally.own_failures += 1,
        }
        message::say(error);
        self.close_gate();
    }
}
