//! The results that a leader has read, and whether they can be: each job once, and as many as the server says.
//!
//! It does not know what becomes of them.

use super::caller::Caller;
use super::failure::QueueFailure;
use super::job_frames::{CommittedJobs, committed, lost_job};
use super::leader_plan::LeaderPlan;
use super::place_set::PlaceSet;
use super::signing::Signing;
use crate::queue::{CommitFrame, QueuedJob, QueuedResult, ResultChain, ResultEntry, RunCounts, parse_frames};
use sha2::{Digest as _, Sha256};

/// The largest result that is taken: 4 GiB.
const LARGEST: u64 = 4 << 30;

/// The results so far.
pub(super) struct CollectedJobs<'a> {
    plan: &'a LeaderPlan,
    signing: &'a Signing,
    last: Option<String>,
    chain: ResultChain,
    /// The jobs that have ended.
    ended: PlaceSet,
    /// The jobs that the run has heard of, also in what the server has forgotten since.
    told: PlaceSet,
    highest: u64,
    done: u64,
    given_up: u64,
}

impl<'a> CollectedJobs<'a> {
    pub(super) fn new(plan: &'a LeaderPlan, signing: &'a Signing) -> Self {
        CollectedJobs {
            plan,
            signing,
            last: None,
            chain: ResultChain::default(),
            ended: PlaceSet::default(),
            told: PlaceSet::default(),
            highest: 0,
            done: 0,
            given_up: 0,
        }
    }

    /// Begins anew, because the server has forgotten something: all results are read again. What the run has heard of
    /// stays told.
    pub(super) fn begin_anew(&mut self) {
        let told = std::mem::take(&mut self.told);
        *self = CollectedJobs {
            told,
            ..CollectedJobs::new(self.plan, self.signing)
        };
    }

    /// Takes note that the run hears of a job. Returns false when it has heard of it before.
    pub(super) fn tell(&mut self, place: u64) -> bool {
        self.told.insert(place)
    }

    /// Returns the place of the last result.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Returns the highest place in the queue of a job that has ended.
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Reads the next result.
    ///
    /// # Errors
    /// When it is damaged, or a job has ended before.
    pub(super) fn read(
        &mut self,
        caller: &mut Caller,
        entry: &ResultEntry,
    ) -> Result<CommittedJobs, QueueFailure> {
        self.chain.add(entry);
        self.last = Some(entry.id.clone());
        let content = match &entry.result {
            QueuedResult::Ended { jobs, frames } => {
                let content = self.content(caller, entry, frames)?;
                if content.jobs.len() as u64 != *jobs {
                    return Err(self.damaged(&format!("result {} is not what it says", entry.id)));
                }
                self.done += jobs;
                content
            }
            QueuedResult::GivenUp { k } => {
                self.given_up += 1;
                CommittedJobs {
                    jobs: vec![(*k, lost_job(&self.given_up(caller, *k)?, self.plan.losses))],
                    part: None,
                }
            }
            QueuedResult::Forged { .. } => {
                return Err(self.damaged("a job of the queue was not put there by this run"));
            }
        };
        for (place, _) in &content.jobs {
            self.mark(*place)?;
        }
        Ok(content)
    }

    /// Reads the frames of a result, which may lie elsewhere.
    fn content(
        &self,
        caller: &mut Caller,
        entry: &ResultEntry,
        frames: &[u8],
    ) -> Result<CommittedJobs, QueueFailure> {
        let damaged = || self.damaged(&format!("result {} can't be read", entry.id));
        let key = self.signing.of_commit(&entry.worker, entry.number);
        let parsed = parse_frames(frames, key)
            .map_err(|error| self.damaged(&format!("result {} of {} is {error}", entry.id, entry.worker)))?;
        let parsed = match &parsed[..] {
            &[
                CommitFrame::Elsewhere {
                    pieces,
                    length,
                    sha256,
                },
            ] if length <= LARGEST => {
                let bytes = self.pieces(caller, entry, pieces)?;
                let is_whole = bytes.len() as u64 == length && Sha256::digest(&bytes)[..] == sha256;
                if !is_whole {
                    return Err(damaged());
                }
                parse_frames(&bytes, None).map_err(|_| damaged())?
            }
            _ => parsed,
        };
        committed(parsed, &self.plan.tmpdir).map_err(|_| damaged())
    }

