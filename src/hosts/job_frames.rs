//! Jobs and their ends as the frames of a commit, and back.
//!
//! It does not know how frames are laid out, nor what is in a part of a fold.

use crate::job::{ChildOutcome, Failure, Input, Job};
use crate::message;
use crate::queue::{CommitFrame, CommitStream, DoneJob, FailedJob, PayloadError, QueuedInput, QueuedJob};
use crate::run::DeliveredJob;
use crate::sink::Stream;
use crate::state::PackedPart;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What a commit says.
#[derive(Debug)]
pub(super) struct CommittedJobs {
    /// The jobs, each with its place in the queue.
    pub(super) jobs: Vec<(u64, DeliveredJob)>,
    /// What they gave the fold together.
    pub(super) part: Option<PackedPart>,
}

/// The kinds of failures. Numbers that have been used keep their meaning.
mod kind {
    pub(super) const UNREADABLE: u8 = 1;
    pub(super) const CORRUPT: u8 = 2;
    pub(super) const UNKNOWN_FORMAT: u8 = 3;
    pub(super) const ENDED: u8 = 4;
    pub(super) const OUT_OF_MEMORY: u8 = 5;
    pub(super) const TIMED_OUT: u8 = 6;
    pub(super) const NOT_STARTED: u8 = 7;
    pub(super) const REPLY: u8 = 8;
    pub(super) const PANICKED: u8 = 9;
}

/// Returns a job as it is queued; `None` when what it is about can't travel.
pub(super) fn queued_job(job: &Job) -> Option<QueuedJob> {
    let inputs = job.inputs.iter().map(|input| match input {
        Input::File(name) | Input::Opened(name) => Some(QueuedInput::Name(name.clone())),
        Input::Word { word, .. } => Some(QueuedInput::Word(word.clone())),
        Input::Range { name, start, end } => Some(QueuedInput::Range {
            name: name.clone(),
            start: *start,
            end: *end,
        }),
        _ => None,
    });
    Some(QueuedJob {
        number: job.number,
        inputs: inputs.collect::<Option<_>>()?,
    })
}

/// Returns the job that was queued. `seq` is its place in this process; `opened` says that names stand for what a command prints.
pub(super) fn job(queued: QueuedJob, seq: u64, opened: bool) -> Job {
    let input = |input| match input {
        QueuedInput::Name(name) if opened => Input::Opened(name),
        QueuedInput::Name(name) => Input::File(name),
        QueuedInput::Word(word) => Input::Word {
            word,
            ends_line: true,
        },
        QueuedInput::Range { name, start, end } => Input::Range { name, start, end },
    };
    Job {
        seq,
        number: queued.number,
        inputs: queued.inputs.into_iter().map(input).collect(),
    }
}

/// Returns the frames about a job that ended at this place of the queue.
pub(super) fn frames(k: u64, end: &DeliveredJob) -> Vec<CommitFrame> {
    let ms = u64::try_from(end.took.as_millis()).unwrap_or(u64::MAX);
    let (number, tries) = (end.number, u64::from(end.tries));
    let frame = match &end.failure {
        None => CommitFrame::Done(DoneJob {
            k,
            number,
            ms,
            bytes: end.bytes,
            bad_lines: 0,
            tries,
        }),
        Some(failure) => {
            let told = ToldFailure::new(failure);
            let mut names = vec![told.subject];
            names.extend(end.names.iter().cloned());
            CommitFrame::Failed(FailedJob {
                k,
                number,
                ms,
                tries,
                kind: told.kind,
                status: told.status,
                signal: told.signal,
                text: told.text,
                names,
            })
        }
    };
    let warning = |text: &String| CommitFrame::Warning {
        number,
        text: text.clone(),
    };
    let output = |(stream, bytes): &(Stream, Vec<u8>)| CommitFrame::Output {
        number,
        stream: match stream {
            Stream::Out | Stream::Bad => CommitStream::Stdout,
            Stream::Err => CommitStream::Stderr,
        },
        bytes: bytes.clone(),
    };
    let mut frames = vec![frame];
    frames.extend(end.warnings.iter().map(warning));
    frames.extend(end.output.iter().map(output));
    frames
}

