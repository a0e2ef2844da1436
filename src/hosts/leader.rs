//! The process that leads a run with a queue: it begins the run, has its jobs enqueued and the results read, and forgets the
//! run once the answer is printed.
//!
//! It does not know how jobs are found, nor what is printed.

use super::caller::{Caller, CallerVoice};
use super::failure::QueueFailure;
use super::leader_plan::LeaderPlan;
use super::leader_threads::{self, LeaderState, Threads};
use super::own_worker::OwnWorker;
use super::process_name::{ProcessName, is_gone, random};
use crate::message;
use crate::queue::{Begin, BeginAnswer, BegunRun, LeaderAnswer, QueueConnection, QueueError, StopMode};
use crate::run::QueueRole;
use crossbeam_channel::bounded;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How many jobs wait for the thread that enqueues them.
const JOBS: usize = 4096;
/// How many messages wait for the run.
const NEWS: usize = 64;
/// How often a second leader looks whether the first renews its lease.
const LOOK: Duration = Duration::from_millis(200);

/// How the run of the leader ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeadEnd {
    /// The answer is printed: the run is forgotten.
    Printed,
    /// It was stopped, and can go on: the workers pause.
    Stopped,
    /// `--halt` ended it: the workers end.
    Halted,
    /// It could not be started: what it has begun is forgotten.
    NotStarted,
}

/// A leader.
pub(crate) struct Leader {
    plan: Arc<LeaderPlan>,
    name: String,
    caller: Caller,
    state: Arc<LeaderState>,
    own_worker: Option<OwnWorker>,
    /// Whether nobody has led the run before.
    is_new: bool,
}

impl Leader {
    /// Begins the run, or goes on with one that was begun. Returns the role that the run of this process plays.
    ///
    /// # Errors
    /// [`QueueFailure`].
    pub(crate) fn begin(plan: LeaderPlan) -> Result<(Leader, QueueRole), QueueFailure> {
        let state = Arc::new(LeaderState::default());
        let plan = Arc::new(plan);
        let name = ProcessName::new().current().to_owned();
        let mut caller = plan.caller(CallerVoice::Aloud, state.leaving());
        let (new_epoch, begun) = plan.begin(&mut caller, &name)?;
        let epoch = begun.as_ref().map_or(new_epoch, |begun| begun.epoch.clone());
        plan.note_server(&mut caller);
        let is_new = begun.is_none();
        let (jobs, to_enqueue) = bounded(JOBS);
        let (sender, news) = bounded(NEWS);
        let threads = Threads {
            plan: Arc::clone(&plan),
            leader: name.clone(),
            signing: plan.signing.of_epoch(&epoch),
            state: Arc::clone(&state),
            news: sender,
            begun,
        };
        let no_thread =
            |cause| QueueFailure::Damaged(format!("can't start a thread: {}", message::cause(&cause)));
        leader_threads::start(threads, to_enqueue).map_err(no_thread)?;
        let own_worker = match plan.works {
            true => Some(OwnWorker::start().map_err(no_thread)?),
            false => None,
        };
        let leader = Leader {
            plan,
            name,
            caller,
            state,
            own_worker,
            is_new,
        };
        Ok((leader, QueueRole::Leader { jobs, news }))
    }

    /// Ends the leader's part. Returns why the threads that speak to the queue could not go on, if they could not.
    pub(crate) fn end(mut self, end: LeadEnd) -> Option<QueueFailure> {
        self.state.leave();
        if let Some(failure) = self.state.failure() {
            return Some(failure);
        }
        let leader = &self.name;
        let answer = self.caller.call(|queue| match end {
            LeadEnd::Printed => queue.finish(leader),
            LeadEnd::NotStarted if self.is_new => queue.finish(leader),
            LeadEnd::Stopped | LeadEnd::NotStarted => queue.stop(leader, StopMode::Pause),
            LeadEnd::Halted => queue.stop(leader, StopMode::Halt),
        });
        // The worker hears of it, and leaves.
        drop(self.own_worker.take());
        if end == LeadEnd::Stopped && answer == Ok(LeaderAnswer::Done) {
            // Whoever types the line again need not wait for the lease.
            let _ = self.caller.call(|queue| queue.lead(leader, Duration::ZERO));
        }
        match answer {
            // The answer is printed: that the run is still there does no harm.
            Err(error) if end == LeadEnd::Printed => {
                message::note(format_args!(
                    "{}: {error}: the run is not forgotten",
                    self.plan.shown
                ));
                None
            }
            _ => None,
        }
    }
}

