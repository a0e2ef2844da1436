//! What a job log says of an earlier run, for `--resume` and its kind.
//!
//! It does not know how it is written.

use crate::message;
use anyhow::{Result, anyhow};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

/// The jobs of a log, by their numbers from 0.
#[derive(Debug, Default)]
pub(super) struct LoggedJobs {
    pub(super) all: BTreeSet<u64>,
    pub(super) succeeded: BTreeSet<u64>,
    /// Their commands, in the place of their numbers.
    pub(super) commands: Vec<OsString>,
}

impl LoggedJobs {
    /// Reads a log; one that is not there is empty. Of several lines about a job, the last counts.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn read(file: &Path) -> Result<Self> {
        match std::fs::read(file) {
            Ok(text) => Ok(LoggedJobs::parse(&text)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(LoggedJobs::default()),
            Err(cause) => {
                let name = message::display_name(file.as_os_str());
                Err(anyhow!(
                    "Error: Cannot open joblog `{name}': {}.",
                    message::system(&cause)
                ))
            }
        }
    }

    fn parse(text: &[u8]) -> Self {
        let mut jobs = LoggedJobs::default();
        for line in text.split(|&byte| byte == b'\n') {
            let columns: Vec<_> = line.splitn(9, |&byte| byte == b'\t').collect();
            let number = |column: &[u8]| std::str::from_utf8(column).ok()?.parse::<i64>().ok();
            let [seq, _, _, _, _, _, exit, signal, command] = columns[..] else {
                continue;
            };
            let (Some(seq @ 1..), Some(exit), Some(signal)) = (number(seq), number(exit), number(signal))
            else {
                continue;
            };
            let index = seq.unsigned_abs() - 1;
            jobs.all.insert(index);
            match (exit, signal) {
                (0, 0) => jobs.succeeded.insert(index),
                _ => jobs.succeeded.remove(&index),
            };
            let place = usize::try_from(index).unwrap_or(usize::MAX);
            if place >= jobs.commands.len() {
                jobs.commands.resize(place + 1, OsString::new());
            }
            // A newline is written as a NUL.
            let command = command
                .iter()
                .map(|&byte| if byte == 0 { b'\n' } else { byte })
                .collect();
            jobs.commands[place] = OsString::from_vec(command);
        }
        jobs
    }

    /// Takes those that are not in the log for done: only those in it are run again.
    pub(super) fn only_failed(mut self) -> Self {
        let missing = (0..self.commands.len() as u64).filter(|index| !self.all.contains(index));
        let missing: Vec<_> = missing.collect();
        self.succeeded.extend(missing);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_about_a_job_counts() {
        let log = b"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n\
            1\t:\t1.0\t0.1\t0\t0\t1\t0\tfalse\n3\t:\t1.0\t0.1\t0\t0\t0\t0\ta\0b\tc\n1\t:\t1.0\t0.1\t0\t0\t0\t0\tfalse\ncut";
        let jobs = LoggedJobs::parse(log).only_failed();
        assert_eq!(jobs.all, BTreeSet::from([0, 2]));
        assert_eq!(jobs.succeeded, BTreeSet::from([0, 1, 2]));
        assert_eq!(jobs.commands, ["false", "", "a\nb\tc"]);
    }
}
