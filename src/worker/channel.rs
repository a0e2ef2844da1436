//! The way of news from the workers to the main thread, which is not woken for each job that just
//! went well: where jobs are short, that would be most of the work.
//!
//! While the main thread is *looking*, it comes by every few milliseconds, and reports of whole,
//! small, successful jobs are left where it finds them. It is sent what can't wait: everything
//! else, and whatever happens when few jobs are left in the queue. It looks only as long as it
//! finds something, so a run of long jobs wakes nobody for nothing.

use super::{Event, Report};
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// EventChannel that waits in the channel, for each worker.
const WAITING: usize = 4;
/// How long it is waited that less news waits, before there is a look at what else there is to do.
const SOON: Duration = Duration::from_millis(20);
/// Reports that may be left for the main thread to find, for each worker.
const MAILBOX: usize = 32;
/// The most output of a job whose report is left, in bytes.
const SMALL: usize = 4 * 1024;

/// Both ends of the way.
#[derive(Debug)]
pub(crate) struct EventChannel {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
    left: Mutex<Mailbox>,
    most: usize,
}

#[derive(Debug, Default)]
struct Mailbox {
    looking: bool,
    reports: Vec<Report>,
}

impl EventChannel {
    /// The way for this many workers.
    pub(crate) fn new(workers: usize) -> Self {
        let (sender, receiver) = bounded(WAITING * workers);
        EventChannel {
            sender,
            receiver,
            left: Mutex::default(),
            most: MAILBOX * workers,
        }
    }

    /// Sends what can't wait; blocks while too much news waits.
    pub(super) fn send(&self, event: Event) {
        self.sender.send(event).expect("we hold the other end");
    }

    /// As [`EventChannel::send`], but gives the event back where too much news waits for a while.
    pub(super) fn send_soon(&self, event: Event) -> Option<Event> {
        match self.sender.try_send(event) {
            Ok(()) => None,
            Err(TrySendError::Full(event)) => {
                let sent = self.sender.send_timeout(event, SOON);
                sent.err().map(SendTimeoutError::into_inner)
            }
            Err(TrySendError::Disconnected(_)) => unreachable!("we hold the other end"),
        }
    }

    /// Says how a job ended; `scarce` is whether the main thread is needed for more jobs.
    pub(super) fn tell(&self, report: Report, scarce: bool) {
        if !scarce && report.can_wait() {
            let mut left = self.left();
            if left.looking && left.reports.len() < self.most {
                left.reports.push(report);
                return;
            }
        }
        self.send(Event::Done(report));
    }

    /// Where the main thread is sent news.
    pub(crate) fn receiver(&self) -> &Receiver<Event> {
        &self.receiver
    }

    /// Takes what was left. `look` is whether reports may be left from now on; the answer is
    /// whether they may: what was found is a reason to go on looking.
    pub(crate) fn find(&self, look: bool) -> (Vec<Report>, bool) {
        let mut left = self.left();
        let found = std::mem::take(&mut left.reports);
        left.looking = look || !found.is_empty();
        (found, left.looking)
    }

    fn left(&self) -> MutexGuard<'_, Mailbox> {
        // Nobody panics while holding it, and what it holds is whole at any time.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// Whether nobody needs to hear of it at once, nor has heard of the job before: what was sent
    /// would come later than what is left. A job that was tried again has a warning.
    fn can_wait(&self) -> bool {
        let printed: usize = self.pieces.iter().map(|piece| piece.bytes.len()).sum();
        let whole = !self.follows && self.link.is_none();
        whole && self.failure.is_none() && self.warnings.is_empty() && printed <= SMALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Failure;

    fn report(seq: u64) -> Report {
        Report::of(seq)
    }

    fn sent(news: &EventChannel) -> usize {
        news.receiver().try_iter().count()
    }

    #[test]
    fn reports_are_left_only_while_someone_looks() {
        let news = EventChannel::new(1);
        news.tell(report(0), false);
        assert_eq!(sent(&news), 1);
        assert!(matches!(news.find(true), (found, true) if found.is_empty()));
        news.tell(report(1), false);
        news.tell(report(2), false);
        assert_eq!(sent(&news), 0);
        // What was found is a reason to look again, and nothing is a reason not to.
        assert!(matches!(news.find(false), (found, true) if found.len() == 2));
        assert!(matches!(news.find(false), (found, false) if found.is_empty()));
        news.tell(report(3), false);
        assert_eq!(sent(&news), 1);
    }

    #[test]
    fn what_cannot_wait_is_sent() {
        let news = EventChannel::new(1);
        news.find(true);
        let failed = Report {
            failure: Some(Failure::Stopped),
            ..report(0)
        };
        let follows = Report {
            follows: true,
            ..report(1)
        };
        news.tell(failed, false);
        news.tell(follows, false);
        news.tell(report(2), true);
        assert_eq!(sent(&news), 3);
    }

    #[test]
    fn no_more_is_left_than_memory_has_room_for() {
        let news = EventChannel::new(1);
        news.find(true);
        for seq in 0..MAILBOX as u64 + 2 {
            news.tell(report(seq), false);
        }
        assert_eq!(sent(&news), 2);
        assert_eq!(news.find(true).0.len(), MAILBOX);
    }
}
