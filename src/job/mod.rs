//! The unit of work and how it ended.
//!
//! A [`Job`] says which inputs it is about. It does not know how it will be run, where its
//! output goes, or what other jobs there are.

mod split;

pub use split::{SplitOutcome, SplitPart};

use crate::message;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

/// A unit of work: one file, a part of one, or a batch of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its place in the input order, from 0, without gaps.
    pub seq: u64,
    /// What it is about: at least one, unless the run is a job without inputs.
    pub inputs: Vec<Input>,
}

impl Job {
    /// The name of its first input.
    pub fn name(&self) -> &OsStr {
        self.inputs.first().map_or(OsStr::new("-"), Input::name)
    }

    /// Its place among the parts that count together, if it is about one.
    pub fn link(&self) -> Option<&SplitPart> {
        self.inputs.first().and_then(Input::link)
    }

    /// Whether it is about a part of a file of which a later job has the end.
    pub fn is_continued(&self) -> bool {
        self.inputs.first().is_some_and(Input::is_continued)
    }
}

/// One thing that a job reads or names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A whole file by its name, which is bytes.
    File(OsString),
    /// The lines of a plain file that begin in `start..end`.
    Range {
        /// The file's name.
        name: OsString,
        /// The first byte at which a line may begin.
        start: u64,
        /// One past the last; `u64::MAX` for the end of the file.
        end: u64,
    },
    /// A part of a compressed file: the lines that begin in the members or frames of `start..end`,
    /// but for its first byte, unless that is the file's, and at the first byte after it.
    Part {
        /// The file's name.
        name: OsString,
        /// Where a member or frame begins.
        start: u64,
        /// Where another does; `u64::MAX` for the end of the file.
        end: u64,
        /// Its place among the others.
        link: SplitPart,
    },
    /// Standard input, as data.
    Stdin,
    /// A word of a list, which may be no file at all.
    Word {
        /// Its bytes.
        word: OsString,
        /// Whether a line of the list ends with it.
        ends_line: bool,
    },
}

impl Input {
    /// The name to show and to substitute: the path as it was given, `-` for standard input.
    pub fn name(&self) -> &OsStr {
        match self {
            Input::File(name) | Input::Range { name, .. } | Input::Part { name, .. } => name,
            Input::Word { word, .. } => word,
            Input::Stdin => OsStr::new("-"),
        }
    }

    /// Its place among the parts that count together, if it is one.
    pub fn link(&self) -> Option<&SplitPart> {
        match self {
            Input::Part { link, .. } => Some(link),
            _ => None,
        }
    }

    /// Whether it is a part of a file of which a later job has the end.
    pub fn is_continued(&self) -> bool {
        match self {
            Input::Range { end, .. } => *end != u64::MAX,
            Input::Part { link, .. } => !link.last,
            _ => false,
        }
    }

    /// Whether it ends a line of the list that it was read from.
    pub fn ends_line(&self) -> bool {
        matches!(self, Input::Word { ends_line: true, .. })
    }
}

/// A job as a message names it, by its inputs: the first, and how many more there are.
pub fn display_names<'a>(mut names: impl ExactSizeIterator<Item = &'a OsStr>) -> String {
    let first = names.next().map_or("-".into(), message::shown);
    match names.len() {
        0 => first.into_owned(),
        more => format!("{first} and {more} more"),
    }
}

/// Why a job, or one try at it, did not succeed.
///
/// The variants are what code branches on (exit codes, retries, halts); [`std::fmt::Display`]
/// gives the message that a person reads, with the input's name first, unescaped.
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
    /// A command that ended badly.
    Command {
        /// The command's program, as it was typed.
        program: OsString,
        /// How it ended.
        cause: ChildOutcome,
    },
    /// A co-process that did not answer a job as it should.
    ReplyError {
        /// The co-process's program, as it was typed.
        program: OsString,
        /// What it did instead: `exited with status 1 without a reply`.
        what: String,
        /// How it ended, where it did so by itself.
        end: Option<ChildOutcome>,
    },
    /// Co-processes that end without ever answering: no other job would fare better.
    PoolBroken {
        /// The co-process's program, as it was typed.
        program: OsString,
        /// What the last of them did.
        what: String,
        /// How it ended, where it did so by itself.
        end: Option<ChildOutcome>,
    },
    /// A program that can't be executed, and of which nothing was started before: no other job would fare
    /// better.
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
    /// The run is being stopped, and this job with it: not a failure of the job's own.
    Stopped,
}

