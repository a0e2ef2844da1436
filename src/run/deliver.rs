//! The other hosts of a run: where jobs go when others do them, and where their ends go when others want them.
//!
//! It does not know how jobs and ends travel.

use super::role::{DeliveredJob, JobFeed, QueueNews, QueueRole};
use crate::job::{Job, Trust};
use crate::sink::Piece;
use crate::state::PackedPart;
use crate::worker::{JobRecord, Report, Task};
use crossbeam_channel::{Receiver, Sender, never};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

/// How many parts of the fold may wait for a worker of our own before no more are taken.
const PARTS: usize = 4;

/// The main thread's side of the other hosts. A run that is alone has none.
pub(super) enum Delivery {
    /// All jobs are done here.
    Alone,
    /// Others do the jobs.
    Leader(Led),
    /// Another wants the ends.
    Joiner(Joined),
}

/// What a worker's run knows of the jobs that it does for another.
pub(super) struct Joined {
    ends: Sender<(u64, DeliveredJob)>,
    /// What jobs have printed that have not ended.
    pieces: HashMap<u64, Vec<Piece>>,
}

/// What a run that leads knows of the jobs that others do.
pub(super) struct Led {
    /// Where jobs go; `None` once there are no more.
    jobs: Option<Sender<Job>>,
    news: Receiver<QueueNews>,
    /// What is to be added to the fold.
    parts: VecDeque<PackedPart>,
    /// How many jobs have gone to others and not ended.
    away: u64,
    /// Whether all have ended, and each was counted once.
    over: bool,
}

impl Delivery {
    /// Returns the main thread's side of a role, and where jobs come from when another process finds them.
    pub(super) fn new(role: QueueRole) -> (Self, Option<JobFeed>) {
        match role {
            QueueRole::Alone => (Delivery::Alone, None),
            QueueRole::Leader { jobs, news } => {
                let led = Led {
                    jobs: Some(jobs),
                    news,
                    parts: VecDeque::new(),
                    away: 0,
                    over: false,
                };
                (Delivery::Leader(led), None)
            }
            QueueRole::Joiner { jobs, ends, .. } => {
                let pieces = HashMap::new();
                (Delivery::Joiner(Joined { ends, pieces }), Some(jobs))
            }
        }
    }

    /// Returns whether another process wants the ends of jobs.
    pub(super) fn is_joiner(&self) -> bool {
        matches!(self, Delivery::Joiner(_))
    }

    /// Returns whether a job can be sent without blocking.
    pub(super) fn has_room(&self, queue: &Sender<Task>) -> bool {
        match self {
            Delivery::Leader(led) => led.jobs.as_ref().is_some_and(|jobs| !jobs.is_full()),
            Delivery::Alone | Delivery::Joiner(_) => !queue.is_full(),
        }
    }

    /// Sends a job to where it is done. There must be room.
    pub(super) fn send(&mut self, job: Job, queue: &Sender<Task>) {
        match self {
            Delivery::Leader(led) => {
                led.away += 1;
                // Whoever listened and went has said why.
                let _ = led.jobs.as_ref().map(|jobs| jobs.send(job));
            }
            Delivery::Alone | Delivery::Joiner(_) => queue
                .send(Task::Job(job))
                .expect("the workers hold the other end"),
        }
    }

    /// Takes note that there are no more jobs to send.
    pub(super) fn close(&mut self) {
        if let Delivery::Leader(led) = self {
            led.jobs = None;
        }
    }

    /// Returns what is to be added to the fold next, for a worker of our own.
    pub(super) fn next_part(&mut self) -> Option<PackedPart> {
        match self {
            Delivery::Leader(led) => led.parts.pop_front(),
            Delivery::Alone | Delivery::Joiner(_) => None,
        }
    }

    /// Returns how many jobs others have.
    pub(super) fn away(&self) -> u64 {
        match self {
            Delivery::Leader(led) => led.away,
            Delivery::Alone | Delivery::Joiner(_) => 0,
        }
    }