/// Reads frames.
///
/// # Errors
/// They do not make sense.
pub(super) fn committed(frames: Vec<CommitFrame>, tmpdir: &Path) -> Result<CommittedJobs, PayloadError> {
    let mut committed = CommittedJobs {
        jobs: Vec::new(),
        part: None,
    };
    let mut places = HashMap::new();
    for frame in frames {
        match frame {
            CommitFrame::Done(done) => {
                places.insert(done.number, committed.jobs.len());
                committed.jobs.push((done.k, done_job(&done)));
            }
            CommitFrame::Failed(failed) => {
                places.insert(failed.number, committed.jobs.len());
                committed.jobs.push((failed.k, failed_job(failed)?));
            }
            CommitFrame::Warning { number, text } => {
                let at = *places.get(&number).ok_or(PayloadError::Malformed)?;
                committed.jobs[at].1.warnings.push(text);
            }
            CommitFrame::Part { part, .. } => {
                let part = PackedPart::from_bytes(tmpdir, &part).map_err(|_| PayloadError::Malformed)?;
                if committed.part.replace(part).is_some() {
                    return Err(PayloadError::Malformed);
                }
            }
            CommitFrame::Output {
                number,
                stream,
                bytes,
            } => {
                let at = *places.get(&number).ok_or(PayloadError::Malformed)?;
                let stream = match stream {
                    CommitStream::Stdout => Stream::Out,
                    CommitStream::Stderr => Stream::Err,
                };
                committed.jobs[at].1.output.push((stream, bytes));
            }
            CommitFrame::Elsewhere { .. } | CommitFrame::ForgedJob { .. } => {
                return Err(PayloadError::Malformed);
            }
        }
    }
    Ok(committed)
}

fn done_job(done: &DoneJob) -> DeliveredJob {
    DeliveredJob {
        number: done.number,
        failure: None,
        names: Vec::new(),
        warnings: Vec::new(),
        output: Vec::new(),
        part: None,
        started: SystemTime::UNIX_EPOCH,
        took: Duration::from_millis(done.ms),
        tries: u32::try_from(done.tries).unwrap_or(u32::MAX),
        bytes: done.bytes,
        command: Vec::new(),
    }
}

fn failed_job(mut failed: FailedJob) -> Result<DeliveredJob, PayloadError> {
    if failed.names.is_empty() || failed.number == 0 {
        return Err(PayloadError::Malformed);
    }
    let told = ToldFailure {
        kind: failed.kind,
        status: failed.status,
        signal: failed.signal,
        text: failed.text,
        subject: failed.names.remove(0),
    };
    let done = DoneJob {
        k: failed.k,
        number: failed.number,
        ms: failed.ms,
        bytes: 0,
        bad_lines: 0,
        tries: failed.tries,
    };
    Ok(DeliveredJob {
        failure: Some(told.failure()?),
        names: failed.names,
        ..done_job(&done)
    })
}

/// Returns the end of a job that was given up: it took this many workers with it.
pub(super) fn lost_job(queued: &QueuedJob, count: u64) -> DeliveredJob {
    let done = DoneJob {
        number: queued.number,
        ..DoneJob::default()
    };
    DeliveredJob {
        failure: Some(Failure::WorkersLost { count }),
        names: queued
            .inputs
            .iter()
            .map(|input| input.name().to_owned())
            .collect(),
        ..done_job(&done)
    }
}

/// Returns the end of a job that may not be done: this is why its input `name` is not read.
pub(super) fn uncovered_job(queued: &QueuedJob, name: &OsStr, why: &str) -> DeliveredJob {
    DeliveredJob {
        failure: Some(Failure::Unreadable {
            name: name.to_owned(),
            cause: io::Error::other(why.to_owned()),
        }),
        ..lost_job(queued, 0)
    }
}

/// A failure as a frame has it.
struct ToldFailure {
    kind: u8,
    status: Option<u32>,
    signal: Option<u32>,
    text: String,
    /// The file or the program that it is about.
    subject: OsString,
}

impl ToldFailure {
    fn new(failure: &Failure) -> Self {
        let told = |kind, subject: &OsString, text: &str| ToldFailure {
            kind,
            status: None,
            signal: None,
            text: text.to_owned(),
            subject: subject.clone(),
        };
        match failure {
            Failure::Unreadable { name, cause } => ToldFailure {
                status: number_of(cause),
                ..told(kind::UNREADABLE, name, &message::cause(cause))
            },
            Failure::Corrupt { name, what } => told(kind::CORRUPT, name, what),
            Failure::UnknownFormat { name, what } => told(kind::UNKNOWN_FORMAT, name, what),
            Failure::Command { program, cause } => with_outcome(told(kind::ENDED, program, ""), cause),
            Failure::ReplyError { program, what, end } => {
                let reply = told(kind::REPLY, program, what);
                match end {
                    Some(end) => ToldFailure {
                        kind: kind::REPLY,
                        text: what.clone(),
                        ..with_outcome(reply, end)
                    },
                    None => reply,
                }
            }
            other => told(kind::PANICKED, &OsString::new(), &other.to_string()),
        }
    }

