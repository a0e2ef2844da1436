//! The next job, without ever blocking the main thread: lists are read by a thread of their own.

use crate::job::Job;
use crate::plan::Inputs;
use crate::plan::Plan;
use crate::source::{Cut, Missing, Named, Numbered, Scheduled, read_names};
use anyhow::Context;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::thread;

/// Names that a list's reader may be ahead.
const AHEAD: usize = 256;

/// Makes jobs of the inputs and holds the one that waits to be sent.
pub struct Feed {
    from: From,
    next: Option<Job>,
    missing: Vec<Missing>,
}

enum From {
    Walk(Box<dyn Iterator<Item = Numbered>>),
    List(Receiver<Numbered>),
    Dry,
}

impl Feed {
    /// A feed of the plan's inputs.
    ///
    /// # Errors
    /// [`crate::source::NoMatch`] for a pattern that matches nothing, where that is refused; no
    /// thread for a list's reader.
    pub fn new(plan: &Plan) -> anyhow::Result<Self> {
        let from = match &plan.inputs {
            Inputs::Named(names, walk) => {
                let named = Named::new(names, walk, plan.empty)?;
                From::Walk(Box::new(Scheduled::new(
                    Cut::new(named, plan.unit),
                    plan.schedule,
                )))
            }
            Inputs::Listed { files, terminator } => {
                let (sender, receiver) = bounded(AHEAD);
                let names = Cut::new(read_names(files.clone(), *terminator), plan.unit);
                let names = Scheduled::new(names, plan.schedule);
                let read = move || {
                    for found in names {
                        if sender.send(found).is_err() {
                            return;
                        }
                    }
                };
                // Not joined: a read of standard input may never return.
                let thread = thread::Builder::new().name("list".into()).spawn(read);
                thread.context("can't start the list's reader")?;
                From::List(receiver)
            }
        };
        Ok(Feed {
            from,
            next: None,
            missing: Vec::new(),
        })
    }

    /// Makes the next job ready if that is possible without waiting; whether one is.
    pub fn fetch(&mut self) -> bool {
        while self.next.is_none() {
            let found = match &mut self.from {
                From::Dry => return false,
                From::Walk(names) => names.next(),
                From::List(names) => match names.try_recv() {
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
            Some(Ok((seq, input))) => {
                self.next = Some(Job {
                    seq,
                    inputs: vec![input],
                });
            }
            Some(Err(missing)) => self.missing.push(missing),
            None => self.from = From::Dry,
        }
    }

    /// The job that is ready.
    pub fn take(&mut self) -> Option<Job> {
        self.next.take()
    }

    /// Puts a job back that could not be sent.
    pub fn put_back(&mut self, job: Job) {
        self.next = Some(job);
    }

    /// Whether a job is ready.
    pub fn has_job(&self) -> bool {
        self.next.is_some()
    }

    /// Whether no job is ready and none will be.
    pub fn is_dry(&self) -> bool {
        self.next.is_none() && matches!(self.from, From::Dry)
    }

    /// The channel to wait on while no job is ready.
    pub fn channel(&self) -> Option<&Receiver<Numbered>> {
        match &self.from {
            From::List(names) if self.next.is_none() => Some(names),
            _ => None,
        }
    }

    /// The inputs that could not be had since this was last asked.
    pub fn take_missing(&mut self) -> Vec<Missing> {
        std::mem::take(&mut self.missing)
    }
}
