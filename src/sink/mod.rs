//! The only owner of standard output: what the jobs gave, in input order or as jobs finish.
//!
//! It does not know what a job was about.

mod piece;
mod reorder;
mod row_limit;
mod sendfile;
mod spill;
mod tag;
#[cfg(test)]
mod tests;

pub(crate) use piece::{Closed, Piece, Stream, Verdict};
pub(crate) use row_limit::RowLimit;
pub(crate) use tag::Tagger;

use crate::memory::Budget;
use crate::plan::Order;
use crate::sys;
use reorder::{Printable, Reorder};
use sendfile::Sent;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Prints what jobs give.
pub(crate) struct Sink<'a> {
    out: Box<dyn Write + 'a>,
    err: Box<dyn Write + 'a>,
    /// Takes messages; it may be the same file as that of `err`.
    messages: Box<dyn Write + 'a>,
    bad: Option<(String, File)>,
    reorder: Reorder,
    row_limit: RowLimit,
    /// What takes whole files in place of `out`, when that is standard output itself.
    direct: Option<sys::OutputStream>,
    closed: bool,
    reason: Option<Closed>,
    /// Whether a message was printed that is printed again at the end if it scrolls away.
    marked: bool,
    /// Whether other output came after such a message, on the same screen.
    buried: bool,
    one_screen: bool,
    /// Whether a signal that ends the run ends the printing too.
    stops_at_signals: bool,
}

impl<'a> Sink<'a> {
    /// Returns a sink over these writers, none of which needs to buffer.
    pub(crate) fn new(
        out: Box<dyn Write + 'a>,
        err: Box<dyn Write + 'a>,
        messages: Box<dyn Write + 'a>,
        order: Order,
        row_limit: RowLimit,
        budget: &Budget,
        tmpdir: &Path,
    ) -> Self {
        Sink {
            out,
            err,
            messages,
            bad: None,
            reorder: Reorder::new(order, budget.limit(), tmpdir),
            row_limit,
            direct: None,
            closed: false,
            reason: None,
            marked: false,
            buried: false,
            one_screen: sys::outputs_are_same(),
            stops_at_signals: false,
        }
    }

    /// Notes whether a message was printed that is to be printed again if it scrolls away.
    pub(crate) fn mark(&mut self, printed: bool) {
        self.marked |= printed;
    }

    /// From now on, a signal that ends the run ends the printing too: nobody listens to signals any more.
    pub(crate) fn stop_at_signals(&mut self) {
        self.stops_at_signals = true;
    }

    /// Tells whether other output came after a message that was marked.
    pub(crate) fn is_buried(&self) -> bool {
        self.buried
    }

    /// Sends bad lines to `file`; its name is for messages.
    pub(crate) fn keep_bad(&mut self, name: String, file: File) {
        self.bad = Some((name, file));
    }

    /// Sends whole files to `output`, which is what the sink's first writer writes to.
    pub(crate) fn send_to(&mut self, output: sys::OutputStream) {
        self.direct = Some(output);
    }

    /// Prints nothing more.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Tells whether nothing more is printed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes the reason why the last write through [`Write`] failed.
    pub(crate) fn reason(&mut self) -> Option<Closed> {
        self.reason.take()
    }

    /// Returns the lowest job whose output is not all printed.
    pub(crate) fn lowest(&self) -> u64 {
        self.reorder.lowest()
    }

    /// Tells whether something is held that this job gave.
    pub(crate) fn holds(&self, seq: u64) -> bool {
        self.reorder.holds(seq)
    }

