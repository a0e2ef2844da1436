//! The text of a failure: with its job, or by the command's name alone as xargs reports it.
//!
//! It does not know whether the failure ends the run.

use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::plan::FailureStyle;
use crate::worker::Report;

/// Returns the message about a job's failure, if there is to be one.
pub(crate) fn failure_text(style: FailureStyle, report: &Report) -> Option<String> {
    match style {
        FailureStyle::Jobs => report.failure_line(),
        FailureStyle::Commands => by_command(report.failure.as_ref()?),
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
