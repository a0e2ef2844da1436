//! The line that answers USR1.

use super::feed::Feed;
use super::tally::Tally;
use crate::control::Flight;
use std::fmt::Write as _;
use std::time::Duration;

/// How far the run is: done, failed, running with their ages, and left.
///
/// `in_flight` are the jobs that workers have; `sent` is how many were sent and have not ended.
pub fn line(tally: &Tally, in_flight: &[Flight], sent: u64, feed: &Feed) -> String {
    let running = in_flight.len() as u64;
    let mut line = format!(
        "{} done, {} failed, {running} running",
        tally.done - tally.parts,
        tally.failures.count
    );
    for (at, job) in in_flight.iter().enumerate() {
        let before = if at == 0 { " (" } else { ", " };
        let stands = if job.stands { " and stopped" } else { "" };
        let _ = write!(line, "{before}job {} for {}{stands}", job.seq + 1, shown(job.age));
    }
    if running > 0 {
        line.push(')');
    }
    let queued = sent.saturating_sub(running);
    let _ = match feed.left() {
        Some(left) => write!(line, ", {} left", queued + left),
        None => write!(line, ", {queued} or more left"),
    };
    line
}

/// Tenths of a second for what is short, whole seconds for what is long.
fn shown(age: Duration) -> String {
    if age < Duration::from_secs(60) {
        format!("{:.1}s", age.as_secs_f64())
    } else {
        humantime::format_duration(Duration::from_secs(age.as_secs())).to_string()
    }
}
