//! The next job, without ever blocking the main thread: lists that somebody may still be writing are
//! read by a thread of their own.

mod prefetch;

use super::conflicts::gather;
use super::reserved::{ReservedFiles, WhereFrom, inputs};
use crate::job::Job;
use crate::message;
use crate::output::JobFiles;
use crate::plan::{Batch, Empty, Inputs, Plan, WordList};
use crate::source::{
    Batcher, InputResult, JobResult, LastStat, ListedWords, NamedInputs, Scheduler, SourceError, Splitter,
    may_wait, read_names,
};
use crate::state::Fingerprint;
use crate::worker::Task;
use anyhow::anyhow;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use prefetch::{PrefetchItem, Prefetched, Reader, prefetch_names, unseen};

/// Makes jobs of the inputs and holds the one that waits to be sent.
pub struct JobSource {
    from: From,
    next: Option<Job>,
    /// What its inputs were when it was found, where that was looked at.
    stamps: Option<Vec<Fingerprint>>,
    /// Whether it was decided that the one that waits is to be run.
    wanted: bool,
    /// What can't be had, with how many jobs came before it.
    missing: Vec<(u64, SourceError)>,
    /// How many jobs there were.
    made: u64,
    /// Whether there is to be one job where there is no input.
    lone: bool,
}

enum From {
    Walk(Box<dyn Iterator<Item = JobResult> + Send>),
    List(Reader),
    Dry,
}

impl JobSource {
    /// A feed of the plan's inputs.
    ///
    /// # Errors
    /// [`crate::source::NoMatch`] for a pattern that matches nothing, where that is refused; no
    /// thread for a list's reader; what [`gather`] refuses, where the output goes to files.
    pub fn new(plan: &Plan, outputs: Option<&JobFiles>, own: ReservedFiles) -> anyhow::Result<Self> {
        if let Some(outputs) = outputs {
            return Self::gathered(plan, outputs, own);
        }
        let from = match &plan.inputs {
            Inputs::Named(names, walk) => {
                let found = own.left_out(NamedInputs::new(names, walk, plan.empty)?, WhereFrom::Walk);
                match plan.batch {
                    // Who looks at a state wants to know how much is left. And while it is opened, files
                    // can be found that are done.
                    Batch::One if plan.state.is_some() => From::List(looked_at(found, plan)?),
                    Batch::One => From::Walk(Box::new(jobs(found, plan))),
                    // Many names may have to be found before the first job.
                    _ => From::List(Reader::of_list(jobs(found, plan), plan)?),
                }
            }
            Inputs::Listed(lists) => {
                let names = own.left_out(read_names(lists), WhereFrom::List);
                match plan.batch {
                    Batch::One if !may_wait(&lists.files) && plan.state.is_some() => {
                        From::List(looked_at(names, plan)?)
                    }
                    // A thread costs as much as a short job.
                    Batch::One if !may_wait(&lists.files) => From::Walk(Box::new(jobs(names, plan))),
                    _ => From::List(Reader::of_list(jobs(names, plan), plan)?),
                }
            }
            Inputs::Words(words) => {
                let words = open(words)?;
                if words.may_wait() {
                    From::List(Reader::of_list(jobs(words, plan), plan)?)
                } else {
                    From::Walk(Box::new(jobs(words, plan)))
                }
            }
        };
        Ok(JobSource {
            from,
            next: None,
            stamps: None,
            wanted: false,
            missing: Vec::new(),
            made: 0,
            lone: plan.empty == Empty::OneJob,
        })
    }

    /// All jobs, known before the first starts.
    fn gathered(plan: &Plan, outputs: &JobFiles, own: ReservedFiles) -> anyhow::Result<Self> {
        let (jobs, missing) = match &plan.inputs {
            Inputs::Named(names, walk) => {
                let named = NamedInputs::new(names, walk, plan.empty)?;
                let found = own.clone().left_out(named, WhereFrom::Walk);
                gather(jobs(found, plan), outputs, own, Vec::new())?
            }
            Inputs::Listed(lists) => {
                let names = own.clone().left_out(read_names(lists), WhereFrom::List);
                gather(jobs(names, plan), outputs, own, inputs(&plan.inputs))?
            }
            Inputs::Words(words) => gather(jobs(open(words)?, plan), outputs, own, Vec::new())?,
        };
        Ok(JobSource {
            from: From::Walk(Box::new(jobs.into_iter().map(Ok))),
            next: None,
            stamps: None,
            wanted: false,
            missing: missing.into_iter().map(|missing| (0, missing)).collect(),
            made: 0,
            lone: plan.empty == Empty::OneJob,
        })
    }

    /// Makes the next job ready if that is possible without waiting; whether one is.
    pub fn fetch(&mut self) -> bool {
        while self.next.is_none() {
            let found = match &mut self.from {
                From::Dry => return false,
                From::Walk(names) => match names.next() {
                    Some(Err(SourceError::OutOfDescriptors)) => {
                        self.walk_apart();
                        continue;
                    }
                    found => found.map(unseen),
                },
                From::List(reader) => match reader.next() {
                    Ok(found) => Some(found),
                    Err(TryRecvError::Empty) => return false,
                    Err(TryRecvError::Disconnected) => None,
                },
            };
            self.take_in(found);
        }
        true
    }

