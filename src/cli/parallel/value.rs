//! The values of options, and what GNU parallel says of wrong ones.

use crate::cli::option_value;
use crate::cli::usage_error::UsageError;
use crate::message;
use crate::plan::{Counted, HaltAt, HaltLimit, HaltShare, RecordSeparator, Trim};
use crate::source::column_pattern;
use anyhow::Result;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

/// The time between TERM and KILL, as in GNU parallel.
pub(super) const KILL_AFTER: Duration = Duration::from_millis(350);

/// How long a job may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Timeout {
    After(Duration),
    /// So many times the median of the others.
    Medians(f64),
}

fn wrong<T>(what: impl Into<String>) -> Result<T> {
    Err(UsageError(what.into()).into())
}

/// Names the option in the error of a parser that other command lines have too.
pub(super) fn named<T>(long: &str, typed: &OsStr, parsed: Result<T, String>) -> Result<T> {
    let shown = message::display_name(typed);
    parsed.or_else(|why| wrong(format!("invalid value '{shown}' for '--{long}': {why}")))
}

fn invalid<T>(typed: &OsStr, option: &str) -> Result<T> {
    let shown = message::display_name(typed);
    wrong(format!(
        "Value \"{shown}\" invalid for option {option} (number expected)"
    ))
}

pub(super) fn number(typed: &OsStr, option: &str) -> Result<usize> {
    let text = typed.to_str().unwrap_or_default();
    text.parse()
        .or_else(|_| size(typed, option).map(|size| size as usize))
}

pub(super) fn count(typed: &OsStr, option: &str) -> Result<u32> {
    let text = typed.to_str().unwrap_or_default();
    text.parse().or_else(|_| invalid(typed, option))
}

pub(super) fn nice(typed: &OsStr) -> Result<i32> {
    let text = typed.to_str().unwrap_or_default();
    text.parse().or_else(|_| invalid(typed, "nice"))
}

/// Parses a size such as `10M`, `1k`: powers of 1024 in upper case, of 1000 in lower case.
pub(super) fn size(typed: &OsStr, option: &str) -> Result<u64> {
    let text = typed.to_str().unwrap_or_default();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let unit = text[digits..].trim_end_matches(['i', 'B', 'b']);
    let factor = match unit {
        "" => 1.0,
        "K" => 1024.0,
        "M" => 1048576.0,
        "G" => 1073741824.0,
        "T" => 1099511627776.0,
        "k" => 1e3,
        "m" => 1e6,
        "g" => 1e9,
        "t" => 1e12,
        _ => return invalid(typed, option),
    };
    match text[..digits].parse::<f64>() {
        Ok(number) => Ok((number * factor) as u64),
        Err(_) => invalid(typed, option),
    }
}

/// Parses a duration in seconds, or with units as `2m3s`.
pub(super) fn duration(typed: &OsStr, option: &str) -> Result<Duration> {
    let text = typed.to_string_lossy();
    option_value::duration(&text).or_else(|_| invalid(typed, option))
}

/// Parses a duration, or a percentage of the median.
pub(super) fn timeout(typed: &OsStr) -> Result<Timeout> {
    let text = typed.to_str().unwrap_or_default();
    match text.strip_suffix('%').map(str::parse::<f64>) {
        Some(Ok(share)) if share > 0.0 => Ok(Timeout::Medians(share / 100.0)),
        Some(_) => invalid(typed, "timeout"),
        None => duration(typed, "timeout").map(Timeout::After),
    }
}

/// Parses the size of a block; below 0: so many of them.
pub(super) fn block(typed: &OsStr) -> Result<Option<i64>> {
    let (sign, size) = match typed.as_bytes().strip_prefix(b"-") {
        Some(rest) => (-1, size(OsStr::from_bytes(rest), "block")),
        None => (1, size(typed, "block")),
    };
    Ok(Some(sign * i64::try_from(size?).unwrap_or(i64::MAX)))
}

/// Parses `4` or `80%`: how many processes may want to run.
pub(super) fn load(typed: &OsStr) -> Result<f64> {
    let text = typed.to_str().unwrap_or_default();
    let parsed = match text.strip_suffix('%') {
        Some(share) => share
            .parse()
            .map(|share: f64| share / 100.0 * crate::sys::cores().get() as f64),
        None => text.parse(),
    };
    parsed.or_else(|_| invalid(typed, "load"))
}

/// Parses `:`, a number of lines, or a regular expression: what is no value but a heading.
pub(super) fn heading(typed: &OsStr) -> Result<String> {
    let text = typed.to_str().unwrap_or_default();
    let pattern = match text.parse::<usize>() {
        _ if text == ":" => "(?:.*\n){1}".to_owned(),
        Ok(lines) => format!("(?:.*\n){{{lines}}}"),
        Err(_) => text.to_owned(),
    };
    match column_pattern(&pattern) {
        Ok(_) => Ok(pattern),
        Err(_) => wrong(format!("Error: --header '{text}' is no regular expression.")),
    }
}

