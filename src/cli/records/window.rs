//! `--since` and `--until`: a window of time, as an expression over the time field of the format.
//!
//! It does not know how times are read.

use crate::record::{Format, TimePlan};
use anyhow::{Result, anyhow, bail};
use jiff::Timestamp;

/// The fields of which the first that is there is the time of a record.
const KEYS: [&str; 4] = ["time", "ts", "timestamp", "`@timestamp`"];

/// A window of time: from its first argument on, and before its second.
pub(super) struct Window {
    /// The expression that holds inside of the window.
    pub expression: String,
    /// When it begins, if it does.
    pub since: Option<Timestamp>,
    /// Whether it moves with the time of the run.
    pub is_relative: bool,
}

impl Window {
    /// Returns the window that was typed, if one was.
    ///
    /// # Errors
    /// When a bound is no time, or the format has no time field.
    pub fn new(
        since: Option<&str>,
        until: Option<&str>,
        format: &Format,
        times: &TimePlan,
    ) -> Result<Option<Window>> {
        let (mut tests, mut is_relative, mut begins) = (Vec::new(), false, None);
        for (option, typed, operator) in [("--since", since, ">="), ("--until", until, "<")] {
            let Some(typed) = typed else { continue };
            let parsed = times.parse_literal(typed);
            let (bound, relative) = parsed.map_err(|reason| anyhow!("in {option} '{typed}': {reason}"))?;
            let keys: &[&str] = match format {
                Format::Clf | Format::Syslog | Format::W3c | Format::Alb | Format::S3 => &KEYS[..1],
                Format::LogFormat(format) if format.names().contains(&"time") => &KEYS[..1],
                Format::Json | Format::JsonAfter(_) | Format::Logfmt => &KEYS,
                _ => bail!(
                    "{option}: format '{}' has no time field of its own (clf, syslog, w3c, alb, s3, json and logfmt have): --where 'FIELD {operator} {typed}' names it",
                    format.name()
                ),
            };
            tests.push(first_of(keys, operator, bound));
            is_relative |= relative;
            if option == "--since" {
                begins = Some(bound);
            }
        }
        Ok((!tests.is_empty()).then(|| Window {
            expression: tests.join(" and "),
            since: begins,
            is_relative,
        }))
    }
}

/// Returns the test of the first of these fields that a record has.
fn first_of(keys: &[&str], operator: &str, bound: Timestamp) -> String {
    match keys {
        [] => unreachable!("there is a field"),
        [last] => format!("({last} {operator} {bound})"),
        [first, others @ ..] => {
            let others = first_of(others, operator, bound);
            format!("({first} exists and {first} {operator} {bound} or not {first} exists and {others})")
        }
    }
}
