//! The workers' threads: one for each job under way, up to the plan's number. A run of one job does not pay for
//! the start of the others.
//!
//! It does not know what workers do, nor what they report.

use super::error::RunError;
use crate::control::{Control, Shortage};
use crate::message;
use crate::state::GrownFile;
use crate::sys;
use crate::worker::{self, Folds, Task, WorkerShared};
use crossbeam_channel::{Receiver, Sender, after, never};
use std::io;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// More workers than anybody asks for by number: a larger target means "as many as there are jobs".
pub(super) const UNBOUNDED: usize = 10_000;

/// How the user changes the number of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resize {
    /// One more.
    Raise,
    /// One fewer.
    Lower,
}

/// The threads that were started, and how many there are to be.
pub(super) struct Workers<'scope, 'run> {
    scope: &'scope Scope<'scope, 'run>,
    shared: &'run WorkerShared<'run>,
    control: &'run Control,
    /// All that were ever started, in the order of their slots.
    threads: Vec<ScopedJoinHandle<'scope, Option<Folds>>>,
    /// How many there may be.
    target: usize,
    /// How many have not exited.
    live: usize,
    /// Whether one exited by a panic of its own. Its job never ends.
    panicked: bool,
    growth: Option<Growth>,
    reduction: Option<Reduction>,
}

/// With an unbounded target there would be a worker for each short job that waits. So workers are added in
/// steps, and only while those that there are have long jobs.
struct Growth {
    /// When the last step was taken.
    since: Instant,
    /// How many jobs had ended by then.
    ended: u64,
    /// Whether another step would be wanted.
    waits: bool,
}

/// How many workers a step adds, and how long their jobs are watched before the next step.
const STEP: usize = 32;
const PAUSE: Duration = Duration::from_millis(4);

impl Growth {
    /// Returns how many workers may be started now.
    fn step(&mut self, wanted: bool, live: usize, ended: u64) -> usize {
        self.waits = wanted;
        if !wanted || live > 0 && self.since.elapsed() < PAUSE {
            return 0;
        }
        let busy = (ended - self.ended) * 4 < live as u64;
        (self.since, self.ended) = (Instant::now(), ended);
        if live == 0 || busy { STEP } else { 0 }
    }
}

/// How few workers a shortage has left.
struct Reduction {
    left: usize,
    of: usize,
    shortage: Shortage,
    /// Whether there were more when the user was told.
    untold: bool,
}