    /// Takes a piece of a job's output, and prints it if its turn has come.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(crate) fn piece(&mut self, seq: u64, piece: Piece) -> Result<(), Closed> {
        let now = self.reorder.accept(seq, piece)?;
        self.print_held(seq)?;
        now.map_or(Ok(()), |piece| self.print(piece.stream, &piece.bytes))
    }

    /// Forgets what a failed try of a job gave.
    pub(crate) fn discard(&mut self, seq: u64) {
        self.reorder.discard(seq);
    }

    /// Ends a job's output. `notes` are whole lines for standard error, printed after it.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(crate) fn done(&mut self, seq: u64, verdict: Verdict, notes: Vec<u8>) -> Result<(), Closed> {
        self.reorder.end(seq, verdict, notes);
        if !matches!(self.reorder.order(), Order::Input | Order::InputWhole) {
            return self.print_held(seq).map(drop);
        }
        while self.print_held(self.reorder.lowest())? {
            self.row_limit.end_job();
            self.reorder.advance_to(self.reorder.lowest() + 1);
        }
        Ok(())
    }

    /// Prints what is held of every job that has ended, in their order: those before it that have not
    /// never will.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(crate) fn print_finished(&mut self) -> Result<(), Closed> {
        for seq in self.reorder.ended() {
            self.print_held(seq)?;
            self.row_limit.end_job();
            self.reorder.advance_to(seq + 1);
        }
        Ok(())
    }

    /// Prints what is held of a job, as far as it can be printed. Returns whether that was all of it.
    fn print_held(&mut self, seq: u64) -> Result<bool, Closed> {
        while let Some(next) = self.reorder.next(seq)? {
            match next {
                Printable::Bytes(stream, bytes) => self.print(stream, &bytes)?,
                Printable::Notes(notes) => {
                    // As with the rest of standard error, only the exit code can tell.
                    let _ = self.messages.write_all(&notes);
                    // Messages do not bury messages.
                    self.marked = true;
                }
                Printable::End => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Writes what comes before all rows and is none of them.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can be printed.
    pub(crate) fn heading(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        let row_limit = std::mem::replace(&mut self.row_limit, RowLimit::all());
        let printed = self.print(Stream::Out, bytes);
        self.row_limit = row_limit;
        printed
    }

    /// Writes bytes that belong to no job's output: a fold's result.
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
                go_on(self.stops_at_signals)?;
                let (wanted, enough) = self.row_limit.cut(bytes);
                self.out.write_all(wanted).map_err(Closed::from_stdout)?;
                if enough { Err(Closed::Enough) } else { Ok(()) }
            }
            Stream::Bad => match &mut self.bad {
                Some((name, file)) => file.write_all(bytes).map_err(|cause| Closed::Failed {
                    what: name.clone(),
                    cause,
                }),
                None => Ok(()),
            },
            // When standard error is closed, only the exit code can tell.
            Stream::Err => {
                let _ = self.err.write_all(bytes);
                Ok(())
            }
        }
    }

    /// Prints a file from its beginning to its end.
    ///
    /// # Errors
    /// When the file cannot be read; inside, [`Closed`] when nothing more can or should be printed.
    pub(crate) fn send(&mut self, file: File) -> io::Result<Result<(), Closed>> {
        let mut from = 0;
        if self.row_limit.is_all()
            && let Some(output) = &mut self.direct
        {
            self.buried |= self.marked && self.one_screen;
            let stops_at_signals = self.stops_at_signals;
            match sendfile::send(output, &file, || go_on(stops_at_signals)) {
                Ok(Sent::All) => return Ok(Ok(())),
                Ok(Sent::UpTo(at)) => from = at,
                Err(closed) => return Ok(Err(closed)),
            }
        }
        sendfile::copy(file, from, |block| self.print(Stream::Out, block))
    }
}

/// Returns the error that ends the printing when a signal has come that does.
fn go_on(stops_at_signals: bool) -> Result<(), Closed> {
    match sys::signals::shutdown_signal() {
        Some(_) if stops_at_signals => Err(Closed::Interrupted),
        _ => Ok(()),
    }
}

/// A fold's result goes out through the sink like any other bytes.
impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let printed = self.print(Stream::Out, bytes);
        printed.map(|()| bytes.len()).map_err(|closed| {
            self.reason = Some(closed);
            io::Error::other("standard output")
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
