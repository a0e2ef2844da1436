//! All that a run writes while it goes on: what jobs print, in order, the list of failed inputs, and the job log.
//!
//! It does not know why a job failed, nor what the run does about it.

use super::error::RunError;
use super::report::JobLog;
use crate::control::Control;
use crate::job::Failure;
use crate::memory::Budget;
use crate::message;
use crate::output::FailedList;
use crate::plan::{Plan, Tag};
use crate::sink::{Closed, Piece, RowLimit, Sink, Stream, Verdict};
use crate::sys;
use crate::worker::{JobRecord, RunState};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::atomic::Ordering;

/// How much of a fold's result is gathered before it is written, in bytes.
const BUFFER: usize = 64 * 1024;

/// The outputs of one run.
pub(super) struct RunOutput<'a> {
    sink: Sink<'a>,
    failed: FailedList,
    joblog: JobLog,
    /// What is wrong with a list of inputs, each with how many jobs come before it in the list.
    list_errors: Vec<(u64, String)>,
    run_state: &'a RunState,
    control: &'a Control,
    /// Whether the jobs' records go into a fold: then nothing is printed before the end.
    folded: bool,
}

impl<'a> RunOutput<'a> {
    /// Creates the files that the plan names, empty.
    ///
    /// # Errors
    /// When one can't be created.
    pub(super) fn new(
        plan: &Plan,
        folded: bool,
        run_state: &'a RunState,
        control: &'a Control,
    ) -> Result<Self, RunError> {
        let (out, err, messages) = (
            Box::new(sys::OutputStream::stdout()),
            Box::new(sys::OutputStream::stderr(sys::Writer::Jobs)),
            Box::new(sys::OutputStream::stderr(sys::Writer::Messages)),
        );
        let limit = match plan.first {
            // A fold counts its rows itself.
            Some(wanted) if !folded => RowLimit::rows(wanted, plan.tag),
            _ => RowLimit::all(),
        };
        let budget = Budget::new(plan.memory);
        let mut sink = Sink::new(out, err, messages, plan.order, limit, &budget, &plan.tmpdir);
        sink.send_to(sys::OutputStream::stdout());
        let list = plan.failures.list.as_ref();
        let failed = FailedList::new(list);
        let of = list.map_or(Path::new(""), |(path, _)| path);
        Ok(RunOutput {
            sink,
            failed: failed.map_err(RunError::about_file(of))?,
            joblog: JobLog::new(plan.joblog.as_ref())?,
            list_errors: Vec::new(),
            run_state,
            control,
            folded,
        })
    }

    /// Has the sink write lines that the records' format can't read to this file.
    ///
    /// # Errors
    /// When it can't be created.
    pub(super) fn keep_bad_lines(&mut self, path: &Path) -> io::Result<()> {
        let name = message::display_name(path.as_os_str()).into_owned();
        self.sink.keep_bad(name, File::create(path)?);
        Ok(())
    }

    /// Prints, unless printing has ended: what comes after something that could not be printed would not be
    /// where it belongs.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(super) fn print(
        &mut self,
        print: impl FnOnce(&mut Sink<'a>) -> Result<(), Closed>,
    ) -> Result<(), Closed> {
        if self.sink.is_closed() {
            return Ok(());
        }
        print(&mut self.sink)
    }

