//! Exit codes, and what is said on the way out.

use crate::message;
use crate::plan::Empty;
use crate::process::ProgramError;
use crate::run::{Conflict, Failures, Summary};
use crate::source::NoMatch;
use crate::state::{StateError, StateErrorKind};
use crate::sys::{Output, signals};
use std::fmt;
use std::io;

/// The command line, or a state that is of another one or damaged.
const REFUSED: u8 = 2;
/// Some input was unreadable, corrupt or gone.
const INPUT: u8 = 3;
/// There was no input.
const NONE: u8 = 4;
/// fanfold's own reading or writing failed.
const OWN: u8 = 5;
/// The state is in use.
const IN_USE: u8 = 6;
/// The command can't be executed.
const UNFIT: u8 = 126;
/// A command failed.
const COMMAND: u8 = 123;
/// Failures ended the run, as `--halt` asked.
const HALTED: u8 = 124;

/// The command line asks for something that can't be: exit 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// How a run ended that was begun.
pub struct Ended {
    /// What the loop counted.
    pub summary: Summary,
    /// Whether having had nothing to do is fine.
    pub empty: Empty,
}

/// What clap has to say: help is no error, anything else is exit 2.
pub fn clap(error: &clap::Error) -> u8 {
    let code = if error.use_stderr() { 2 } else { 0 };
    let printed = match code {
        0 => Output::stdout().check().and_then(|()| error.print()),
        _ => error.print(),
    };
    match printed {
        Err(cause) if code == 0 && cause.kind() != io::ErrorKind::BrokenPipe => {
            message::say(format_args!("standard output: {}", message::cause(&cause)));
            OWN
        }
        _ => code,
    }
}

/// The exit code of a run or of what kept it from beginning. Dies by the signal where one ended it.
pub fn code(end: anyhow::Result<Option<Ended>>) -> u8 {
    let ended = match end {
        Ok(Some(ended)) => ended,
        Ok(None) => return 0,
        Err(error) => {
            message::say(chain(&error));
            return refusal(&error);
        }
    };
    match ended.summary.bad_lines {
        0 => {}
        1 => message::say("1 line could not be read in this format"),
        n => message::say(format_args!("{n} lines could not be read in this format")),
    }
    match ended.summary.bad_values {
        0 => {}
        1 => message::say("1 value is no number, and was left out of the aggregates"),
        n => message::say(format_args!(
            "{n} values are no numbers, and were left out of the aggregates"
        )),
    }
    match ended.summary.left_out {
        0 => {}
        1 => message::say("1 input is new or changed and was left out (--retry-failed)"),
        n => message::say(format_args!(
            "{n} inputs are new or changed and were left out (--retry-failed)"
        )),
    }
    if ended.summary.is_empty() && ended.empty == Empty::Refused {
        message::say("no input (--allow-empty makes this no error)");
        return NONE;
    }
    finished(&ended.summary)
}

/// The causes, from the outermost to what the system said.
fn chain(error: &anyhow::Error) -> String {
    let part = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<io::Error>() {
        Some(cause) => message::cause(cause),
        None => cause.to_string(),
    };
    error.chain().map(part).collect::<Vec<_>>().join(": ")
}

/// The exit code of what was refused before the first job.
fn refusal(error: &anyhow::Error) -> u8 {
    if let Some(program) = error.downcast_ref::<ProgramError>() {
        return program.exit_code();
    }
    if let Some(state) = error.downcast_ref::<StateError>() {
        return match state.kind {
            StateErrorKind::Refused => REFUSED,
            StateErrorKind::InUse => IN_USE,
            StateErrorKind::Io => OWN,
        };
    }
    if error.is::<NoMatch>() {
        return NONE;
    }
    if error.is::<Usage>() || error.is::<Conflict>() {
        REFUSED
    } else {
        OWN
    }
}

/// Ends the process where a worker can't be waited for.
pub fn give_up(summary: &Summary) -> ! {
    std::process::exit(i32::from(finished(summary)))
}

/// Where several hold: signal, 5, 2, 124, 123, 3.
fn finished(summary: &Summary) -> u8 {
    if let Some(signal) = summary.signal {
        // A reader that went away is not spoken to.
        if signal != signals::PIPE {
            tell_failures(&summary.failures, summary.ended(), &format!("signal {signal}"));
        }
        signals::die_by_signal(signal);
    }
    let code = if summary.own_failures > 0 {
        OWN
    } else if summary.damaged {
        REFUSED
    } else if summary.unfit {
        UNFIT
    } else if summary.halted {
        HALTED
    } else if summary.failed > 0 {
        COMMAND
    } else if summary.bad_inputs > 0 {
        INPUT
    } else {
        0
    };
    tell_failures(&summary.failures, summary.ended(), &format!("exit {code}"));
    code
}

/// Says how many jobs and others failed, and again which were the first where that has scrolled away.
fn tell_failures(failures: &Failures, ended: u64, end: &str) {
    let count = failures.total();
    if count == 0 {
        return;
    }
    let several = |n: u64, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let jobs = if ended == 1 { "job" } else { "jobs" };
    let jobs = (failures.count > 0).then(|| format!("{} of {ended} {jobs}", failures.count));
    let merges = several(failures.merges, "merge", "merges");
    let processes = several(failures.processes, "pool process", "pool processes");
    let what: Vec<String> = [jobs, merges, processes].into_iter().flatten().collect();
    let head = format!("{} failed ({end})", what.join(" and "));
    let told = failures.first.len() as u64;
    if !failures.buried && told == count {
        return message::say(head);
    }
    if let ([(_, only)], 1) = (&failures.first[..], count) {
        return message::say(format_args!("{head}: {only}"));
    }
    let which = if told < count { "; the first ten:" } else { ":" };
    message::say(format_args!("{head}{which}"));
    for (_, what) in &failures.first {
        message::say(format_args!("  {what}"));
    }
    if told < count {
        message::say(format_args!("  … and {} more", count - told));
    }
}
