//! The next job, without ever blocking the main thread: lists that somebody may still be writing are
//! read by a thread of their own.

use super::gather::gather;
use crate::job::Job;
use crate::message;
use crate::plan::{Batch, Empty, Inputs, Plan, Words};
use crate::sink::Outputs;
use crate::source::{
    Batched, Counted, Cut, Found, ListedWords, Missing, Named, Numbered, Scheduled, may_wait, read_names,
};
use crate::worker::Task;
use anyhow::{Context, anyhow};
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::collections::VecDeque;
use std::thread;

/// Jobs of one name that a list's reader may be ahead.
const AHEAD: usize = 256;

/// Makes jobs of the inputs and holds the one that waits to be sent.
pub struct Feed {
    from: From,
    next: Option<Job>,
    /// Whether it was decided that the one that waits is to be run.
    wanted: bool,
    /// What can't be had, with how many jobs came before it.
    missing: Vec<(u64, Missing)>,
    /// How many jobs there were.
    made: u64,
    /// Whether there is to be one job where there is no input.
    lone: bool,
}

enum From {
    Walk(Box<dyn Iterator<Item = Numbered>>),
    List(Listed),
    Dry,
}

/// What a list's reader has made.
struct Listed {
    names: Receiver<Numbered>,
    /// What was taken together, to wake the reader once and not for each.
    taken: VecDeque<Numbered>,
}

impl Listed {
    fn next(&mut self) -> Result<Numbered, TryRecvError> {
        if self.taken.is_empty() {
            let most = self.names.capacity().unwrap_or(1);
            self.taken.extend(self.names.try_iter().take(most));
        }
        self.taken.pop_front().map_or_else(|| self.names.try_recv(), Ok)
    }
}

impl Feed {
    /// A feed of the plan's inputs.
    ///
    /// # Errors
    /// [`crate::source::NoMatch`] for a pattern that matches nothing, where that is refused; no
    /// thread for a list's reader; what [`gather`] refuses, where the output goes to files.
    pub fn new(plan: &Plan, outputs: Option<&Outputs>) -> anyhow::Result<Self> {
        if let Some(outputs) = outputs {
            return Self::gathered(plan, outputs);
        }
        let from = match &plan.inputs {
            Inputs::Named(names, walk) => {
                let jobs = jobs(Named::new(names, walk, plan.empty)?, plan);
                match plan.batch {
                    // Who looks at a state wants to know how much is left.
                    Batch::One if plan.state.is_some() => From::Walk(Box::new(Counted::new(jobs))),
                    Batch::One => From::Walk(Box::new(jobs)),
                    // Many names may have to be found before the first job.
                    _ => From::List(read(jobs, plan)?),
                }
            }
            Inputs::Listed { files, terminator } => {
                let jobs = jobs(read_names(files.clone(), *terminator), plan);
                // A thread costs as much as a short job.
                match plan.batch {
                    Batch::One if !may_wait(files) => From::Walk(Box::new(jobs)),
                    _ => From::List(read(jobs, plan)?),
                }
            }
            Inputs::Words(words) => {
                let words = open(words)?;
                if words.may_wait() {
                    From::List(read(jobs(words, plan), plan)?)
                } else {
                    From::Walk(Box::new(jobs(words, plan)))
                }
            }
        };
        Ok(Feed {
            from,
            next: None,
            wanted: false,
            missing: Vec::new(),
            made: 0,
            lone: plan.empty == Empty::OneJob,
        })
    }

    /// All jobs, known before the first starts.
    fn gathered(plan: &Plan, outputs: &Outputs) -> anyhow::Result<Self> {
        let (jobs, missing) = match &plan.inputs {
            Inputs::Named(names, walk) => gather(jobs(Named::new(names, walk, plan.empty)?, plan), outputs)?,
            Inputs::Listed { files, terminator } => {
                gather(jobs(read_names(files.clone(), *terminator), plan), outputs)?
            }
            Inputs::Words(words) => gather(jobs(open(words)?, plan), outputs)?,
        };
        Ok(Feed {
            from: From::Walk(Box::new(jobs.into_iter().map(Ok))),
            next: None,
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
                From::Walk(names) => names.next(),
                From::List(listed) => match listed.next() {
                    Ok(found) => Some(found),
                    Err(TryRecvError::Empty) => return false,
                    Err(TryRecvError::Disconnected) => None,
                },
            };
            self.received(found);
        }
        true
    }

    /// Takes what a source gave; `None` is its end.
    pub fn received(&mut self, found: Option<Numbered>) {
        match found {
            Some(Ok(job)) => {
                self.wanted = false;
                self.made += 1;
                self.next = Some(job);
            }
            Some(Err(missing)) => self.missing.push((self.made, missing)),
            None => {
                self.from = From::Dry;
                let inputs = Vec::new();
                self.next = self.lone.then_some(Job { seq: 0, inputs });
            }
        }
        self.lone = false;
    }

    /// The job that is ready, if it was not yet decided whether it is to be run.
    pub fn undecided(&self) -> Option<&Job> {
        self.next.as_ref().filter(|_| !self.wanted)
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
            From::List(_) => None,
        }
    }

    /// How many jobs it was not yet decided about, where that is known.
    pub fn undecided_left(&self) -> Option<u64> {
        self.left()
            .map(|left| left - u64::from(self.next.is_some() && self.wanted))
    }

    /// The channel to wait on while no job is ready.
    pub fn channel(&self) -> Option<&Receiver<Numbered>> {
        match &self.from {
            From::List(listed) if self.next.is_none() && listed.taken.is_empty() => Some(&listed.names),
            _ => None,
        }
    }

    /// The inputs that could not be had since this was last asked, each with how many jobs came before
    /// it.
    pub fn take_missing(&mut self) -> Vec<(u64, Missing)> {
        std::mem::take(&mut self.missing)
    }
}

fn open(words: &Words) -> anyhow::Result<ListedWords> {
    ListedWords::open(words).map_err(|cause| {
        let name = words.shown();
        anyhow!("Cannot open input file '{name}': {}", message::system(&cause))
    })
}

/// The jobs of what was found.
fn jobs<I: Iterator<Item = Found>>(found: I, plan: &Plan) -> Scheduled<Batched<Cut<I>>> {
    let batches = Batched::new(Cut::new(found, plan.unit), plan.batch);
    Scheduled::new(batches, plan.schedule)
}

/// Has the jobs made by a thread of their own.
fn read(jobs: impl Iterator<Item = Numbered> + Send + 'static, plan: &Plan) -> anyhow::Result<Listed> {
    // Jobs of many names are large, and nobody waits for them for long.
    let ahead = if plan.batch.is_small() { AHEAD } else { 1 };
    let (sender, receiver) = bounded(ahead);
    let read = move || {
        for job in jobs {
            if sender.send(job).is_err() {
                return;
            }
        }
    };
    // Not joined: a read of standard input may never return.
    let thread = thread::Builder::new().name("list".into()).spawn(read);
    thread.context("can't start the list's reader")?;
    Ok(Listed {
        names: receiver,
        taken: VecDeque::new(),
    })
}
