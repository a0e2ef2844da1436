//! Jobs that were done and turn out not to have been: a pool's process answered them, and was out of step or
//! ended badly after that.

use super::Resume;
use crate::message;
use crate::plan::Revocable;
use crate::run::Main;
use crate::state::{JobEnd, StateError, StoredOutcome};
use std::collections::HashMap;

/// What is kept to find such jobs again.
pub struct Revoked {
    revocable: Revocable,
    /// The rows of this run's done jobs.
    rows: HashMap<u64, i64>,
    /// Why those are in doubt whose end was not heard of yet.
    early: HashMap<u64, String>,
}

impl Revoked {
    pub fn new(revocable: Revocable) -> Self {
        Revoked {
            revocable,
            rows: HashMap::new(),
            early: HashMap::new(),
        }
    }

    /// Has a job fail that was in doubt before its end was heard of.
    pub fn judge(&mut self, seq: u64, record: &mut JobEnd) {
        if let Some(cause) = self.early.remove(&seq) {
            fail(record, &cause);
        }
    }

    /// Takes note of where these were stored.
    pub fn stored(&mut self, ends: impl Iterator<Item = (u64, JobEnd)>) {
        if self.revocable == Revocable::Never {
            return;
        }
        let done = ends.filter(|(_, record)| record.outcome != StoredOutcome::Failed);
        self.rows
            .extend(done.filter_map(|(seq, record)| Some((seq, record.row?))));
    }
}

fn fail(record: &mut JobEnd, cause: &str) {
    if record.outcome != StoredOutcome::Failed {
        record.outcome = StoredOutcome::Failed;
        record.cause = Some(cause.to_owned());
        record.part = None;
    }
}

impl Resume {
    /// Remembers jobs as failed, whatever was stored of them.
    fn take_back(&mut self, jobs: &[u64], cause: &str) -> Result<(), StateError> {
        let mut rows = Vec::new();
        for seq in jobs {
            if let Some(row) = self.doubts.rows.remove(seq) {
                rows.push(row);
            } else if let Some(record) = self.unprinted.get_mut(seq) {
                fail(record, cause);
            } else if let Some((_, record)) = self.ends.iter_mut().find(|(end, _)| end == seq) {
                fail(record, cause);
            } else if self.running.contains_key(seq) {
                self.doubts.early.insert(*seq, cause.to_owned());
            }
        }
        self.state.revoke(&rows, cause)
    }
}

impl Main<'_> {
    /// Takes note that jobs which ended well may not have: with a state, they are run again next time.
    pub(in crate::run) fn doubt(&mut self, slot: usize, jobs: &[u64], cause: &str) {
        let Some(remember) = self.remember.as_mut().filter(|remember| !remember.broken) else {
            return;
        };
        if let Err(error) = remember.take_back(jobs, cause) {
            remember.broken = true;
            return self.state_failed(&error);
        }
        let them = match jobs.len() {
            1 => "the job that the same process answered before is".to_owned(),
            n => format!("the {n} jobs that the same process answered before are"),
        };
        message::say(format_args!("worker {}: {them} remembered as failed", slot + 1));
    }
}