    /// Has a thread find the rest, as it is to wait for descriptors that only jobs in work give back.
    fn walk_apart(&mut self) {
        let (hand, handed) = bounded(1);
        // Without a thread, the walk waits here.
        if let Ok(reader) = Reader::of_rest(handed)
            && let From::Walk(names) = std::mem::replace(&mut self.from, From::List(reader))
        {
            let _ = hand.send(names);
        }
    }

    /// Takes what came through the channel; `None` is its end.
    pub fn received(&mut self, found: Option<PrefetchItem>) {
        if let (From::List(reader), Some(_)) = (&mut self.from, &found) {
            reader.count();
        }
        self.take_in(found);
    }

    /// Takes what a source gave; `None` is its end.
    fn take_in(&mut self, found: Option<PrefetchItem>) {
        match found {
            Some(Ok(Prefetched { job, stamps })) => {
                self.wanted = false;
                self.made += 1;
                self.next = Some(job);
                self.stamps = stamps;
            }
            Some(Err(SourceError::OutOfDescriptors)) => {}
            Some(Err(missing)) => self.missing.push((self.made, missing)),
            None => {
                self.from = From::Dry;
                let inputs = Vec::new();
                self.next = self.lone.then_some(Job { seq: 0, inputs });
                self.stamps = None;
            }
        }
        self.lone = false;
    }

    /// Whether a job is ready, and it was not yet decided whether it is to be run.
    pub fn is_undecided(&self) -> bool {
        self.next.is_some() && !self.wanted
    }

    /// The job that is ready, if it was not yet decided whether it is to be run, and what was seen of its
    /// inputs, if they were looked at.
    pub fn undecided(&mut self) -> Option<(&Job, Option<Vec<Fingerprint>>)> {
        let stamps = self.stamps.take();
        self.next
            .as_ref()
            .filter(|_| !self.wanted)
            .map(|job| (job, stamps))
    }

    /// Has the job that is ready run, or leaves it out.
    pub fn decide(&mut self, wanted: bool) {
        self.wanted = wanted;
        if !wanted {
            self.next = None;
        }
    }

    /// The job that is ready.
    pub fn take(&mut self) -> Option<Job> {
        self.next.take()
    }

    /// Puts a job back that could not be sent.
    pub fn put_back(&mut self, task: Task) {
        if let Task::Job(job) = task {
            self.next = Some(job);
        }
    }

    /// Whether no job is ready and none will be.
    pub fn is_dry(&self) -> bool {
        self.next.is_none() && matches!(self.from, From::Dry)
    }

    /// How many jobs have not been taken yet, where that is known.
    pub fn left(&self) -> Option<u64> {
        let ready = u64::from(self.next.is_some());
        match &self.from {
            From::Dry => Some(ready),
            From::Walk(names) => match names.size_hint() {
                (least, Some(most)) if least == most => Some(ready + least as u64),
                _ => None,
            },
            From::List(reader) => reader.left().map(|left| left + ready),
        }
    }

    /// How many jobs it was not yet decided about, where that is known.
    pub fn undecided_left(&self) -> Option<u64> {
        self.left()
            .map(|left| left - u64::from(self.next.is_some() && self.wanted))
    }

    /// The channel to wait on while no job is ready.
    pub fn channel(&self) -> Option<&Receiver<PrefetchItem>> {
        match &self.from {
            From::List(reader) if self.next.is_none() => reader.channel(),
            _ => None,
        }
    }

    /// The inputs that could not be had since this was last asked, each with how many jobs came before
    /// it.
    pub fn take_missing(&mut self) -> Vec<(u64, SourceError)> {
        std::mem::take(&mut self.missing)
    }
}

fn open(words: &WordList) -> anyhow::Result<ListedWords> {
    ListedWords::open(words).map_err(|cause| {
        let name = words.display_name();
        anyhow!("Cannot open input file '{name}': {}", message::system(&cause))
    })
}

/// The jobs of what was found.
fn jobs<I: Iterator<Item = InputResult>>(found: I, plan: &Plan) -> Scheduler<Batcher<Splitter<I>>> {
    jobs_seen(found, plan, None)
}

/// The jobs of what is found, each looked at when it is.
fn looked_at(
    found: impl Iterator<Item = InputResult> + Send + 'static,
    plan: &Plan,
) -> anyhow::Result<Reader> {
    let glance = LastStat::default();
    let jobs = jobs_seen(prefetch_names(found)?, plan, Some(glance.clone()));
    Reader::of_walk(jobs, glance)
}

/// The jobs of what was found; what is seen of files on the way is left in `glance`.
fn jobs_seen<I: Iterator<Item = InputResult>>(
    found: I,
    plan: &Plan,
    glance: Option<LastStat>,
) -> Scheduler<Batcher<Splitter<I>>> {
    let batches = Batcher::new(Splitter::new(found, plan.unit, glance), plan.batch);
    Scheduler::new(batches, plan.schedule)
}