/// Checks that separators of records are regular expressions, when they are to be.
pub(super) fn separators(separator: &RecordSeparator) -> Result<()> {
    let texts = [&separator.start, &separator.end];
    match texts
        .into_iter()
        .map(|text| String::from_utf8_lossy(text))
        .find(|text| column_pattern(text).is_err())
    {
        Some(text) if separator.is_pattern => wrong(format!("Error: '{text}' is no regular expression.")),
        _ => Ok(()),
    }
}

/// Checks the directory that commands run in.
pub(super) fn directory(typed: &OsStr) -> Result<OsString> {
    match typed == "..." {
        true => wrong("Error: --wd ... is not supported: name a directory, as in --wd 'work/{#}'."),
        false => Ok(typed.to_owned()),
    }
}

/// Checks the name of a variable.
pub(super) fn variable(typed: &OsStr) -> Result<String> {
    let text = typed.to_str().unwrap_or_default();
    match text.is_empty() || text.contains('=') {
        true => wrong("Error: --process-slot-var needs the name of a variable."),
        false => Ok(text.to_owned()),
    }
}

/// Parses `:` or `CORES/:`, this machine; of any other it says why not.
pub(super) fn this_machine(typed: &OsStr, why: &str) -> Result<Option<NonZeroUsize>> {
    let cores = typed.to_str().and_then(|text| text.strip_suffix("/:"));
    match cores.map(str::parse) {
        Some(Ok(cores)) => Ok(Some(cores)),
        None if typed == ":" => Ok(None),
        _ => wrong(format!("Error: -S {why}.")),
    }
}

/// Checks that a version is not above that of the reference.
pub(super) fn at_most_reference(typed: &OsStr) -> Result<()> {
    let wanted: u64 = typed.to_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    match wanted <= super::help::REFERENCE {
        true => Ok(()),
        false => wrong(format!(
            "Error: this is the command line of version {}.",
            super::help::REFERENCE
        )),
    }
}

/// Parses `TERM,200,TERM,100,KILL,25`, and returns the time before KILL.
pub(super) fn term_sequence(typed: &OsStr) -> Result<Duration> {
    let text = typed.to_string_lossy();
    let before_kill = text.split("KILL").next().unwrap_or_default();
    let waits = before_kill.split(',').filter_map(|word| word.parse::<u64>().ok());
    Ok(Duration::from_millis(waits.sum()))
}

/// Parses `now,fail=1`, `soon,success=10%`, `never`, and the older `0`, `1`, `2`, `20%`.
pub(super) fn halt(typed: &OsStr) -> Result<HaltAt> {
    let text = typed.to_string_lossy();
    let first = HaltLimit::failures(HaltShare::Jobs(1));
    let first_success = HaltLimit {
        counted: Counted::Succeeded,
        ..first
    };
    if let Some(share) = text.strip_suffix('%').and_then(|share| share.parse().ok()) {
        return Ok(HaltAt::Soon(HaltLimit::failures(HaltShare::OfAll(share))));
    }
    let (when, limit) = match text.split_once(',') {
        None => match &*text {
            "0" | "never" => return Ok(HaltAt::Never),
            "1" => return Ok(HaltAt::Soon(first)),
            "2" => return Ok(HaltAt::Now(first)),
            "-1" => return Ok(HaltAt::Soon(first_success)),
            "-2" => return Ok(HaltAt::Now(first_success)),
            "soon" | "now" => {
                return wrong(format!(
                    "Error: --halt {text} must be followed by ,success or ,fail."
                ));
            }
            _ => return wrong("Error: --halt must have 'never', 'soon', or 'now'."),
        },
        Some(parts) => parts,
    };
    let (counted, share) = limit.split_once('=').unwrap_or((limit, "1"));
    let counted = match counted {
        "fail" => Counted::Failed,
        "success" => Counted::Succeeded,
        "done" => Counted::Ended,
        _ => {
            return wrong(format!(
                "Error: --halt {when} must be followed by ,success or ,fail."
            ));
        }
    };
    let share = match share.strip_suffix('%') {
        Some(share) => share.parse().map(HaltShare::OfAll),
        None => share.parse().map(HaltShare::Jobs),
    };
    let Ok(share) = share else {
        return wrong(format!(
            "Error: --halt {text}: expected a number or a percentage after '='."
        ));
    };
    let limit = HaltLimit { counted, share };
    match when {
        "soon" => Ok(HaltAt::Soon(limit)),
        "now" => Ok(HaltAt::Now(limit)),
        _ => wrong("Error: --halt must have 'never', 'soon', or 'now'."),
    }
}

