//! The jobs of a run. A thread of their own finds them, so that the main thread never blocks: not on a list
//! that somebody is still writing, nor on a slow file system, nor while file descriptors are scarce.
//!
//! It does not know which of the jobs are to be run.

use super::error::RunError;
use crate::job::{Input, Job};
use crate::message;
use crate::output::{Origin, ReservedFiles, StreamFiles};
use crate::plan::{ArgumentOrigin, Empty, Inputs, NameUse, Plan, Shard};
use crate::source::{
    ArgumentJobs, Batcher, BlockJobs, InputResult, JobResult, ListedWords, Listing, NamedInputs, Numbering,
    Scheduler, Sharded, SharedListing, SourceError, Splitter, deal, literal_names, read_names,
};
use crate::sys::{Stdin, spawn_thread};
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::vec;

/// How many jobs of few inputs the thread may be ahead. The splitter has the system read the parts of a
/// compressed file that it has found, so these are some 512 MiB.
const AHEAD: usize = 128;

/// The same under `--state`, which records how many jobs are left: about 2 MB of names.
const AHEAD_OF_STATE: usize = 10_000;

/// How many jobs the thread hands over together at most: for each alone, the main thread would have to be woken.
const CHUNK: usize = 32;

/// How long a job that was found waits at most for others to be handed over with it.
const CHUNK_TIME: Duration = Duration::from_millis(1);

/// The number of jobs while it is not known.
const UNKNOWN: u64 = u64::MAX;

/// Receives the jobs, and holds the one that comes next.
pub(crate) struct JobSource {
    /// What the thread has found; `None` once everything is received.
    found: Option<Receiver<Vec<JobResult>>>,
    /// What was received, and is still to come.
    chunk: vec::IntoIter<JobResult>,
    next: Option<Job>,
    /// Inputs that are not available, each with how many jobs come before it.
    errors: Vec<(u64, SourceError)>,
    /// How many jobs were received.
    received: u64,
    /// How many jobs there are, or [`UNKNOWN`].
    total: Arc<AtomicU64>,
    /// Whether there is to be one job without inputs when there is no input.
    lone: bool,
    /// All inputs, those of other shards too; set once they are found, when there are shards or the fold is saved.
    listing: SharedListing,
}

impl JobSource {
    /// Returns the source of jobs that another process has found.
    pub(crate) fn from_feed(feed: Receiver<Vec<JobResult>>) -> Self {
        JobSource {
            found: Some(feed),
            chunk: Vec::new().into_iter(),
            next: None,
            errors: Vec::new(),
            received: 0,
            total: Arc::new(AtomicU64::new(UNKNOWN)),
            lone: false,
            listing: SharedListing::default(),
        }
    }

