//! How far a run is, shown on standard error: a bar on a terminal, a line now and then in a log, or objects for programs.
//!
//! It is told the numbers. It does not know jobs or workers, nor when it is to be shown.

mod bar;
mod estimate;
mod json_lines;
mod screen;

pub(crate) use screen::{resume_bar, suspend_bar};

use crate::message;
use bar::Bar;
use estimate::Estimate;
use indicatif::{DecimalBytes, HumanDuration};
use serde_json::json;
use std::time::Duration;

/// Has standard error be JSON from now on: messages, too, are objects.
pub(crate) fn begin_json() {
    message::set_colored(false);
    json_lines::begin();
}

/// How far a run is.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunPosition {
    pub(crate) elapsed: Duration,
    pub(crate) done: u64,
    pub(crate) failed: u64,
    /// Jobs that an earlier run did.
    pub(crate) remembered: u64,
    pub(crate) running: u64,
    /// All jobs, if their number is known.
    pub(crate) jobs: Option<u64>,
    /// How many bytes of inputs were read: those of jobs that ended, and what the others have read.
    pub(crate) bytes: u64,
    /// The size of the inputs of jobs that an earlier run did.
    pub(crate) remembered_bytes: u64,
    /// The size of all inputs, if it is known and not 0.
    pub(crate) all_bytes: Option<u64>,
    /// The jobs that have run longest, with how long.
    pub(crate) longest: Vec<(String, Duration)>,
}

/// How it is shown.
pub(crate) enum ProgressDisplay {
    Bar(Bar),
    Lines,
    Json,
}

impl ProgressDisplay {
    /// Returns a bar.
    pub(crate) fn bar() -> Self {
        ProgressDisplay::Bar(Bar::new())
    }

    /// Returns how long it is from one time to the next, the first being the start of the run.
    pub(crate) fn pause(&self, is_first: bool) -> Duration {
        match self {
            // A run that is over within a second needs no bar.
            ProgressDisplay::Bar(_) if is_first => Duration::from_secs(1),
            ProgressDisplay::Bar(_) => Duration::from_millis(200),
            ProgressDisplay::Lines => Duration::from_secs(30),
            ProgressDisplay::Json => Duration::from_secs(1),
        }
    }

    /// Shows how far the run is.
    pub(crate) fn show(&self, at: &RunPosition) {
        match self {
            ProgressDisplay::Bar(bar) => bar.show(at.share(), &at.text(), &at.longest_text()),
            ProgressDisplay::Lines => message::note(at.text()),
            ProgressDisplay::Json => json_lines::write_event(&at.object("progress")),
        }
    }

    /// Tells that a job has ended, to programs.
    pub(crate) fn job_ended(&self, job: u64, inputs: impl Fn() -> Vec<String>, failure: Option<&str>) {
        if let ProgressDisplay::Json = self {
            let object = json!({ "event": "job", "job": job, "inputs": inputs(), "failure": failure });
            json_lines::write_event(&object);
        }
    }

    /// Ends the display. An object says how the jobs went.
    pub(crate) fn end(self, at: &RunPosition) {
        if let ProgressDisplay::Json = self {
            json_lines::end_lines();
            json_lines::write_event(&at.object("end"));
        }
    }
}

impl RunPosition {
    fn estimate(&self) -> Estimate {
        let ended = self.done + self.failed;
        match self.all_bytes {
            Some(all) => Estimate::new(
                self.elapsed,
                self.bytes,
                all.saturating_sub(self.remembered_bytes),
            ),
            None => Estimate::new(
                self.elapsed,
                ended,
                self.jobs.map_or(0, |all| all.saturating_sub(self.remembered)),
            ),
        }
    }

    /// Returns how long the rest will take, if that is known: that everything was read does not tell it.
    fn time_left(&self) -> Option<Duration> {
        let left = self.estimate().left();
        left.filter(|left| !left.is_zero() || self.running == 0)
    }

