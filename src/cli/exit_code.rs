//! The one table of exit codes, for both dialects: fanfold's own (`run`, `map` and the helpers) and xargs's.
//!
//! It prints nothing.

use super::lock_in_use::LockInUse;
use super::usage_error::UsageError;
#[cfg(feature = "queue")]
use crate::hosts::QueueFailure;
use crate::job::{ChildOutcome, Failure};
use crate::plan::Empty;
use crate::process::ProgramError;
use crate::run::{RunError, Summary};
use crate::state::{StateError, StateErrorKind};
use crate::sys::signals;
use std::io;

/// A row of the help about exit codes.
pub(super) struct ExitCodeRow {
    /// The code, or the codes.
    pub(super) code: &'static str,
    /// What it means, in two or three words.
    pub(super) brief: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
}

/// The exit codes of `map` and `run`, as the help, the man pages and README.md have them.
#[rustfmt::skip]
pub(super) const EXIT_CODES: &[ExitCodeRow] = &[
    ExitCodeRow { code: "0", brief: "ok", meaning: "all succeeded" },
    ExitCodeRow { code: "2", brief: "usage", meaning: "usage, or a state that is none, is damaged, or is of another command line" },
    ExitCodeRow { code: "3", brief: "bad input", meaning: "some input was unreadable, corrupt, or vanished" },
    ExitCodeRow { code: "4", brief: "no input", meaning: "no input (`--allow-empty` makes it 0)" },
    ExitCodeRow { code: "5", brief: "own I/O", meaning: "fanfold's own reading or writing failed: standard output full, no space for a temporary file, an output file or the state; or the server of `--queue` lost the run, or holds what contradicts itself" },
    ExitCodeRow { code: "6", brief: "in use", meaning: "another run uses the state or leads the queue's run, or holds the lock (`--lock-fail`)" },
    ExitCodeRow { code: "75", brief: "try again", meaning: "the server of `--queue` can't be reached, or nobody leads the run, for longer than `--patience`" },
    ExitCodeRow { code: "123", brief: "command failed", meaning: "a command failed" },
    ExitCodeRow { code: "124", brief: "halted", meaning: "halted by `--halt`, ended by `--deadline`, or because a pool's processes died at three jobs in a row without any answer" },
    ExitCodeRow { code: "126, 127", brief: "no command", meaning: "the command can't be run, isn't found: said before the first job, or in place of it" },
    ExitCodeRow { code: "a signal", brief: "", meaning: "fanfold dies by the signal that stopped it" },
];

/// Returns the codes in one line.
pub(super) fn short_list() -> String {
    let rows = EXIT_CODES.iter().filter(|row| !row.brief.is_empty());
    let codes = rows.map(|row| format!("{} {}", row.code.replace(", ", "/"), row.brief));
    format!("Exit: {}", codes.collect::<Vec<_>>().join(", "))
}

/// Whose exit codes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Fanfold,
    /// GNU xargs, as `fanfold xargs` or under its own name.
    Xargs,
}

/// Why the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExitCause {
    Success,
    /// The command line is wrong, or the state is damaged or belongs to another command line.
    Refused,
    /// An input was unreadable, corrupt or gone.
    BadInput,
    NoInput,
    /// fanfold's own reading or writing failed.
    OwnFailure,
    StateInUse,
    /// The server of a queue could not be reached, or nobody led the run.
    #[cfg_attr(not(feature = "queue"), allow(dead_code))]
    Unreachable,
    CommandFailed,
    /// Failures ended the run: the limit of `--halt` in fanfold, a command that exited with 255 in xargs.
    Halted,
    /// A signal killed a command, which ends a run of xargs.
    CommandKilled,
    NotExecutable,
    NotFound,
    /// The deadline of the run has passed.
    Deadline,
    /// A signal ended the run.
    Signal(i32),
}

impl ExitCause {
    /// Returns the exit code. Does not return when a signal ended the run: the process then dies by it.
    pub(super) fn code(self, dialect: Dialect) -> u8 {
        let (fanfold, xargs) = match self {
            ExitCause::Success => (0, 0),
            ExitCause::Refused => (2, 1),
            ExitCause::BadInput => (3, 1),
            ExitCause::NoInput => (4, 1),
            ExitCause::OwnFailure => (5, 1),
            ExitCause::StateInUse => (6, 6),
            ExitCause::Unreachable => (75, 75),
            ExitCause::CommandFailed => (123, 123),
            ExitCause::Halted | ExitCause::Deadline => (124, 124),
            ExitCause::CommandKilled => (123, 125),
            ExitCause::NotExecutable => (126, 126),
            ExitCause::NotFound => (127, 127),
            ExitCause::Signal(signal) => signals::die_by_signal(signal),
        };
        match dialect {
            Dialect::Fanfold => fanfold,
            Dialect::Xargs => xargs,
        }
    }

