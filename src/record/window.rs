//! `--since` and `--until`: a window of time, as an expression over the time field of a format.
//!
//! It does not know how times are read.

use super::format::Format;
use super::plan_error::RecordPlanError;
use super::time::TimePlan;
use jiff::Timestamp;

/// The fields of which the first that is there is the time of a record.
const KEYS: [&str; 5] = ["time", "ts", "timestamp", "`@timestamp`", "__REALTIME_TIMESTAMP"];

/// A window of time: from its first bound on, and before its second.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// When it begins, if it does.
    pub since: Option<Timestamp>,
    /// When it ends, if it does.
    pub until: Option<Timestamp>,
    /// Whether it moves with the time of the run.
    pub is_relative: bool,
    /// Whether files that were written last before it begins are not opened.
    pub skips_old_files: bool,
}

impl Window {
    /// Returns the window that was typed, if one was.
    ///
    /// # Errors
    /// When a bound is no time.
    pub fn parse(
        since: Option<&str>,
        until: Option<&str>,
        times: &TimePlan,
    ) -> Result<Option<Window>, RecordPlanError> {
        let mut window = Window {
            skips_old_files: true,
            ..Window::default()
        };
        for (option, typed, bound) in [
            ("--since", since, &mut window.since),
            ("--until", until, &mut window.until),
        ] {
            let Some(typed) = typed else { continue };
            let parsed = times.parse_literal(typed);
            let (time, is_relative) =
                parsed.map_err(|reason| RecordPlanError::new(format!("in {option} '{typed}': {reason}")))?;
            *bound = Some(time);
            window.is_relative |= is_relative;
        }
        Ok((window.since.is_some() || window.until.is_some()).then_some(window))
    }

    /// Returns the names of the time fields of a format, and the expression that holds inside of the window.
    ///
    /// # Errors
    /// When the format has no time field.
    pub(super) fn expression(
        &self,
        format: &Format,
    ) -> Result<(&'static [&'static str], String), RecordPlanError> {
        let bounds = [("--since", ">=", self.since), ("--until", "<", self.until)];
        let bounds = bounds
            .into_iter()
            .filter_map(|(option, operator, bound)| Some((option, operator, bound?)));
        let keys = match format {
            Format::Clf | Format::Syslog | Format::W3c | Format::Alb | Format::S3 => &KEYS[..1],
            Format::LogFormat(format) if format.names().contains(&"time") => &KEYS[..1],
            Format::Json | Format::JsonAfter(_) | Format::Logfmt => &KEYS[..],
            _ => {
                let (option, operator, bound) = bounds.into_iter().next().unwrap_or_default();
                return Err(RecordPlanError::new(format!(
                    "{option}: format '{}' has no time field of its own (clf, syslog, w3c, alb, s3, json and logfmt have): --where 'FIELD {operator} {bound}' names it",
                    format.name()
                )));
            }
        };
        let tests: Vec<_> = bounds
            .map(|(_, operator, bound)| first_of(keys, operator, bound))
            .collect();
        Ok((keys, tests.join(" and ")))
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
