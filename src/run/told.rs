//! How a failure is told: with its job, or by the command's name alone as xargs does it.

use crate::job::{Ending, Failure};
use crate::message;
use crate::plan::FailureStyle;
use crate::worker::Report;

/// What is said of a job's failure, if anything is.
pub fn told(told: FailureStyle, report: &Report) -> Option<String> {
    match told {
        FailureStyle::Jobs => report.told(),
        FailureStyle::Commands => by_command(report.failure.as_ref()?),
    }
}

/// In the words of GNU xargs, which people and scripts know. That a command exited with an ordinary
/// status is told by the exit code alone.
fn by_command(failure: &Failure) -> Option<String> {
    let Failure::Command { program, cause } = failure else {
        let stopped = matches!(failure, Failure::Stopped);
        return (!stopped).then(|| failure.to_string());
    };
    let program = message::shown(program);
    match cause {
        Ending::Exit(status) if failure.is_fatal() => {
            Some(format!("{program}: exited with status {status}; aborting"))
        }
        Ending::Exit(_) => None,
        Ending::Signal(signal) => Some(format!("{program}: terminated by signal {signal}")),
        Ending::OutOfMemory => Some(format!("{program}: terminated by signal 9")),
        Ending::TimedOut(_) => Some(format!("{program}: {cause}")),
        Ending::NotStarted(cause) if cause.kind() == std::io::ErrorKind::ArgumentListTooLong => {
            Some("can't call exec() due to argument size restrictions".into())
        }
        Ending::NotStarted(cause) => Some(format!("{program}: {}", message::system(cause))),
    }
}
