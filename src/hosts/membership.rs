//! A worker's part in a run: how it comes in, falls out, and gives up.
//!
//! It does not know what the worker does meanwhile.

use super::beat::Beat;
use super::failure::QueueFailure;
use super::joiner::{JoinEnd, Joiner, Step};
use crate::message;
use crate::queue::{EnterAnswer, Outside, StatusAnswer};
use crossbeam_channel::TryRecvError;
use std::thread;
use std::time::{Duration, Instant};

/// How often a worker that waits for a run looks again.
const ENTER_PAUSE: Duration = Duration::from_millis(300);
/// How often a worker that has nothing to do asks whether anybody leads.
const LOOK_FOR_LEADER: Duration = Duration::from_secs(5);

impl Joiner {
    /// Takes part in the run under a new name, and waits for it to begin.
    pub(super) fn enter(&mut self) -> Step {
        let began = Instant::now();
        let mut told = false;
        loop {
            let worker = self.name.renew();
            let plan = &self.plan;
            let entered = self
                .caller
                .call(|queue| queue.enter(&worker, &plan.meaning, &plan.parts, plan.lease));
            match entered.map_err(|error| QueueFailure::from_error(&error, &plan.shown))? {
                EnterAnswer::Entered { epoch } => {
                    self.signing = plan.signing.of_epoch(&epoch);
                    self.commits = 0;
                    self.jobs.forget_all();
                    self.pace.forget_ends();
                    *self.beat.lock() = Beat {
                        worker,
                        ..Beat::default()
                    };
                    self.caller.take_reconnected();
                    return Ok(None);
                }
                EnterAnswer::Over => return Ok(Some(JoinEnd::Over)),
                EnterAnswer::Other { .. } => {
                    return Err(QueueFailure::Refused(format!(
                        "{}: the run there is of another command line or version: --join takes the words of the one that \
                         leads",
                        plan.shown
                    )));
                }
                EnterAnswer::NoRun => {}
            }
            if matches!(self.ends.try_recv(), Err(TryRecvError::Disconnected)) {
                return Ok(Some(JoinEnd::Left));
            }
            if began.elapsed() >= plan.patience {
                return Err(self.nobody_leads());
            }
            if !told {
                told = true;
                message::note(format_args!(
                    "{}: no such run yet: waiting for it",
                    self.plan.shown
                ));
            }
            thread::sleep(ENTER_PAUSE.min(self.plan.patience));
        }
    }

    fn nobody_leads(&self) -> QueueFailure {
        QueueFailure::Unreachable(format!(
            "{}: nobody leads the run, and --patience has run out",
            self.plan.shown
        ))
    }

    /// Drops all results: the jobs are others' by now. Takes part again under a new name.
    pub(super) fn start_again(&mut self) -> Step {
        message::note(format_args!(
            "{}: not heard for longer than the lease: others have got its jobs, and it takes new ones",
            self.plan.shown
        ));
        self.enter()
    }

    /// Does what follows from being out of the run.
    pub(super) fn outside(&mut self, why: Outside) -> Step {
        match why {
            Outside::Fenced => self.start_again(),
            Outside::Over => Ok(Some(JoinEnd::Over)),
            Outside::NoRun => Err(QueueFailure::Unreachable(format!(
                "{}: the queue has lost the run, or somebody dropped it",
                self.plan.shown
            ))),
        }
    }

    /// Gives up when nobody has led the run for as long as this worker is patient, and there is nothing to do.
    pub(super) fn look_for_leader(&mut self) -> Result<(), QueueFailure> {
        let (now, pause) = (Instant::now(), LOOK_FOR_LEADER.min(self.plan.patience));
        let since = *self.idle.get_or_insert(now);
        if self.jobs.held() > 0 || now - since < pause || now - self.looked_for_leader < pause {
            return Ok(());
        }
        self.looked_for_leader = now;
        let status = self.caller.call(|queue| queue.status());
        let patience = i64::try_from(self.plan.patience.as_millis()).unwrap_or(i64::MAX);
        match status.map_err(|error| self.failure(&error))? {
            StatusAnswer::Run(run) if run.leader_lease <= -patience => Err(self.nobody_leads()),
            // What else it may be the next question tells.
            _ => Ok(()),
        }
    }
}