impl LeaderPlan {
    /// Begins the run. Returns the random name of a new one, and what an earlier leader had enqueued, if there was one.
    fn begin(&self, caller: &mut Caller, name: &str) -> Result<(String, Option<BegunRun>), QueueFailure> {
        let epoch = format!("{:016x}{:016x}", random(), random());
        let mut forget = self.fresh;
        let mut seen: Option<(String, u64)> = None;
        loop {
            let answer = self.ask(caller, |queue| self.begin_as(queue, name, self.lease, &epoch))?;
            let forgets = forget && !matches!(answer, BeginAnswer::Led { .. });
            match answer {
                BeginAnswer::New { epoch } => return Ok((epoch, None)),
                _ if forgets => {
                    forget = false;
                    self.ask(caller, QueueConnection::drop_run)?;
                }
                BeginAnswer::Again(begun) => {
                    if self.prints {
                        message::note(format_args!(
                            "{}: what was printed before is printed again",
                            self.shown
                        ));
                    }
                    message::note(format_args!(
                        "{}: goes on with a run that was begun before",
                        self.shown
                    ));
                    return Ok((String::new(), Some(begun)));
                }
                BeginAnswer::Other { .. } => {
                    return Err(QueueFailure::Refused(format!(
                        "{}: the run there is of another command line or version: --fresh forgets it, and #NAME behind the URL \
                         keeps both",
                        self.shown
                    )));
                }
                BeginAnswer::Led { leader, until, left } => {
                    if is_gone(&leader) {
                        // Its own name ends its lease.
                        self.ask(caller, |queue| {
                            self.begin_as(queue, &leader, Duration::ZERO, &epoch)
                        })?;
                        continue;
                    }
                    let in_use = || QueueFailure::InUse(format!("{}: {leader} leads this run", self.shown));
                    match &seen {
                        Some((_, first)) if until > *first => return Err(in_use()),
                        Some(_) => {}
                        None => {
                            message::note(format_args!(
                                "{}: {leader} leads this run: waiting up to {} s for its lease to end",
                                self.shown,
                                left.div_ceil(1000)
                            ));
                            seen = Some((leader.clone(), until));
                        }
                    }
                    thread::sleep(LOOK);
                }
            }
        }
    }

    fn begin_as(
        &self,
        queue: &mut QueueConnection,
        leader: &str,
        lease: Duration,
        epoch: &str,
    ) -> Result<BeginAnswer, QueueError> {
        queue.begin(&Begin {
            meaning: &self.meaning,
            parts: &self.parts,
            leader,
            lease,
            epoch,
        })
    }

    fn ask<T>(
        &self,
        caller: &mut Caller,
        ask: impl FnMut(&mut QueueConnection) -> Result<T, QueueError>,
    ) -> Result<T, QueueFailure> {
        caller.call(ask).map_err(|error| self.failure(&error))
    }

    /// Has a log that may be torn written anew, and notes what makes the server forget.
    fn note_server(&self, caller: &mut Caller) {
        let began = Instant::now();
        let Ok(health) = caller.call(QueueConnection::health) else {
            return;
        };
        if let Some(eviction) = health.eviction.filter(|policy| policy != "noeviction") {
            message::note(format_args!(
                "{}: the server deletes keys when its memory is full (maxmemory-policy {eviction}): set noeviction",
                self.shown
            ));
        }
        if health.appends == Some(true) {
            let rewritten = caller.call(QueueConnection::rewrite_log);
            if rewritten == Ok(false) && began.elapsed() < self.patience {
                message::note(format_args!(
                    "{}: this user may not ask for BGREWRITEAOF: after a crash of the server, run redis-check-aof --fix",
                    self.shown
                ));
            }
        }
    }
}
