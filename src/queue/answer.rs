//! What the server answers to each verb: a type for each, a variant for each state.

/// A job that was handed to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedJob {
    /// The number in the queue, from 1.
    pub k: u64,
    /// The bytes that were put: see [`QueuedJob::parse`](super::QueuedJob::parse).
    pub payload: Vec<u8>,
    /// Which delivery this is, from 1: one more than the number of workers that died while they ran it.
    pub delivery: u64,
    /// A host that handed it back because it could not find or may not read an input.
    pub refused_by: Option<String>,
}

/// The answer to `begin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginAnswer {
    /// There was no such run: it is begun, and the caller leads it.
    New {
        /// The random name of this run, to which signatures are bound.
        epoch: String,
    },
    /// The run was begun before by the same command line, and the caller leads it now. A stop request is cleared.
    Again(BegunRun),
    /// Another one leads it.
    Led {
        /// Who, as `HOST:PID:RANDOM`.
        leader: String,
        /// When its lease ends, in ms of the server's clock: another value means that it was renewed.
        until: u64,
        /// How long that is from now, in ms; 0 when it is past.
        left: u64,
    },
    /// A run of another command line has this name.
    Other {
        /// What that command line means, as it was given to `begin`.
        meaning: Vec<u8>,
        /// The version of its parts.
        parts: String,
    },
}

/// A run that was begun before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunRun {
    /// The random name of this run.
    pub epoch: String,
    /// How many jobs are enqueued: the next one is this plus 1.
    pub enqueued: u64,
    /// How many jobs there are, when all are enqueued.
    pub total: Option<u64>,
    /// The hash that the last `put` gave.
    pub names: Vec<u8>,
    /// The hash that `close` gave.
    pub listing: Vec<u8>,
}

/// The answer to a verb of the leader, when it does not lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLeading {
    /// The server has no such run: it lost it, or somebody dropped it.
    NoRun,
    /// The run is over.
    Over,
    /// Another one leads.
    Led {
        /// Who, as `HOST:PID:RANDOM`.
        leader: String,
    },
}

/// The answer to `put`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutAnswer {
    /// The jobs are enqueued, or were before.
    Enqueued {
        /// How many jobs are left in the queue, running ones too.
        backlog: u64,
    },
    /// The server forgot some: go on behind this number.
    Gap {
        /// How many jobs it has.
        enqueued: u64,
    },
    /// The caller does not lead.
    NotLeading(NotLeading),
}

/// The answer to `close`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseAnswer {
    /// All jobs are enqueued.
    Closed,
    /// The server has fewer: go on behind this number.
    Gap {
        /// How many jobs it has.
        enqueued: u64,
    },
    /// The caller does not lead.
    NotLeading(NotLeading),
}

/// The answer to `lead`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadAnswer {
    /// The lease is renewed.
    Leading(RunCounts),
    /// The caller does not lead.
    NotLeading(NotLeading),
}

/// The answer to `stop` and to `finish`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaderAnswer {
    /// It is done.
    Done,
    /// The caller does not lead.
    NotLeading(NotLeading),
}

/// How far a run is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// How many jobs were enqueued.
    pub enqueued: u64,
    /// How many there are, once all are enqueued.
    pub total: Option<u64>,
    /// How many ended, failed ones too.
    pub done: u64,
    /// How many of these failed.
    pub failed: u64,
    /// How many were given up because workers died of them.
    pub dead: u64,
    /// How many were not signed as they should be, and not run.
    pub forged: u64,
    /// How many are left in the queue, running ones too.
    pub backlog: u64,
    /// How many workers are alive.
    pub workers: u64,
    /// The hash over all results so far: see [`ResultChain`](super::ResultChain).
    pub chain: String,
    /// What the workers were asked for.
    pub stop: Option<StopMode>,
}

impl RunCounts {
    /// Returns whether each job is done, given up or forged.
    pub fn is_over(&self) -> bool {
        self.total == Some(self.done + self.dead + self.forged)
    }
}

/// What a leader asks the workers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// Start nothing more until a leader begins again.
    Pause,
    /// End as by `--halt`.
    Halt,
}

/// The answer to `enter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnterAnswer {
    /// The worker takes part.
    Entered {
        /// The random name of this run.
        epoch: String,
    },
    /// There is no such run yet.
    NoRun,
    /// The run is over.
    Over,
    /// A run of another command line has this name.
    Other {
        /// What that command line means.
        meaning: Vec<u8>,
        /// The version of its parts.
        parts: String,
    },
}

