//! Why a job failed.
//!
//! It does not know what becomes of the job then.

use super::outcome::ChildOutcome;
use crate::message;
use crate::sys::error_number;
use std::ffi::OsString;
use std::fmt;
use std::io;

/// Why a job, or one try at it, did not succeed.
///
/// Code branches on the variants (exit codes, retries, halts); [`std::fmt::Display`] gives the message that a
/// person reads.
#[derive(Debug)]
pub enum Failure {
    /// An input that is gone, or that can't be opened or read.
    Unreadable {
        /// The input's name.
        name: OsString,
        /// What the system said.
        cause: io::Error,
    },
    /// An input whose bytes are not what they should be.
    Corrupt {
        /// The input's name.
        name: OsString,
        /// What is wrong, and where: `truncated gzip stream after 81920 bytes`.
        what: String,
    },
    /// An input of which no known format fits the first lines.
    UnknownFormat {
        /// The input's name.
        name: OsString,
        /// Which formats were tried.
        what: String,
    },
    /// A command that was not started, or ended in a way that counts as failure.
    Command {
        /// The program, as it was typed.
        program: OsString,
        /// How it ended.
        cause: ChildOutcome,
    },
    /// A pool process that did not answer a job as it should.
    ReplyError {
        /// The program, as it was typed.
        program: OsString,
        /// What it did instead: `exited with status 1 without a reply`.
        what: String,
        /// How it ended, when it did so by itself.
        end: Option<ChildOutcome>,
    },
    /// Pool processes that end without ever answering: no other job would fare better.
    PoolBroken {
        /// The program, as it was typed.
        program: OsString,
        /// What the last of them did.
        what: String,
        /// How it ended, when it did so by itself.
        end: Option<ChildOutcome>,
    },
    /// A program that can't be executed and never was in this run: no other job would fare better.
    ProgramUnusable {
        /// The program, as it was typed.
        program: OsString,
        /// What the system said.
        cause: io::Error,
    },
    /// A map that panicked.
    Panicked {
        /// The panic's message.
        what: String,
    },
    /// fanfold's own reading or writing failed: a pipe, a temporary file, an output file.
    Own {
        /// What was being done, and to which file.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
    /// A job that was given to one worker of a queue after the other, and each died with it.
    WorkersLost {
        /// How many.
        count: u64,
    },
    /// The run stops, and the job with it: the job itself did not fail.
    Stopped,
}

/// What a saved fold is called where it is no input.
pub(crate) const SAVED_FOLD: &str = "a saved fold";

impl Failure {
    /// Returns true when the input is a saved fold.
    pub(crate) fn is_about_saved_fold(&self) -> bool {
        let is_fold = |what: &str| {
            what.strip_prefix("is ")
                .is_some_and(|what| what.starts_with(SAVED_FOLD))
        };
        matches!(self, Failure::Corrupt { what, .. } if is_fold(what))
    }

    /// Returns how the command or pool process ended, when it did so by itself or was not started.
    pub fn outcome(&self) -> Option<&ChildOutcome> {
        match self {
            Failure::Command { cause, .. } => Some(cause),
            Failure::ReplyError { end, .. } | Failure::PoolBroken { end, .. } => end.as_ref(),
            _ => None,
        }
    }

    /// Returns the exit status that a shell gives a command that ended so.
    pub fn status(&self) -> i32 {
        match self.outcome() {
            Some(ChildOutcome::Exit(status)) => *status,
            Some(ChildOutcome::Signal(signal)) => 128 + signal,
            Some(ChildOutcome::OutOfMemory) => 128 + 9,
            Some(ChildOutcome::NotStarted(cause)) if cause.kind() == io::ErrorKind::NotFound => 127,
            Some(ChildOutcome::NotStarted(_)) => 126,
            Some(ChildOutcome::TimedOut(_)) | None => 255,
        }
    }

    /// Returns whether another try would end in the same way.
    pub fn is_permanent(&self) -> bool {
        let too_long = |cause: &io::Error| cause.kind() == io::ErrorKind::ArgumentListTooLong;
        match self {
            Failure::Own { .. } | Failure::PoolBroken { .. } | Failure::ProgramUnusable { .. } => true,
            _ => matches!(self.outcome(), Some(ChildOutcome::NotStarted(cause)) if too_long(cause)),
        }
    }

    /// Returns whether it concerns more than its own job. As POSIX has it for xargs, that is a command that
    /// can't be started, was killed by a signal, or exited with 255 to say so; and any failure of our own.
    pub fn is_fatal(&self) -> bool {
        let cause = match self {
            Failure::Command { cause, .. } => cause,
            Failure::Own { .. } => return true,
            _ => return false,
        };
        matches!(
            cause,
            ChildOutcome::Exit(255)
                | ChildOutcome::Signal(_)
                | ChildOutcome::OutOfMemory
                | ChildOutcome::NotStarted(_)
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unreadable { name, cause } => f.write_str(&message::unreadable(name, cause)),
            Failure::Corrupt { name, what } | Failure::UnknownFormat { name, what } => {
                write!(f, "{}: {what}", message::display_name(name))
            }
            Failure::Command { program, cause } => write!(f, "'{}' {cause}", message::display_name(program)),
            Failure::ReplyError { program, what, .. } => {
                write!(f, "'{}' {what}", message::display_name(program))
            }
            Failure::PoolBroken { program, what, .. } => write!(
                f,
                "'{}' {what}, and those before it answered nothing either: the run is stopped",
                message::display_name(program)
            ),
            Failure::ProgramUnusable { program, cause } => write!(
                f,
                "'{}' can't be executed: {}{}",
                message::display_name(program),
                message::cause(cause),
                match cause.raw_os_error() {
                    Some(error_number::ENOEXEC) => " (a script begins with #! and its interpreter's name)",
                    Some(error_number::ENOENT) => " (or its #! interpreter is missing)",
                    _ => "",
                }
            ),
            Failure::Panicked { what } => write!(f, "the map panicked: {what}"),
            Failure::Own { what, cause } => write!(f, "{what}: {}", message::cause(cause)),
            Failure::WorkersLost { count: 1 } => f.write_str("its worker died"),
            Failure::WorkersLost { count } => write!(f, "its worker died {count} times"),
            Failure::Stopped => f.write_str("stopped"),
        }
    }
}
