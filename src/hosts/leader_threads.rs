//! The threads of a leader: one enqueues jobs, one reads results, and one renews the lease.
//!
//! They do not know what jobs are about, nor what becomes of results.

use super::caller::{Caller, CallerVoice};
use super::collected_jobs::CollectedJobs;
use super::enqueued_jobs::EnqueuedJobs;
use super::failure::QueueFailure;
use super::leader_plan::LeaderPlan;
use super::signing::Signing;
use crate::job::Job;
use crate::message;
use crate::queue::{
    BegunRun, CloseAnswer, LeadAnswer, NotLeading, PutAnswer, QueueConnection, ResultEntry, RunCounts,
};
use crate::run::QueueNews;
use crate::sys::{signals, spawn_thread};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How many jobs are enqueued in one call at most, and about how many bytes of them.
const BATCH: usize = 1000;
const BATCH_BYTES: usize = 1 << 20;
/// How many results are read in one call.
const RESULTS: u64 = 64;
/// The first pause when there are no results, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// How often results are read anew.
const MOST_ANEW: u32 = 3;
/// How often the backlog is looked at when it is full.
const BACKLOG_PAUSE: Duration = Duration::from_millis(100);

/// What the threads know of each other.
#[derive(Debug, Default)]
pub(super) struct LeaderState {
    leaving: Arc<AtomicBool>,
    failure: Mutex<Option<QueueFailure>>,
    /// The numbers of the jobs, in the order of the queue.
    enqueued: Mutex<Vec<u64>>,
}

impl LeaderState {
    /// Returns what tells all callers that the run ends.
    pub(super) fn leaving(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.leaving)
    }

    /// Has all threads end.
    pub(super) fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Returns why a thread could not go on.
    pub(super) fn failure(&self) -> Option<QueueFailure> {
        locked(&self.failure).clone()
    }

    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the threads are started with.
#[derive(Clone)]
pub(super) struct Threads {
    pub(super) plan: Arc<LeaderPlan>,
    pub(super) leader: String,
    pub(super) signing: Signing,
    pub(super) state: Arc<LeaderState>,
    pub(super) news: Sender<QueueNews>,
    /// What an earlier leader had enqueued.
    pub(super) begun: Option<BegunRun>,
}

/// Starts them. They end by themselves.
///
/// # Errors
/// When there is no thread.
pub(super) fn start(threads: Threads, jobs: Receiver<Job>) -> io::Result<()> {
    let (enqueue, collect, lead) = (threads.clone(), threads.clone(), threads);
    spawn_thread("enqueue", move || enqueue.run(|threads| threads.enqueue(&jobs)))?;
    spawn_thread("collect", move || collect.run(Threads::collect))?;
    spawn_thread("lead", move || lead.run(Threads::lead))
}

impl Threads {
    /// Does a thread's work, and has the run hear why it could not go on.
    fn run(self, work: impl FnOnce(&Threads) -> Result<(), QueueFailure>) {
        signals::block_in_this_thread();
        let Err(failure) = work(&self) else { return };
        if self.state.is_leaving() {
            return;
        }
        let text = failure.to_string();
        locked(&self.state.failure).get_or_insert(failure);
        let _ = self.news.send(QueueNews::Failed(text));
    }

    fn caller(&self, voice: CallerVoice) -> Caller {
        self.plan.caller(voice, self.state.leaving())
    }

    /// Renews the lease. Another connection than those that may wait for the run does that.
    fn lead(&self) -> Result<(), QueueFailure> {
        let mut caller = self.caller(CallerVoice::Silent);
        let pause = (self.plan.lease / 4).min(Duration::from_secs(5));
        while !self.state.is_leaving() {
            self.counts(&mut caller)?;
            let mut left = pause;
            while !left.is_zero() && !self.state.is_leaving() {
                let step = left.min(BACKLOG_PAUSE);
                thread::sleep(step);
                left -= step;
            }
        }
        Ok(())
    }

    /// Renews the lease, and returns how far the run is.
    fn counts(&self, caller: &mut Caller) -> Result<RunCounts, QueueFailure> {
        let answer = caller.call(|queue| queue.lead(&self.leader, self.plan.lease));
        match answer.map_err(|error| self.plan.failure(&error))? {
            LeadAnswer::Leading(counts) => Ok(counts),
            LeadAnswer::NotLeading(why) => Err(self.not_leading(why)),
        }
    }

    fn not_leading(&self, why: NotLeading) -> QueueFailure {
        let shown = &self.plan.shown;
        match why {
            NotLeading::NoRun | NotLeading::Over => QueueFailure::Damaged(format!(
                "{shown}: the queue has lost the run, or somebody dropped it"
            )),
            NotLeading::Led { leader } => {
                QueueFailure::InUse(format!("{shown}: {leader} leads this run by now"))
            }
        }
    }

    fn forgotten(&self) -> QueueFailure {
        QueueFailure::Forgotten(format!(
            "{}: the server has forgotten a part of the run",
            self.plan.shown
        ))
    }

    /// Enqueues the jobs of the run.
    fn enqueue(&self, jobs: &Receiver<Job>) -> Result<(), QueueFailure> {
        let mut caller = self.caller(CallerVoice::Silent);
        let mut enqueued = EnqueuedJobs::new(self.begun.clone(), self.signing.clone());
        let no_job = |error| {
            let shown = &self.plan.shown;
            QueueFailure::Refused(format!("{shown}: a job is {error}: -n makes smaller ones"))
        };
        while let Ok(first) = jobs.recv() {
            let (mut numbers, mut next) = (Vec::new(), Some(first));
            while let Some(job) = next {
                numbers.push(job.number);
                enqueued.add(&job).map_err(no_job)?;
                let has_room = numbers.len() < BATCH && enqueued.bytes() < BATCH_BYTES;
                next = has_room.then(|| jobs.try_recv().ok()).flatten();
            }
            self.check_names(&enqueued)?;
            // Before the server has them: a result may come at once.
            locked(&self.state.enqueued).extend(numbers);
            self.put(&mut caller, &mut enqueued)?;
            if let Err(TrySendError::Disconnected(_)) = self.news.try_send(QueueNews::Room) {
                return Ok(());
            }
        }
        if self.state.is_leaving() {
            return Ok(());
        }
        self.close(&mut caller, &enqueued)
    }