    /// Returns whether nothing more comes from others.
    pub(super) fn is_dry(&self) -> bool {
        match self {
            Delivery::Leader(led) => led.over && led.parts.is_empty(),
            Delivery::Alone | Delivery::Joiner(_) => true,
        }
    }

    /// Returns the channel by which others are heard of, unless there is enough to do.
    pub(super) fn news(&self) -> Receiver<QueueNews> {
        match self {
            Delivery::Leader(led) if led.parts.len() < PARTS => led.news.clone(),
            _ => never(),
        }
    }

    /// Takes jobs that others have ended, and returns their reports. `part` is what they gave the fold together.
    pub(super) fn take(&mut self, jobs: Vec<DeliveredJob>, part: Option<PackedPart>) -> Vec<Report> {
        if let Delivery::Leader(led) = self {
            led.away = led.away.saturating_sub(jobs.len() as u64);
            led.parts.extend(part);
        }
        jobs.into_iter().map(report).collect()
    }

    /// Takes note that all jobs have ended.
    pub(super) fn over(&mut self) {
        if let Delivery::Leader(led) = self {
            led.over = true;
        }
    }

    /// Keeps a piece of a job's output for who wants it; gives it back when nobody does.
    pub(super) fn keep_piece(&mut self, seq: u64, piece: Piece) -> Option<Piece> {
        match self {
            Delivery::Joiner(joined) => {
                joined.pieces.entry(seq).or_default().push(piece);
                None
            }
            Delivery::Alone | Delivery::Leader(_) => Some(piece),
        }
    }

    /// Forgets what a failed try of a job printed.
    pub(super) fn discard(&mut self, seq: u64) {
        if let Delivery::Joiner(joined) = self {
            joined.pieces.remove(&seq);
        }
    }

    /// Sends the end of a job to who wants it.
    pub(super) fn deliver(&mut self, mut report: Report) {
        if let Delivery::Joiner(joined) = self {
            let seq = report.seq;
            let mut pieces = joined.pieces.remove(&seq).unwrap_or_default();
            pieces.append(&mut report.pieces);
            // Whoever listened and went has said why.
            let _ = joined.ends.send((seq, delivered(report, pieces)));
        }
    }
}

/// Returns what others are told of a job's end.
fn delivered(report: Report, pieces: Vec<Piece>) -> DeliveredJob {
    let has_failed = report.failure.is_some();
    let counts = |piece: &Piece| !has_failed || piece.trust == Trust::Final;
    let record = report.record.map(|record| *record);
    let (mut part, mut command) = (None, Vec::new());
    let (mut started, mut took, mut tries, mut bytes) =
        (SystemTime::UNIX_EPOCH, Duration::ZERO, 1, report.given);
    if let Some(record) = record {
        (part, command) = (record.part, record.command);
        (started, took) = (record.started, record.took);
        (tries, bytes) = (record.tries, record.bytes);
    }
    DeliveredJob {
        number: report.number,
        failure: report.failure,
        names: report.names,
        warnings: report.warnings,
        output: pieces
            .into_iter()
            .filter(counts)
            .map(|piece| (piece.stream, piece.bytes))
            .collect(),
        part,
        started,
        took,
        tries,
        bytes,
        command,
    }
}

/// Returns the report of a job that another process did.
fn report(job: DeliveredJob) -> Report {
    let seq = job.number - 1;
    let record = JobRecord {
        job: Job {
            seq,
            number: job.number,
            inputs: Vec::new(),
        },
        started: job.started,
        took: job.took,
        tries: job.tries,
        bytes: job.bytes,
        slot: 0,
        stderr: Vec::new(),
        after: Vec::new(),
        part: None,
        command: job.command,
        mark: None,
    };
    let piece = |(stream, bytes)| Piece {
        stream,
        bytes,
        trust: Trust::Final,
    };
    Report {
        pieces: job.output.into_iter().map(piece).collect(),
        failure: job.failure,
        names: job.names,
        warnings: job.warnings,
        given: job.bytes,
        record: Some(Box::new(record)),
        ..Report::from_seq(seq)
    }
}
