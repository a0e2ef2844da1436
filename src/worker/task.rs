//! What workers are given to do, by the queue and by each other.
//!
//! It does not know how any of it is done.

use super::compact::Bundle;
use crate::job::Job;
use crate::merge::Merge;
use crate::state::PackedPart;
use crossbeam_channel::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a worker is given to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// A job to run.
    Job(Job),
    /// What jobs gave the fold in an earlier run, to be added as it is.
    Parts(Vec<PackedPart>),
    /// Parts that are counted elsewhere, to be made one.
    Bundle(Bundle),
    /// Outputs of jobs, to be made one.
    Merge(Merge),
}

/// Jobs that workers put back, unbegun, when they exited for lack of processes.
#[derive(Debug, Default)]
pub(crate) struct RequeuedJobs(Mutex<Vec<Job>>);

impl RequeuedJobs {
    /// Puts into the queue as many jobs as there is room for.
    pub(crate) fn hand_on(&self, queue: &Sender<Task>) {
        let mut jobs = self.lock();
        while !queue.is_full()
            && let Some(job) = jobs.pop()
        {
            // Only the caller sends, so there is still room.
            queue
                .send(Task::Job(job))
                .expect("the caller holds the other end");
        }
    }

    /// Locks the jobs: a worker decides under the lock whether another will see what it puts back.
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
