//! The only owner of standard output: what the jobs gave, in input order or as jobs finish.
//!
//! The lowest unprinted job is printed as it writes; what others give is held, in memory up to a
//! bound and then in an unlinked temporary file. It does not know what a job was about.

mod reorder;
mod row_limit;
mod sendfile;
mod spill;
mod tag;

pub(crate) use row_limit::RowLimit;
pub(crate) use tag::Tagger;

use crate::job::Trust;
use crate::memory::Budget;
use crate::plan::Order;
use crate::sys;
use reorder::HeldOutput;
use spill::Spill;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// HeldOutput output that may lie in memory; what is beyond it goes to the temporary file, which is
/// page cache as long as there is room.
const HELD_IN_MEMORY: u64 = 32 << 20;

/// Which of a job's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// The file of lines that could not be read in the records' format.
    Bad,
}

/// A piece of a job's output.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Where it goes.
    pub(crate) stream: Stream,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether the job's failure takes it back.
    pub(crate) trust: Trust,
}

/// How a job's output ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of it counts.
    Keep,
    /// What was provisional does not count.
    Drop,
}

/// Why the sink takes no more.
#[derive(Debug)]
pub(crate) enum Closed {
    /// The reader of standard output went away.
    BrokenPipe,
    /// As many rows as were wanted have been printed.
    Enough,
    /// A signal came while a write waited, or in the middle of what is printed at the end.
    Interrupted,
    /// A write failed.
    Failed {
        /// What was being written.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// Prints what jobs give.
pub(crate) struct Sink<'a> {
    out: Box<dyn Write + 'a>,
    err: Box<dyn Write + 'a>,
    bad: Option<(String, File)>,
    order: Order,
    first: RowLimit,
    /// What takes whole files in place of `out`, where that is standard output itself.
    direct: Option<sys::OutputStream>,
    lowest: u64,
    jobs: BTreeMap<u64, HeldOutput>,
    held: u64,
    budget: Budget,
    spill: Spill,
    closed: bool,
    reason: Option<Closed>,
    marked: bool,
    buried: bool,
    one_screen: bool,
    /// Whether a signal that ends the run ends the printing too.
    heeds: bool,
}

impl<'a> Sink<'a> {
    /// A sink over these two writers, neither of which needs to buffer.
    pub(crate) fn new(
        out: Box<dyn Write + 'a>,
        err: Box<dyn Write + 'a>,
        order: Order,
        first: RowLimit,
        budget: &Budget,
        tmpdir: &Path,
    ) -> Self {
        Sink {
            out,
            err,
            bad: None,
            order,
            first,
            direct: None,
            lowest: 0,
            jobs: BTreeMap::new(),
            held: 0,
            budget: budget.clone(),
            spill: Spill::new(tmpdir),
            closed: false,
            reason: None,
            marked: false,
            buried: false,
            one_screen: sys::outputs_are_same(),
            heeds: false,
        }
    }

    /// Says whether something was told to the user that is to be told again if it scrolls away.
    pub(crate) fn mark(&mut self, told: bool) {
        self.marked |= told;
    }

    /// Has a signal that ends the run end the printing too: nobody listens to signals any more.
    pub(crate) fn heed_signals(&mut self) {
        self.heeds = true;
    }

    /// Whether other output came where it was told.
    pub(crate) fn is_buried(&self) -> bool {
        self.buried
    }

    /// Has bad lines written to `file`; its name is for messages.
    pub(crate) fn keep_bad(&mut self, name: String, file: File) {
        self.bad = Some((name, file));
    }

    /// Has nothing more printed.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Whether nothing more is printed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Why the last write through [`Write`] failed.
    pub(crate) fn reason(&mut self) -> Option<Closed> {
        self.reason.take()
    }

    /// The lowest job whose output is not all printed.
    pub(crate) fn lowest(&self) -> u64 {
        self.lowest
    }