/// How a command ended, where that counts as a failure.
#[derive(Debug)]
pub enum ChildOutcome {
    /// It exited with this status.
    Exit(i32),
    /// It was killed by this signal.
    Signal(i32),
    /// It was killed, and the system's count of processes that it killed for their memory has risen.
    OutOfMemory,
    /// It ran longer than `--timeout` and was killed.
    TimedOut(Duration),
    /// It could not be started.
    NotStarted(io::Error),
}

/// Whether emitted bytes can still turn out to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The bytes stand whatever happens to the rest of the job: they may be printed at once.
    Final,
    /// The bytes count only if the job succeeds (a checksum is still to come, say).
    Provisional,
}

impl From<ExitStatus> for ChildOutcome {
    fn from(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => ChildOutcome::Exit(code),
            None => ChildOutcome::Signal(status.signal().unwrap_or_default()),
        }
    }
}

impl Failure {
    /// How the command or co-process ended, where the failure is of one that did so by itself or was not
    /// started.
    pub fn ending(&self) -> Option<&ChildOutcome> {
        match self {
            Failure::Command { cause, .. } => Some(cause),
            Failure::ReplyError { end, .. } | Failure::PoolBroken { end, .. } => end.as_ref(),
            _ => None,
        }
    }

    /// Whether another try would end in the same way.
    pub fn is_permanent(&self) -> bool {
        let too_long = |cause: &io::Error| cause.kind() == io::ErrorKind::ArgumentListTooLong;
        match self {
            Failure::Own { .. } | Failure::PoolBroken { .. } | Failure::ProgramUnusable { .. } => true,
            _ => matches!(self.ending(), Some(ChildOutcome::NotStarted(cause)) if too_long(cause)),
        }
    }

    /// Whether it tells of more than its own job, as POSIX has it for xargs: a command that can't be
    /// started, that was killed by a signal, or that exited with 255 to say so. Or something of our
    /// own failed.
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
            Failure::Unreadable { name, cause } => {
                write!(f, "{}: {}", message::shown(name), message::cause(cause))
            }
            Failure::Corrupt { name, what } => write!(f, "{}: {what}", message::shown(name)),
            Failure::Command { program, cause } => write!(f, "'{}' {cause}", message::shown(program)),
            Failure::ReplyError { program, what, .. } => write!(f, "'{}' {what}", message::shown(program)),
            Failure::PoolBroken { program, what, .. } => write!(
                f,
                "'{}' {what}, and those before it answered nothing either: the run is stopped",
                message::shown(program)
            ),
            Failure::ProgramUnusable { program, cause } => write!(
                f,
                "'{}' can't be executed: {}{}",
                message::shown(program),
                message::cause(cause),
                match cause.raw_os_error() {
                    Some(libc::ENOEXEC) => " (a script begins with #! and its interpreter's name)",
                    Some(libc::ENOENT) => " (nor is its interpreter there, most likely)",
                    _ => "",
                }
            ),
            Failure::Panicked { what } => write!(f, "the map panicked: {what}"),
            Failure::Own { what, cause } => write!(f, "{what}: {}", message::cause(cause)),
            Failure::Stopped => f.write_str("stopped"),
        }
    }
}

impl fmt::Display for ChildOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChildOutcome::Exit(status) => write!(f, "exited with status {status}"),
            ChildOutcome::Signal(signal) => write!(f, "was killed by signal {signal}"),
            ChildOutcome::OutOfMemory => {
                f.write_str("was killed by signal 9, by the out-of-memory killer as its cgroup tells")
            }
            ChildOutcome::TimedOut(limit) => write!(f, "ran longer than {limit:?} and was killed"),
            ChildOutcome::NotStarted(cause) => write!(f, "could not be started: {}", message::cause(cause)),
        }
    }
}
