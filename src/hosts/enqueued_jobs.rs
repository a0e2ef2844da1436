//! The jobs that a leader enqueues, in the order of the queue, and the hash by which a later leader knows them again.
//!
//! It does not speak to the queue.

use super::job_frames::queued_job;
use super::signing::Signing;
use crate::job::Job;
use crate::queue::{BegunRun, PayloadError};
use crate::state::{Fingerprint, fingerprints};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The jobs that were found so far.
pub(super) struct EnqueuedJobs {
    /// What an earlier leader had enqueued.
    begun: Option<BegunRun>,
    signing: Signing,
    count: u64,
    hash: Sha256,
    /// Whether the jobs that the earlier leader had enqueued are the first of these; not known before as many are found.
    as_before: bool,
    /// Those that are not enqueued.
    new: Vec<Vec<u8>>,
    bytes: usize,
}

impl EnqueuedJobs {
    pub(super) fn new(begun: Option<BegunRun>, signing: Signing) -> Self {
        EnqueuedJobs {
            as_before: true,
            begun,
            signing,
            count: 0,
            hash: Sha256::new(),
            new: Vec::new(),
            bytes: 0,
        }
    }

    /// Adds the next job.
    ///
    /// # Errors
    /// When it can't travel.
    pub(super) fn add(&mut self, job: &Job) -> Result<(), PayloadError> {
        let queued = queued_job(job).ok_or(PayloadError::TooLong)?;
        self.count += 1;
        let payload = queued.encode(self.signing.of_job(self.count))?;
        self.hash.update((payload.len() as u64).to_le_bytes());
        self.hash.update(&payload);
        for fingerprint in fingerprints(job) {
            let (kind, size, mtime) = match fingerprint {
                Fingerprint::File { size, mtime } => (1u8, size, mtime),
                Fingerprint::Name => (2, 0, 0),
                Fingerprint::Stream => (3, 0, 0),
            };
            self.hash.update([kind]);
            self.hash.update(size.to_le_bytes());
            self.hash.update(mtime.to_le_bytes());
        }
        match &self.begun {
            Some(begun) if self.count < begun.enqueued => {}
            Some(begun) if self.count == begun.enqueued => {
                self.as_before = self.names().as_bytes() == begun.names;
            }
            Some(begun) if begun.total.is_some() => self.as_before = false,
            _ => {
                self.bytes += payload.len();
                self.new.push(payload);
            }
        }
        Ok(())
    }

    /// Takes the jobs that are not enqueued, and the place of the first of them.
    pub(super) fn take_new(&mut self) -> (u64, Vec<Vec<u8>>) {
        let new = std::mem::take(&mut self.new);
        self.bytes = 0;
        (self.count + 1 - new.len() as u64, new)
    }

    /// Returns how many bytes those that are not enqueued have.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many jobs were found.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns whether the jobs are those of an earlier leader, as far as that is known.
    pub(super) fn are_as_before(&self) -> bool {
        self.as_before
    }

    /// Returns whether all jobs of an earlier leader were found, when there are no more.
    pub(super) fn is_whole(&self) -> bool {
        let begun = self.begun.as_ref();
        self.as_before && begun.is_none_or(|begun| self.count >= begun.enqueued)
    }

    /// Returns the hash of all jobs so far, as hexadecimal digits.
    pub(super) fn names(&self) -> String {
        let mut digits = String::new();
        for byte in self.hash.clone().finalize() {
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Input;

    fn job(number: u64, name: &str) -> Job {
        Job {
            seq: number - 1,
            number,
            inputs: vec![Input::File(name.into())],
        }
    }

    fn found(begun: Option<BegunRun>, names: &[&str]) -> EnqueuedJobs {
        let mut jobs = EnqueuedJobs::new(begun, Signing::new(None, "r"));
        for (number, name) in (1..).zip(names) {
            jobs.add(&job(number, name)).expect("it is short");
        }
        jobs
    }

    fn begun(names: &[&str], total: Option<u64>) -> Option<BegunRun> {
        let jobs = found(None, names);
        Some(BegunRun {
            epoch: String::new(),
            enqueued: jobs.count(),
            total,
            names: jobs.names().into_bytes(),
            listing: Vec::new(),
        })
    }

    #[test]
    fn a_run_goes_on_behind_what_was_enqueued() {
        let mut again = found(begun(&["a", "b"], None), &["a", "b", "c"]);
        assert!(again.are_as_before() && again.is_whole());
        let (first, new) = again.take_new();
        assert_eq!((first, new.len()), (3, 1));
    }

    #[test]
    fn other_inputs_are_seen() {
        assert!(!found(begun(&["a", "b"], None), &["a", "x"]).are_as_before());
        assert!(!found(begun(&["a", "b"], None), &["a"]).is_whole());
        assert!(!found(begun(&["a"], Some(1)), &["a", "b"]).are_as_before());
        assert!(found(begun(&["a"], Some(1)), &["a"]).is_whole());
    }
}
