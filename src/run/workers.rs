//! The workers' threads: one for each job under way, up to the plan's number. A run of one job
//! does not pay for the start of the others.
//!
//! It does not know what workers do, nor what they say.

use crate::control::Control;
use crate::message;
use crate::sys;
use crate::worker::{self, Folds, Task, WorkerShared};
use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, after, never};
use std::io;
use std::panic::resume_unwind;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// More workers than are ever asked for by number.
pub(super) const MANY_WORKERS: usize = 10_000;

/// How many are to be at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// One more.
    Raise,
    /// One fewer.
    Lower,
}

/// The threads that were started.
pub struct Workers<'scope, 'run> {
    scope: &'scope Scope<'scope, 'run>,
    shared: &'run WorkerShared<'run>,
    control: &'run Control,
    threads: Vec<ScopedJoinHandle<'scope, Option<Folds>>>,
    most: usize,
    /// How many at a time become more, where they are as many as can be.
    growth: Option<Growth>,
}

/// As many workers as can be would be one for each short job that waits. So they become more by
/// steps, and only while those that are there are busy with long jobs.
struct Growth {
    since: Instant,
    /// The jobs that had ended by then.
    ended: u64,
    waits: bool,
}

/// How many workers are started at once, and how long it is seen how they do.
const STEP: usize = 32;
const PAUSE: Duration = Duration::from_millis(4);

impl Growth {
    /// How many workers may be started now.
    fn step(&mut self, wanted: bool, at_work: usize, ended: u64) -> usize {
        self.waits = wanted;
        if !wanted || at_work > 0 && self.since.elapsed() < PAUSE {
            return 0;
        }
        let busy = (ended - self.ended) * 4 < at_work as u64;
        (self.since, self.ended) = (Instant::now(), ended);
        if at_work == 0 || busy { STEP } else { 0 }
    }
}

impl<'scope, 'run> Workers<'scope, 'run> {
    /// Nobody yet, and at most `most`.
    pub fn new(
        scope: &'scope Scope<'scope, 'run>,
        shared: &'run WorkerShared<'run>,
        control: &'run Control,
        most: usize,
    ) -> Self {
        Workers {
            scope,
            shared,
            control,
            threads: Vec::new(),
            most,
            growth: (most > MANY_WORKERS).then(|| Growth {
                since: Instant::now(),
                ended: 0,
                waits: false,
            }),
        }
    }

    /// Starts workers for this many jobs under way, where so many are at work and so many jobs have
    /// ended, unless there are too many as it is; the answer is how many were started.
    ///
    /// # Errors
    /// When there is none and none can be started; with some, the run goes on with those.
    pub fn staff(&mut self, under_way: u64, at_work: usize, ended: u64) -> anyhow::Result<usize> {
        let mut started = 0;
        let wanted = at_work < self.most && (at_work as u64) < under_way;
        let step = match &mut self.growth {
            Some(growth) => growth.step(wanted, at_work, ended),
            None => usize::MAX,
        };
        if at_work > 0 && self.control.is_short() {
            return Ok(0);
        }
        while started < step && at_work + started < self.most && ((at_work + started) as u64) < under_way {
            let start = match at_work + started {
                // Without one there is nothing to go on with.
                0 => sys::await_process(|| self.start()),
                _ => self.start(),
            };
            match start {
                Ok(()) => started += 1,
                Err(cause) if at_work + started == 0 => return Err(cause).context("can't start a worker"),
                Err(_) => {
                    let there = at_work + started;
                    if self.most != usize::MAX {
                        message::say(format_args!(
                            "only {there} of {} workers could be started",
                            self.most
                        ));
                    }
                    self.most = there;
                }
            }
        }
        Ok(started)
    }

    /// Puts the jobs that workers gave back into the queue.
    pub fn hand_on(&self, queue: &Sender<Task>) {
        if self.control.is_short() {
            self.shared.returned.hand_on(queue);
        }
    }

    /// Fires when it is time to see whether more are needed.
    pub fn later(&self) -> Receiver<Instant> {
        let waits = self.growth.as_ref().is_some_and(|growth| growth.waits);
        if waits { after(PAUSE) } else { never() }
    }

    fn start(&mut self) -> io::Result<()> {
        let slot = self.threads.len();
        if slot == self.control.slots() {
            self.control.add_slot()?;
        }
        let (shared, seat) = (self.shared, self.control.worker(slot));
        let thread = thread::Builder::new().name(format!("worker {}", slot + 1));
        let own = seat.clone();
        match thread.spawn_scoped(self.scope, move || worker::work(shared, own)) {
            Ok(thread) => self.threads.push(thread),
            Err(cause) => {
                // Or others would leave because there is one more.
                seat.exit();
                return Err(cause);
            }
        }
        Ok(())
    }

    /// Has one more be at work, or one fewer but at least one; the answer is how many at most.
    pub fn resize(&mut self, resize: Resize) -> usize {
        match resize {
            Resize::Raise => {
                self.most = self.most.saturating_add(1);
                self.control.grow_by_one();
            }
            Resize::Lower => {
                self.most = (self.most - 1).max(1);
                self.control.shrink_to(self.most);
            }
        }
        self.most
    }

    /// Waits for the ends of those that have said that they leave, and gives their folds in the workers'
    /// order.
    pub fn join(self) -> Vec<Folds> {
        // A worker catches the panics of maps; one of its own is a defect that must be seen.
        let join = |thread: ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|e| resume_unwind(e));
        if self.threads.is_empty() {
            // Nothing has a result too: a count of 0.
            return self.shared.start_fold.map(Folds::new).into_iter().collect();
        }
        self.threads.into_iter().filter_map(join).collect()
    }
}
