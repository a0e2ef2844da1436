//! The jobs of a run. A thread of their own finds them, so that the main thread never blocks: not on a list
//! that somebody is still writing, nor on a slow file system, nor while file descriptors are scarce.
//!
//! It does not know which of the jobs are to be run.

use super::error::RunError;
use crate::job::Job;
use crate::output::{JobFiles, Origin, ReservedFiles};
use crate::plan::{Empty, Inputs, Plan};
use crate::source::{
    Batcher, InputResult, JobResult, ListedWords, NamedInputs, Scheduler, SourceError, Splitter, read_names,
};
use crate::sys::spawn_thread;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many jobs of few inputs the thread may be ahead. The splitter has the system read the parts of a
/// compressed file that it has found, so these are some 512 MiB.
const AHEAD: usize = 128;

/// The same under `--state`, which records how many jobs are left: about 2 MB of names.
const AHEAD_OF_STATE: usize = 10_000;

/// The number of jobs while it is not known.
const UNKNOWN: u64 = u64::MAX;

/// Receives the jobs, and holds the one that comes next.
pub(crate) struct JobSource {
    /// What the thread has found; `None` once everything is received.
    found: Option<Receiver<JobResult>>,
    /// Items that were received together: for each alone, the thread would have to be woken.
    batch: VecDeque<JobResult>,
    next: Option<Job>,
    /// Inputs that are not available, each with how many jobs come before it.
    errors: Vec<(u64, SourceError)>,
    /// How many jobs were received.
    received: u64,
    /// How many jobs there are, or [`UNKNOWN`].
    total: Arc<AtomicU64>,
    /// Whether there is to be one job without inputs when there is no input.
    lone: bool,
}

impl JobSource {
    /// Starts to find the plan's jobs. When each has an output file, all are found before this returns: no two
    /// may have the same.
    ///
    /// # Errors
    /// A pattern that matches nothing, when that is refused; a list of words that can't be opened; no thread;
    /// what [`ReservedFiles::reserve_outputs`] refuses.
    pub(crate) fn new(plan: &Plan, outputs: Option<&JobFiles>, own: ReservedFiles) -> Result<Self, RunError> {
        let inputs: Box<dyn Iterator<Item = InputResult> + Send> = match &plan.inputs {
            Inputs::Named(names, walk) => {
                let named = NamedInputs::new(names, walk, plan.empty)?;
                Box::new(own.clone().exclude_from(named, Origin::Walk))
            }
            Inputs::Listed(lists) => Box::new(own.clone().exclude_from(read_names(lists), Origin::List)),
            Inputs::Words(words) => Box::new(ListedWords::open(words).map_err(|cause| RunError::Words {
                name: words.display_name(),
                cause,
            })?),
        };
        let batches = Batcher::new(Splitter::new(inputs, plan.unit), plan.batch);
        let jobs = Scheduler::new(batches, plan.schedule);
        let Some(outputs) = outputs else {
            return JobSource::start(jobs, plan);
        };
        let (jobs, missing) = own.reserve_outputs(jobs, outputs, &plan.inputs)?;
        let mut source = JobSource::start(jobs.into_iter().map(Ok), plan)?;
        source.errors = missing.into_iter().map(|missing| (0, missing)).collect();
        Ok(source)
    }

    fn start(jobs: impl Iterator<Item = JobResult> + Send + 'static, plan: &Plan) -> Result<Self, RunError> {
        let ahead = match plan.batch.is_small() {
            true if plan.state.is_some() => AHEAD_OF_STATE,
            true => AHEAD,
            // Jobs of many inputs are large, and last long: being one ahead is enough.
            false => 1,
        };
        let (sender, found) = bounded(ahead);
        let known = match jobs.size_hint() {
            (least, Some(most)) if least == most => most as u64,
            _ => UNKNOWN,
        };
        let total = Arc::new(AtomicU64::new(known));
        let shared = Arc::clone(&total);
        let find = move || {
            let mut count = 0;
            for job in jobs {
                count += u64::from(job.is_ok());
                if sender.send(job).is_err() {
                    return;
                }
            }
            shared.store(count, Ordering::Release);
        };
        // It is not joined: a read of standard input may never return.
        spawn_thread("inputs", find).map_err(RunError::about("can't start the thread that finds inputs"))?;
        Ok(JobSource {
            found: Some(found),
            batch: VecDeque::new(),
            next: None,
            errors: Vec::new(),
            received: 0,
            total,
            lone: plan.empty == Empty::OneJob,
        })
    }

    /// Makes the next job ready if that is possible without blocking. Returns whether one is.
    pub(crate) fn fetch(&mut self) -> bool {
        while self.next.is_none()
            && let Some(found) = &self.found
        {
            if self.batch.is_empty() {
                self.batch.extend(found.try_iter().take(AHEAD));
            }
            match self.batch.pop_front().map_or_else(|| found.try_recv(), Ok) {
                Ok(item) => self.receive(Some(item)),
                Err(TryRecvError::Disconnected) => self.receive(None),
                Err(TryRecvError::Empty) => return false,
            }
        }
        self.next.is_some()
    }

    /// Takes what came through the channel; `None` is its end.
    pub(crate) fn receive(&mut self, item: Option<JobResult>) {
        match item {
            Some(Ok(job)) => {
                self.received += 1;
                self.next = Some(job);
            }
            Some(Err(error)) => self.errors.push((self.received, error)),
            None => {
                self.found = None;
                let inputs = Vec::new();
                self.next = self.lone.then_some(Job { seq: 0, inputs });
            }
        }
        self.lone = false;
    }

    /// Takes the job that is ready, if one is.
    pub(crate) fn take(&mut self) -> Option<Job> {
        self.next.take()
    }

    /// Returns whether no job is ready and none will be.
    pub(crate) fn is_dry(&self) -> bool {
        self.next.is_none() && self.found.is_none()
    }

    /// Returns how many jobs have not been taken yet, if that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        let to_come = match (&self.found, self.total.load(Ordering::Acquire)) {
            (None, _) => 0,
            (Some(_), UNKNOWN) => return None,
            (Some(_), total) => total - self.received,
        };
        Some(to_come + u64::from(self.next.is_some()))
    }

    /// Returns the channel to wait on while no job is ready.
    pub(crate) fn channel(&self) -> Option<&Receiver<JobResult>> {
        let is_waiting = self.next.is_none() && self.batch.is_empty();
        self.found.as_ref().filter(|_| is_waiting)
    }

    /// Returns the inputs that turned out not to be available since the last call, each with how many jobs
    /// come before it.
    pub(crate) fn take_errors(&mut self) -> Vec<(u64, SourceError)> {
        std::mem::take(&mut self.errors)
    }
}
