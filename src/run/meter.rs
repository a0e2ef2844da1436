//! How far the run is, in jobs and bytes, and when that is shown.
//!
//! It does not know how it is shown.

use super::job_totals::JobTotals;
use super::report::Summary;
use crate::control::{Control, InFlight};
use crate::job::{Input, Job};
use crate::message;
use crate::plan::{Batch, InputSizes, Plan, ProgressPlan};
use crate::progress::{ProgressDisplay, RunPosition};
use crossbeam_channel::{Receiver, at, never};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many of the jobs that run longest are named.
const NAMED: usize = 3;

/// How many sizes of inputs are looked up for progress when a run begins, and in each second of it: so few that it
/// takes less than a hundredth of the time of one core. When jobs come faster, they are counted instead.
const LOOK_UPS: u64 = 200;
const LOOK_UPS_A_SECOND: u64 = 5000;

/// A job that was sent to the workers.
struct SentJob {
    number: u64,
    /// The size of its inputs, once that is known.
    bytes: Option<u64>,
    /// How many of these were read, when it has ended.
    read: u64,
    inputs: Vec<Input>,
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
    /// How many sizes were looked up.
    look_ups: u64,
    /// Whether the size of each job is known, or can be.
    knows_sizes: bool,
    /// The size of the inputs of jobs that ended.
    bytes: u64,
    /// How many bytes were shown as read. A try that begins anew takes none of them back.
    shown: u64,
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
            look_ups: 0,
            knows_sizes: true,
            bytes: 0,
            shown: 0,
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
            let bytes = match self.plan.sizes {
                InputSizes::Read => None,
                InputSizes::Looked => self.look_up(job),
            };
            let inputs = match self.display {
                Some(_) => job.inputs.clone(),
                None => Vec::new(),
            };
            let sent = SentJob {
                number: job.number,
                bytes,
                read: 0,
                inputs,
            };
            self.sent.insert(job.seq, sent);
        }
    }

    /// Takes note of a job that an earlier run did.
    pub(super) fn job_remembered(&mut self, job: &Job) {
        if self.is_on() {
            self.remembered_bytes += self.look_up(job).unwrap_or(0);
        }
    }

    /// Returns the size of a job's inputs, unless looking it up would take too much of the run's time. The summary
    /// has it at any price.
    fn look_up(&mut self, job: &Job) -> Option<u64> {
        let allowed = LOOK_UPS + self.began.elapsed().as_millis() as u64 * LOOK_UPS_A_SECOND / 1000;
        self.look_ups += job.inputs.len() as u64;
        self.knows_sizes &= self.look_ups <= allowed || self.plan.counts_bytes;
        self.knows_sizes.then(|| bytes_of(&job.inputs))
    }

    /// Takes note of how large the inputs of a job were that has ended, as far as this process opened them. It may
    /// count only together with others.
    pub(super) fn job_read(&mut self, seq: u64, size: u64) {
        if let Some(sent) = self.sent.get_mut(&seq) {
            sent.read = match self.plan.sizes {
                InputSizes::Read => *sent.bytes.insert(size),
                InputSizes::Looked => sent.bytes.unwrap_or(0),
            };
        }
    }

    /// Takes note of a job that has ended; `None`: the end of the run stopped it.
    pub(super) fn job_ended(&mut self, seq: u64, failure: Option<Option<&str>>) {
        let Some(sent) = self.sent.remove(&seq) else {
            return;
        };
        let Some(failure) = failure else { return };
        self.bytes += sent.bytes.unwrap_or(0);
        if let Some(display) = &self.display {
            let name = |input: &Input| message::display_name(input.name()).into_owned();
            let inputs = || sent.inputs.iter().map(name).collect();
            display.job_ended(sent.number, inputs, failure);
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
        let position = self.position(summary, left);
        display.show(&position);
        self.next = Instant::now() + display.pause(false);
        self.display = Some(display);
    }

    /// Ends the display.
    pub(super) fn end(&mut self, summary: &Summary, left: Option<u64>) {
        if let Some(display) = self.display.take() {
            display.end(&self.position(summary, left));
        }
    }

    fn position(&mut self, summary: &Summary, left: Option<u64>) -> RunPosition {
        let mut running = self.control.in_flight();
        let done = summary.done - summary.parts;
        let ended = done + summary.failures.count + summary.remembered;
        // Parts of files are jobs, too, but not to people.
        let sent = left.filter(|_| summary.parts == 0);
        let jobs = sent.map(|left| ended + self.sent.len() as u64 + left);
        self.shown = self.shown.max(self.bytes + self.read_meanwhile(&running));
        let (jobs, all_bytes) = match self.totals.as_ref().and_then(JobTotals::get) {
            Some((files, bytes)) => {
                let files = Some(files).filter(|_| matches!(self.plan.batch, Batch::One));
                (jobs.or(files), Some(bytes))
            }
            None if left == Some(0) => (jobs, Some(self.bytes_of_sent())),
            None => (jobs, None),
        };
        let is_running = running.len() as u64;
        running.sort_by_key(|job| std::cmp::Reverse(job.age));
        let longest = running.iter().filter_map(|job| {
            let first = self.sent.get(&job.seq)?.inputs.first()?;
            Some((message::display_name(first.name()).into_owned(), job.age))
        });
        RunPosition {
            elapsed: self.began.elapsed(),
            done,
            failed: summary.failures.count,
            remembered: summary.remembered,
            running: is_running,
            jobs: jobs.map(|jobs| jobs.max(ended)),
            bytes: self.shown,
            remembered_bytes: self.remembered_bytes,
            all_bytes: all_bytes.filter(|all| *all > 0 && self.knows_sizes),
            longest: longest.take(NAMED).collect(),
        }
    }

    /// Returns how much was read of the inputs of jobs that do not count yet: those that run, and parts of files that
    /// wait for other parts.
    fn read_meanwhile(&self, running: &[InFlight]) -> u64 {
        let waiting: u64 = self.sent.values().map(|sent| sent.read).sum();
        let read = running.iter().filter_map(|job| {
            let sent = self.sent.get(&job.seq).filter(|sent| sent.read == 0)?;
            Some(job.read.min(sent.bytes.unwrap_or(u64::MAX)))
        });
        waiting + read.sum::<u64>()
    }

    /// Returns the size of the inputs of all jobs, when all have been sent: few have not ended, so that the sizes of
    /// those can be looked up.
    fn bytes_of_sent(&mut self) -> u64 {
        let sizes = self.sent.values_mut().map(|sent| {
            let inputs = &sent.inputs;
            *sent.bytes.get_or_insert_with(|| bytes_of(inputs))
        });
        self.bytes + self.remembered_bytes + sizes.sum::<u64>()
    }
}

/// Returns how many bytes the inputs of a job have to read, as far as that is known.
fn bytes_of(inputs: &[Input]) -> u64 {
    inputs.iter().map(bytes_of_input).sum()
}

/// Returns how many bytes an input has to read; 0 if that is not known.
fn bytes_of_input(input: &Input) -> u64 {
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
