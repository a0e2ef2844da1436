//! A thread that finds jobs ahead of the main thread, and where there is a state looks at their inputs.
//!
//! It does not know which jobs are to be run.

use crate::job::Job;
use crate::plan::Plan;
use crate::source::{JobResult, LOOKAHEAD, LastStat, Lookahead, SourceError};
use crate::state::{Fingerprint, fingerprints};
use crate::sys::start_thread;
use anyhow::Context;
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Jobs of one name that a reader may be ahead.
const AHEAD: usize = 256;
/// Names that a walk hands over at once, and how many times as many it may be ahead.
const CHUNK: usize = 512;
const CHUNKS: usize = 8;

/// A job that was found.
pub struct Prefetched {
    pub job: Job,
    /// What its inputs were when it was found, where that was looked at.
    pub stamps: Option<Vec<Fingerprint>>,
}

/// A job with what was seen of it, or an input that can't be had.
pub type PrefetchItem = Result<Prefetched, SourceError>;

/// What a reader has made.
pub struct Reader {
    found: Receiver<PrefetchItem>,
    /// What was taken together, to wake the reader once and not for each.
    taken: VecDeque<PrefetchItem>,
    /// How many were given.
    given: u64,
    /// How many there are, `u64::MAX` while that is not known.
    total: Arc<AtomicU64>,
}

impl Reader {
    /// Has a thread make the jobs.
    pub fn of_list(
        jobs: impl Iterator<Item = JobResult> + Send + 'static,
        plan: &Plan,
    ) -> anyhow::Result<Self> {
        // Jobs of many names are large, and nobody waits for them for long.
        let ahead = if plan.batch.is_small() { AHEAD } else { 1 };
        Reader::start(jobs.map(unseen), ahead)
    }

    /// Has a thread make the jobs and look at their inputs, so far ahead that it is known how many there
    /// are where they are not many. `glance` is what was seen of an input on the way.
    pub fn of_walk(
        jobs: impl Iterator<Item = JobResult> + Send + 'static,
        glance: LastStat,
    ) -> anyhow::Result<Self> {
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

    /// Has a thread go on with what it is handed.
    pub fn of_rest<I: Iterator<Item = JobResult> + Send + 'static>(
        handed: Receiver<I>,
    ) -> anyhow::Result<Self> {
        Reader::start(handed.into_iter().flatten().map(unseen), AHEAD)
    }

    fn start(
        mut jobs: impl Iterator<Item = PrefetchItem> + Send + 'static,
        ahead: usize,
    ) -> anyhow::Result<Self> {
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
        // Not joined: a read of standard input may never return.
        start_thread("list", read).context("can't start the list's reader")?;
        Ok(Reader {
            found,
            taken: VecDeque::new(),
            given: 0,
            total,
        })
    }

    /// The next job, if there is one already.
    pub fn next(&mut self) -> Result<PrefetchItem, TryRecvError> {
        if self.taken.is_empty() {
            let most = self.found.capacity().unwrap_or(1);
            self.taken.extend(self.found.try_iter().take(most));
        }
        let next = self.taken.pop_front().map_or_else(|| self.found.try_recv(), Ok)?;
        self.given += 1;
        Ok(next)
    }

    /// Takes note that one was taken from the channel.
    pub fn count(&mut self) {
        self.given += 1;
    }

    /// How many are left, where that is known.
    pub fn left(&self) -> Option<u64> {
        match self.total.load(Ordering::Acquire) {
            u64::MAX => None,
            total => Some(total.saturating_sub(self.given)),
        }
    }

    /// Where the next one comes from, when none was taken already.
    pub fn channel(&self) -> Option<&Receiver<PrefetchItem>> {
        self.taken.is_empty().then_some(&self.found)
    }
}

/// What `found` gives, found by a thread of its own: names can be looked for while files are looked at.
pub fn prefetch_names<T: Send + 'static>(
    mut found: impl Iterator<Item = T> + Send + 'static,
) -> anyhow::Result<impl Iterator<Item = T>> {
    let (sender, taken) = bounded(CHUNKS);
    let find = move || {
        loop {
            let chunk: Vec<T> = found.by_ref().take(CHUNK).collect();
            if chunk.is_empty() || sender.send(chunk).is_err() {
                return;
            }
        }
    };
    start_thread("walk", find).context("can't start the walk's thread")?;
    Ok(taken.into_iter().flatten())
}

/// A job that nobody looked at.
pub fn unseen(found: JobResult) -> PrefetchItem {
    found.map(|job| Prefetched { job, stamps: None })
}
