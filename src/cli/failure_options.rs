//! The options about jobs that fail.

use super::option_value::{duration, retries};
use crate::plan::{FailurePlan, FailureStyle, HaltAt, HaltLimit, HaltShare};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// What fanfold does about jobs that fail.
#[derive(Debug, Args)]
#[command(next_help_heading = "When things go wrong")]
pub(super) struct FailureArgs {
    /// Try a failed job N more times [default: 0]
    #[arg(long, value_name = "N", value_parser = retries)]
    retries: Option<u32>,

    /// Wait before the second try, as 500ms, 30s or 2m; the wait doubles before each further try, with jitter
    /// [default: 0s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    retry_delay: Option<Duration>,

    /// Start no more jobs (soon), or end the running ones too (now), when N jobs or N% of them have failed;
    /// missing inputs count: never | soon | now[,fail=N|N%] [default: never]
    #[arg(long, value_name = "WHEN", value_parser = halt)]
    halt: Option<HaltAt>,

    /// List the inputs that failed in FILE, one a line (NUL with -0)
    #[arg(long, value_name = "FILE")]
    failed: Option<PathBuf>,
}

impl FailureArgs {
    /// Returns the policy. `terminator` ends each name in the list of failed inputs.
    pub(super) fn plan(&self, terminator: u8) -> FailurePlan {
        FailurePlan {
            retries: self.retries.unwrap_or(0),
            delay: self.retry_delay.unwrap_or(Duration::ZERO),
            halt: self.halt.unwrap_or(HaltAt::Never),
            style: FailureStyle::Jobs,
            list: self.failed.clone().map(|file| (file, terminator)),
        }
    }
}

/// Parses `never`, `soon` or `now`. The last two may have a limit; without one it is the first failure.
fn halt(text: &str) -> Result<HaltAt, String> {
    let (when, limit) = match text.split_once(',') {
        Some((when, limit)) => (
            when,
            self::limit(limit).ok_or("expected fail=N or fail=N% after the comma")?,
        ),
        None => (text, HaltShare::Jobs(1)),
    };
    match when {
        "never" if !text.contains(',') => Ok(HaltAt::Never),
        "soon" => Ok(HaltAt::Soon(HaltLimit::failures(limit))),
        "now" => Ok(HaltAt::Now(HaltLimit::failures(limit))),
        _ => Err("expected never, soon or now, the last two with ,fail=N or ,fail=N%".into()),
    }
}

fn limit(text: &str) -> Option<HaltShare> {
    let number = text.strip_prefix("fail=")?;
    let limit = match number.strip_suffix('%') {
        Some(share) => HaltShare::OfEnded(share.parse().ok()?),
        None => HaltShare::Jobs(number.parse().ok()?),
    };
    matches!(limit, HaltShare::OfEnded(1..=100) | HaltShare::Jobs(1..)).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halt_has_a_limit_in_jobs_or_percent() {
        assert_eq!(halt("never"), Ok(HaltAt::Never));
        assert_eq!(
            halt("soon"),
            Ok(HaltAt::Soon(HaltLimit::failures(HaltShare::Jobs(1))))
        );
        assert_eq!(
            halt("now,fail=3"),
            Ok(HaltAt::Now(HaltLimit::failures(HaltShare::Jobs(3))))
        );
        assert_eq!(
            halt("soon,fail=10%"),
            Ok(HaltAt::Soon(HaltLimit::failures(HaltShare::OfEnded(10))))
        );
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
}
