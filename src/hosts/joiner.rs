//! A worker of a queue: takes jobs, hands them to the run of this process, and commits how they ended.
//!
//! ```text
//! CONNECT -> ENTER -> [TAKE <-> WORK <-> COMMIT] -> OVER
//! ```
//! It does not know how a job is run, nor what a part of a fold means.

use super::beat::{self, BeatState};
use super::caller::{Caller, CallerVoice};
use super::commit::{PackParts, PendingCommit};
use super::failure::QueueFailure;
use super::job_frames::{job, uncovered_job};
use super::joiner_plan::JoinerPlan;
use super::pace::Pace;
use super::process_name::{ProcessName, host};
use super::signing::Signing;
use super::taken_jobs::TakenJobs;
use crate::job::Failure;
use crate::message;
use crate::queue::{
    CommitAnswer, HandedJob, HandedJobs, MineAnswer, PayloadError, QueueError, QueuedJob, StopMode,
    TakeAnswer,
};
use crate::run::{DeliveredJob, JobFeed, QueueRole};
use crate::source::JobResult;
use crate::sys::signals;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, unbounded};
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How many ends a commit has at most.
const MOST_ENDS: usize = 256;
/// How long a worker may not look at what its heartbeat has heard.
const LOOK: Duration = Duration::from_millis(500);

/// How a worker's part in a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinEnd {
    /// The run is over, or the leader has halted it.
    Over,
    /// The run of this process ended before.
    Left,
}

/// What follows from an answer: the worker's part ends, or it goes on.
pub(super) type Step = Result<Option<JoinEnd>, QueueFailure>;

/// A worker.
pub(crate) struct Joiner {
    pub(super) plan: JoinerPlan,
    pub(super) caller: Caller,
    pub(super) name: ProcessName,
    pub(super) jobs: TakenJobs,
    /// Where jobs go.
    pub(super) feed: Sender<Vec<JobResult>>,
    pub(super) ends: Receiver<(u64, DeliveredJob)>,
    pub(super) beat: Arc<BeatState>,
    pub(super) leaving: Arc<AtomicBool>,
    pub(super) pace: Pace,
    /// How many commits this name has made.
    pub(super) commits: u64,
    pub(super) signing: Signing,
    /// When to ask for jobs again.
    pub(super) next_take: Instant,
    /// Since when the queue has had nothing for this worker.
    pub(super) idle: Option<Instant>,
    pub(super) looked_for_leader: Instant,
    /// Jobs that another host could not do, either.
    pub(super) refused_before: HashSet<u64>,
    /// Why this host can't do a job.
    pub(super) unfit: Option<String>,
}

impl Joiner {
    /// Returns a worker, and the role that the run of this process plays. `commands` says whether command lines are
    /// delivered.
    pub(crate) fn new(plan: JoinerPlan, commands: bool) -> (Self, QueueRole) {
        let (feed, jobs): (_, JobFeed) = unbounded();
        let (sender, ends) = unbounded();
        let leaving = Arc::new(AtomicBool::new(false));
        let now = Instant::now();
        let joiner = Joiner {
            caller: plan.caller(CallerVoice::Aloud, &leaving),
            name: ProcessName::new(),
            jobs: TakenJobs::default(),
            feed,
            ends,
            beat: Arc::default(),
            leaving,
            pace: Pace::new(plan.slots, now),
            commits: 0,
            signing: plan.signing.clone(),
            next_take: now,
            idle: None,
            looked_for_leader: now,
            refused_before: HashSet::new(),
            unfit: None,
            plan,
        };
        let role = QueueRole::Joiner {
            jobs,
            ends: sender,
            commands,
        };
        (joiner, role)
    }

