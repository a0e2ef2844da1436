//! A job log of nine columns, fanfold's or GNU parallel's.
//!
//! It does not know what is drawn of it.

use super::facts::{Gathering, JobFacts, Outcome, RunFacts};
use crate::message;
use std::ffi::OsStr;
use std::io::{self, BufRead};
use std::os::unix::ffi::OsStrExt as _;

/// What a job log begins with.
pub(super) const HEADING: &[u8] = b"Seq\tHost\tStarttime\t";

/// Reads a log. Lines that are none of a job, as the last one of a log that is being written, are left out.
///
/// # Errors
/// When it can't be read.
pub(super) fn read(mut log: impl BufRead, name: &str) -> io::Result<RunFacts> {
    let mut gathering = Gathering::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if log.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.ends_with(b"\n")
            && let Some(job) = job(&line[..line.len() - 1])
        {
            gathering.add(job);
        }
    }
    Ok(gathering.finish(|facts| {
        facts.command = vec![("job log".into(), name.into())];
        facts.is_ended = true;
    }))
}

fn job(line: &[u8]) -> Option<JobFacts> {
    let columns: Vec<_> = line.splitn(9, |&byte| byte == b'\t').collect();
    let [seq, _, started, seconds, _, bytes, exit, signal, command] = columns[..] else {
        return None;
    };
    number(seq)?;
    let (exit, signal) = (number(exit)? as i64, number(signal)? as i64);
    // A newline is written as a NUL.
    let command: Vec<u8> = command
        .iter()
        .map(|&byte| if byte == 0 { b'\n' } else { byte })
        .collect();
    let cause = match (exit, signal) {
        (0, 0) => String::new(),
        (-1, _) => "timed out".into(),
        (_, 1..) => format!("was killed by signal {signal}"),
        _ => format!("exited with status {exit}"),
    };
    Some(JobFacts {
        name: message::display_name(OsStr::from_bytes(&command)).into_owned(),
        outcome: match (exit, signal) {
            (0, 0) => Outcome::Done,
            _ => Outcome::Failed,
        },
        cause,
        started: number(started)?,
        seconds: number(seconds)?,
        bytes: number(bytes)? as u64,
        tries: 1,
        slot: None,
        stderr: Vec::new(),
        is_of_run: true,
    })
}

fn number(column: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(column).ok()?.trim().parse().ok()?;
    number.is_finite().then_some(number)
}
