//! The values of options that exist in both dialects, fanfold's and xargs's: one parser for each.
//!
//! It does not know which option a value belongs to.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

/// The longest duration: clocks go on for longer than this.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// Parses a duration such as `500ms`, `30s` or `1h 30m`. A bare number is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = match text.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string()),
        Err(_) => {
            humantime::parse_duration(text).map_err(|_| "expected a duration as 500ms, 30s or 2m".to_owned())
        }
    };
    match parsed {
        Ok(duration) if duration > LONGEST => Err("longer than 100 years".into()),
        parsed => parsed,
    }
}

/// Parses a [`duration`] that limits how long something may take: 0 would leave no time for it.
pub(super) fn time_limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be longer than 0".into()),
        limit => Ok(limit),
    }
}

pub(super) fn retries(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("expected a number from 0 to {}", u32::MAX))
}

/// Parses the name of a file, which must not be empty.
pub(super) fn file_name(name: impl AsRef<OsStr>) -> Result<PathBuf, String> {
    match name.as_ref() {
        name if name.is_empty() => Err("expected the name of a file".into()),
        name => Ok(name.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_or_are_seconds() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert!(duration("-1").is_err() && duration("soon").is_err());
        assert!(duration("1e19").is_err() && duration("1e9").is_ok());
    }

    #[test]
    fn a_time_limit_is_longer_than_0() {
        assert!(duration("0").is_ok());
        assert_eq!(time_limit("0"), Err("must be longer than 0".into()));
        assert_eq!(time_limit("1ms"), Ok(Duration::from_millis(1)));
    }
}
