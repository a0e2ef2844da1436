//! The options about jobs that fail.

use crate::plan::{FailureLimit, FailureStyle, Failures, HaltAt};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// What is done about jobs that fail.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "When things go wrong")]
pub struct FailureArgs {
    /// Try a failed job N more times [default: 0]
    #[arg(long, value_name = "N")]
    retries: Option<u32>,

    /// Wait before the second try, as 500ms, 30s or 2m; doubled for each further one, and jittered
    /// [default: 0s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    retry_delay: Option<Duration>,

    /// Stop starting jobs (soon), or end all (now), when N jobs or N% of them have failed, missing
    /// inputs counted: never | soon | now[,fail=N|N%] [default: never]
    #[arg(long, value_name = "WHEN", value_parser = halt)]
    halt: Option<HaltAt>,

    /// List the inputs that failed in FILE, one a line (NUL with -0)
    #[arg(long, value_name = "FILE")]
    failed: Option<PathBuf>,
}

impl FailureArgs {
    /// The policy; names in the list of failed inputs end with `terminator`.
    pub fn plan(&self, terminator: u8) -> Failures {
        Failures {
            retries: self.retries.unwrap_or(0),
            delay: self.retry_delay.unwrap_or(Duration::ZERO),
            halt: self.halt.unwrap_or(HaltAt::Never),
            told: FailureStyle::Jobs,
            listed: self.failed.clone().map(|file| (file, terminator)),
        }
    }
}

/// A duration as `500ms`, `30s`, `1h 30m`; a bare number is seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let found = match text.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string()),
        Err(_) => {
            humantime::parse_duration(text).map_err(|_| "expected a duration as 500ms, 30s or 2m".to_owned())
        }
    };
    match found {
        Ok(duration) if duration > LONGEST => Err("longer than 100 years".into()),
        found => found,
    }
}

/// A [`duration`] in which something can be done.
pub fn time_limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("nothing is done in no time".into()),
        limit => Ok(limit),
    }
}

/// Clocks go on for longer than this.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// `never`, `soon` or `now`, the last two with a limit or at the first failure.
fn halt(text: &str) -> Result<HaltAt, String> {
    let (when, limit) = match text.split_once(',') {
        Some((when, limit)) => (
            when,
            self::limit(limit).ok_or("expected fail=N or fail=N% after the comma")?,
        ),
        None => (text, FailureLimit::Jobs(1)),
    };
    match when {
        "never" if !text.contains(',') => Ok(HaltAt::Never),
        "soon" => Ok(HaltAt::Soon(limit)),
        "now" => Ok(HaltAt::Now(limit)),
        _ => Err("expected never, soon or now, the last two with ,fail=N or ,fail=N%".into()),
    }
}

fn limit(text: &str) -> Option<FailureLimit> {
    let number = text.strip_prefix("fail=")?;
    match number.strip_suffix('%') {
        Some(share) => share
            .parse()
            .ok()
            .filter(|share| (1..=100).contains(share))
            .map(FailureLimit::Percent),
        None => number
            .parse()
            .ok()
            .filter(|&jobs| jobs > 0)
            .map(FailureLimit::Jobs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halt_has_a_limit_in_jobs_or_percent() {
        assert_eq!(halt("never"), Ok(HaltAt::Never));
        assert_eq!(halt("soon"), Ok(HaltAt::Soon(FailureLimit::Jobs(1))));
        assert_eq!(halt("now,fail=3"), Ok(HaltAt::Now(FailureLimit::Jobs(3))));
        assert_eq!(halt("soon,fail=10%"), Ok(HaltAt::Soon(FailureLimit::Percent(10))));
        for wrong in [
            "",
            "later",
            "now,3",
            "now,fail=0",
            "soon,fail=101%",
            "never,fail=1",
        ] {
            assert!(halt(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_units_or_are_seconds() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert!(duration("-1").is_err() && duration("soon").is_err());
        assert!(duration("1e19").is_err() && duration("1e9").is_ok());
        assert!(duration("0").is_ok() && time_limit("0").is_err() && time_limit("1ms").is_ok());
    }
}
