//! `--state`: which jobs need not run, and when the ends of the others are stored.
//!
//! A job's end is stored once nothing of it can be lost any more: under a fold at once, with its part of the
//! fold, and otherwise when its output has been printed. It does not know workers or the output.

mod job_end;
mod restore;

use super::job_states::{Before, JobState, JobStates};
use super::role::QueueRole;
use crate::job::{Failure, Job};
use crate::plan::{Plan, Recognition, Revocable};
use crate::state::{
    Fingerprint, GrownFile, JobEnd, JobLookup, RunProgress, State, StateError, StoredOutcome, fingerprints,
};
use crate::worker::{Bundle, JobRecord, PartUse, Recording, Task};
use job_end::{fail, job_end};
use restore::{Next, Restore};
use std::time::SystemTime;

/// How many jobs are looked up before the main thread handles its events again.
pub(crate) const LOOK_UPS: usize = 1024;

/// What to do with a job that was found.
pub(crate) enum Screened {
    /// It is to be run.
    Run(Option<Box<Before>>),
    /// It is to be run, as a job about what was appended to its file.
    Continue(Box<Before>, Box<GrownFile>),
    /// It is done, or only others are wanted.
    Skip,
}

/// The main thread's side of the state. Without `--state` it does nothing.
pub(crate) struct Resume(Option<Active>);

struct Active {
    state: State,
    folded: bool,
    revocable: Revocable,
    /// The ends that the next commit stores, with the jobs' numbers.
    batch: Vec<(u64, JobEnd)>,
    /// What jobs that need not run gave the fold.
    restore: Restore,
    /// How many jobs were looked up.
    looked_up: u64,
    /// How many inputs belong to jobs that are neither done nor wanted.
    left_out: u64,
    progress: RunProgress,
    stored: RunProgress,
    /// Whether an input could not be had: no job is about it, and so not all are found.
    lacks_input: bool,
    /// Whether the state failed. Nothing more is stored then.
    broken: bool,
}

impl Resume {
    /// Opens and locks the plan's state, if it has one. `folded` says whether there is a fold.
    ///
    /// # Errors
    /// [`StateError`].
    pub(crate) fn open(plan: &Plan, folded: bool) -> Result<Self, StateError> {
        let Some(state) = &plan.state else {
            return Ok(Resume(None));
        };
        Ok(Resume(Some(Active {
            state: State::open(state, &plan.tmpdir)?,
            folded,
            revocable: state.revocable,
            batch: Vec::new(),
            restore: Restore::default(),
            looked_up: 0,
            left_out: 0,
            progress: RunProgress::default(),
            stored: RunProgress::default(),
            lacks_input: false,
            broken: false,
        })))
    }

    /// Returns whether there is a state.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Returns how many inputs belong to jobs that are neither done nor wanted.
    pub(crate) fn left_out(&self) -> u64 {
        self.0.as_ref().map_or(0, |active| active.left_out)
    }

    /// Decides whether a job that was found is to be run. `output_gone` says that the file that the job makes
    /// does not exist.
    ///
    /// # Errors
    /// [`StateError`]. Nothing more is stored then.
    pub(crate) fn screen(&mut self, job: &Job, output_gone: bool) -> Result<Screened, StateError> {
        match &mut self.0 {
            Some(active) => active.screen(job, output_gone),
            None => Ok(Screened::Run(None)),
        }
    }

    /// Takes note of a job's end. `printed` says whether its output can't be lost any more.
    pub(crate) fn end(
        &mut self,
        jobs: &mut JobStates,
        seq: u64,
        before: Option<Box<Before>>,
        ended: (Option<&Failure>, u64, JobRecord),
        printed: bool,
    ) {
        let (Some(active), Some(before)) = (&mut self.0, before) else {
            return;
        };
        let (failure, bad_lines, record) = ended;
        if matches!(failure, Some(Failure::Stopped | Failure::Own { .. })) {
            return;
        }
        let end = job_end(*before, failure, bad_lines, record);
        // A job that failed runs again whether or not its output was printed.
        if printed || active.folded || failure.is_some() {
            jobs.storing(seq);
            active.batch.push((seq, end));
        } else {
            jobs.hold(seq, end);
        }
    }

