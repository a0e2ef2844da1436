//! What is told that is no job's: inputs that can't be had, lines and failures of what lives from
//! job to job.

use super::Other;
use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::plan::Tag;
use crate::run::Main;
use crate::sink::{Closed, Stream};
use crate::source::SourceError;
use crate::worker::Report;

impl Main<'_> {
    /// Prints whole lines on standard error at once, where lines are tagged with the worker's slot.
    pub(in crate::run) fn lines(&mut self, slot: usize, lines: &[u8]) -> Result<(), Closed> {
        if self.gate.tag == Tag::Off {
            return self.sink.print(Stream::Err, lines);
        }
        let mut tagged = Vec::with_capacity(lines.len() + 16);
        for line in lines.split_inclusive(|&b| b == b'\n') {
            tagged.extend_from_slice(format!("{}\t", slot + 1).as_bytes());
            tagged.extend_from_slice(line);
        }
        self.sink.print(Stream::Err, &tagged)
    }

    /// Reports a failure that is no job's, and counts it as one more.
    pub(in crate::run) fn fault(&mut self, slot: usize, failure: &Failure) {
        self.tally.count(Some(failure));
        let what = format!("worker {}: {failure}", slot + 1);
        message::say(&what);
        self.tally.failures.add_other(Other::Process, self.sent, &what);
        self.halt_after(failure);
    }

    /// Tells of what can't be had, after so many jobs, and counts it.
    pub(in crate::run) fn missing(&mut self, before: u64, missing: &SourceError) {
        let failed = match missing {
            SourceError::Input { name, .. } => std::slice::from_ref(name),
            // It is no input.
            SourceError::List { .. } => &[],
            _ => {
                self.tally.malformed |= matches!(missing, SourceError::Malformed(_));
                self.untold.push((before, missing.to_string()));
                return self.tell_untold();
            }
        };
        self.tally.bad_inputs += 1;
        self.tally.failures.add(self.sent, &missing.to_string());
        message::say(missing);
        self.sink.mark(true);
        if let Err(cause) = self.failed.add(failed) {
            self.failed_list(&cause);
        }
        self.halt_at_limit();
    }

    /// Tells what was found wrong with a list, once the jobs that came before it have ended: as if
    /// it had not been read ahead.
    pub(in crate::run) fn tell_untold(&mut self) {
        while let Some((before, what)) = self.untold.first()
            && *before <= self.ended
        {
            message::say(what);
            self.untold.remove(0);
        }
    }

    /// Forgets it where the run ended before a job that came before it.
    pub(in crate::run) fn forget_untold(&mut self, report: &Report) {
        let not_started = matches!(
            report.failure,
            Some(
                Failure::Stopped
                    | Failure::Command {
                        cause: ChildOutcome::NotStarted(_),
                        ..
                    }
            )
        );
        if not_started {
            self.untold.retain(|&(before, _)| before <= report.seq);
        }
    }
}