    fn failure(self) -> Result<Failure, PayloadError> {
        let (name, what) = (self.subject.clone(), self.text.clone());
        Ok(match self.kind {
            kind::UNREADABLE => Failure::Unreadable {
                name,
                cause: self.cause(),
            },
            kind::CORRUPT => Failure::Corrupt { name, what },
            kind::UNKNOWN_FORMAT => Failure::UnknownFormat { name, what },
            kind::ENDED | kind::OUT_OF_MEMORY | kind::TIMED_OUT | kind::NOT_STARTED => Failure::Command {
                program: name,
                cause: self.outcome().ok_or(PayloadError::Malformed)?,
            },
            kind::REPLY => Failure::ReplyError {
                program: name,
                what,
                end: self.ended(),
            },
            kind::PANICKED => {
                let what = what.strip_prefix("the map panicked: ").unwrap_or(&what);
                Failure::Panicked {
                    what: what.to_owned(),
                }
            }
            _ => return Err(PayloadError::Malformed),
        })
    }

    fn outcome(&self) -> Option<ChildOutcome> {
        match self.kind {
            kind::OUT_OF_MEMORY => Some(ChildOutcome::OutOfMemory),
            kind::TIMED_OUT => {
                let limit = self.text.parse().ok().map(Duration::from_millis);
                limit.map(ChildOutcome::TimedOut)
            }
            kind::NOT_STARTED => Some(ChildOutcome::NotStarted(self.cause())),
            _ => self.ended(),
        }
    }

    fn ended(&self) -> Option<ChildOutcome> {
        let number = |number: u32| i32::try_from(number).ok();
        match (self.status, self.signal) {
            (Some(status), _) => number(status).map(ChildOutcome::Exit),
            (_, Some(signal)) => number(signal).map(ChildOutcome::Signal),
            _ => None,
        }
    }

    fn cause(&self) -> io::Error {
        match self.status.and_then(|number| i32::try_from(number).ok()) {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::other(self.text.clone()),
        }
    }
}

fn number_of(cause: &io::Error) -> Option<u32> {
    cause.raw_os_error().and_then(|number| u32::try_from(number).ok())
}

fn with_outcome(told: ToldFailure, outcome: &ChildOutcome) -> ToldFailure {
    match outcome {
        ChildOutcome::Exit(status) => ToldFailure {
            status: u32::try_from(*status).ok(),
            ..told
        },
        ChildOutcome::Signal(signal) => ToldFailure {
            signal: u32::try_from(*signal).ok(),
            ..told
        },
        ChildOutcome::OutOfMemory => ToldFailure {
            kind: kind::OUT_OF_MEMORY,
            ..told
        },
        ChildOutcome::TimedOut(limit) => ToldFailure {
            kind: kind::TIMED_OUT,
            text: limit.as_millis().to_string(),
            ..told
        },
        ChildOutcome::NotStarted(cause) => ToldFailure {
            kind: kind::NOT_STARTED,
            status: number_of(cause),
            text: message::cause(cause),
            ..told
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_in_the_same_words_on_another_host() {
        let command = |cause| Failure::Command {
            program: "gzip".into(),
            cause,
        };
        let failures = [
            Failure::Unreadable {
                name: "a".into(),
                cause: io::Error::from_raw_os_error(2),
            },
            Failure::Corrupt {
                name: "b\n".into(),
                what: "truncated".into(),
            },
            Failure::UnknownFormat {
                name: "c".into(),
                what: "none of clf, json".into(),
            },
            command(ChildOutcome::Exit(3)),
            command(ChildOutcome::Signal(9)),
            command(ChildOutcome::OutOfMemory),
            command(ChildOutcome::TimedOut(Duration::from_millis(1500))),
            command(ChildOutcome::NotStarted(io::Error::from_raw_os_error(13))),
            Failure::ReplyError {
                program: "p".into(),
                what: "exited with status 1 without a reply".into(),
                end: Some(ChildOutcome::Exit(1)),
            },
            Failure::Panicked { what: "at 7".into() },
        ];
        for failure in failures {
            let told = ToldFailure::new(&failure).failure().expect("a failure");
            assert_eq!(told.to_string(), failure.to_string());
            assert_eq!(told.status(), failure.status());
        }
    }
}
