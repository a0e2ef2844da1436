//! The next job, without ever blocking the main thread: lists that somebody may still be writing are read by a
//! thread of their own.

mod prefetch;

use super::error::RunError;
use super::job_states::Before;
use crate::job::Job;
use crate::output::{JobFiles, Origin, ReservedFiles};
use crate::plan::{Batch, Empty, Inputs, Plan, WordList};
use crate::source::{
    Batcher, InputResult, JobResult, LastStat, ListedWords, NamedInputs, Scheduler, SourceError, Splitter,
    may_wait, read_names,
};
use crate::state::Fingerprint;
use crate::worker::Task;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use prefetch::{PrefetchItem, Prefetched, Reader, prefetch_names, unseen};

/// Makes jobs of the inputs, and holds the one that comes next.
pub(crate) struct JobSource {
    from: From,
    next: Option<Next>,
    /// Inputs that can't be had, each with how many jobs come before it.
    errors: Vec<(u64, SourceError)>,
    /// How many jobs were made.
    made: u64,
    /// Whether there is to be one job without inputs when there is no input.
    lone: bool,
}

/// The job that comes next.
struct Next {
    job: Job,
    /// What its inputs were when it was found, if that was looked at.
    seen: Option<Vec<Fingerprint>>,
    check: Check,
}

/// Whether it was decided that a job is to be run.
enum Check {
    /// It was not.
    Open,
    /// The job is to be run. What is known of its inputs, under `--state`.
    Run(Option<Box<Before>>),
}

enum From {
    /// Found by the main thread, which never waits for it.
    Walk(Box<dyn Iterator<Item = JobResult> + Send>),
    /// Found by a thread.
    List(Reader),
    Dry,
}

