//! How far the run is, in jobs and bytes, and when that is shown.
//!
//! It does not know how it is shown.

use super::job_totals::JobTotals;
use super::report::Summary;
use crate::control::Control;
use crate::job::{Input, Job};
use crate::message;
use crate::plan::{Batch, Plan, ProgressPlan};
use crate::progress::{ProgressDisplay, RunPosition};
use crossbeam_channel::{Receiver, at, never};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many of the jobs that run longest are named.
const NAMED: usize = 3;

/// A job that was sent to the workers.
struct SentJob {
    number: u64,
    bytes: u64,
    inputs: Vec<String>,
}

/// Counts what jobs are about. Where nobody asks for it, it does nothing.
pub(super) struct Meter<'a> {
    plan: &'a Plan,
    control: &'a Control,
    began: Instant,
    display: Option<ProgressDisplay>,
    /// When it is shown next.
    next: Instant,
    sent: BTreeMap<u64, SentJob>,
    bytes: u64,
    remembered_bytes: u64,
    totals: Option<JobTotals>,
}

impl<'a> Meter<'a> {
    /// Creates the meter of a run that begins now.
    pub(super) fn new(plan: &'a Plan, control: &'a Control) -> Self {
        let display = match plan.progress {
            ProgressPlan::None => None,
            ProgressPlan::Bar => Some(ProgressDisplay::bar()),
            ProgressPlan::Lines => Some(ProgressDisplay::Lines),
            ProgressPlan::Json => Some(ProgressDisplay::Json),
        };
        let began = Instant::now();
        let next = display
            .as_ref()
            .map_or(began, |display| began + display.pause(true));
        Meter {
            plan,
            control,
            began,
            display,
            next,
            sent: BTreeMap::new(),
            bytes: 0,
            remembered_bytes: 0,
            totals: None,
        }
    }

    fn is_on(&self) -> bool {
        self.display.is_some() || self.plan.counts_bytes
    }

    /// Takes note of a job that is sent to the workers.
    pub(super) fn job_sent(&mut self, job: &Job) {
        if self.is_on() {
            let name = |input: &Input| message::display_name(input.name()).into_owned();
            let inputs = match self.display {
                Some(_) => job.inputs.iter().map(name).collect(),
                None => Vec::new(),
            };
            let bytes = job.inputs.iter().map(bytes_of).sum();
            self.sent.insert(
                job.seq,
                SentJob {
                    number: job.number,
                    bytes,
                    inputs,
                },
            );
        }
    }

    /// Takes note of a job that an earlier run did.
    pub(super) fn job_remembered(&mut self, job: &Job) {
        if self.is_on() {
            self.remembered_bytes += job.inputs.iter().map(bytes_of).sum::<u64>();
        }
    }

    /// Takes note of a job that has ended; `None`: the end of the run stopped it.
    pub(super) fn job_ended(&mut self, seq: u64, failure: Option<Option<&str>>) {
        let Some(sent) = self.sent.remove(&seq) else {
            return;
        };
        let Some(failure) = failure else { return };
        self.bytes += sent.bytes;
        if let Some(display) = &self.display {
            display.job_ended(sent.number, &sent.inputs, failure);
        }
    }

    /// Returns the size of the inputs of jobs that ended.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns a channel that fires when it is to be shown.
    pub(super) fn due(&self) -> Receiver<Instant> {
        match self.display {
            Some(_) => at(self.next),
            None => never(),
        }
    }

    /// Shows how far the run is, when it is time. `left` is how many jobs have not been sent, if that is known.
    pub(super) fn show_when_due(&mut self, summary: &Summary, left: Option<u64>) {
        let Some(display) = self.display.take_if(|_| Instant::now() >= self.next) else {
            return;
        };
        if self.totals.is_none() {
            self.totals = Some(JobTotals::count(self.plan));
        }
        display.show(&self.position(summary, left));
        self.next = Instant::now() + display.pause(false);
        self.display = Some(display);
    }

    /// Ends the display.
    pub(super) fn end(&mut self, summary: &Summary, left: Option<u64>) {
        if let Some(display) = self.display.take() {
            display.end(&self.position(summary, left));
        }
    }

    fn position(&self, summary: &Summary, left: Option<u64>) -> RunPosition {
        let mut running = self.control.in_flight();
        let done = summary.done - summary.parts;
        let ended = done + summary.failures.count + summary.remembered;
        let counted = self.totals.as_ref().and_then(JobTotals::get);
        // Parts of files are jobs, too, but not to people.
        let sent = left.filter(|_| summary.parts == 0);
        let jobs = sent.map(|left| ended + self.sent.len() as u64 + left);
        let bytes = self.bytes + self.remembered_bytes + self.sent.values().map(|job| job.bytes).sum::<u64>();
        let (jobs, all_bytes) = match counted {
            Some((files, bytes)) => {
                let files = Some(files).filter(|_| matches!(self.plan.batch, Batch::One));
                (jobs.or(files), Some(bytes))
            }
            None => (jobs, Some(bytes).filter(|_| left == Some(0))),
        };
        let is_running = running.len() as u64;
        running.sort_by_key(|job| std::cmp::Reverse(job.age));
        let longest = running.iter().filter_map(|job| {
            let name = self.sent.get(&job.seq)?.inputs.first()?.clone();
            Some((name, job.age))
        });
        RunPosition {
            elapsed: self.began.elapsed(),
            done,
            failed: summary.failures.count,
            remembered: summary.remembered,
            running: is_running,
            jobs: jobs.map(|jobs| jobs.max(ended)),
            bytes: self.bytes,
            remembered_bytes: self.remembered_bytes,
            all_bytes: all_bytes.filter(|all| *all > 0),
            longest: longest.take(NAMED).collect(),
        }
    }
}

/// Returns how many bytes an input has to read; 0 if that is not known.
fn bytes_of(input: &Input) -> u64 {
    let of_file = |name| std::fs::metadata(name).map_or(0, |found| found.len());
    match input {
        Input::File(name) => of_file(name),
        Input::Range { name, start, end } | Input::Part { name, start, end, .. } => {
            let end = if *end == u64::MAX { of_file(name) } else { *end };
            end.saturating_sub(*start)
        }
        Input::Tail { name, from, end, .. } => {
            let end = if *end == u64::MAX { of_file(name) } else { *end };
            end.saturating_sub(*from)
        }
        Input::Block(bytes) => bytes.len() as u64,
        Input::Opened(_) | Input::Stdin | Input::Queue(_) | Input::Word { .. } => 0,
    }
}
