//! How a run went: its counts and its first failures.
//!
//! It does not know which exit code follows from them.

use super::run_notes::RunNotes;
use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::sink::Closed;
use std::ffi::OsString;

/// How many failures are repeated at the end of the run.
const REPEATED: usize = 10;

/// How many failures are named for programs.
const NAMED: usize = 1000;

/// A failure for programs.
#[derive(Debug)]
pub struct NamedFailure {
    /// The place among the jobs.
    pub seq: u64,
    /// The inputs that failed, if it is about some.
    pub inputs: Vec<OsString>,
    /// The message, without the program's name.
    pub cause: String,
}

/// What can fail apart from jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// A merge of outputs.
    Merge,
    /// A process of a pool.
    Process,
}

/// The failures of a run: the messages about the first few, and how many there were.
#[derive(Debug, Default)]
pub struct Failures {
    /// The first ten in the order of the inputs: the job's number, and the message without the program's
    /// name.
    pub first: Vec<(u64, String)>,
    /// The first thousand in the order of the inputs, with their inputs.
    pub named: Vec<NamedFailure>,
    /// How many jobs failed, including the inputs that were not available.
    pub count: u64,
    /// How many merges failed.
    pub merges: u64,
    /// How often a process of a pool failed outside of any job.
    pub processes: u64,
    /// Whether other output came after the first message, or may have come.
    pub buried: bool,
}

/// The saved folds that a walk met. They are answers and no logs: they are left out.
#[derive(Debug, Default)]
pub struct SavedFoldsMet {
    /// How many there are.
    pub count: u64,
    /// The first of them: its job's place among the jobs, and its name.
    first: Option<(u64, OsString)>,
}

impl SavedFoldsMet {
    /// Takes note of one.
    pub(crate) fn add(&mut self, seq: u64, name: OsString) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first, _)| seq < *first) {
            self.first = Some((seq, name));
        }
    }

    /// Returns the line to print, if there are any, without the program's name.
    pub fn line(&self) -> Option<String> {
        let (_, name) = self.first.as_ref()?;
        let name = message::display_name(name);
        Some(match self.count {
            1 => format!("{name}: a saved fold, left out"),
            count => format!("{count} saved folds among the inputs are left out (first: {name})"),
        })
    }
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Summary {
    /// Jobs that succeeded.
    pub done: u64,
    /// How many of them were about a part of a file other than its last: the user did not ask for these.
    pub parts: u64,
    /// Jobs that the end of the run stopped.
    pub stopped: u64,
    /// Jobs that were not run, because of what the state records about them.
    pub remembered: u64,
    /// Inputs of those among them that have not succeeded either: only failed jobs were to be run.
    pub left_out: u64,
    /// Inputs that were unreadable, corrupt or gone.
    pub bad_inputs: u64,
    /// Failures for another reason: a command or a process of a pool that ended badly, a map that panicked.
    pub failed: u64,
    /// The size of the inputs of jobs that ended, where it is counted.
    pub bytes: u64,
    /// How many of these are of commands that exited with 1.
    pub exits_with_1: u64,
    /// What was left out without an error.
    pub notes: RunNotes,
    /// The saved folds that a walk met.
    pub saved_folds: SavedFoldsMet,
    /// How many inputs all shards have together, when the run is one of them.
    pub listed: u64,
    /// How often fanfold's own reading or writing failed.
    pub own_failures: u64,
    /// Whether the state turned out to be damaged.
    pub damaged: bool,
    /// Whether the format of an input was to be found and none fits.
    pub unrecognized: bool,
    /// Whether failures ended the run, as `--halt` asked, or because no job could succeed.
    pub halted: bool,
    /// The exit status of the first job that halted it: as a shell gives it.
    pub halt_status: Option<i32>,
    /// How many jobs there are, when that is known and wanted.
    pub all: Option<u64>,
    /// Whether the run ended because the command can't be executed at all.
    pub unfit: bool,
    /// Whether the signal came because the deadline has passed.
    pub deadline: bool,
    /// The signal that ended the run; SIGPIPE when nobody reads its output any more.
    pub signal: Option<i32>,
    /// What failed.
    pub failures: Failures,
    /// The fatal failures, in the order in which they came, when these end the run.
    pub fatal: Vec<Failure>,
    /// Whether the rest of the list of inputs was not available.
    pub malformed: bool,
}

impl Summary {
    /// Counts a job that ended.
    pub(crate) fn count(&mut self, failure: Option<&Failure>) {
        match failure {
            None => self.done += 1,
            Some(Failure::Unreadable { .. } | Failure::Corrupt { .. }) => self.bad_inputs += 1,
            Some(Failure::UnknownFormat { .. }) => {
                self.bad_inputs += 1;
                self.unrecognized = true;
            }
            Some(Failure::Command {
                cause: ChildOutcome::Exit(1),
                ..
            }) => {
                self.failed += 1;
                self.exits_with_1 += 1;
            }
            Some(
                Failure::Command { .. }
                | Failure::ReplyError { .. }
                | Failure::PoolBroken { .. }
                | Failure::WorkersLost { .. }
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

    /// Takes note of what closed the sink.
    pub(crate) fn closed(&mut self, closed: &Closed) {
        match closed {
            // Which jobs were begun by then depends on chance, and so would the notes.
            Closed::Enough => self.notes.drop_all(),
            Closed::Interrupted => {}
            Closed::BrokenPipe => self.signal = self.signal.or(Some(crate::sys::signals::PIPE)),
            Closed::Failed { .. } => self.own_failures += 1,
        }
    }

    /// Returns how many jobs have ended by themselves, including the inputs that were not available. A split file
    /// counts once.
    pub fn ended(&self) -> u64 {
        self.done - self.parts + self.failures.count
    }

    /// Returns whether there was nothing to do at all.
    pub fn is_empty(&self) -> bool {
        self.listed
            + self.done
            + self.stopped
            + self.remembered
            + self.bad_inputs
            + self.failed
            + self.own_failures
            == 0
            && !self.damaged
            && self.signal.is_none()
    }
}

impl Failures {
    /// Counts the failure of a job, and keeps the message if the job is one of the first.
    pub(crate) fn add(&mut self, seq: u64, inputs: &[OsString], what: &str) {
        self.count += 1;
        self.keep(seq, inputs, what);
    }

    /// Counts a failure outside of any job; `seq` is its place among the jobs.
    pub(crate) fn add_other(&mut self, other: Other, seq: u64, what: &str) {
        match other {
            Other::Merge => self.merges += 1,
            Other::Process => self.processes += 1,
        }
        self.keep(seq, &[], what);
    }

    /// Returns how many failures there were.
    pub fn total(&self) -> u64 {
        self.count + self.merges + self.processes
    }

    fn keep(&mut self, seq: u64, inputs: &[OsString], what: &str) {
        let at = self.named.partition_point(|other| other.seq <= seq);
        if at < NAMED {
            let (inputs, cause) = (inputs.to_vec(), what.to_owned());
            self.named.insert(at, NamedFailure { seq, inputs, cause });
            self.named.truncate(NAMED);
        }
        let at = self.first.partition_point(|&(other, _)| other <= seq);
        if at < REPEATED {
            self.first.insert(at, (seq, what.to_owned()));
            self.first.truncate(REPEATED);
        }
    }
}