/// Why a worker is out of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// Its lease ended, so its jobs went to others: drop all results and enter under a new name.
    Fenced,
    /// The server has no such run any more.
    NoRun,
    /// The run is over.
    Over,
}

/// The answer to `take`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeAnswer {
    /// Jobs to run. A suspect, of which workers died, comes alone and only to a worker that holds nothing.
    Jobs(HandedJobs),
    /// Nothing to do now: ask again.
    Wait,
    /// End as by `--halt`.
    Stop,
    /// The worker is out of the run.
    Outside(Outside),
}

/// The answer to `mine`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MineAnswer {
    /// All that the worker holds, lowest number first.
    Jobs(HandedJobs),
    /// The worker is out of the run.
    Outside(Outside),
}

/// Jobs, and how many there are beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandedJobs {
    /// The jobs.
    pub jobs: Vec<HandedJob>,
    /// How many jobs are left in the queue, these and all running ones too.
    pub backlog: u64,
    /// How many workers are alive.
    pub workers: u64,
}

/// The answer to `commit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitAnswer {
    /// The results count.
    Committed,
    /// They did already: the answer to the same call was lost.
    Already,
    /// The worker does not hold all of these jobs, or the pieces are not all there: nothing counts. Drop these results, ask `mine`,
    /// and run again what is still held.
    Lost,
    /// The worker is out of the run: nothing counts.
    Outside(Outside),
}

/// The answer to `piece`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceAnswer {
    /// The piece is there.
    Stored,
    /// The server forgot earlier ones: begin again with the first.
    Gap,
    /// The worker is out of the run.
    Outside(Outside),
}

/// The answer to `beat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeatAnswer {
    /// The lease is renewed.
    Alive {
        /// Whether the worker holds as many jobs as it said. When it does not twice in a row, ask `mine`.
        agrees: bool,
        /// What the leader asks for.
        stop: Option<StopMode>,
    },
    /// The worker is out of the run.
    Outside(Outside),
}

/// The answer to `leave`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveAnswer {
    /// All that the worker held goes to others, and counts as not delivered.
    Left,
    /// The worker was out of the run before.
    Outside(Outside),
}

/// An entry of the results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultEntry {
    /// Its place: pass it to `results` to go on behind it.
    pub id: String,
    /// Who committed it, or who held a job last that was given up.
    pub worker: String,
    /// The number of the commit; 0 for a job that was given up.
    pub number: u64,
    /// What it says.
    pub result: QueuedResult,
}

/// What an entry of the results says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueuedResult {
    /// Jobs that ended.
    Ended {
        /// How many.
        jobs: u64,
        /// See [`parse_frames`](super::parse_frames).
        frames: Vec<u8>,
    },
    /// Entries of the queue that were not signed with the run's key.
    Forged {
        /// How many.
        jobs: u64,
        /// See [`parse_frames`](super::parse_frames).
        frames: Vec<u8>,
    },
    /// A job that was given up because workers died of it.
    GivenUp {
        /// Its number in the queue.
        k: u64,
    },
}

/// The answer to `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusAnswer {
    /// How far the run is.
    Run(Box<RunStatus>),
    /// There is no such run.
    NoRun,
    /// It ended within the last hour.
    Over,
}

/// How far a run is, and who works at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunStatus {
    /// How far it is.
    pub counts: RunCounts,
    /// Who leads, as `HOST:PID:RANDOM`.
    pub leader: String,
    /// How long its lease still holds, in ms; negative once it is over.
    pub leader_lease: i64,
    /// How long ago the run began, in ms.
    pub age: u64,
    /// The workers that are alive.
    pub live: Vec<LiveWorker>,
    /// How many jobs each host has done.
    pub hosts: Vec<(String, u64)>,
    /// Some of the jobs that were given up: the number in the queue, and the payload.
    pub given_up: Vec<(u64, Vec<u8>)>,
}

/// A worker that is alive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveWorker {
    /// Its name, as `HOST:PID:RANDOM`.
    pub name: String,
    /// How many jobs it holds.
    pub held: u64,
    /// How long its lease still holds, in ms; negative once it is over.
    pub lease: i64,
}

/// What the server says about itself. What its user may not ask is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerHealth {
    /// Its version: `redis 7.0.15`.
    pub version: Option<String>,
    /// A random name that it gets at each start.
    pub run_id: Option<String>,
    /// What it does when its memory is full. All but `noeviction` may lose jobs.
    pub eviction: Option<String>,
    /// Whether it writes a log from which it recovers after a crash.
    pub appends: Option<bool>,
    /// How many bytes it has in memory.
    pub memory: Option<u64>,
}
