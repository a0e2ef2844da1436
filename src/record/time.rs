//! Times in logs: `02/Jan/2006:15:04:05 -0700` and ISO 8601.
//!
//! The first form is parsed by hand, because it occurs once per line; jiff parses the second.

use jiff::fmt::temporal::{DateTimeParser, PiecesOffset};

/// A time as it was written, by the clock of its own time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    /// Year, month and day from 1, hour, minute and second from 0.
    pub clock: [i32; 6],
    /// Nanoseconds after the second.
    nanosecond: i32,
    /// Seconds by which the clock is ahead of UTC; 0 when no offset was written.
    offset: i32,
}

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

impl Time {
    /// Parses a time of either form, with or without brackets around it.
    pub fn parse(text: &[u8]) -> Option<Time> {
        let text = text.strip_prefix(b"[").unwrap_or(text);
        let text = text.strip_suffix(b"]").unwrap_or(text);
        match text.get(2..5)? {
            [b'/', ..] => Time::parse_clf(text),
            // A year of four digits; digits alone are a number.
            [_, _, b'-'] => Time::parse_iso(text),
            _ => None,
        }
    }

    fn parse_clf(text: &[u8]) -> Option<Time> {
        let (text, zone) = (text.get(..20)?, &text[20..]);
        let month = MONTHS.iter().position(|month| month[..] == text[3..6])?;
        if [text[6], text[11], text[14], text[17]] != *b"/:::" {
            return None;
        }
        let offset = match zone {
            [] => 0,
            [b' ', sign @ (b'+' | b'-'), digits @ ..] if digits.len() == 4 => {
                let ahead = digits_of(&digits[..2])? * 3600 + digits_of(&digits[2..])? * 60;
                if *sign == b'-' { -ahead } else { ahead }
            }
            _ => return None,
        };
        let clock = [
            digits_of(&text[7..11])?,
            month as i32 + 1,
            digits_of(&text[..2])?,
            digits_of(&text[12..14])?,
            digits_of(&text[15..17])?,
            digits_of(&text[18..20])?,
        ];
        let inside = (1..=31).contains(&clock[2]) && clock[3] < 24 && clock[4] < 60 && clock[5] <= 60;
        inside.then_some(Time {
            clock,
            nanosecond: 0,
            offset,
        })
    }

    fn parse_iso(text: &[u8]) -> Option<Time> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        let pieces = PARSER.parse_pieces(text).ok()?;
        let (date, time) = (pieces.date(), pieces.time().unwrap_or_default());
        let offset = match pieces.offset() {
            Some(PiecesOffset::Numeric(offset)) => offset.offset().seconds(),
            _ => 0,
        };
        Some(Time {
            clock: [
                date.year().into(),
                date.month().into(),
                date.day().into(),
                time.hour().into(),
                time.minute().into(),
                time.second().into(),
            ],
            nanosecond: time.subsec_nanosecond(),
            offset,
        })
    }

    /// Returns the instant by which times are compared: seconds since 1970 in UTC, and nanoseconds.
    pub fn instant(&self) -> (i64, i32) {
        let [year, month, day, hour, minute, second] = self.clock.map(i64::from);
        // Howard Hinnant's days_from_civil: years begin in March.
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - i64::from(self.offset);
        (seconds, self.nanosecond)
    }
}

fn digits_of(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Option<(i64, i32)> {
        Time::parse(text.as_bytes()).map(|time| time.instant())
    }

    #[test]
    fn all_forms_of_an_instant_are_equal() {
        for text in [
            "[01/Jan/2012:00:00:00 -0500]",
            "01/Jan/2012:05:00:00 +0000",
            "[01/Jan/2012:05:00:00",
            "2012-01-01T05:00:00Z",
            "2012-01-01 05:00:00",
            "2012-01-01T06:30:00+01:30",
        ] {
            assert_eq!(instant(text), Some((1_325_394_000, 0)), "{text}");
        }
        assert_eq!(instant("1970-01-01"), Some((0, 0)));
        assert_eq!(
            instant("2000-02-29T00:00:00.25Z"),
            Some((951_782_400, 250_000_000))
        );
        assert_eq!(instant("0001-03-01"), Some((-62_130_499_200, 0)));
    }

    #[test]
    fn malformed_times_are_refused() {
        for text in [
            "",
            "2012",
            "20120101",
            "32/Jan/2012:00:00:00",
            "01/Jam/2012:00:00:00",
            "2012-13-01",
            "01/Jan/2012:00:00:00 x",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