    /// Prints what is left of a job that ended. `notes` are lines about it for standard error.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(super) fn end_job(
        &mut self,
        seq: u64,
        pieces: Vec<Piece>,
        verdict: Verdict,
        mut notes: Vec<String>,
    ) -> Result<(), Closed> {
        if self.folded {
            // There is no output whose order the notes could keep.
            let marked = notes.drain(..).map(message::say).count() > 0;
            self.sink.mark(marked);
        }
        let notes = notes
            .iter()
            .flat_map(|note| message::format_line(note).into_bytes());
        let notes = notes.collect();
        self.print(|sink| {
            // What a stopped job printed is a part of nothing.
            if verdict == Verdict::Discard {
                sink.discard(seq);
                return sink.done(seq, verdict, notes);
            }
            for piece in pieces {
                sink.piece(seq, piece)?;
            }
            sink.done(seq, verdict, notes)
        })
    }

    /// Forgets what a failed try of a job printed.
    pub(super) fn discard(&mut self, seq: u64) {
        self.sink.discard(seq);
    }

    /// Prints lines of a pool's process on standard error at once, with the worker's slot (from 0) before each
    /// when lines are tagged.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(super) fn process_lines(&mut self, slot: usize, lines: &[u8]) -> Result<(), Closed> {
        if self.run_state.tag == Tag::Off {
            return self.sink.print(Stream::Err, lines);
        }
        let mut tagged = Vec::with_capacity(lines.len() + 16);
        for line in lines.split_inclusive(|&b| b == b'\n') {
            tagged.extend_from_slice(format!("{}\t", slot + 1).as_bytes());
            tagged.extend_from_slice(line);
        }
        self.sink.print(Stream::Err, &tagged)
    }

    /// Prints a message that belongs to no job.
    pub(super) fn say(&mut self, what: impl std::fmt::Display) {
        message::say(what);
        self.sink.mark(true);
    }

    /// Takes what is wrong with a list of inputs, after this many jobs, and says it once they have ended.
    pub(super) fn add_list_error(&mut self, after: u64, what: String, ended: u64) {
        self.list_errors.push((after, what));
        self.say_list_errors(ended);
    }

    /// Says what was found wrong with a list, once the jobs that come before it have ended: as if the list had
    /// not been read ahead.
    pub(super) fn say_list_errors(&mut self, ended: u64) {
        while let Some((after, what)) = self.list_errors.first()
            && *after <= ended
        {
            message::say(what);
            self.list_errors.remove(0);
        }
    }

    /// Forgets what is wrong with the list behind a job with which the run ended.
    pub(super) fn forget_list_errors_after(&mut self, seq: u64) {
        self.list_errors.retain(|&(after, _)| after <= seq);
    }

    /// Adds the inputs of a failed job to the list of them.
    ///
    /// # Errors
    /// When it can't be written; what it says names the file.
    pub(super) fn list_failed(&mut self, names: &[OsString]) -> Result<(), String> {
        let added = self.failed.add(names);
        added.map_err(|cause| format!("{}: {}", self.failed.shown(), message::cause(&cause)))
    }

    /// Adds a job that ended to the job log.
    ///
    /// # Errors
    /// When it can't be written; what it says names the file.
    pub(super) fn log(&mut self, failure: Option<&Failure>, record: &JobRecord) -> Result<(), String> {
        self.joblog.add(failure, record)
    }

    /// Tells the workers how far the output has come. Returns the lowest job that is not all printed.
    pub(super) fn note_printed(&mut self) -> u64 {
        let lowest = self.sink.lowest();
        if self.run_state.lowest.swap(lowest, Ordering::SeqCst) != lowest {
            self.control.wake_job(lowest);
        }
        lowest
    }

    /// Returns the lowest job that is not all printed.
    pub(super) fn lowest(&self) -> u64 {
        self.sink.lowest()
    }

    /// Returns whether nothing of a job is held back.
    pub(super) fn is_printed(&self, seq: u64) -> bool {
        !self.sink.holds(seq)
    }

    /// Returns whether printing has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.sink.is_closed()
    }

    /// Ends printing.
    pub(super) fn close(&mut self) {
        self.sink.close();
    }

    /// Has a signal that ends the run end the printing, too: the main thread no longer listens to signals.
    pub(super) fn stop_at_signals(&mut self) {
        self.sink.stop_at_signals();
    }

    /// Returns whether other output came after a message about a failure, or may have come.
    pub(super) fn is_buried(&self) -> bool {
        self.sink.is_buried()
    }

    /// Prints the result of a fold, which `write` writes.
    ///
    /// # Errors
    /// [`Closed`] when it could not be written or made.
    pub(super) fn print_result(
        &mut self,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), Closed> {
        let mut out = BufWriter::with_capacity(BUFFER, &mut self.sink);
        let written = write(&mut out).and_then(|()| out.flush());
        let Err(cause) = written else { return Ok(()) };
        // Dropping the writer would try again to write what is left in its buffer, and fail again.
        let _ = out.into_parts();
        Err(self.sink.reason().unwrap_or(Closed::Failed {
            what: "the fold's result".into(),
            cause,
        }))
    }
}
