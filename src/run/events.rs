//! What the main thread makes of what workers tell it.

use super::{Main, fewer, report, too_few_processes};
use crate::control::Shortage;
use crate::job::Failure;
use crate::message;
use crate::plan::HaltAt;
use crate::sink::{Closed, Sink, Verdict};
use crate::worker::{Event, Report};

impl<'a> Main<'a> {
    pub(super) fn handle(&mut self, event: Event) {
        let printed = match event {
            Event::Piece { seq, piece } => self.printing(|sink| sink.piece(seq, piece)),
            Event::Discard { seq } => return self.sink.discard(seq),
            Event::Done(report) => self.ended(report),
            Event::DoneAndExited(report) => {
                self.working -= 1;
                self.ended(report)
            }
            Event::Notice(what) => {
                message::say(what);
                self.sink.mark(true);
                Ok(())
            }
            Event::Restored(end) => return self.restored(end),
            Event::Bundled(bundle) => return self.bundled(bundle),
            Event::Lines { slot, lines } => self.lines(slot, &lines),
            Event::OtherFailure { slot, failure } => {
                self.fault(slot, &failure);
                Ok(())
            }
            Event::Revoke { slot, jobs, cause } => {
                self.doubt(slot, &jobs, &cause);
                Ok(())
            }
            Event::StdoutClosed => self.printing(|_| Err(Closed::BrokenPipe)),
            Event::WorkersReduced { left, of, lack } => {
                // Those who leave together may be heard in any order.
                if let Some(lack) = lack
                    && left < self.crew
                {
                    match lack {
                        // Where it ends is told at the end.
                        _ if self.crew != usize::MAX => self.shrunk = Some((lack, of)),
                        Shortage::Files => fewer(left, of),
                        Shortage::Processes => too_few_processes(),
                    }
                    self.crew = left;
                    self.sink.mark(true);
                }
                Ok(())
            }
            Event::Merged { span, end } => {
                self.merged(span, end);
                Ok(())
            }
            // Whoever waits for the other end goes on.
            Event::AwaitHalt(waiting) => {
                drop(waiting);
                Ok(())
            }
            Event::Exited { broken } => {
                self.working -= 1;
                if broken {
                    // Its job never ends; the panic goes on once the others have left.
                    self.broken = true;
                    self.halt();
                }
                Ok(())
            }
        };
        if let Err(closed) = printed {
            self.close(&closed);
        }
    }

    /// Says how few workers were left in the end, where more had gone than was told.
    pub(super) fn tell_crew(&mut self) {
        if let Some((Shortage::Files, of)) = self.shrunk.take() {
            let left = self.crew;
            message::say(format_args!(
                "too many open files: {left} of {of} workers were left in the end"
            ));
        }
    }

    pub(super) fn printing(
        &mut self,
        print: impl FnOnce(&mut Sink<'a>) -> Result<(), Closed>,
    ) -> Result<(), Closed> {
        // Once something could not be printed, what comes after it would not be where it belongs.
        if self.sink.is_closed() {
            Ok(())
        } else {
            print(&mut self.sink)
        }
    }

    /// Takes the report of a job that has ended. What becomes of a part is known when its file has.
    fn ended(&mut self, mut report: Report) -> Result<(), Closed> {
        self.ended += 1;
        let Some(link) = report.link.take() else {
            return self.done(report);
        };
        for piece in std::mem::take(&mut report.pieces) {
            self.printing(|sink| sink.piece(report.seq, piece))?;
        }
        let all = self.wholes.ended(report, &link);
        all.into_iter().try_for_each(|report| self.done(report))
    }

    fn done(&mut self, mut report: Report) -> Result<(), Closed> {
        self.tally.count(report.failure.as_ref());
        self.tally.parts += u64::from(report.continued && report.failure.is_none());
        self.forget_untold(&report);
        self.tell_untold();
        self.tally.bad_lines += report.bad_lines;
        let mut notes = std::mem::take(&mut report.warnings);
        if let Some(what) = report::told(self.told, &report) {
            self.tally.failures.add(report.seq, &what);
            notes.push(what);
        }
        if report.failure.is_some() {
            self.after_failure(&report);
        }
        self.log(&report);
        if let Some(merges) = &mut self.merges {
            merges.ended(report.seq, report.draft.take());
        }
        let verdict = if report.failure.is_some() {
            Verdict::Drop
        } else {
            Verdict::Keep
        };
        if self.work.fold.is_some() {
            // Nothing is printed before the end, so there is no order to keep.
            let marked = notes.drain(..).map(message::say).count() > 0;
            self.sink.mark(marked);
        }
        let notes = notes
            .iter()
            .flat_map(|note| message::format_line(note).into_bytes())
            .collect();
        let pieces = std::mem::take(&mut report.pieces);
        self.printing(|sink| {
            // What a stopped job had given is a part of nothing.
            if let Some(Failure::Stopped) = report.failure {
                sink.discard(report.seq);
                return sink.done(report.seq, Verdict::Drop, notes);
            }
            for piece in pieces {
                sink.piece(report.seq, piece)?;
            }
            sink.done(report.seq, verdict, notes)
        })?;
        self.note(&mut report);
        self.printed();
        if self.halt == HaltAt::Fatal {
            let fatal = report.failure.filter(Failure::is_fatal);
            self.tally.fatal.extend(fatal);
        }
        Ok(())
    }
}