/// Parses a delimiter with the escapes of C.
pub(super) fn delimiter(typed: &OsStr) -> Result<Vec<u8>> {
    let mut text = typed.as_bytes();
    let mut bytes = Vec::new();
    while let Some((&first, rest)) = text.split_first() {
        let (byte, used) = match (first, rest.first()) {
            (b'\\', Some(&letter)) => escape(letter, &rest[1..]),
            _ => (first, 0),
        };
        bytes.push(byte);
        text = &rest[used..];
    }
    Ok(bytes)
}

/// Returns the byte of an escape, and how many bytes there are after the backslash.
fn escape(letter: u8, after: &[u8]) -> (u8, usize) {
    let number = |digits: &[u8], radix| {
        let digits = std::str::from_utf8(digits).ok()?;
        u8::from_str_radix(digits, radix).ok()
    };
    let simple = |byte| (byte, 1);
    match letter {
        b'n' => simple(b'\n'),
        b't' => simple(b'\t'),
        b'r' => simple(b'\r'),
        b'a' => simple(7),
        b'b' => simple(8),
        b'v' => simple(11),
        b'f' => simple(12),
        b'e' => simple(27),
        b'x' => {
            let digits = after.iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count();
            number(&after[..digits], 16).map_or((b'x', 1), |byte| (byte, 1 + digits))
        }
        b'0'..=b'7' => {
            let more = after
                .iter()
                .take(2)
                .take_while(|b| matches!(b, b'0'..=b'7'))
                .count();
            let digits = [&[letter], &after[..more]].concat();
            number(&digits, 8).map_or((letter, 1), |byte| (byte, 1 + more))
        }
        other => simple(other),
    }
}

/// Checks the regular expression of `--colsep`.
pub(super) fn columns(typed: &OsStr) -> Result<String> {
    let shown = message::display_name(typed).into_owned();
    let Some(text) = typed.to_str() else {
        return wrong(format!("Error: --colsep '{shown}' is not valid UTF-8."));
    };
    match column_pattern(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(why) => {
            let why = why.to_string();
            let why = why
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            wrong(format!("Error: --colsep '{shown}': {why}."))
        }
    }
}

pub(super) fn end_word(typed: &OsStr) -> Option<Vec<u8>> {
    Some(typed.as_bytes().to_vec()).filter(|word| !word.is_empty())
}

pub(super) fn trim(typed: &OsStr) -> Result<Trim> {
    let (left, right) = match typed.to_str() {
        Some("n") => (false, false),
        Some("l") => (true, false),
        Some("r") => (false, true),
        Some("lr" | "rl") => (true, true),
        _ => return wrong("Error: --trim must be one of: r l rl lr."),
    };
    Ok(Trim { left, right })
}

/// Parses the statuses of `--ok-exit`.
pub(super) fn statuses(typed: &OsStr) -> Result<Vec<i32>> {
    let text = typed.to_string_lossy();
    let statuses: Result<Vec<i32>, _> = text.split(',').map(str::parse).collect();
    statuses.or_else(|_| named("ok-exit", typed, Err("expected numbers, as 0,1".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halt_has_its_new_and_its_old_forms() {
        let read = |text: &str| halt(text.as_ref()).map_err(|wrong| wrong.to_string());
        let limit = |counted, share| HaltLimit { counted, share };
        let one = limit(Counted::Failed, HaltShare::Jobs(1));
        for (text, expected) in [
            ("never", HaltAt::Never),
            ("1", HaltAt::Soon(one)),
            ("2", HaltAt::Now(one)),
            ("-1", HaltAt::Soon(limit(Counted::Succeeded, HaltShare::Jobs(1)))),
            ("-2", HaltAt::Now(limit(Counted::Succeeded, HaltShare::Jobs(1)))),
            ("20%", HaltAt::Soon(limit(Counted::Failed, HaltShare::OfAll(20)))),
            (
                "now,success=3",
                HaltAt::Now(limit(Counted::Succeeded, HaltShare::Jobs(3))),
            ),
            (
                "soon,done=5%",
                HaltAt::Soon(limit(Counted::Ended, HaltShare::OfAll(5))),
            ),
            ("now,fail", HaltAt::Now(one)),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        assert!(read("soon").is_err() && read("later").is_err() && read("now,fail=x").is_err());
    }

    #[test]
    fn delimiters_have_escapes() {
        for (text, expected) in [
            ("\\t", "\t"),
            ("\\x2c", ","),
            ("\\054x", ",x"),
            ("XX", "XX"),
            ("\\0", "\0"),
            ("\\\\", "\\"),
        ] {
            assert_eq!(
                delimiter(text.as_ref()).expect("a delimiter"),
                expected.as_bytes(),
                "{text}"
            );
        }
    }

    #[test]
    fn sizes_have_units() {
        let read = |text: &str| size(text.as_ref(), "block").ok();
        assert_eq!(
            [read("10"), read("1k"), read("2K"), read("1M"), read("x")],
            [Some(10), Some(1000), Some(2048), Some(1 << 20), None]
        );
    }
}
