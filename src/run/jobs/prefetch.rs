//! A thread that finds jobs ahead of the main thread, and under `--state` looks at their inputs.
//!
//! It does not know which jobs are to be run.

use crate::job::Job;
use crate::plan::Plan;
use crate::run::error::RunError;
use crate::source::{JobResult, LOOKAHEAD, LastStat, Lookahead, SourceError};
use crate::state::{Fingerprint, fingerprints};
use crate::sys::spawn_thread;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many jobs of one name the thread may be ahead.
const AHEAD: usize = 256;
/// How many names a walk hands over at once, and how many such chunks it may be ahead.
const CHUNK: usize = 512;
const CHUNKS: usize = 8;

/// A job that was found.
pub(crate) struct Prefetched {
    pub job: Job,
    /// What its inputs were when it was found, if they were looked at.
    pub stamps: Option<Vec<Fingerprint>>,
}

/// A job with what was seen of its inputs, or an input that can't be had.
pub(crate) type PrefetchItem = Result<Prefetched, SourceError>;

/// The main thread's end of the thread's channel.
pub(super) struct Reader {
    found: Receiver<PrefetchItem>,
    /// Items that were taken together, so that the thread is woken once and not for each.
    taken: VecDeque<PrefetchItem>,
    /// How many items were taken from here.
    given: u64,
    /// How many items there are; `u64::MAX` while that is not known.
    total: Arc<AtomicU64>,
}

impl Reader {
    /// Starts a thread that makes the jobs.
    pub(super) fn of_list(
        jobs: impl Iterator<Item = JobResult> + Send + 'static,
        plan: &Plan,
    ) -> Result<Self, RunError> {
        // Jobs of many names are large, and last long: being one ahead is enough.
        let ahead = if plan.batch.is_small() { AHEAD } else { 1 };
        Reader::start(jobs.map(unseen), ahead)
    }

    /// Starts a thread that makes the jobs and looks at their inputs. It goes so far ahead that the number of
    /// jobs is known when they are not many. `glance` is what was seen of an input on the way.
    pub(super) fn of_walk(
        jobs: impl Iterator<Item = JobResult> + Send + 'static,
        glance: LastStat,
    ) -> Result<Self, RunError> {
        let look = move |job: Job| {
            let seen = glance.take(job.name()).filter(|_| job.inputs.len() == 1);
            let stamps = seen.map_or_else(
                || fingerprints(&job),
                |found| vec![Fingerprint::from_metadata(&found)],
            );
            Prefetched {
                job,
                stamps: Some(stamps),
            }
        };
        let looked_at = jobs.map(move |found| found.map(&look));
        Reader::start(Lookahead::new(looked_at), LOOKAHEAD)
    }

    /// Starts a thread that goes on with the iterator that it is handed.
    pub(super) fn of_rest<I: Iterator<Item = JobResult> + Send + 'static>(
        handed: Receiver<I>,
    ) -> Result<Self, RunError> {
        Reader::start(handed.into_iter().flatten().map(unseen), AHEAD)
    }

    fn start(
        mut jobs: impl Iterator<Item = PrefetchItem> + Send + 'static,
        ahead: usize,
    ) -> Result<Self, RunError> {
        let (sender, found) = bounded(ahead);
        let total = Arc::new(AtomicU64::new(u64::MAX));
        let shared = Arc::clone(&total);
        let read = move || {
            for given in 1.. {
                let Some(job) = jobs.next() else { return };
                if let (least, Some(most)) = jobs.size_hint()
                    && least == most
                {
                    shared.store(given + least as u64, Ordering::Release);
                }
                if sender.send(job).is_err() {
                    return;
                }
            }
        };
        // It is not joined: a read of standard input may never return.
        spawn_thread("list", read).map_err(RunError::about("can't start the list's reader"))?;
        Ok(Reader {
            found,
            taken: VecDeque::new(),
            given: 0,
            total,
        })
    }

    /// Returns the next item, if there is one already.
    pub(super) fn next(&mut self) -> Result<PrefetchItem, TryRecvError> {
        if self.taken.is_empty() {
            let most = self.found.capacity().unwrap_or(1);
            self.taken.extend(self.found.try_iter().take(most));
        }
        let next = self.taken.pop_front().map_or_else(|| self.found.try_recv(), Ok)?;
        self.given += 1;
        Ok(next)
    }

    /// Takes note that an item was taken from the channel.
    pub(super) fn count(&mut self) {
        self.given += 1;
    }

    /// Returns how many items are left, if that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match self.total.load(Ordering::Acquire) {
            u64::MAX => None,
            total => Some(total.saturating_sub(self.given)),
        }
    }

    /// Returns the channel that the next item comes from, unless one was taken already.
    pub(super) fn channel(&self) -> Option<&Receiver<PrefetchItem>> {
        self.taken.is_empty().then_some(&self.found)
    }
}

/// Has a thread of its own advance `found`: names are looked for while files are looked at.
pub(super) fn prefetch_names<T: Send + 'static>(
    mut found: impl Iterator<Item = T> + Send + 'static,
) -> Result<impl Iterator<Item = T>, RunError> {
    let (sender, taken) = bounded(CHUNKS);
    let find = move || {
        loop {
            let chunk: Vec<T> = found.by_ref().take(CHUNK).collect();
            if chunk.is_empty() || sender.send(chunk).is_err() {
                return;
            }
        }
    };
    spawn_thread("walk", find).map_err(RunError::about("can't start the walk's thread"))?;
    Ok(taken.into_iter().flatten())
}

/// Returns an item whose inputs nobody looked at.
pub(super) fn unseen(found: JobResult) -> PrefetchItem {
    found.map(|job| Prefetched { job, stamps: None })
}