    /// Works until the run is over, or the run of this process has ended. `pack` makes one part of a fold of several.
    ///
    /// # Errors
    /// [`QueueFailure`].
    pub(crate) fn work(mut self, pack: &mut PackParts<'_>) -> Result<JoinEnd, QueueFailure> {
        signals::block_in_this_thread();
        if let Some(end) = self.enter()? {
            return Ok(end);
        }
        let silent = self.plan.caller(CallerVoice::Silent, &self.leaving);
        beat::start(&self.beat, silent, self.plan.lease).map_err(|cause| {
            QueueFailure::Damaged(format!("can't start a thread: {}", message::cause(&cause)))
        })?;
        loop {
            let has_left = self.wait();
            if has_left {
                self.leaving.store(true, Ordering::Relaxed);
            }
            let mut end = self.heed_beat()?;
            let is_idle = self.jobs.unended() == 0;
            let is_due = self
                .pace
                .next_commit(self.jobs.ended())
                .is_some_and(|at| at <= Instant::now());
            if end.is_none() && self.jobs.ended() > 0 && (has_left || is_idle || is_due) {
                end = self.commit(pack)?;
            }
            if end.is_none() && has_left && self.jobs.ended() == 0 {
                self.leave()?;
                end = Some(JoinEnd::Left);
            }
            if end.is_none() && self.unfit.is_some() && self.jobs.unended() + self.jobs.ended() == 0 {
                self.leave()?;
                return Err(QueueFailure::UnfitHost(self.unfit.take().unwrap_or_default()));
            }
            if end.is_none() && !has_left {
                end = self.take()?;
            }
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// Waits for what happens next: a job ends, or it is time to commit or to ask. Returns true when the run of this
    /// process has ended.
    fn wait(&mut self) -> bool {
        let mut until = Instant::now() + LOOK.min(self.plan.lease / 8);
        if self.pace.want(self.jobs.unended()) > 0 && self.unfit.is_none() {
            until = until.min(self.next_take);
        }
        until = self
            .pace
            .next_commit(self.jobs.ended())
            .map_or(until, |at| at.min(until));
        let mut end = self.ends.recv_deadline(until);
        while let Ok((seq, job)) = end {
            self.take_end(seq, job);
            end = self.ends.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            });
        }
        self.tell_beat();
        end.is_err_and(|error| error == RecvTimeoutError::Disconnected)
    }

    /// Takes the end of a job. What this host can't find may be there on another.
    fn take_end(&mut self, seq: u64, end: DeliveredJob) {
        let Some(place) = self.jobs.place(seq) else { return };
        let is_missing = matches!(
            &end.failure,
            Some(Failure::Unreadable { cause, .. }) if cause.kind() == io::ErrorKind::NotFound
        );
        if is_missing && !self.plan.is_final && !self.refused_before.contains(&place) {
            let why = end.failure.as_ref().map(Failure::to_string);
            self.refuse(place, why.unwrap_or_default());
        } else if self.jobs.end(seq, end) {
            self.pace.note_end(Instant::now());
        }
    }

    fn refuse(&mut self, place: u64, why: String) {
        self.jobs.refuse(place);
        self.unfit.get_or_insert(why);
    }

    /// Has the heartbeat say what is held.
    fn tell_beat(&self) {
        let mut beat = self.beat.lock();
        beat.held = self.jobs.held() as u64;
        beat.started = self.jobs.first_unended(self.plan.slots);
    }

    /// Does what follows from what the heartbeat has heard.
    fn heed_beat(&mut self) -> Step {
        let (is_out, differs, stop) = {
            let beat = self.beat.lock();
            (beat.is_out, beat.differs, beat.stop)
        };
        if is_out {
            return self.start_again();
        }
        if stop == Some(StopMode::Halt) {
            return Ok(Some(JoinEnd::Over));
        }
        if self.caller.take_reconnected() || differs >= 2 {
            return self.reconcile();
        }
        Ok(None)
    }

    /// Brings what is held here and what the queue says into agreement.
    fn reconcile(&mut self) -> Step {
        let worker = self.name.current().to_owned();
        let mine = self.caller.call(|queue| queue.mine(&worker));
        self.caller.take_reconnected();
        match mine.map_err(|error| self.failure(&error))? {
            MineAnswer::Jobs(handed) => {
                let places: BTreeSet<u64> = handed.jobs.iter().map(|job| job.k).collect();
                self.jobs.keep_only(&places);
                self.begin(handed)?;
                self.beat.lock().differs = 0;
                Ok(None)
            }
            MineAnswer::Outside(why) => self.outside(why),
        }
    }

    /// Hands jobs to the run of this process, but for those that are held already.
    fn begin(&mut self, handed: HandedJobs) -> Result<(), QueueFailure> {
        self.pace.note_backlog(handed.backlog, handed.workers);
        let mut jobs: Vec<JobResult> = Vec::new();
        for entry in handed.jobs {
            let queued = match QueuedJob::parse(&entry.payload, self.signing.of_job(entry.k)) {
                Ok(queued) => queued,
                Err(error) => return Err(self.refuse_forged(entry.k, error)),
            };
            if self.is_covered(&entry, &queued)
                && let Some(seq) = self.jobs.take(entry.k)
            {
                jobs.push(Ok(job(queued, seq, self.plan.opened)));
            }
        }
        self.tell_beat();
        if !jobs.is_empty() {
            // When nobody listens, the run of this process has ended, which shows by its other end.
            let _ = self.feed.send(jobs);
        }
        Ok(())
    }