    /// Takes note that the output of all jobs below `lowest` is printed.
    pub(crate) fn printed(&mut self, jobs: &mut JobStates, lowest: u64) {
        if let Some(active) = &mut self.0 {
            active.batch.extend(jobs.printed(lowest));
        }
    }

    /// Stores what has ended since the last time. `left` is how many jobs are still to be looked up, if that is
    /// known.
    ///
    /// # Errors
    /// [`StateError`]. Nothing more is stored then.
    pub(crate) fn store(&mut self, jobs: &mut JobStates, left: Option<u64>) -> Result<(), StateError> {
        self.0.as_mut().map_or(Ok(()), |active| active.store(jobs, left))
    }

    /// Returns the next task that earlier runs left for the workers, once all jobs are found. `idle` says that all tasks so far have ended.
    ///
    /// # Errors
    /// [`StateError`]. Nothing more is stored then.
    pub(crate) fn next_task(&mut self, jobs: &mut JobStates, idle: bool) -> Result<Option<Task>, StateError> {
        let Some(active) = self.working() else {
            return Ok(None);
        };
        let idle = idle && active.batch.is_empty();
        let next = active.restore.next(&mut active.state, idle);
        match active.checked(next)? {
            Next::Task(task) => {
                jobs.send_other();
                Ok(Some(task))
            }
            Next::Nothing => Ok(None),
            Next::Lost(job, row) => {
                active.progress.remembered -= 1;
                let before = before(Some(row), fingerprints(&job), SystemTime::now(), 0);
                jobs.send(job.seq, Some(before));
                Ok(Some(Task::Job(job)))
            }
        }
    }

    /// Returns whether no more tasks come, once all jobs are found.
    pub(crate) fn is_dry(&self) -> bool {
        let dry = |active: &Active| active.broken || !active.folded || active.restore.is_dry();
        self.0.as_ref().is_none_or(dry)
    }

    /// Takes a bundle for later runs.
    ///
    /// # Errors
    /// [`StateError`]. Nothing more is stored then.
    pub(crate) fn keep_bundle(&mut self, bundle: Bundle) -> Result<(), StateError> {
        let Some(active) = self.working() else {
            return Ok(());
        };
        let kept = active.restore.store_bundle(bundle, &active.state);
        active.checked(kept)
    }

    /// Remembers jobs as failed whatever was stored of them: a pool's process answered them, and was out of
    /// step or ended badly after that. Returns whether there is a state that does so.
    ///
    /// # Errors
    /// [`StateError`]. Nothing more is stored then.
    pub(crate) fn revoke(
        &mut self,
        jobs: &mut JobStates,
        seqs: &[u64],
        cause: &str,
    ) -> Result<bool, StateError> {
        let Some(active) = self.working() else {
            return Ok(false);
        };
        let mut rows = Vec::new();
        for &seq in seqs {
            match jobs.get_mut(seq) {
                Some(JobState::Sent(Some(before)) | JobState::PartEnded(_, Some(before))) => {
                    before.revoked = Some(cause.to_owned());
                }
                Some(JobState::Unprinted(end)) => fail(end, cause),
                Some(JobState::Storing) => {
                    let mut batch = active.batch.iter_mut();
                    if let Some((_, end)) = batch.find(|(of, _)| *of == seq) {
                        fail(end, cause);
                    }
                }
                Some(&mut JobState::Stored(row)) => {
                    rows.push(row);
                    jobs.stored(seq, None);
                }
                _ => {}
            }
        }
        let taken = active.state.revoke(&rows, cause);
        active.checked(taken).map(|()| true)
    }

    /// Takes note of an input that could not be had, and that no job is about.
    pub(crate) fn lacks_input(&mut self) {
        if let Some(active) = &mut self.0 {
            active.lacks_input = true;
        }
    }

