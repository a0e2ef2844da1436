//! The channel of events from the workers to the main thread, which is not woken for each job that just
//! went well: when jobs are short, that would be most of the work.
//!
//! While the main thread is *looking*, it comes by every few milliseconds, and workers leave reports of
//! whole, small, successful jobs in a mailbox. They send what cannot wait: everything else, and whatever
//! happens when few tasks are left in the queue. The main thread looks only as long as it finds
//! something, so a run of long jobs wakes nobody for nothing.
//!
//! The channel does not know what becomes of the events.

use super::event::{Event, Report};
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many events wait in the channel, for each worker.
const WAITING: usize = 4;
/// How long a worker waits for room in the channel before it looks at what else there is to do.
const SOON: Duration = Duration::from_millis(20);
/// How many reports may lie in the mailbox, for each worker.
const MAILBOX: usize = 32;
/// How much output a report in the mailbox may have, in bytes.
const SMALL: usize = 4 * 1024;

/// Both ends of the channel.
#[derive(Debug)]
pub(crate) struct EventChannel {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
    mailbox: Mutex<Mailbox>,
    most: usize,
}

#[derive(Debug, Default)]
struct Mailbox {
    looking: bool,
    reports: Vec<Report>,
}

impl EventChannel {
    /// Returns a channel for this many workers.
    pub(crate) fn new(workers: usize) -> Self {
        let (sender, receiver) = bounded(WAITING * workers);
        EventChannel {
            sender,
            receiver,
            mailbox: Mutex::default(),
            most: MAILBOX * workers,
        }
    }

    /// Sends an event that cannot wait; blocks while the channel is full.
    pub(super) fn send(&self, event: Event) {
        self.sender.send(event).expect("we hold the other end");
    }

    /// As [`EventChannel::send`], but gives the event back when the channel is full for a while.
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

    /// Says how a job ended; `scarce` tells whether the main thread is needed for more jobs.
    pub(super) fn tell(&self, report: Report, scarce: bool) {
        if !scarce && report.can_wait() {
            let mut mailbox = self.mailbox();
            if mailbox.looking && mailbox.reports.len() < self.most {
                mailbox.reports.push(report);
                return;
            }
        }
        self.send(Event::Done(report));
    }

    /// Returns the main thread's end.
    pub(crate) fn receiver(&self) -> &Receiver<Event> {
        &self.receiver
    }

    /// Takes the reports in the mailbox. `look` tells whether workers may leave reports from now on; the answer
    /// tells whether they may: what was found is a reason to go on looking.
    pub(crate) fn find(&self, look: bool) -> (Vec<Report>, bool) {
        let mut mailbox = self.mailbox();
        let found = std::mem::take(&mut mailbox.reports);
        mailbox.looking = look || !found.is_empty();
        (found, mailbox.looking)
    }

    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        // Nobody panics while holding it, and what it holds is whole at any time.
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// Tells whether nobody needs to hear of it at once, nor has heard of the job before: the mailbox is read
    /// before the channel. A job that was tried again has a warning.
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
        Report::from_seq(seq)
    }

    fn sent(channel: &EventChannel) -> usize {
        channel.receiver().try_iter().count()
    }

    #[test]
    fn reports_stay_in_the_mailbox_only_while_someone_looks() {
        let channel = EventChannel::new(1);
        channel.tell(report(0), false);
        assert_eq!(sent(&channel), 1);
        assert!(matches!(channel.find(true), (found, true) if found.is_empty()));
        channel.tell(report(1), false);
        channel.tell(report(2), false);
        assert_eq!(sent(&channel), 0);
        // Reports that were found are a reason to look again; none are a reason to stop.
        assert!(matches!(channel.find(false), (found, true) if found.len() == 2));
        assert!(matches!(channel.find(false), (found, false) if found.is_empty()));
        channel.tell(report(3), false);
        assert_eq!(sent(&channel), 1);
    }

    #[test]
    fn what_cannot_wait_is_sent() {
        let channel = EventChannel::new(1);
        channel.find(true);
        let failed = Report {
            failure: Some(Failure::Stopped),
            ..report(0)
        };
        let follows = Report {
            follows: true,
            ..report(1)
        };
        channel.tell(failed, false);
        channel.tell(follows, false);
        channel.tell(report(2), true);
        assert_eq!(sent(&channel), 3);
    }

    #[test]
    fn the_mailbox_has_a_bound() {
        let channel = EventChannel::new(1);
        channel.find(true);
        for seq in 0..MAILBOX as u64 + 2 {
            channel.tell(report(seq), false);
        }
        assert_eq!(sent(&channel), 2);
        assert_eq!(channel.find(true).0.len(), MAILBOX);
    }
}