impl JobSource {
    /// Creates the source of the plan's jobs.
    ///
    /// # Errors
    /// A pattern that matches nothing, when that is refused; no thread for a list's reader; what
    /// [`ReservedFiles::reserve_outputs`] refuses, when the output goes to files.
    pub(crate) fn new(plan: &Plan, outputs: Option<&JobFiles>, own: ReservedFiles) -> Result<Self, RunError> {
        if let Some(outputs) = outputs {
            return Self::gathered(plan, outputs, own);
        }
        let from = match &plan.inputs {
            Inputs::Named(names, walk) => {
                let found = own.exclude_from(NamedInputs::new(names, walk, plan.empty)?, Origin::Walk);
                match plan.batch {
                    // The state tells how much is left, so the walk goes ahead; and while the state is opened,
                    // it finds the files.
                    Batch::One if plan.state.is_some() => From::List(looked_at(found, plan)?),
                    Batch::One => From::Walk(Box::new(jobs(found, plan))),
                    // Many names may have to be found before the first job is complete.
                    _ => From::List(Reader::of_list(jobs(found, plan), plan)?),
                }
            }
            Inputs::Listed(lists) => {
                let names = own.exclude_from(read_names(lists), Origin::List);
                match plan.batch {
                    Batch::One if !may_wait(&lists.files) && plan.state.is_some() => {
                        From::List(looked_at(names, plan)?)
                    }
                    // A list that never blocks needs no thread, which costs as much as a short job.
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
            errors: Vec::new(),
            made: 0,
            lone: plan.empty == Empty::OneJob,
        })
    }

    /// Creates the source of jobs that are all known before the first starts: each has an output file, and two
    /// may not have the same.
    fn gathered(plan: &Plan, outputs: &JobFiles, own: ReservedFiles) -> Result<Self, RunError> {
        let inputs = &plan.inputs;
        let (jobs, missing) = match inputs {
            Inputs::Named(names, walk) => {
                let named = NamedInputs::new(names, walk, plan.empty)?;
                let found = own.clone().exclude_from(named, Origin::Walk);
                own.reserve_outputs(jobs(found, plan), outputs, inputs)?
            }
            Inputs::Listed(lists) => {
                let names = own.clone().exclude_from(read_names(lists), Origin::List);
                own.reserve_outputs(jobs(names, plan), outputs, inputs)?
            }
            Inputs::Words(words) => own.reserve_outputs(jobs(open(words)?, plan), outputs, inputs)?,
        };
        Ok(JobSource {
            from: From::Walk(Box::new(jobs.into_iter().map(Ok))),
            next: None,
            errors: missing.into_iter().map(|missing| (0, missing)).collect(),
            made: 0,
            lone: plan.empty == Empty::OneJob,
        })
    }

    /// Makes the next job ready if that is possible without blocking. Returns whether one is.
    pub(crate) fn fetch(&mut self) -> bool {
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

    /// Has a thread find the rest: it must wait for descriptors that only running jobs give back.
    fn walk_apart(&mut self) {
        let (hand, handed) = bounded(1);
        // When no thread can be started, the walk waits in this one.
        if let Ok(reader) = Reader::of_rest(handed)
            && let From::Walk(names) = std::mem::replace(&mut self.from, From::List(reader))
        {
            let _ = hand.send(names);
        }
    }

    /// Takes what came through the channel. `None` is its end.
    pub(crate) fn received(&mut self, found: Option<PrefetchItem>) {
        if let (From::List(reader), Some(_)) = (&mut self.from, &found) {
            reader.count();
        }
        self.take_in(found);
    }

    /// Takes what was found. `None` is the end.
    fn take_in(&mut self, found: Option<PrefetchItem>) {
        match found {
            Some(Ok(Prefetched { job, stamps })) => {
                self.made += 1;
                self.next = Some(Next {
                    job,
                    seen: stamps,
                    check: Check::Open,
                });
            }
            Some(Err(SourceError::OutOfDescriptors)) => {}
            Some(Err(missing)) => self.errors.push((self.made, missing)),
            None => {
                self.from = From::Dry;
                let inputs = Vec::new();
                self.next = self.lone.then_some(Next {
                    job: Job { seq: 0, inputs },
                    seen: None,
                    check: Check::Open,
                });
            }
        }
        self.lone = false;
    }

    /// Returns whether a job is ready for which it was not decided yet whether it is to be run.
    pub(crate) fn is_unchecked(&self) -> bool {
        matches!(
            &self.next,
            Some(Next {
                check: Check::Open,
                ..
            })
        )
    }

    /// Returns that job, and what its inputs were when it was found, if they were looked at.
    pub(crate) fn unchecked(&mut self) -> Option<(&Job, Option<Vec<Fingerprint>>)> {
        match &mut self.next {
            Some(Next {
                job,
                seen,
                check: Check::Open,
            }) => Some((job, seen.take())),
            _ => None,
        }
    }

    /// Decides that the job that is ready is to be run.
    pub(crate) fn keep(&mut self, before: Option<Box<Before>>) {
        if let Some(next) = &mut self.next {
            next.check = Check::Run(before);
        }
    }

    /// Leaves out the job that is ready.
    pub(crate) fn skip(&mut self) {
        self.next = None;
    }

    /// Takes the job that is ready and to be run.
    pub(crate) fn take(&mut self) -> Option<(Job, Option<Box<Before>>)> {
        let next = self.next.take()?;
        match next.check {
            Check::Run(before) => Some((next.job, before)),
            Check::Open => None,
        }
    }

    /// Puts back a job that could not be sent.
    pub(crate) fn put_back(&mut self, task: Task, before: Option<Box<Before>>) {
        if let Task::Job(job) = task {
            self.next = Some(Next {
                job,
                seen: None,
                check: Check::Run(before),
            });
        }
    }

    /// Returns whether no job is ready and none will be.
    pub(crate) fn is_dry(&self) -> bool {
        self.next.is_none() && matches!(self.from, From::Dry)
    }

    /// Returns how many jobs have not been taken yet, if that is known.
    pub(crate) fn left(&self) -> Option<u64> {
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

    /// Returns for how many jobs it was not decided yet whether they are to be run, if that is known.
    pub(crate) fn unchecked_left(&self) -> Option<u64> {
        let checked = self.next.is_some() && !self.is_unchecked();
        self.left().map(|left| left - u64::from(checked))
    }

    /// Returns the channel to wait on while no job is ready.
    pub(crate) fn channel(&self) -> Option<&Receiver<PrefetchItem>> {
        match &self.from {
            From::List(reader) if self.next.is_none() => reader.channel(),
            _ => None,
        }
    }

    /// Returns the inputs that could not be had since this was last asked, each with how many jobs come before
    /// it.
    pub(crate) fn take_errors(&mut self) -> Vec<(u64, SourceError)> {
        std::mem::take(&mut self.errors)
    }
}

fn open(words: &WordList) -> Result<ListedWords, RunError> {
    ListedWords::open(words).map_err(|cause| RunError::Words {
        name: words.display_name(),
        cause,
    })
}

/// Returns the jobs of what was found.
fn jobs<I: Iterator<Item = InputResult>>(found: I, plan: &Plan) -> Scheduler<Batcher<Splitter<I>>> {
    jobs_seen(found, plan, None)
}

/// Has a thread find the jobs and look at their inputs when it does.
fn looked_at(
    found: impl Iterator<Item = InputResult> + Send + 'static,
    plan: &Plan,
) -> Result<Reader, RunError> {
    let glance = LastStat::default();
    let jobs = jobs_seen(prefetch_names(found)?, plan, Some(glance.clone()));
    Reader::of_walk(jobs, glance)
}

/// Returns the jobs of what was found. What is seen of files on the way is left in `glance`.
fn jobs_seen<I: Iterator<Item = InputResult>>(
    found: I,
    plan: &Plan,
    glance: Option<LastStat>,
) -> Scheduler<Batcher<Splitter<I>>> {
    let batches = Batcher::new(Splitter::new(found, plan.unit, glance), plan.batch);
    Scheduler::new(batches, plan.schedule)
}
