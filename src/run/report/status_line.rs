//! The line that answers SIGUSR1.
//!
//! It does not know who asks for it, nor where it goes.

use crate::control::InFlight;
use std::time::Duration;

/// How far the run is, apart from the jobs in flight.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub done: u64,
    pub failed: u64,
    /// How many jobs were sent and have not ended.
    pub sent: u64,
    /// How many have not been sent, if that is known.
    pub left: Option<u64>,
}

/// Returns how far the run is: done, failed, running with their ages, and left. `in_flight` are the jobs that
/// workers have.
pub(crate) fn status_line(counts: &Counts, in_flight: &[InFlight]) -> String {
    let running = in_flight.len() as u64;
    let jobs = in_flight.iter().map(|job| {
        let stopped = if job.is_stopped { " and stopped" } else { "" };
        format!("job {} for {}{stopped}", job.number, format_age(job.age))
    });
    let jobs = match jobs.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => none,
        jobs => format!(" ({jobs})"),
    };
    let queued = counts.sent.saturating_sub(running);
    let left = match counts.left {
        Some(left) => (queued + left).to_string(),
        None => format!("{queued} or more"),
    };
    let (done, failed) = (counts.done, counts.failed);
    format!("{done} done, {failed} failed, {running} running{jobs}, {left} left")
}

/// Returns an age in tenths of a second when it is short, and in whole seconds when it is long.
fn format_age(age: Duration) -> String {
    if age < Duration::from_secs(60) {
        format!("{:.1}s", age.as_secs_f64())
    } else {
        humantime::format_duration(Duration::from_secs(age.as_secs())).to_string()
    }
}
