//! Numbers as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Formats a duration by its size: `7 ms`, `41.2 s`, `58 min`, `3 h 12 min`.
pub(super) fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match seconds {
        ..0.9995 => format!("{:.0} ms", seconds.max(0.0) * 1000.0),
        ..9.95 => format!("{seconds:.1} s"),
        ..119.5 => format!("{seconds:.0} s"),
        ..7170.0 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// Formats a part and its whole in the same unit: `41 of 58 minutes`.
pub(super) fn of(part: f64, whole: f64) -> String {
    let (unit, name) = match whole {
        ..1.0 => (0.001, "ms"),
        ..119.5 => (1.0, "seconds"),
        ..7170.0 => (60.0, "minutes"),
        _ => (3600.0, "hours"),
    };
    let (part, whole) = (part / unit, whole / unit);
    match whole {
        ..9.95 => format!("{part:.1} of {whole:.1} {name}"),
        _ => format!("{part:.0} of {whole:.0} {name}"),
    }
}

/// Formats a number of bytes in powers of 1000.
pub(super) fn bytes(bytes: f64) -> String {
    let mut size = bytes;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if size < 999.5 || unit == "TB" {
            let digits = usize::from(size < 9.95 && unit != "B");
            return format!("{size:.digits$} {unit}");
        }
        size /= 1000.0;
    }
    unreachable!("the last unit takes any size")
}

/// Formats a number with commas between thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a number of things: `1 job`, `2,000 jobs`.
pub(super) fn several(number: u64, thing: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {thing}{end}", count(number))
}

/// Formats a time, in seconds since 1970, by `strftime`'s pattern in UTC.
pub(super) fn clock(seconds: f64, pattern: &str) -> String {
    let time = Timestamp::from_millisecond((seconds * 1000.0) as i64);
    time.map_or_else(
        |_| String::new(),
        |time| time.to_zoned(TimeZone::UTC).strftime(pattern).to_string(),
    )
}

/// Returns a share in whole per cent.
pub(super) fn percent(part: f64, whole: f64) -> u64 {
    (100.0 * part / whole.max(1e-9)).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_to_what_counts() {
        let shown = [0.0, 0.0074, 0.9999, 3.04, 59.6, 119.6, 3480.0, 11_520.0].map(duration);
        let expected = [
            "0 ms",
            "7 ms",
            "1.0 s",
            "3.0 s",
            "60 s",
            "2 min",
            "58 min",
            "3 h 12 min",
        ];
        assert_eq!(shown, expected);
        assert_eq!(of(2460.0, 3480.0), "41 of 58 minutes");
        assert_eq!(of(1.5, 3.0), "1.5 of 3.0 seconds");
    }

    #[test]
    fn numbers_have_units_and_commas() {
        assert_eq!(
            [0.0, 999.0, 1234.0, 56e6, 3e15].map(bytes),
            ["0 B", "999 B", "1.2 kB", "56 MB", "3000 TB"]
        );
        assert_eq!(
            [1, 999, 2000, 1_234_567].map(count),
            ["1", "999", "2,000", "1,234,567"]
        );
        assert_eq!(several(1, "job") + &several(0, "job"), "1 job0 jobs");
    }
}
