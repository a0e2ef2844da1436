//! How much of its inputs a worker has read: it counts, and the main thread looks.
//!
//! It does not know what is read, nor who shows it.

use super::slot::WorkerSlot;
use super::worker_handle::WorkerHandle;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Counts what a worker reads in one try at a job.
#[derive(Debug, Clone)]
pub(crate) struct ReadCounter(Arc<WorkerSlot>);

impl ReadCounter {
    /// Takes note of bytes that were read.
    pub(crate) fn add_read(&self, bytes: u64) {
        self.0.read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes note of the size of an input that was opened.
    pub(crate) fn add_size(&self, bytes: u64) {
        self.0.size.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl WorkerHandle {
    /// Returns what counts the bytes that this worker reads.
    pub(crate) fn read_counter(&self) -> ReadCounter {
        ReadCounter(Arc::clone(&self.own))
    }

    /// Says that a try begins, which has read nothing.
    pub(crate) fn begin_try(&self) {
        self.own.read.store(0, Ordering::Relaxed);
        self.own.size.store(0, Ordering::Relaxed);
    }

    /// Returns the size of the inputs that this try has opened in this process.
    pub(crate) fn input_size(&self) -> u64 {
        self.own.size.load(Ordering::Relaxed)
    }
}
