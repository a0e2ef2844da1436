//! The value of `-j`: how many jobs run at a time.

use crate::cli::usage_error::UsageError;
use crate::sys;
use anyhow::Result;
use std::ffi::OsStr;
use std::num::NonZeroUsize;

/// Parses `4`, `0` (as many as possible), `+1`, `-1`, `150%`, or the name of a file that holds one of these.
pub(super) fn read(typed: &OsStr) -> Result<NonZeroUsize> {
    let cores = sys::cores().get();
    let number = typed.to_str().and_then(|text| number(text, cores)).or_else(|| {
        let text = std::fs::read_to_string(typed).ok()?;
        self::number(text.trim(), cores)
    });
    number.ok_or_else(|| UsageError("Error: Parsing of --jobs/-j/--max-procs/-P failed.".into()).into())
}

fn number(text: &str, cores: usize) -> Option<NonZeroUsize> {
    let at_least_one = |number: usize| NonZeroUsize::new(number.max(1));
    if let Some(share) = text.strip_suffix('%') {
        let share: f64 = share.trim_start_matches('+').parse().ok()?;
        return at_least_one((cores as f64 * share / 100.0) as usize);
    }
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(more), _) => at_least_one(cores + more.parse::<usize>().ok()?),
        (_, Some(fewer)) => at_least_one(cores.saturating_sub(fewer.parse().ok()?)),
        _ => match text.parse::<usize>().ok()? {
            0 => Some(NonZeroUsize::MAX),
            number => NonZeroUsize::new(number),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_counted_from_the_cores() {
        for (text, expected) in [
            ("3", 3),
            ("+2", 6),
            ("-1", 3),
            ("-9", 1),
            ("50%", 2),
            ("200%", 8),
            ("1%", 1),
            ("0", usize::MAX),
        ] {
            assert_eq!(number(text, 4).map(NonZeroUsize::get), Some(expected), "{text}");
        }
        assert_eq!(number("x", 4), None);
    }
}