    /// Returns a job that was given up, as far as the server can tell.
    fn given_up(&self, caller: &mut Caller, k: u64) -> Result<QueuedJob, QueueFailure> {
        let payload = caller.call(|queue| queue.given_up(k));
        let payload = payload.map_err(|error| self.plan.failure(&error))?;
        let job = payload.and_then(|payload| QueuedJob::parse(&payload, self.signing.of_job(k)).ok());
        Ok(job.unwrap_or(QueuedJob {
            number: 0,
            inputs: Vec::new(),
        }))
    }

    fn pieces(&self, caller: &mut Caller, entry: &ResultEntry, pieces: u64) -> Result<Vec<u8>, QueueFailure> {
        let mut bytes = Vec::new();
        for at in 0..pieces {
            let piece = caller.call(|queue| queue.piece_of(&entry.worker, entry.number, at));
            let piece = piece.map_err(|error| self.plan.failure(&error))?;
            let missing = || self.damaged(&format!("a piece of result {} is not there", entry.id));
            bytes.extend(piece.ok_or_else(missing)?);
        }
        Ok(bytes)
    }

    /// Takes note that a job has ended, which none does twice.
    fn mark(&mut self, place: u64) -> Result<(), QueueFailure> {
        // What was enqueued is bounded by memory, and so is this.
        if place == 0 || place > self.highest.saturating_add(1 << 32) {
            return Err(self.damaged("a job of the results is none"));
        }
        if !self.ended.insert(place) {
            return Err(QueueFailure::Forgotten(format!(
                "{}: job {place} of the queue has ended twice",
                self.plan.shown
            )));
        }
        self.highest = self.highest.max(place);
        Ok(())
    }

    /// Checks that the jobs of a result are those that were enqueued. `numbers` are theirs, in the order of the queue. Gives jobs that
    /// were given up their numbers.
    ///
    /// # Errors
    /// When one is another.
    pub(super) fn check_numbers(
        &self,
        content: &mut CommittedJobs,
        numbers: &[u64],
    ) -> Result<(), QueueFailure> {
        for (place, job) in &mut content.jobs {
            let number = usize::try_from(*place - 1).ok().and_then(|at| numbers.get(at));
            match number {
                Some(number) if job.number == 0 => job.number = *number,
                Some(number) if *number == job.number => {}
                _ => return Err(self.damaged("a result is about a job that is not in the queue")),
            }
        }
        Ok(())
    }

    /// Checks that all results were read, once all jobs have ended.
    ///
    /// # Errors
    /// When the server has others than were read, or contradicts itself.
    pub(super) fn check(&self, counts: &RunCounts) -> Result<(), QueueFailure> {
        if counts.chain != self.chain.as_str() {
            return Err(QueueFailure::Forgotten(format!(
                "{}: the server has forgotten results that were read",
                self.plan.shown
            )));
        }
        let total = counts.total.unwrap_or_default();
        let is_sound = self.done == counts.done && self.given_up == counts.dead && counts.forged == 0;
        match is_sound && self.ended.len() == total && self.highest == total && counts.backlog == 0 {
            true => Ok(()),
            false => Err(self.damaged("its counts do not match its results")),
        }
    }

    /// Checks what must hold at any time.
    ///
    /// # Errors
    /// When it does not.
    pub(super) fn check_meanwhile(&self, counts: &RunCounts) -> Result<(), QueueFailure> {
        match counts.total {
            Some(_) if counts.backlog == 0 => Err(self.damaged("no job is left, and not all have ended")),
            _ => Ok(()),
        }
    }

    fn damaged(&self, what: &str) -> QueueFailure {
        QueueFailure::Damaged(format!(
            "{}: the queue's data are damaged: {what}: --fresh begins anew",
            self.plan.shown
        ))
    }
}
