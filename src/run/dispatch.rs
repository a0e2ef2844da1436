//! Which task is sent next, and when.
//!
//! It does not know what the state is; only that some jobs are not to be run.

use super::jobs::JobSource;
use super::resume::Resume;
use super::{Main, WINDOW};
use crate::plan::Order;
use crate::worker::Task;
use crossbeam_channel::{Receiver, Sender, at, never};
use std::time::Instant;

impl Main<'_> {
    /// Sends jobs until the queue is full.
    pub(super) fn fill(&mut self, feed: &mut JobSource, queue: &Sender<Task>) {
        let mut looked_up = 0;
        self.recess = false;
        while self.stop.is_none() && self.within_window() && feed.fetch() {
            if feed.is_undecided() {
                self.recess = self.is_due(looked_up);
                if self.recess {
                    break;
                }
                looked_up += 1;
                self.found += 1;
                let wanted = feed.undecided().is_none_or(|(job, seen)| self.wants(job, seen));
                feed.decide(wanted);
            }
            let Some(job) = feed.take() else { continue };
            if let Err(refused) = queue.try_send(Task::Job(job)) {
                feed.put_back(refused.into_inner());
                break;
            }
            self.sent += 1;
        }
        if feed.is_dry() {
            self.fill_parts(queue);
        }
        self.tell_missing(feed);
    }

    /// Takes what has been read, if there is room for it.
    pub(super) fn look_ahead(&mut self, feed: &mut JobSource) {
        if self.stop.is_none() {
            feed.fetch();
            self.tell_missing(feed);
        }
    }

    fn tell_missing(&mut self, feed: &mut JobSource) {
        for (before, missing) in feed.take_missing() {
            self.missing(before, &missing);
        }
    }

    /// Fires at once where there is more to do than to wait.
    pub(super) fn recess(&self) -> Receiver<Instant> {
        if self.recess { at(Instant::now()) } else { never() }
    }

    pub(super) fn within_window(&self) -> bool {
        let running = self.sent - self.ended;
        running < self.most_running
            && (self.order == Order::Finish || self.found - self.sink.lowest() < WINDOW)
    }

    /// Whether there is nothing more to send, now or later.
    pub(super) fn is_dry(&self, feed: &JobSource) -> bool {
        feed.is_dry() && self.remember.as_ref().is_none_or(Resume::is_dry)
    }

    /// Sends parts of earlier runs, once all jobs are found.
    pub(super) fn fill_parts(&mut self, queue: &Sender<Task>) {
        while self.stop.is_none()
            && let Some(task) = self.next_parts()
        {
            if let Err(refused) = queue.try_send(task) {
                if let Some(remember) = &mut self.remember {
                    remember.earlier.waiting.push(refused.into_inner());
                }
                return;
            }
            self.sent += 1;
        }
    }
}
