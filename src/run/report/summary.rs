//! How a run went, counted as it goes.

use crate::job::Failure;
use crate::sink::Closed;

/// How many failures are told again at the run's end.
const TOLD: usize = 10;

/// What can fail beside jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// A merge of outputs.
    Merge,
    /// A process that lives from job to job.
    Process,
}

/// The failures of a run: the first few as they were told, and how many there were.
#[derive(Debug, Default)]
pub struct Failures {
    /// The first ten in the order of the inputs: the job, and what was said of it, a line without
    /// the program's name.
    pub first: Vec<(u64, String)>,
    /// How many jobs failed, with the inputs that could not be had.
    pub count: u64,
    /// How many merges failed.
    pub merges: u64,
    /// How often a process that lives from job to job failed outside of any.
    pub processes: u64,
    /// Whether other output came after the first was told, or may have come.
    pub buried: bool,
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Summary {
    /// Jobs that succeeded.
    pub done: u64,
    /// How many of them had a part of a file, and not its end: nobody asked for these.
    pub parts: u64,
    /// Jobs that were cut short with the run.
    pub stopped: u64,
    /// Jobs that were not run, because of what is remembered of them.
    pub remembered: u64,
    /// Inputs of those that were not done either: only failed jobs were to be run.
    pub left_out: u64,
    /// Inputs that were unreadable, corrupt or gone.
    pub bad_inputs: u64,
    /// Failures for another reason: a command or a co-process that ended badly, a map that panicked.
    pub failed: u64,
    /// Lines that the format could not read.
    pub bad_lines: u64,
    /// Values that a fold left out because they were no numbers.
    pub bad_values: u64,
    /// fanfold's own reading or writing failed.
    pub own_failures: u64,
    /// What is remembered turned out to be damaged.
    pub damaged: bool,
    /// Failures ended the run, as `--halt` asked, or because no job could succeed.
    pub halted: bool,
    /// The command can't be executed at all, which ended the run.
    pub unfit: bool,
    /// The signal that ended the run; SIGPIPE when the reader of its output went away.
    pub signal: Option<i32>,
    /// What failed.
    pub failures: Failures,
    /// The failures that ended the run, where fatal ones do, the first of them first.
    pub fatal: Vec<Failure>,
    /// The rest of the list of inputs could not be had.
    pub malformed: bool,
}

impl Summary {
    /// Counts a job that ended, or a part of one.
    pub(crate) fn count(&mut self, failure: Option<&Failure>) {
        match failure {
            None => self.done += 1,
            Some(Failure::Unreadable { .. } | Failure::Corrupt { .. }) => self.bad_inputs += 1,
            Some(
                Failure::Command { .. }
                | Failure::ReplyError { .. }
                | Failure::PoolBroken { .. }
                | Failure::Panicked { .. },
            ) => self.failed += 1,
            Some(Failure::ProgramUnusable { .. }) => {
                self.failed += 1;
                self.unfit = true;
            }
            Some(Failure::Own { .. }) => self.own_failures += 1,
            Some(Failure::Stopped) => self.stopped += 1,
        }
    }

    /// Counts what closed the sink.
    pub(crate) fn closed(&mut self, closed: &Closed) {
        match closed {
            Closed::Enough => {}
            Closed::BrokenPipe => self.signal = self.signal.or(Some(crate::sys::signals::PIPE)),
            Closed::Interrupted => {}
            Closed::Failed { .. } => self.own_failures += 1,
        }
    }

    /// How many jobs have ended by themselves, with the inputs that could not be had. A file that was cut
    /// counts once.
    pub fn ended(&self) -> u64 {
        self.done - self.parts + self.failures.count
    }

    /// Whether there was nothing to do at all.
    pub fn is_empty(&self) -> bool {
        self.done + self.stopped + self.remembered + self.bad_inputs + self.failed + self.own_failures == 0
            && !self.damaged
            && self.signal.is_none()
    }
}

impl Failures {
    /// Counts a failure, and keeps what is said of it if its job is one of the first.
    pub(crate) fn add(&mut self, seq: u64, what: &str) {
        self.count += 1;
        self.keep(seq, what);
    }

    /// Counts a failure of what is no job, when the job was `seq`.
    pub(crate) fn add_other(&mut self, other: Other, seq: u64, what: &str) {
        match other {
            Other::Merge => self.merges += 1,
            Other::Process => self.processes += 1,
        }
        self.keep(seq, what);
    }

    /// How many failures there were.
    pub fn total(&self) -> u64 {
        self.count + self.merges + self.processes
    }

    fn keep(&mut self, seq: u64, what: &str) {
        let at = self.first.partition_point(|&(other, _)| other <= seq);
        if at < TOLD {
            self.first.insert(at, (seq, what.to_owned()));
            self.first.truncate(TOLD);
        }
    }
}
