//! What the user asked for, decided: plain data, complete before any thread exists.
//!
//! A plan does not know how it was typed. No value in it means "default": whoever builds a plan has
//! decided that already.

mod arguments;
mod batch;
mod failures;
mod inputs;
mod output;
mod save;
mod state;

pub use arguments::{
    ArgumentOrigin, ArgumentSource, ArgumentSources, BlankValue, Link, ReadAhead, RecordGroup, Trim,
};
pub use batch::{ArgSpace, Batch, BatchLimit, BatchSplit, BatchWait, Schedule, Unit};
pub(crate) use failures::JobCounts;
pub use failures::{Counted, FailurePlan, FailureStyle, HaltAt, HaltLimit, HaltShare};
pub use inputs::{
    Blanks, BlockCut, BlockPlan, Dash, Empty, Hidden, Inputs, Links, NameLists, NameUse, RecordSeparator,
    Shard, WalkPlan, WordList, WordSyntax,
};
pub use output::{FirstRows, Order, Partial, RowEnd, Tag};
pub use save::{SavePlan, SaveTarget};
pub use state::{
    Durability, Existing, Growing, LockHeld, Recognition, Rerun, Revocable, StateAccess, StatePlan,
};

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a run does, apart from the map and the fold themselves.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the inputs come from.
    pub inputs: Inputs,
    /// What the names of inputs stand for.
    pub names: NameUse,
    /// Which share of the inputs the run takes; `None`: all.
    pub shard: Option<Shard>,
    /// The smallest piece of a file that one job may process.
    pub unit: Unit,
    /// How many inputs one job gets.
    pub batch: Batch,
    /// Which job starts first.
    pub schedule: Schedule,
    /// The maximal number of worker threads.
    pub workers: NonZeroUsize,
    /// What SIGUSR1 and SIGUSR2 do.
    pub signals: SignalAction,
    /// In which order results are printed.
    pub order: Order,
    /// Whether printed lines carry the name of their input.
    pub tag: Tag,
    /// What happens to the output of a file that turns out to be corrupt.
    pub partial: Partial,
    /// How many rows are printed, when a limit is set and no fold applies it.
    pub first: Option<FirstRows>,
    /// The memory budget of the whole run, in bytes.
    pub memory: u64,
    /// The directory for temporary files, which are unlinked as soon as they are created.
    pub tmpdir: PathBuf,
    /// How failed jobs are handled.
    pub failures: FailurePlan,
    /// How long a worker may take to end its job after it was asked to; the run adds a short grace.
    pub patience: Duration,
    /// What happens when there is no input at all.
    pub empty: Empty,
    /// Where the outcome of each job is recorded for later runs.
    pub state: Option<StatePlan>,
    /// Where the fold is saved, when it is not printed.
    pub save: Option<SavePlan>,
    /// The file that gets one line for each job that ended, and what becomes of the lines that it has.
    pub joblog: Option<(PathBuf, JobLogStart)>,
    /// How long a job that has ended waits for jobs that began before it: within this time, jobs end in input order.
    pub settling_time: Duration,
    /// How standard error shows how far the run is.
    pub progress: ProgressPlan,
    /// Whether the bytes of the inputs are counted for the summary.
    pub counts_bytes: bool,
    /// How the sizes of inputs are found, when progress or the summary tells them.
    pub sizes: InputSizes,
    /// When the run ends, as by a signal.
    pub deadline: Option<Instant>,
    /// Files beside the run that must be no inputs or outputs of it, each with the option that names it.
    pub side_files: Vec<(&'static str, PathBuf)>,
    /// The numbers of jobs, from 0, that need not run.
    pub done: BTreeSet<u64>,
}

impl Plan {
    /// Returns the plan of a run over `inputs` as the program makes it without options, except for the
    /// memory budget: one worker for each core that this process may use, results in input order,
    /// 256 MiB of memory.
    pub fn new(inputs: Inputs) -> Self {
        Plan {
            inputs,
            names: NameUse::Files,
            shard: None,
            unit: Unit::File,
            batch: Batch::One,
            schedule: Schedule::Order,
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            signals: SignalAction::Status,
            order: Order::Input,
            tag: Tag::Off,
            partial: Partial::Discard,
            first: None,
            memory: 256 << 20,
            tmpdir: std::env::temp_dir(),
            failures: FailurePlan::default(),
            patience: Duration::ZERO,
            empty: Empty::Refused,
            state: None,
            save: None,
            joblog: None,
            settling_time: Duration::ZERO,
            progress: ProgressPlan::None,
            counts_bytes: false,
            sizes: InputSizes::Looked,
            deadline: None,
            side_files: Vec::new(),
            done: BTreeSet::new(),
        }
    }
}

/// How standard error shows how far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressPlan {
    /// It does not.
    None,
    /// A bar at the bottom of the terminal.
    Bar,
    /// A line every half a minute.
    Lines,
    /// A JSON object a line: each second, and for each job that ends.
    Json,
}

/// How the sizes of inputs are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputSizes {
    /// The map reads its inputs by [`read`](crate::map::read), which counts their bytes.
    Read,
    /// The main thread looks them up before it sends a job: what the job is about may be gone after it. For progress
    /// it does so only while that takes little of the run's time.
    Looked,
}

/// What becomes of the lines that a job log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobLogStart {
    /// They are lost.
    Empty,
    /// They stay.
    Append,
}

/// What SIGUSR1 and SIGUSR2 do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalAction {
    /// SIGUSR1 prints a line of status; SIGUSR2 keeps its default action.
    Status,
    /// SIGUSR1 adds a worker, and SIGUSR2 removes one.
    Workers,
}
