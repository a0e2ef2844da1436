//! Everything that was decided before any thread exists: plain data.
//!
//! A plan does not know how it was typed. Nothing in it means "default": that was decided.

mod batch;
mod inputs;
mod state;
mod words;

pub use batch::{ArgSpace, Batch, BatchLimit, BatchSplit, BatchWait};
pub use inputs::{Dash, Empty, Hidden, Inputs, Links, Lists, WalkPlan};
pub use state::{Durability, Existing, Rerun, Revocable, StateAccess, StatePlan};
pub use words::{Blanks, Syntax, WordList};

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// What a run is to do, beside the map and the fold themselves.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the jobs come from.
    pub inputs: Inputs,
    /// The least that a job may be about.
    pub unit: Unit,
    /// How many inputs a job is about.
    pub batch: Batch,
    /// Which job starts first.
    pub schedule: Schedule,
    /// How many worker threads at most.
    pub workers: NonZeroUsize,
    /// What SIGUSR1 and SIGUSR2 are for.
    pub signals: SignalAction,
    /// In which order results are printed.
    pub order: Order,
    /// Whether printed lines carry their input's name.
    pub tag: Tag,
    /// What becomes of what a file gave before it turned out corrupt.
    pub partial: Partial,
    /// How many rows are wanted, where no fold decides that.
    pub first: Option<FirstRows>,
    /// The budget of memory for the whole run, in bytes.
    pub memory: u64,
    /// Where temporary files are made (and at once unlinked).
    pub tmpdir: PathBuf,
    /// What is done about jobs that fail.
    pub failures: Failures,
    /// How long a worker may take to end its job once it was asked to, beside a short grace.
    pub patience: Duration,
    /// Whether having no input at all is fine.
    pub empty: Empty,
    /// Where it is remembered which jobs were done.
    pub state: Option<StatePlan>,
    /// The file in which each job that ended has a line.
    pub joblog: Option<PathBuf>,
}

impl Plan {
    /// The plan of a run over these inputs in which everything is as it is without an option:
    /// a worker for each core this process may use, results in input order, 256 MiB of memory.
    pub fn new(inputs: Inputs) -> Self {
        Plan {
            inputs,
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
            failures: Failures::reported(),
            patience: Duration::ZERO,
            empty: Empty::Refused,
            state: None,
            joblog: None,
        }
    }
}

/// How many rows are wanted, and how one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstRows {
    /// How many.
    pub rows: u64,
    /// How each ends.
    pub end: RowEnd,
}

/// How a printed row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEnd {
    /// At a newline.
    Newline,
    /// At a newline that is not between the quotes of RFC 4180; with what stands between values.
    Csv(u8),
}

/// In which order the jobs' results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As the serial loop would print them.
    Input,
    /// Each whole, as jobs finish.
    Finish,
    /// Whole lines, as they come.
    Lines,
}

/// Whether printed lines carry their input's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// They don't.
    Off,
    /// Each line is prefixed by its input and a tab.
    Input,
}

/// What is done about jobs that fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures {
    /// How often a failed job is tried again.
    pub retries: u32,
    /// How long to wait before the second try; doubled for each further one, and jittered.
    pub delay: Duration,
    /// When failures end the run.
    pub halt: HaltAt,
    /// How failures are told.
    pub told: FailureStyle,
    /// The file that lists the inputs that failed, and the byte that ends a name in it.
    pub listed: Option<(PathBuf, u8)>,
}

impl Failures {
    /// One try for each job, and the others go on.
    pub fn reported() -> Self {
        Failures {
            retries: 0,
            delay: Duration::ZERO,
            halt: HaltAt::Never,
            told: FailureStyle::Jobs,
            listed: None,
        }
    }
}

/// When failures end the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltAt {
    /// They don't.
    Never,
    /// At the limit nothing more is started.
    Soon(FailureLimit),
    /// At the limit nothing more is started, and what runs is ended.
    Now(FailureLimit),
    /// At the first failure that is fatal ([`crate::job::Failure::is_fatal`]) nothing more is
    /// started, by any worker.
    Fatal,
}

/// How failures are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureStyle {
    /// Each, with its job.
    Jobs,
    /// Those that end the run, by the command's name, as xargs tells them.
    Commands,
}

/// What SIGUSR1 and SIGUSR2 are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalAction {
    /// The first asks for a line of status; the second is not listened to.
    Status,
    /// They raise and lower the number of workers.
    Workers,
}

/// How many failures are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureLimit {
    /// This many.
    Jobs(u64),
    /// This share of the jobs that have ended, in percent, from the third job on: the first one
    /// alone would be 100 %.
    Percent(u64),
}

impl FailureLimit {
    /// Whether `failed` of `ended` jobs are too many.
    pub fn is_reached(self, failed: u64, ended: u64) -> bool {
        match self {
            FailureLimit::Jobs(limit) => failed >= limit,
            FailureLimit::Percent(share) => ended >= 3 && failed * 100 >= share * ended && failed > 0,
        }
    }
}

/// Which job starts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// The first of the input order.
    Order,
    /// The largest, if there are fewer inputs than this; the first, otherwise.
    Largest {
        /// The inputs that are looked at before the first starts.
        most: usize,
    },
}

/// The least that a map can be given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole files.
    File,
    /// Lines of plain files, and other files whole.
    PlainLines,
    /// Lines: what it gives for a file is what it gives for parts of it that begin and end with
    /// lines, one after another.
    Lines,
}

/// What becomes of what a file gave before it turned out corrupt. It is an error either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// It does not count, as far as it could still have been wrong.
    Discard,
    /// Its complete lines count.
    Keep,
}
