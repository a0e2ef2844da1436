//! The line that answers USR1.

use crate::control::InFlight;
use std::fmt::Write as _;
use std::time::Duration;

/// How far the run is, but for the jobs in flight.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub done: u64,
    pub failed: u64,
    /// How many jobs were sent and have not ended.
    pub sent: u64,
    /// How many have not been sent, where that is known.
    pub left: Option<u64>,
}

/// How far the run is: done, failed, running with their ages, and left. `in_flight` are the jobs that workers
/// have.
pub(crate) fn status_line(counts: &Counts, in_flight: &[InFlight]) -> String {
    let running = in_flight.len() as u64;
    let mut line = format!(
        "{} done, {} failed, {running} running",
        counts.done, counts.failed
    );
    for (at, job) in in_flight.iter().enumerate() {
        let before = if at == 0 { " (" } else { ", " };
        let stands = if job.is_stopped { " and stopped" } else { "" };
        let _ = write!(line, "{before}job {} for {}{stands}", job.seq + 1, shown(job.age));
    }
    if running > 0 {
        line.push(')');
    }
    let queued = counts.sent.saturating_sub(running);
    let _ = match counts.left {
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
