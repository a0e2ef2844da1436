//! `--joblog FILE`: a line for each job that ended, in the nine columns of GNU parallel.
//!
//! It does not know the order in which jobs end.

use crate::job::{ChildOutcome, Failure, Input};
use crate::message;
use crate::plan::JobLogStart;
use crate::run::error::RunError;
use crate::worker::JobRecord;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

const HEADING: &[u8] = b"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

/// The job log. Without the option it does nothing.
#[derive(Default)]
pub(crate) struct JobLog {
    to: Option<(PathBuf, File)>,
}

impl JobLog {
    /// Creates the file, with its heading.
    ///
    /// # Errors
    /// When it can't be created or written.
    pub(crate) fn new(asked: Option<&(PathBuf, JobLogStart)>) -> Result<Self, RunError> {
        let make = |(path, start): &(PathBuf, JobLogStart)| {
            let mut file = match start {
                JobLogStart::Empty => File::create(path)?,
                JobLogStart::Append => File::options().append(true).create(true).open(path)?,
            };
            // A pipe or a device has no length.
            if *start == JobLogStart::Empty || file.metadata()?.len() == 0 {
                file.write_all(HEADING)?;
            }
            Ok::<_, io::Error>((path.clone(), file))
        };
        let to = asked
            .map(|asked| make(asked).map_err(RunError::about_file(&asked.0)))
            .transpose()?;
        Ok(JobLog { to })
    }

    /// Writes the line of a job at once, so that the log is right whenever the run ends. A job that was stopped
    /// with the run has no line.
    ///
    /// # Errors
    /// When the file can't be written; the text names it.
    pub(crate) fn add(&mut self, failure: Option<&Failure>, ran: &JobRecord) -> Result<(), String> {
        let Some((path, file)) = &mut self.to else {
            return Ok(());
        };
        if let Some(Failure::Stopped) = failure {
            return Ok(());
        }
        let (exit, signal) = match (failure, failure.and_then(Failure::outcome)) {
            (None, _) => (0, 0),
            // A pool's process ended well, but without a reply.
            (Some(Failure::ReplyError { .. } | Failure::PoolBroken { .. }), Some(ChildOutcome::Exit(0))) => {
                (1, 0)
            }
            (Some(_), None) => (1, 0),
            (_, Some(ChildOutcome::Exit(status))) => (*status, 0),
            (_, Some(ChildOutcome::Signal(signal))) => (0, *signal),
            // As GNU parallel writes it.
            (_, Some(ChildOutcome::TimedOut(_))) => (-1, 15),
            (_, Some(ChildOutcome::OutOfMemory)) => (0, 9),
            (_, Some(ChildOutcome::NotStarted(_))) => (127, 0),
        };
        let started = ran.started.duration_since(SystemTime::UNIX_EPOCH);
        let mut line = format!(
            "{}\t:\t{:.3}\t{:10.3}\t{}\t{}\t{exit}\t{signal}\t",
            ran.job.number,
            started.unwrap_or_default().as_secs_f64(),
            ran.took.as_secs_f64(),
            ran.job.inputs.iter().map(Input::block_length).sum::<usize>(),
            ran.bytes,
        )
        .into_bytes();
        // A newline would end the line; GNU parallel, too, writes a NUL.
        let command = ran.command.iter();
        line.extend(command.map(|&byte| if byte == b'\n' { 0 } else { byte }));
        line.push(b'\n');
        file.write_all(&line).map_err(|cause| {
            let path = message::display_name(path.as_os_str());
            format!("{path}: {}", message::cause(&cause))
        })
    }
}
