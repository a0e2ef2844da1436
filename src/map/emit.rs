//! What a map emits to: [`Emit`] for every map, and [`ChildEmit`] for a map that looks after a child process.
//!
//! It does not know what becomes of the output.

use crate::control::WorkerHandle;
use crate::job::{Failure, Trust};
use crate::merge::PipeJob;
use crate::record::NoteKind;
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

/// Takes the output of a job from its map.
pub trait Emit {
    /// Takes a block of output, of any size and with its end anywhere. Breaks when nobody wants more, or when
    /// the run stops: the map should return.
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()>;

    /// Takes a block of diagnostic output, as a command writes to standard error.
    fn err(&mut self, block: &[u8]);

    /// Takes a warning about an input: the job goes on and may succeed. `what` stands after the program's and
    /// the input's names: `trailing garbage ignored`.
    fn warn(&mut self, name: &OsStr, what: &str);

    /// Takes note of an input that is read although it is not what it seems to be: one line for each kind at the
    /// end of the run, when the try counts.
    fn note(&mut self, _kind: NoteKind, _name: &OsStr) {}

    /// Ends the last line of an input, which has no newline.
    #[doc(hidden)]
    fn end_line(&mut self) {
        let _ = self.out(b"\n", Trust::Final);
    }

    /// Takes note that all of an input was given, up to this byte of its file. `packed` finds out how it goes on when
    /// the file grows: by a gzip member, or by plain bytes; `None`: it can only be read anew.
    #[doc(hidden)]
    fn covered(&mut self, _size: u64, _packed: &dyn Fn() -> Option<bool>) {}

    /// Returns the handle of the worker: its slot, and whether the run wants it to go on.
    fn worker(&self) -> &WorkerHandle;

    /// Notes how soon the next output comes: `Latency::Waiting` until [`read`](super::read) says otherwise.
    #[doc(hidden)]
    fn latency(&mut self, _latency: Latency) {}

    /// Returns what a map with a child process needs beside this. `None`: it can run no child.
    #[doc(hidden)]
    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        None
    }
}

/// What a map with a child process needs beside [`Emit`]: it waits for several things at once, and follows
/// a stop request by itself.
pub trait ChildEmit: Emit {
    /// Takes a block as [`Emit::out`] does, but does not break because the run stops: the child is told so, and
    /// what it still writes counts if it ends well.
    fn take(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()>;

    /// Returns whether what the child writes becomes records.
    fn takes_lines(&self) -> bool {
        false
    }

    /// Returns which try at the job this is, from 1.
    fn attempt(&self) -> u32;

    /// Takes a message that belongs to no job, at once.
    fn out_of_band(&mut self, message: OutOfBand<'_>);

    /// Tries again to hand on what was emitted: the map calls this when its worker is woken, as the turn of the
    /// job may have come, and repeatedly while [`ChildEmit::is_full`], when it blocks for a short while each
    /// time.
    fn flush(&mut self) {}

    /// Returns whether earlier output still waits to be taken. Meanwhile the map takes nothing more from its
    /// child, but goes on looking after it.
    fn is_full(&self) -> bool {
        false
    }

    /// Counts bytes that the child gave and that are elsewhere.
    fn note_given(&mut self, _bytes: u64) {}

    /// Returns a file that the child may write its output to, in place of [`Emit::out`].
    fn output_file(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Takes the jobs to run beside this one, whose outputs it reads while they are made.
    fn take_feeders(&mut self) -> Vec<PipeJob> {
        Vec::new()
    }
}

/// Takes messages of a map that belong to no job.
pub type OutOfBandSink<'a> = dyn FnMut(OutOfBand<'_>) + 'a;

/// A message of a map that belongs to no job.
#[derive(Debug)]
pub enum OutOfBand<'a> {
    /// Whole lines for standard error, at once.
    Lines(&'a [u8]),
    /// A failure, which is reported and counted.
    Failure(Failure),
    /// Jobs that ended well and may have been wrong: the process that did them turned out to be out of order.
    Revoke {
        /// The jobs.
        jobs: Vec<u64>,
        /// What was wrong.
        cause: String,
    },
    /// A line about a job, at once, without the program's name.
    Notice(String),
    /// The reader of standard output went away.
    StdoutClosed,
}

/// How soon the next bytes of an input come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latency {
    /// At once: they lie in a file.
    Steady,
    /// Nobody knows: what was emitted must not wait for them.
    Waiting,
}