    /// Stores what is left, and that the run has ended.
    ///
    /// # Errors
    /// [`StateError`].
    pub(crate) fn finish(&mut self, jobs: &mut JobStates, left: Option<u64>) -> Result<(), StateError> {
        self.store(jobs, left)?;
        let Some(active) = self.0.take().filter(|active| !active.broken) else {
            return Ok(());
        };
        let all = active.progress.complete && active.looked_up == active.progress.found;
        let progress = RunProgress {
            complete: active.progress.complete && !active.lacks_input,
            ..active.progress
        };
        active.state.finish(progress, all)
    }

    fn working(&mut self) -> Option<&mut Active> {
        self.0.as_mut().filter(|active| !active.broken)
    }
}

impl Active {
    fn screen(&mut self, job: &Job, output_gone: bool) -> Result<Screened, StateError> {
        self.looked_up += 1;
        let now = SystemTime::now();
        let fingerprints = fingerprints(job);
        let found = self.state.look_up(job, &fingerprints);
        let row = match self.checked(found)? {
            JobLookup::Done(kept) if !output_gone => {
                self.progress.remembered += 1;
                if self.folded {
                    self.restore.add(kept, job);
                }
                return Ok(Screened::Skip);
            }
            // A file that is not there was not made, whatever is remembered.
            JobLookup::Done(kept) => JobLookup::Undone {
                row: kept.row,
                outcome: StoredOutcome::Unsettled,
            },
            other => other,
        };
        if !self.state.wants(&row) {
            // A split file counts once.
            let ends = job.inputs.iter().filter(|input| !input.is_continued());
            self.left_out += ends.count() as u64;
            return Ok(Screened::Skip);
        }
        let row = match row {
            JobLookup::Undone { row, .. } => Some(row),
            JobLookup::New | JobLookup::Done(_) => None,
            JobLookup::Grown(grown) => {
                let before = before(Some(grown.row), fingerprints, now, grown.given);
                return Ok(Screened::Continue(before, grown));
            }
        };
        Ok(Screened::Run(Some(before(row, fingerprints, now, 0))))
    }

    fn store(&mut self, jobs: &mut JobStates, left: Option<u64>) -> Result<(), StateError> {
        self.progress.complete = left.is_some();
        self.progress.found = self.looked_up + left.unwrap_or(0);
        if self.broken || (self.batch.is_empty() && self.stored.complete == self.progress.complete) {
            return Ok(());
        }
        let ends = self.batch.iter_mut().map(|(_, end)| end);
        let stored = self.state.commit(ends, self.progress);
        self.stored = self.progress;
        self.checked(stored)?;
        for (seq, end) in self.batch.drain(..) {
            let revocable = self.revocable != Revocable::Never && end.outcome != StoredOutcome::Failed;
            jobs.stored(seq, end.row.filter(|_| revocable));
        }
        Ok(())
    }

    fn checked<T>(&mut self, done: Result<T, StateError>) -> Result<T, StateError> {
        self.broken |= done.is_err();
        done
    }
}

fn before(row: Option<i64>, fingerprints: Vec<Fingerprint>, now: SystemTime, given: u64) -> Box<Before> {
    let recent = fingerprints.iter().any(|seen| seen.is_recent(now));
    Box::new(Before {
        row,
        given,
        fingerprints,
        recent,
        revoked: None,
    })
}

/// Returns what the workers are to record of each job, if anything. `folded` says whether there is a fold.
pub(crate) fn recording(plan: &Plan, folded: bool, role: &QueueRole) -> Option<Recording> {
    if let QueueRole::Joiner { commands, .. } = role {
        return Some(Recording {
            recognition: Recognition::BY_NAME,
            parts: folded.then(|| plan.tmpdir.clone()),
            use_of_parts: PartUse::Delivered,
            commands: *commands,
        });
    }
    let wanted = plan.state.is_some() || plan.joblog.is_some();
    let parts = plan.state.as_ref().filter(|_| folded);
    let recognition = plan.state.as_ref().map(|state| state.recognition);
    wanted.then(|| Recording {
        recognition: recognition.unwrap_or(Recognition::BY_NAME),
        parts: parts.map(|_| plan.tmpdir.clone()),
        use_of_parts: PartUse::Added,
        commands: plan.joblog.is_some(),
    })
}