    /// Starts to find the plan's jobs. When each has an output file, all are found before this returns: no two
    /// may have the same.
    ///
    /// # Errors
    /// A pattern that matches nothing, when that is refused; a list of words that can't be opened; no thread;
    /// what [`ReservedFiles::reserve_outputs`] refuses.
    pub(crate) fn new(plan: &Plan, outputs: StreamFiles<'_>, own: ReservedFiles) -> Result<Self, RunError> {
        let list_error = |(name, cause): (OsString, io::Error)| RunError::Words {
            name: message::display_name(&name).into_owned(),
            cause,
        };
        let inputs: Box<dyn Iterator<Item = InputResult> + Send> = match &plan.inputs {
            Inputs::Values(values) => {
                let input = |word: &OsString| Input::Word {
                    word: word.clone(),
                    ends_line: true,
                };
                let inputs = |words: &Vec<OsString>| Ok(words.iter().map(input).collect());
                let inputs: Vec<_> = values.iter().map(inputs).collect();
                let jobs = Scheduler::new(inputs.into_iter(), plan.schedule, Numbering::new(None));
                return JobSource::reserved(jobs, plan, outputs, own);
            }
            Inputs::Blocks(blocks) => {
                let blocks = BlockJobs::open(blocks).map_err(list_error)?;
                let jobs = Scheduler::new(blocks, plan.schedule, Numbering::new(None));
                return JobSource::reserved(jobs, plan, outputs, own);
            }
            Inputs::Arguments(sources) => {
                let jobs = ArgumentJobs::open(sources).map_err(list_error)?;
                let jobs = Scheduler::new(jobs, plan.schedule, Numbering::new(None));
                return JobSource::reserved(jobs, plan, outputs, own);
            }
            Inputs::Named(names, walk) if plan.names == NameUse::Opened => {
                Box::new(literal_names(names, walk))
            }
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
        let inputs: Box<dyn Iterator<Item = InputResult> + Send> = match plan.names {
            NameUse::Files => inputs,
            NameUse::Opened => Box::new(inputs.map(|found| found.map(opened))),
        };
        if plan.shard.is_none() && plan.save.is_none() {
            return JobSource::reserved(jobs(inputs, plan, None), plan, outputs, own);
        }
        let listing = SharedListing::default();
        let mut source = match plan.shard.filter(|_| !outputs.is_empty()) {
            None => {
                let inputs = Sharded::new(inputs, plan.shard, Arc::clone(&listing));
                JobSource::reserved(jobs(inputs, plan, plan.shard), plan, outputs, own)?
            }
            Some(shard) => {
                let shards = deal(inputs, shard, Arc::clone(&listing));
                JobSource::reserved_shard(shards, shard, plan, outputs, own)?
            }
        };
        source.listing = listing;
        Ok(source)
    }

    /// Starts to find the jobs of one shard, once the files of the outputs of all shards are reserved: no two of them may
    /// have the same either.
    fn reserved_shard(
        shards: BTreeMap<Shard, Vec<InputResult>>,
        own_shard: Shard,
        plan: &Plan,
        outputs: StreamFiles<'_>,
        own: ReservedFiles,
    ) -> Result<Self, RunError> {
        let jobs = shards.into_iter().flat_map(|(shard, inputs)| {
            let is_own = own_shard.owns(shard.index);
            let jobs = jobs(inputs.into_iter(), plan, Some(shard));
            jobs.filter(move |found| is_own || found.is_ok())
        });
        let (jobs, missing) = own.reserve_outputs(jobs, outputs, &plan.inputs)?;
        let jobs = jobs.into_iter().filter(move |job| own_shard.owns(job.number));
        let mut source = JobSource::start(jobs.map(Ok), plan)?;
        source.errors = missing.into_iter().map(|missing| (0, missing)).collect();
        Ok(source)
    }

    /// Starts to find these jobs, once the files of their outputs are reserved.
    fn reserved(
        jobs: impl Iterator<Item = JobResult> + Send + 'static,
        plan: &Plan,
        outputs: StreamFiles<'_>,
        own: ReservedFiles,
    ) -> Result<Self, RunError> {
        if outputs.is_empty() {
            return JobSource::start(jobs, plan);
        }
        let (jobs, missing) = own.reserve_outputs(jobs, outputs, &plan.inputs)?;
        let mut source = JobSource::start(jobs.into_iter().map(Ok), plan)?;
        source.errors = missing.into_iter().map(|missing| (0, missing)).collect();
        Ok(source)
    }

    fn start(jobs: impl Iterator<Item = JobResult> + Send + 'static, plan: &Plan) -> Result<Self, RunError> {
        let (ahead, chunk) = match plan.batch.is_small() {
            // Jobs of many inputs are large, and last long: being one ahead is enough.
            false => (1, 1),
            true if plan.state.is_some() => (AHEAD_OF_STATE, CHUNK),
            true => (AHEAD, CHUNK),
        };
        let chunk = if may_block(&plan.inputs) { 1 } else { chunk };
        let (sender, found) = bounded(ahead / chunk);
        let known = match jobs.size_hint() {
            (least, Some(most)) if least == most => most as u64,
            _ => UNKNOWN,
        };
        let total = Arc::new(AtomicU64::new(known));
        let shared = Arc::clone(&total);
        // It is not joined: a read of standard input may never return.
        let find = move || shared.store(hand_over(jobs, chunk, &sender), Ordering::Release);
        spawn_thread("inputs", find).map_err(RunError::about("can't start the thread that finds inputs"))?;
        Ok(JobSource {
            found: Some(found),
            chunk: Vec::new().into_iter(),
            next: None,
            errors: Vec::new(),
            received: 0,
            total,
            lone: plan.empty == Empty::OneJob,
            listing: SharedListing::default(),
        })
    }

    /// Makes the next job ready if that is possible without blocking. Returns whether one is.
    pub(crate) fn fetch(&mut self) -> bool {
        loop {
            while self.next.is_none()
                && let Some(item) = self.chunk.next()
            {
                match item {
                    Ok(job) => {
                        self.received += 1;
                        self.next = Some(job);
                    }
                    Err(error) => self.errors.push((self.received, error)),
                }
            }
            match &self.found {
                Some(found) if self.next.is_none() => match found.try_recv() {
                    Ok(chunk) => self.receive(Some(chunk)),
                    Err(TryRecvError::Disconnected) => self.receive(None),
                    Err(TryRecvError::Empty) => return false,
                },
                _ => return self.next.is_some(),
            }
        }
    }

    /// Takes what came through the channel while no job was ready; `None` is its end.
    pub(crate) fn receive(&mut self, chunk: Option<Vec<JobResult>>) {
        match chunk {
            Some(chunk) => self.chunk = chunk.into_iter(),
            None => {
                self.found = None;
                let inputs = Vec::new();
                self.next = self.lone.then_some(Job {
                    seq: 0,
                    number: 1,
                    inputs,
                });
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

    /// Returns all inputs, those of other shards too, once all are found; `None` when they are not counted.
    pub(crate) fn listing(&self) -> Option<&Listing> {
        self.listing.get()
    }

    /// Returns the channel to wait on while no job is ready.
    pub(crate) fn channel(&self) -> Option<&Receiver<Vec<JobResult>>> {
        let is_waiting = self.next.is_none() && self.chunk.len() == 0;
        self.found.as_ref().filter(|_| is_waiting)
    }

    /// Returns the inputs that turned out not to be available since the last call, each with how many jobs
    /// come before it.
    pub(crate) fn take_errors(&mut self) -> Vec<(u64, SourceError)> {
        std::mem::take(&mut self.errors)
    }
}

/// Returns the input that a command prints, out of a listed name.
fn opened(input: Input) -> Input {
    match input {
        Input::File(name) => Input::Opened(name),
        other => other,
    }
}

/// Returns the jobs of these inputs.
fn jobs<I: Iterator<Item = InputResult>>(
    inputs: I,
    plan: &Plan,
    shard: Option<Shard>,
) -> Scheduler<Batcher<Splitter<I>>> {
    let batches = Batcher::new(Splitter::new(inputs, plan.unit), plan.batch);
    Scheduler::new(batches, plan.schedule, Numbering::new(shard))
}

/// Sends the jobs, in chunks that grow up to `most` jobs, until there are no more or nobody listens. Returns how many
/// there were.
fn hand_over(jobs: impl Iterator<Item = JobResult>, most: usize, sender: &Sender<Vec<JobResult>>) -> u64 {
    let (mut count, mut size, mut chunk) = (0, 1, Vec::new());
    let mut started = Instant::now();
    for job in jobs {
        count += u64::from(job.is_ok());
        if chunk.is_empty() {
            started = Instant::now();
        }
        chunk.push(job);
        if chunk.len() >= size || started.elapsed() >= CHUNK_TIME {
            if sender.send(std::mem::take(&mut chunk)).is_err() {
                return count;
            }
            size = most.min(size * 2);
        }
    }
    if !chunk.is_empty() {
        let _ = sender.send(chunk);
    }
    count
}

/// Returns whether finding the next input may take for ever, so that those before it must not wait for it.
fn may_block(inputs: &Inputs) -> bool {
    let is_regular = |file: Option<&OsString>| match file {
        Some(name) => std::fs::metadata(name).is_ok_and(|found| found.is_file()),
        None => Stdin::new().is_regular(),
    };
    match inputs {
        Inputs::Blocks(_) => true,
        Inputs::Named(..) | Inputs::Values(_) => false,
        Inputs::Arguments(sources) => sources.sources.iter().any(|source| match &source.from {
            ArgumentOrigin::Words(_) => false,
            ArgumentOrigin::File(name) => !is_regular(Some(name)),
            ArgumentOrigin::Stdin => !is_regular(None),
        }),
        Inputs::Listed(lists) if lists.files.is_empty() => !is_regular(None),
        Inputs::Listed(lists) => !lists.files.iter().all(|name| is_regular(Some(name))),
        Inputs::Words(words) => !is_regular(words.file.as_ref()),
    }
}