    /// Whether something is held that this job gave.
    pub(crate) fn holds(&self, seq: u64) -> bool {
        let held = self.jobs.get(&seq);
        held.is_some_and(|held| !(held.pieces.is_empty() && held.notes.is_empty()))
    }

    /// Takes a piece of a job's output, and prints it if its turn has come.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(crate) fn piece(&mut self, seq: u64, piece: Piece) -> Result<(), Closed> {
        let turn = match self.order {
            Order::Input => seq == self.lowest,
            Order::Finish => false,
            Order::Lines => true,
        };
        let turn = turn && piece.trust == Trust::Final;
        if turn && self.order == Order::Lines {
            return self.lines(seq, piece);
        }
        if turn && self.jobs.get(&seq).is_none_or(|held| held.pieces.is_empty()) {
            return self.print(piece.stream, &piece.bytes);
        }
        self.hold(seq, piece)
    }

    /// Forgets what a failed try of a job gave.
    pub(crate) fn discard(&mut self, seq: u64) {
        if let Some(held) = self.jobs.get_mut(&seq) {
            let pieces = std::mem::take(&mut held.pieces);
            self.forget(pieces.into_iter().map(|(_, _, store)| store));
        }
    }

    /// Ends a job's output. `notes` are whole lines for standard error, printed after it.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(crate) fn done(&mut self, seq: u64, verdict: Verdict, notes: Vec<u8>) -> Result<(), Closed> {
        let held = self.jobs.entry(seq).or_default();
        held.verdict = Some(verdict);
        held.notes = notes;
        if self.order != Order::Input {
            return self.print_held(seq);
        }
        while self
            .jobs
            .get(&self.lowest)
            .is_some_and(|held| held.verdict.is_some())
        {
            self.print_held(self.lowest)?;
            self.first.end_job();
            self.lowest += 1;
        }
        self.print_ready()
    }

    fn go_on(&self) -> Result<(), Closed> {
        match sys::signals::shutdown_signal() {
            Some(_) if self.heeds => Err(Closed::Interrupted),
            _ => Ok(()),
        }
    }

    /// Writes what stands before all rows and is none of them.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can be printed.
    pub(crate) fn heading(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        let first = std::mem::replace(&mut self.first, RowLimit::all());
        let printed = self.print(Stream::Out, bytes);
        self.first = first;
        printed
    }

    /// Writes bytes that stand outside of any job's output: a fold's result.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(crate) fn print(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Closed> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.buried |= self.marked && (stream == Stream::Err || stream == Stream::Out && self.one_screen);
        match stream {
            Stream::Out => {
                self.go_on()?;
                let (wanted, enough) = self.first.cut(bytes);
                self.out.write_all(wanted).map_err(closed_by)?;
                if enough { Err(Closed::Enough) } else { Ok(()) }
            }
            Stream::Bad => match &mut self.bad {
                Some((name, file)) => file.write_all(bytes).map_err(|cause| Closed::Failed {
                    what: name.clone(),
                    cause,
                }),
                None => Ok(()),
            },
            // A closed standard error leaves nowhere to say so; the exit code still tells.
            Stream::Err => {
                let _ = self.err.write_all(bytes);
                Ok(())
            }
        }
    }
}

/// Why a write to standard output failed.
fn closed_by(cause: io::Error) -> Closed {
    match cause.kind() {
        io::ErrorKind::BrokenPipe => Closed::BrokenPipe,
        // The writer gives up only where a signal that ends the run has come.
        io::ErrorKind::WouldBlock => Closed::Interrupted,
        _ => Closed::Failed {
            what: "standard output".into(),
            cause,
        },
    }
}

fn spill_failed(spill: &Spill, cause: io::Error) -> Closed {
    Closed::Failed {
        what: format!("{}: temporary file", spill.dir().display()),
        cause,
    }
}

/// A fold's result goes out through the sink like any other bytes.
impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.print(Stream::Out, bytes)
            .map(|()| bytes.len())
            .map_err(|closed| {
                self.reason = Some(closed);
                io::Error::other("standard output")
            })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