    /// Checks that the jobs are those that an earlier leader had enqueued.
    fn check_names(&self, enqueued: &EnqueuedJobs) -> Result<(), QueueFailure> {
        match enqueued.are_as_before() {
            true => Ok(()),
            false => Err(self.other_inputs()),
        }
    }

    fn other_inputs(&self) -> QueueFailure {
        QueueFailure::Refused(format!(
            "{}: the run that was begun there is of other inputs, or of files that have changed since: --fresh forgets it",
            self.plan.shown
        ))
    }

    /// Enqueues what is new, and waits while too many jobs wait on the server.
    fn put(&self, caller: &mut Caller, enqueued: &mut EnqueuedJobs) -> Result<(), QueueFailure> {
        let (first, payloads) = enqueued.take_new();
        if payloads.is_empty() {
            return Ok(());
        }
        let names = enqueued.names();
        let mut rest: &[Vec<u8>] = &payloads;
        loop {
            let put = caller.call(|queue| queue.put(&self.leader, first, names.as_bytes(), rest));
            match put.map_err(|error| self.plan.failure(&error))? {
                PutAnswer::Enqueued { backlog } if backlog <= self.plan.backlog => return Ok(()),
                PutAnswer::Enqueued { .. } => {}
                PutAnswer::Gap { .. } => return Err(self.forgotten()),
                PutAnswer::NotLeading(why) => return Err(self.not_leading(why)),
            }
            if self.state.is_leaving() {
                return Ok(());
            }
            rest = &[];
            thread::sleep(BACKLOG_PAUSE);
        }
    }

    /// Says that there are no more jobs.
    fn close(&self, caller: &mut Caller, enqueued: &EnqueuedJobs) -> Result<(), QueueFailure> {
        if !enqueued.is_whole() {
            return Err(self.other_inputs());
        }
        let (total, names) = (enqueued.count(), enqueued.names());
        let closed = caller.call(|queue| queue.close(&self.leader, total, names.as_bytes()));
        match closed.map_err(|error| self.plan.failure(&error))? {
            CloseAnswer::Closed => Ok(()),
            CloseAnswer::Gap { .. } => Err(self.forgotten()),
            CloseAnswer::NotLeading(why) => Err(self.not_leading(why)),
        }
    }

    /// Reads results until all jobs have ended. When the server has forgotten some, what was printed can't be printed
    /// anew: all results are read again, and those of jobs that the run has heard of are passed over.
    fn collect(&self) -> Result<(), QueueFailure> {
        let mut caller = self.caller(CallerVoice::Aloud);
        let mut collected = CollectedJobs::new(&self.plan, &self.signing);
        let mut anew = 0;
        loop {
            match self.collect_all(&mut caller, &mut collected) {
                Err(QueueFailure::Forgotten(_)) if self.plan.prints && anew < MOST_ANEW => {
                    anew += 1;
                    collected.begin_anew();
                    message::note(format_args!(
                        "{}: the server has forgotten results: they are read anew",
                        self.plan.shown
                    ));
                }
                end => return end,
            }
        }
    }

    fn collect_all(
        &self,
        caller: &mut Caller,
        collected: &mut CollectedJobs<'_>,
    ) -> Result<(), QueueFailure> {
        let mut pause = FIRST_PAUSE;
        while !self.state.is_leaving() {
            // Before the results: what these counts speak of is read then.
            let counts = self.counts(caller)?;
            if caller.take_reconnected() {
                // A server that has crashed may append behind a torn end of its log. That the user may not ask was told.
                let _ = caller.call(QueueConnection::rewrite_log);
            }
            let mut has_results = false;
            loop {
                let after = collected.last().map(str::to_owned);
                let results = caller.call(|queue| queue.results(after.as_deref(), RESULTS));
                let results = results.map_err(|error| self.plan.failure(&error))?;
                if results.is_empty() {
                    break;
                }
                has_results = true;
                for entry in results {
                    self.take(caller, collected, &entry)?;
                }
            }
            if counts.is_over() {
                collected.check(&counts)?;
                let _ = self.news.send(QueueNews::Over);
                return Ok(());
            }
            collected.check_meanwhile(&counts)?;
            pause = if has_results {
                FIRST_PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
            thread::sleep(pause.mul_f64(0.75 + fastrand::f64() / 4.0));
        }
        Ok(())
    }

    fn take(
        &self,
        caller: &mut Caller,
        collected: &mut CollectedJobs<'_>,
        entry: &ResultEntry,
    ) -> Result<(), QueueFailure> {
        let mut content = collected.read(caller, entry)?;
        // After a new start, what an earlier leader had enqueued is still to be found.
        while collected.highest() > locked(&self.state.enqueued).len() as u64 {
            if self.state.is_leaving() {
                return Ok(());
            }
            thread::sleep(FIRST_PAUSE);
        }
        collected.check_numbers(&mut content, &locked(&self.state.enqueued))?;
        let new = content
            .jobs
            .into_iter()
            .filter(|(place, _)| collected.tell(*place));
        let jobs = new.map(|(_, job)| job).collect();
        let _ = self.news.send(QueueNews::Ended(jobs, content.part));
        Ok(())
    }
}