    /// Returns which share of the work is done, if that is known.
    fn share(&self) -> Option<f64> {
        let (done, all) = match (self.all_bytes, self.jobs) {
            (Some(all), _) => (self.bytes + self.remembered_bytes, all),
            (None, Some(all)) => (self.done + self.failed + self.remembered, all),
            (None, None) => return None,
        };
        // What was read may still have to be worked on.
        let most = if self.running > 0 { 0.99 } else { 1.0 };
        (all > 0).then(|| (done as f64 / all as f64).min(most))
    }

    /// Returns the numbers in one line, the most important first.
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if let Some(share) = self.share() {
            parts.push(format!("{}%", (share * 100.0).floor()));
        }
        if let Some(left) = self.time_left() {
            parts.push(format!("{} left", HumanDuration(left)));
        }
        parts.push(match self.jobs {
            Some(all) => format!("{} of {all} done", self.done + self.remembered),
            None => format!("{} done", self.done + self.remembered),
        });
        parts.extend((self.failed > 0).then(|| format!("{} failed", self.failed)));
        parts.push(format!("{} running", self.running));
        let seconds = self.elapsed.as_secs_f64().max(0.001);
        if let Some(all) = self.all_bytes {
            let rate = DecimalBytes((self.bytes as f64 / seconds) as u64);
            let done = DecimalBytes(self.bytes + self.remembered_bytes);
            parts.push(format!("{done} of {}, {rate}/s", DecimalBytes(all)));
        } else {
            parts.push(format!("{:.1}/s", (self.done + self.failed) as f64 / seconds));
        }
        parts.join(", ")
    }

    /// Returns which jobs run longest.
    fn longest_text(&self) -> String {
        let jobs = self.longest.iter().map(|(name, age)| {
            let age = humantime::format_duration(Duration::from_secs(age.as_secs()));
            format!("{name} for {age}")
        });
        jobs.collect::<Vec<_>>().join(", ")
    }

    fn object(&self, event: &str) -> serde_json::Value {
        json!({
            "event": event,
            "seconds": self.elapsed.as_secs_f64(),
            "done": self.done,
            "failed": self.failed,
            "remembered": self.remembered,
            "running": self.running,
            "jobs": self.jobs,
            "bytes": self.bytes + self.remembered_bytes,
            "all_bytes": self.all_bytes,
            "seconds_left": self.time_left().map(|left| left.as_secs_f64()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_of_this_run_and_shares_of_all_work() {
        let at = RunPosition {
            elapsed: Duration::from_secs(10),
            done: 30,
            failed: 2,
            remembered: 18,
            running: 4,
            jobs: Some(100),
            bytes: 30_000_000,
            remembered_bytes: 20_000_000,
            all_bytes: Some(100_000_000),
            longest: vec![("a".into(), Duration::from_secs(65))],
        };
        let text =
            "50%, 17 seconds left, 48 of 100 done, 2 failed, 4 running, 50.00 MB of 100.00 MB, 3.00 MB/s";
        assert_eq!(at.text(), text);
        assert_eq!(at.longest_text(), "a for 1m 5s");
        let unknown = RunPosition {
            jobs: None,
            all_bytes: None,
            failed: 0,
            ..at
        };
        assert_eq!(unknown.text(), "48 done, 4 running, 3.0/s");
        assert_eq!(unknown.share(), None);
    }

    #[test]
    fn a_file_that_was_read_is_not_done_while_its_job_runs() {
        let at = RunPosition {
            elapsed: Duration::from_secs(10),
            running: 1,
            jobs: Some(1),
            bytes: 1000,
            all_bytes: Some(1000),
            ..RunPosition::default()
        };
        assert_eq!(
            at.text(),
            "99%, 0 of 1 done, 1 running, 1.00 kB of 1.00 kB, 100 B/s"
        );
        let ended = RunPosition {
            running: 0,
            done: 1,
            ..at
        };
        assert!(
            ended.text().starts_with("100%, 0 seconds left, 1 of 1 done"),
            "{}",
            ended.text()
        );
    }
}
