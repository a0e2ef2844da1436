//! What `map` and `run` print on standard error when a run is over.

use super::exit_code::{Dialect, ExitCause};
use super::options::Verbosity;
use super::run_summary;
use crate::message;
use crate::plan::Empty;
use crate::run::{Failures, Summary};
use crate::sys::signals;

/// Says what the run left out, unless notes are not wanted, and which jobs failed, and returns why the process ends.
pub(super) fn finish(summary: &Summary, empty: Empty, verbosity: Verbosity) -> ExitCause {
    let left_out = counted(
        summary.left_out,
        "input is new or changed and was left out (--retry-failed)",
        "inputs are new or changed and were left out (--retry-failed)",
    );
    // What a run that a signal ended had read depends on chance.
    let notes = summary.signal.is_none().then(|| summary.notes.lines());
    if verbosity == Verbosity::Notes {
        let folds = summary.saved_folds.line().filter(|_| summary.signal.is_none());
        let notes = notes.into_iter().flatten().chain(folds).chain(left_out);
        notes.for_each(message::note);
    }
    let cause = ExitCause::from_summary(summary, empty);
    report(summary, cause);
    run_summary::write(summary, cause)
}

/// Ends the process when a stopped run can't wait for one of its workers.
pub(super) fn give_up(summary: &Summary) -> ! {
    // A run that was stopped may have done nothing yet: that is not a lack of input.
    let cause = ExitCause::from_summary(summary, Empty::Allowed);
    report(summary, cause);
    let cause = run_summary::write(summary, cause);
    std::process::exit(i32::from(cause.code(Dialect::Fanfold)))
}

fn report(summary: &Summary, cause: ExitCause) {
    match cause {
        ExitCause::NoInput => message::say("no input (--allow-empty makes this no error)"),
        // The reader of our output is gone, and does not wait for a report.
        ExitCause::Signal(signals::PIPE) => {}
        ExitCause::Deadline if summary.failures.total() == 0 => {
            let code = cause.code(Dialect::Fanfold);
            message::say(format_args!(
                "the deadline has passed: the run was ended (exit {code})"
            ));
        }
        ExitCause::Signal(signal) => {
            report_failures(&summary.failures, summary.ended(), &format!("signal {signal}"));
        }
        cause => {
            let code = cause.code(Dialect::Fanfold);
            report_failures(&summary.failures, summary.ended(), &format!("exit {code}"));
        }
    }
}

/// Prints how many jobs, merges and pool processes failed. Repeats the first failures when other output
/// came after them.
fn report_failures(failures: &Failures, ended: u64, end: &str) {
    let count = failures.total();
    if count == 0 {
        return;
    }
    let head = format!("{} failed ({end})", failed_things(failures, ended));
    let repeated = failures.first.len() as u64;
    if !failures.buried && repeated == count {
        return message::say(head);
    }
    if let ([(_, only)], 1) = (&failures.first[..], count) {
        return message::say(format_args!("{head}: {only}"));
    }
    let which = if repeated < count { "; the first ten:" } else { ":" };
    message::say(format_args!("{head}{which}"));
    for (_, what) in &failures.first {
        message::say(format_args!("  {what}"));
    }
    if repeated < count {
        message::say(format_args!("  … and {} more", count - repeated));
    }
}

/// Names what failed: `3 of 10 jobs and 1 merge`.
fn failed_things(failures: &Failures, ended: u64) -> String {
    let jobs = if ended == 1 { "job" } else { "jobs" };
    let jobs = (failures.count > 0).then(|| format!("{} of {ended} {jobs}", failures.count));
    let merges = counted(failures.merges, "merge", "merges");
    let processes = counted(failures.processes, "pool process", "pool processes");
    let things: Vec<String> = [jobs, merges, processes].into_iter().flatten().collect();
    things.join(" and ")
}

/// Returns `1 job`, `2 jobs`, and nothing for none.
fn counted(n: u64, one: &str, several: &str) -> Option<String> {
    match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {several}")),
    }
}
