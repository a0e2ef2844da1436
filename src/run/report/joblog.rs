//! `--joblog FILE`: a line for each job that ended, in the nine columns of GNU parallel.

use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::worker::JobRecord;
use anyhow::Context;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

const HEADING: &[u8] = b"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

/// The file, if one was asked for.
#[derive(Default)]
pub struct JobLog {
    to: Option<(PathBuf, File)>,
}

impl JobLog {
    /// Makes the file, with its heading.
    ///
    /// # Errors
    /// When it can't be made or written.
    pub fn new(asked: Option<&PathBuf>) -> anyhow::Result<Self> {
        let make = |path: &PathBuf| {
            let mut file = File::create(path)?;
            file.write_all(HEADING)?;
            Ok::<_, io::Error>((path.clone(), file))
        };
        let to = asked
            .map(|path| make(path).with_context(|| message::shown(path.as_os_str()).into_owned()))
            .transpose()?;
        Ok(JobLog { to })
    }

    /// Adds a job, at once: the log is right whenever the run ends. One that was stopped with the run
    /// has no end.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn add(&mut self, seq: u64, failure: Option<&Failure>, ran: &JobRecord) -> io::Result<()> {
        let Some((_, file)) = &mut self.to else {
            return Ok(());
        };
        if let Some(Failure::Stopped) = failure {
            return Ok(());
        }
        let (exit, signal) = match (failure, failure.and_then(Failure::outcome)) {
            (None, _) => (0, 0),
            // Of a co-process that ended well without a reply.
            (Some(Failure::ReplyError { .. } | Failure::PoolBroken { .. }), Some(ChildOutcome::Exit(0))) => {
                (1, 0)
            }
            (Some(_), None) => (1, 0),
            (_, Some(ChildOutcome::Exit(status))) => (*status, 0),
            (_, Some(ChildOutcome::Signal(signal))) => (0, *signal),
            // As GNU parallel has it.
            (_, Some(ChildOutcome::TimedOut(_))) => (-1, 15),
            (_, Some(ChildOutcome::OutOfMemory)) => (0, 9),
            (_, Some(ChildOutcome::NotStarted(_))) => (127, 0),
        };
        let started = ran.started.duration_since(SystemTime::UNIX_EPOCH);
        let mut line = format!(
            "{}\t:\t{:.3}\t{:10.3}\t0\t{}\t{exit}\t{signal}\t",
            seq + 1,
            started.unwrap_or_default().as_secs_f64(),
            ran.took.as_secs_f64(),
            ran.bytes,
        )
        .into_bytes();
        // A newline would end the line; there, too, it is a NUL.
        let command = ran.command.iter();
        line.extend(command.map(|&byte| if byte == b'\n' { 0 } else { byte }));
        line.push(b'\n');
        file.write_all(&line)
    }

    /// The file's name, for messages.
    pub fn shown(&self) -> String {
        self.to.as_ref().map_or_else(String::new, |(path, _)| {
            message::shown(path.as_os_str()).into_owned()
        })
    }
}
