//! The text of a failure: with its job, or by the command alone as xargs and GNU parallel report it.
//!
//! It does not know whether the failure ends the run.

use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::plan::{Counted, FailureStyle, HaltAt};
use crate::worker::Report;

/// Returns the message about a job's failure, if there is to be one.
pub(crate) fn failure_text(style: FailureStyle, halt: HaltAt, report: &Report) -> Option<String> {
    match style {
        FailureStyle::Jobs => report.failure_line(),
        FailureStyle::Commands => by_command(report.failure.as_ref()?),
        FailureStyle::CommandLines => by_command_line(halt, report),
    }
}

/// Returns the message in the words of GNU parallel.
fn by_command_line(halt: HaltAt, report: &Report) -> Option<String> {
    let line = String::from_utf8_lossy(&report.command);
    match &report.failure {
        Some(Failure::Stopped) => None,
        Some(failure) if failure.outcome().is_none() => Some(failure.to_string()),
        Some(Failure::Command {
            cause: ChildOutcome::TimedOut(_),
            ..
        }) => {
            let name = message::name();
            Some(format!(
                "Warning: This job was killed because it timed out:\n{name}: Warning: {line}"
            ))
        }
        failure => {
            let end = match halt {
                _ if !halt.concerns(failure.is_some()) => return None,
                HaltAt::Soon(limit) | HaltAt::Now(limit) if limit.counted == Counted::Ended => "finished",
                _ if failure.is_some() => "failed",
                _ => "succeeded",
            };
            Some(format!("This job {end}:\n{line}"))
        }
    }
}

/// Returns the message in the words of GNU xargs, which people and scripts know. When a command exited with an
/// ordinary status, there is none: only the exit code of the run shows it.
fn by_command(failure: &Failure) -> Option<String> {
    let Failure::Command { program, cause } = failure else {
        let stopped = matches!(failure, Failure::Stopped);
        return (!stopped).then(|| failure.to_string());
    };
    let program = message::display_name(program);
    match cause {
        ChildOutcome::Exit(status) if failure.is_fatal() => {
            Some(format!("{program}: exited with status {status}; aborting"))
        }
        ChildOutcome::Exit(_) => None,
        ChildOutcome::Signal(signal) => Some(format!("{program}: terminated by signal {signal}")),
        ChildOutcome::OutOfMemory => Some(format!("{program}: terminated by signal 9")),
        ChildOutcome::TimedOut(_) => Some(format!("{program}: {cause}")),
        ChildOutcome::NotStarted(cause) if cause.kind() == std::io::ErrorKind::ArgumentListTooLong => {
            Some("can't call exec() due to argument size restrictions".into())
        }
        ChildOutcome::NotStarted(cause) => Some(format!("{program}: {}", message::system(cause))),
    }
}
