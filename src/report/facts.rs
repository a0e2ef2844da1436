//! What the page is about, gathered job by job: of most jobs only their times are kept.
//!
//! It does not know where jobs are read from, nor how they are drawn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// How many of the slowest jobs are kept whole.
const SLOWEST: usize = 50;
/// How many failed jobs are kept whole: with the end of their standard error they are the largest part of the page.
const FAILURES: usize = 60;

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Failed,
}

/// What is known of a job.
#[derive(Debug, Clone)]
pub(super) struct JobFacts {
    /// Its inputs or its command, as displayed.
    pub(super) name: String,
    pub(super) outcome: Outcome,
    /// Why it failed.
    pub(super) cause: String,
    /// When it began, in seconds since 1970.
    pub(super) started: f64,
    /// How long all its tries took.
    pub(super) seconds: f64,
    /// What it gave, in bytes.
    pub(super) bytes: u64,
    pub(super) tries: u32,
    /// The worker that ran it, from 0, where that is known.
    pub(super) slot: Option<usize>,
    /// The end of what it wrote to standard error.
    pub(super) stderr: Vec<u8>,
    /// Whether it is drawn: the jobs of earlier runs are not.
    pub(super) is_of_run: bool,
}

/// When and where a job ran.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// In seconds since 1970.
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) outcome: Outcome,
    /// The worker, from 0: as it was recorded, or the lowest that was free.
    pub(super) lane: usize,
    /// Its number among the jobs that were read.
    pub(super) index: usize,
    pub(super) bytes: u64,
}

impl Span {
    pub(super) fn seconds(&self) -> f64 {
        self.end - self.start
    }
}

/// Everything about a run that the page needs.
#[derive(Debug, Default)]
pub(super) struct RunFacts {
    /// What was run, in labelled lines.
    pub(super) command: Vec<(String, String)>,
    /// The jobs of the run, by their start.
    pub(super) spans: Vec<Span>,
    /// How many workers the lanes stand for.
    pub(super) lanes: usize,
    /// Whether the file says which worker ran a job.
    pub(super) has_slots: bool,
    /// The names of all jobs of the run, while they are few enough to be drawn one by one.
    pub(super) names: Vec<String>,
    /// The slowest jobs of the run, the slowest first.
    pub(super) slowest: Vec<JobFacts>,
    /// The first failures.
    pub(super) failures: Vec<JobFacts>,
    /// How many failures there are, and of each cause how many.
    pub(super) failed: usize,
    pub(super) causes: BTreeMap<String, usize>,
    /// How many jobs were done by earlier runs.
    pub(super) earlier: u64,
    /// How many jobs of the run have not ended; `None` where that is not known.
    pub(super) left: Option<u64>,
    /// Whether the run has ended.
    pub(super) is_ended: bool,
}

/// Up to how many jobs are drawn one by one.
pub(super) const DRAWN: usize = 2500;

/// Gathers jobs.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    facts: RunFacts,
    /// The slowest jobs, with their times in microseconds, the least slow on top.
    slowest: BinaryHeap<Reverse<(u64, usize)>>,
    kept: BTreeMap<usize, JobFacts>,
}

impl Gathering {
    pub(super) fn add(&mut self, job: JobFacts) {
        if job.outcome == Outcome::Failed {
            self.facts.failed += 1;
            *self.facts.causes.entry(job.cause.clone()).or_default() += 1;
        }
        if job.is_of_run {
            self.draw(&job);
        }
        let index = self.facts.spans.len();
        let micros = (job.seconds * 1e6) as u64;
        let is_slow = job.is_of_run
            && (self.slowest.len() < SLOWEST || self.slowest.peek().is_some_and(|least| micros > least.0.0));
        if job.outcome == Outcome::Failed && self.facts.failures.len() < FAILURES {
            self.facts.failures.push(job.clone());
        }
        if is_slow {
            self.slowest.push(Reverse((micros, index)));
            if self.slowest.len() > SLOWEST
                && let Some(Reverse((_, out))) = self.slowest.pop()
            {
                self.kept.remove(&out);
            }
            self.kept.insert(
                index,
                JobFacts {
                    stderr: Vec::new(),
                    ..job
                },
            );
        }
    }

    fn draw(&mut self, job: &JobFacts) {
        let facts = &mut self.facts;
        let index = facts.spans.len();
        facts.has_slots = (facts.has_slots || index == 0) && job.slot.is_some();
        match index {
            0..DRAWN => facts.names.push(job.name.clone()),
            DRAWN => facts.names = Vec::new(),
            _ => {}
        }
        facts.spans.push(Span {
            start: job.started,
            end: job.started + job.seconds.max(0.0),
            outcome: job.outcome,
            lane: job.slot.unwrap_or(0),
            index,
            bytes: job.bytes,
        });
    }

    /// Returns all that was gathered, with a lane for each job.
    pub(super) fn finish(self, rest: impl FnOnce(&mut RunFacts)) -> RunFacts {
        let mut facts = self.facts;
        facts.spans.sort_by(|a, b| a.start.total_cmp(&b.start));
        if !facts.has_slots {
            share_lanes(&mut facts.spans);
        }
        facts.lanes = facts.spans.iter().map(|span| span.lane + 1).max().unwrap_or(0);
        let mut slowest: Vec<_> = self.kept.into_values().collect();
        slowest.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        facts.slowest = slowest;
        rest(&mut facts);
        facts
    }
}

/// Gives each job the lowest lane that is free when it begins. Times are known to a millisecond, so a job may
/// begin two of these before the one before it ends.
fn share_lanes(spans: &mut [Span]) {
    const SLACK: f64 = 0.002;
    let mut free: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut busy: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let micros = |seconds: f64| (seconds.max(0.0) * 1e6) as u64;
    let mut lanes = 0;
    for span in spans {
        while let Some(&Reverse((end, lane))) = busy.peek()
            && end <= micros(span.start + SLACK)
        {
            busy.pop();
            free.push(Reverse(lane));
        }
        span.lane = free.pop().map_or_else(
            || {
                lanes += 1;
                lanes - 1
            },
            |Reverse(lane)| lane,
        );
        busy.push(Reverse((micros(span.end), span.lane)));
    }
}

impl RunFacts {
    /// Returns when the first job began and the last one ended.
    pub(super) fn bounds(&self) -> (f64, f64) {
        let start = self.spans.first().map_or(0.0, |span| span.start);
        let end = self.spans.iter().map(|span| span.end).fold(start, f64::max);
        (start, end)
    }

    /// Returns how long the run took, in seconds; never nothing, so that it can be divided by.
    pub(super) fn wall(&self) -> f64 {
        let (start, end) = self.bounds();
        (end - start).max(1e-6)
    }

    /// Returns how long all jobs took together.
    pub(super) fn busy(&self) -> f64 {
        self.spans.iter().map(Span::seconds).sum()
    }
}