    /// Has a job deleted that this run has not enqueued, and ends: who can write to the queue may have written more.
    fn refuse_forged(&mut self, k: u64, error: PayloadError) -> QueueFailure {
        self.commits += 1;
        let (worker, lease) = (self.name.current().to_owned(), self.plan.lease);
        let told = PendingCommit::send_forged(
            &mut self.caller,
            (&worker, &self.signing),
            lease,
            (self.commits, k),
        );
        if let Err(error) = told {
            return self.failure(&error);
        }
        QueueFailure::Damaged(format!(
            "{}: job {k} of the queue is {error}: it was not run",
            self.plan.shown
        ))
    }

    /// Returns whether this host may do a job. When another host may not either, the job has failed.
    fn is_covered(&mut self, entry: &HandedJob, queued: &QueuedJob) -> bool {
        let by_other = entry.refused_by.as_ref().is_some_and(|by| *by != host());
        if by_other {
            self.refused_before.insert(entry.k);
        }
        let Some((name, why)) = self.plan.bounds.refusal(queued) else {
            return true;
        };
        if by_other || self.plan.is_final {
            self.jobs.end_unbegun(entry.k, uncovered_job(queued, &name, &why));
            self.pace.note_end(Instant::now());
        } else {
            self.refuse(entry.k, format!("{}: {why}", message::display_name(&name)));
        }
        false
    }

    /// Asks for jobs when it is time.
    fn take(&mut self) -> Step {
        let now = Instant::now();
        let want = self.pace.want(self.jobs.unended());
        if self.unfit.is_some() || now < self.next_take || want == 0 {
            return Ok(None);
        }
        let (worker, plan) = (self.name.current().to_owned(), &self.plan);
        let taken = self
            .caller
            .call(|queue| queue.take(&worker, want, plan.lease, plan.losses));
        match taken.map_err(|error| self.failure(&error))? {
            TakeAnswer::Jobs(handed) => {
                self.idle = None;
                self.next_take = Instant::now();
                self.begin(handed)?;
                Ok(None)
            }
            TakeAnswer::Wait => {
                self.next_take = Instant::now() + self.pace.idle_pause();
                self.look_for_leader()?;
                Ok(None)
            }
            TakeAnswer::Stop => Ok(Some(JoinEnd::Over)),
            TakeAnswer::Outside(why) => self.outside(why),
        }
    }

    /// Commits what has ended.
    fn commit(&mut self, pack: &mut PackParts<'_>) -> Step {
        let began = Instant::now();
        let ends = self.jobs.take_ends(MOST_ENDS);
        let places: Vec<u64> = ends.iter().map(|(place, _)| *place).collect();
        self.commits += 1;
        let commit = PendingCommit::new(ends, self.commits, pack);
        let commit =
            commit.map_err(|cause| QueueFailure::Damaged(format!("a commit: {}", message::cause(&cause))))?;
        let (worker, lease) = (self.name.current().to_owned(), self.plan.lease);
        let answer = commit.send(&mut self.caller, (&worker, &self.signing), lease);
        let answer = answer.map_err(|error| self.failure(&error))?;
        self.jobs.remove(places);
        self.pace.note_commit(began, self.jobs.ended());
        self.tell_beat();
        match answer {
            CommitAnswer::Committed | CommitAnswer::Already => Ok(None),
            CommitAnswer::Lost => self.reconcile(),
            CommitAnswer::Outside(why) => self.outside(why),
        }
    }

    /// Hands back what is not committed.
    fn leave(&mut self) -> Result<(), QueueFailure> {
        let (worker, refused) = (self.name.current().to_owned(), self.jobs.refused());
        let left = self.caller.call(|queue| queue.leave(&worker, &host(), &refused));
        left.map(drop).map_err(|error| self.failure(&error))
    }

    pub(super) fn failure(&self, error: &QueueError) -> QueueFailure {
        QueueFailure::from_error(error, &self.plan.shown)
    }
}