impl<'scope, 'run> Workers<'scope, 'run> {
    /// Returns an empty set with this target.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'run>,
        shared: &'run WorkerShared<'run>,
        control: &'run Control,
        target: usize,
    ) -> Self {
        Workers {
            scope,
            shared,
            control,
            threads: Vec::new(),
            target,
            live: 0,
            panicked: false,
            growth: (target > UNBOUNDED).then(|| Growth {
                since: Instant::now(),
                ended: 0,
                waits: false,
            }),
            reduction: None,
        }
    }

    /// Starts workers for this many tasks under way, as far as the target and shortages allow. `ended` is how
    /// many tasks have ended.
    ///
    /// # Errors
    /// When there is no worker and none can be started; with some, the run goes on with those.
    pub(super) fn start(&mut self, under_way: u64, ended: u64) -> Result<(), RunError> {
        let wanted = self.live < self.target && (self.live as u64) < under_way;
        let step = match &mut self.growth {
            Some(growth) => growth.step(wanted, self.live, ended),
            None => usize::MAX,
        };
        if self.live > 0 && self.control.is_short() {
            return Ok(());
        }
        let limit = self.live.saturating_add(step).min(self.target);
        while self.live < limit && (self.live as u64) < under_way {
            let started = match self.live {
                // Without a worker there is nothing to go on with.
                0 => sys::retry_start(|| self.start_one()),
                _ => self.start_one(),
            };
            match started {
                Ok(()) => self.live += 1,
                Err(cause) if self.live == 0 => return Err(RunError::about("can't start a worker")(cause)),
                Err(_) => {
                    let (live, target) = (self.live, self.target);
                    if target != usize::MAX {
                        message::note(format_args!("only {live} of {target} workers could be started"));
                    }
                    self.target = live;
                    break;
                }
            }
        }
        Ok(())
    }

    fn start_one(&mut self) -> io::Result<()> {
        let slot = self.threads.len();
        if slot == self.control.slots() {
            self.control.add_slot()?;
        }
        let (shared, handle) = (self.shared, self.control.worker(slot));
        let thread = thread::Builder::new().name(format!("worker {}", slot + 1));
        let own = handle.clone();
        match thread.spawn_scoped(self.scope, move || worker::work(shared, own)) {
            Ok(thread) => self.threads.push(thread),
            Err(cause) => {
                // It was counted as one: others would exit in its place.
                handle.exit();
                return Err(cause);
            }
        }
        Ok(())
    }

    /// Takes what an earlier run read of a file, for the job that is sent next and reads on.
    pub(super) fn continue_from(&self, seq: u64, grown: GrownFile) {
        self.shared.grown.add(seq, grown);
    }

    /// Puts the jobs that workers gave back into the queue.
    pub(super) fn requeue(&self, queue: &Sender<Task>) {
        if self.control.is_short() {
            self.shared.requeued.hand_on(queue);
        }
    }

    /// Tells the workers that no task comes after those in the queue, which the caller closes.
    pub(super) fn note_queue_closed(&self) {
        self.shared.run_state.over.store(true, Ordering::Release);
    }

    /// Returns a channel that fires when it is time to see whether more workers are needed.
    pub(super) fn next_step(&self) -> Receiver<Instant> {
        let waits = self.growth.as_ref().is_some_and(|growth| growth.waits);
        if waits { after(PAUSE) } else { never() }
    }

    /// Tells the workers that the reader of our standard output has gone.
    pub(super) fn note_stdout_closed(&self) {
        self.control.note_stdout_closed();
    }

    /// Takes note that a worker has exited; `panicked` says that it did not say how its job ended.
    pub(super) fn exited(&mut self, panicked: bool) {
        self.live -= 1;
        self.panicked |= panicked;
    }

    /// Returns whether no worker is left.
    pub(super) fn are_gone(&self) -> bool {
        self.live == 0
    }

    /// Returns whether a worker exited by a panic of its own.
    pub(super) fn is_one_panicked(&self) -> bool {
        self.panicked
    }

    /// Takes note that a worker exits because of a shortage, so that `left` of `of` go on. Returns what to tell
    /// the user, the first time. Exit events of several workers may arrive in any order.
    pub(super) fn reduced(&mut self, left: usize, of: usize, shortage: Shortage) -> Option<String> {
        let first = match &self.reduction {
            Some(before) if left >= before.left => return None,
            before => before.is_none(),
        };
        self.reduction = Some(Reduction {
            left,
            of,
            shortage,
            untold: !first,
        });
        // How many there will be in the end is told at the end.
        first.then(|| match shortage {
            Shortage::Files => too_many_files(left, of),
            // It is not known yet: they exit one after the other.
            Shortage::Processes => "cannot start more processes: continuing with fewer workers".into(),
        })
    }

    /// Returns what to tell the user at the end: how few workers were left, when more have exited than was told.
    pub(super) fn final_count(&self) -> Option<String> {
        let reduction = self.reduction.as_ref()?;
        let Reduction { left, of, .. } = reduction;
        let tell = reduction.untold && reduction.shortage == Shortage::Files;
        tell.then(|| format!("too many open files: {left} of {of} workers were left in the end"))
    }

    /// Adds a worker, or has one exit unless it is the only one. Returns the new target.
    pub(super) fn resize(&mut self, resize: Resize) -> usize {
        match resize {
            Resize::Raise => {
                self.target = self.target.saturating_add(1);
                self.control.grow_by_one();
            }
            Resize::Lower => {
                self.target = (self.target - 1).max(1);
                self.control.shrink_to(self.target);
            }
        }
        self.target
    }

    /// Blocks until all workers that have said so have exited, and returns their folds in the order of their
    /// slots.
    pub(super) fn join(&mut self) -> Vec<Folds> {
        // A worker catches the panics of maps; one of its own is a defect that must be seen.
        let join = |thread: ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|e| resume_unwind(e));
        if self.threads.is_empty() {
            // Nothing has a result, too: a count of 0.
            return self.shared.start_fold.map(Folds::new).into_iter().collect();
        }
        self.threads.drain(..).filter_map(join).collect()
    }
}

/// Returns what to tell the user when descriptors are too few for all workers.
pub(super) fn too_many_files(left: usize, of: usize) -> String {
    format!("too many open files: going on with {left} of {of} workers")
}