    /// Classifies the error that kept a run from starting.
    pub(super) fn from_error(error: &anyhow::Error) -> Self {
        if let Some(program) = error.downcast_ref::<ProgramError>() {
            return match program {
                ProgramError::NotFound(_) => ExitCause::NotFound,
                ProgramError::NotExecutable(..) => ExitCause::NotExecutable,
            };
        }
        if let Some(run) = error.downcast_ref::<RunError>() {
            return match run {
                RunError::NoMatch(_) => ExitCause::NoInput,
                RunError::Conflict(_) => ExitCause::Refused,
                RunError::State(state) => ExitCause::from_state_error(state),
                RunError::Words { .. } | RunError::Io { .. } => ExitCause::OwnFailure,
            };
        }
        #[cfg(feature = "queue")]
        if let Some(failure) = error.downcast_ref::<QueueFailure>() {
            return ExitCause::from_queue_failure(failure);
        }
        if error.is::<LockInUse>() {
            return ExitCause::StateInUse;
        }
        match error.downcast_ref::<StateError>() {
            Some(state) => ExitCause::from_state_error(state),
            None if error.is::<UsageError>() => ExitCause::Refused,
            None => ExitCause::OwnFailure,
        }
    }

    /// Classifies what kept a run with a queue from going on.
    #[cfg(feature = "queue")]
    pub(super) fn from_queue_failure(failure: &QueueFailure) -> Self {
        match failure {
            QueueFailure::Refused(_) => ExitCause::Refused,
            QueueFailure::InUse(_) => ExitCause::StateInUse,
            QueueFailure::Damaged(_) | QueueFailure::Forgotten(_) => ExitCause::OwnFailure,
            QueueFailure::Unreachable(_) => ExitCause::Unreachable,
            QueueFailure::UnfitHost(_) => ExitCause::BadInput,
        }
    }

    fn from_state_error(error: &StateError) -> Self {
        match error.kind {
            StateErrorKind::Refused => ExitCause::Refused,
            StateErrorKind::InUse => ExitCause::StateInUse,
            StateErrorKind::Io => ExitCause::OwnFailure,
        }
    }

    /// Returns the cause that counts in fanfold when several hold: the first of signal, own failure, damaged
    /// state, program that can't be executed, halt, failed command, bad input.
    pub(super) fn from_summary(summary: &Summary, empty: Empty) -> Self {
        if summary.is_empty() && empty == Empty::Refused {
            ExitCause::NoInput
        } else if summary.deadline {
            ExitCause::Deadline
        } else if let Some(signal) = summary.signal {
            ExitCause::Signal(signal)
        } else if summary.own_failures > 0 {
            ExitCause::OwnFailure
        } else if summary.damaged {
            ExitCause::Refused
        } else if summary.unfit {
            ExitCause::NotExecutable
        } else if summary.halted {
            ExitCause::Halted
        } else if summary.failed > 0 {
            ExitCause::CommandFailed
        } else if summary.unrecognized {
            ExitCause::Refused
        } else if summary.bad_inputs > 0 {
            ExitCause::BadInput
        } else {
            ExitCause::Success
        }
    }

    /// Returns the cause that counts in xargs when several hold. As with GNU xargs, a command that failed in
    /// an ordinary way counts for more than the failure that ended the run.
    pub(super) fn from_xargs_summary(summary: &Summary) -> Self {
        if let Some(signal) = summary.signal {
            return ExitCause::Signal(signal);
        }
        let of_command = |failure: &&Failure| matches!(failure, Failure::Command { .. });
        let fatal = summary.fatal.iter().filter(of_command).count() as u64;
        if summary.failed > fatal {
            return ExitCause::CommandFailed;
        }
        match summary.fatal.first() {
            Some(Failure::Command { cause, .. }) => ExitCause::from_fatal_ending(cause),
            Some(_) => ExitCause::OwnFailure,
            None if summary.malformed || summary.damaged || summary.own_failures > 0 => ExitCause::OwnFailure,
            None => ExitCause::Success,
        }
    }

    /// Classifies the end of a command that ended a run of xargs.
    fn from_fatal_ending(ending: &ChildOutcome) -> Self {
        match ending {
            ChildOutcome::Exit(_) => ExitCause::Halted,
            ChildOutcome::Signal(_) | ChildOutcome::OutOfMemory => ExitCause::CommandKilled,
            ChildOutcome::NotStarted(cause) => match cause.kind() {
                io::ErrorKind::NotFound => ExitCause::NotFound,
                io::ErrorKind::ArgumentListTooLong => ExitCause::OwnFailure,
                _ => ExitCause::NotExecutable,
            },
            ChildOutcome::TimedOut(_) => ExitCause::CommandFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_causes_the_gravest_counts() {
        type Change = fn(&mut Summary);
        let steps: [(Change, ExitCause); 7] = [
            (|run| run.bad_inputs = 1, ExitCause::BadInput),
            (|run| run.failed = 1, ExitCause::CommandFailed),
            (|run| run.halted = true, ExitCause::Halted),
            (|run| run.unfit = true, ExitCause::NotExecutable),
            (|run| run.damaged = true, ExitCause::Refused),
            (|run| run.own_failures = 1, ExitCause::OwnFailure),
            (|run| run.signal = Some(15), ExitCause::Signal(15)),
        ];
        let mut summary = Summary::default();
        let cause = |summary: &Summary, empty| ExitCause::from_summary(summary, empty);
        assert_eq!(cause(&summary, Empty::Refused), ExitCause::NoInput);
        assert_eq!(cause(&summary, Empty::Allowed), ExitCause::Success);
        for (add, expected) in steps {
            add(&mut summary);
            assert_eq!(cause(&summary, Empty::Refused), expected);
        }
    }
}
