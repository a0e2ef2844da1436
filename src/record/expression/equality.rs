//! Literals of `==`, `!=` and `in`.

use super::moment::Moment;
use crate::record::number::Number;
use crate::record::time::{Precision, Time, TimePlan, TimeReader};
use jiff::Timestamp;

/// What a value is compared with for equality.
#[derive(Debug, Clone)]
pub(super) struct Equality {
    /// The text that was typed.
    text: Vec<u8>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// A plainly written number: `-`, digits without leading zeros, a fraction.
    Number {
        /// The number without needless zeros, which is how every equal one begins, but for zero's sign.
        shortest: Vec<u8>,
        /// The time that it is as an epoch, when it is long enough for one.
        epoch: Option<Timestamp>,
    },
    /// A time.
    Time {
        instant: Timestamp,
        /// True when a time of day was typed.
        has_clock: bool,
        /// True when the year was not typed: it depends on when the program was started.
        is_relative: bool,
    },
    /// Any other text, which only equal bytes equal.
    Text,
}

/// The digits that an integer has at least, when it may be an epoch: those of a day in 1973.
pub(super) const EPOCH_DIGITS: usize = 9;

impl Equality {
    /// Builds a literal and finds out of which kind it is.
    pub fn new(text: &str, times: &TimePlan) -> Equality {
        let mut reader = TimeReader::new(&times.typed());
        let text = text.as_bytes();
        let kind = if let Some(shortest) = shortest(text) {
            let digits = shortest.iter().take_while(|&&byte| byte != b'.').count();
            let epoch = (digits >= EPOCH_DIGITS)
                .then(|| reader.timestamp(shortest))
                .flatten();
            Kind::Number {
                shortest: shortest.to_vec(),
                epoch,
            }
        } else if let Some((time, instant)) = written(&mut reader, text) {
            Kind::Time {
                instant,
                has_clock: time.precision == Precision::Clock,
                is_relative: !time.has_year,
            }
        } else {
            Kind::Text
        };
        Equality {
            text: text.to_vec(),
            kind,
        }
    }

    /// Returns whether the literal depends on when the program was started.
    pub fn is_relative(&self) -> bool {
        matches!(
            self.kind,
            Kind::Time {
                is_relative: true,
                ..
            }
        )
    }

    /// Returns true for a time.
    #[inline]
    pub fn is_time(&self) -> bool {
        matches!(self.kind, Kind::Time { .. })
    }

    /// Returns whether a time that goes on after the value is compared with: to a date, a date is its midnight.
    pub fn takes(&self, moment: Moment) -> bool {
        matches!(self.kind, Kind::Time { has_clock, .. } if has_clock || !moment.is_of_date)
    }

    /// Returns true when the literal is this time.
    pub fn is_at(&self, time: Timestamp) -> bool {
        matches!(self.kind, Kind::Time { instant, .. } if instant == time)
    }

    /// Returns the text that was typed.
    #[cfg(any(fuzzing, test))]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.text).expect("what is typed is text")
    }

    /// Returns true when the literal was typed as this text.
    pub fn is_text(&self, text: &[u8]) -> bool {
        self.text == text
    }

    /// Returns true when a value is equal: as numbers when both are plainly written ones, as times when both
    /// are times, otherwise as bytes.
    #[inline]
    pub fn holds(&self, value: &[u8], times: &mut TimeReader) -> bool {
        value == self.text
            || match &self.kind {
                Kind::Text => false,
                Kind::Number { shortest, epoch } => {
                    is_same_number(value, shortest)
                        || epoch.is_some_and(|epoch| times.written_timestamp(value) == Some(epoch))
                }
                Kind::Time { instant, .. } => times.timestamp(value) == Some(*instant),
            }
    }

    /// Returns a text that stands in every equal value, if there is one.
    ///
    /// A plainly written number has no leading zeros, so its digits before the point and, but for zeros at
    /// their end, after it are the same in every way to write it.
    pub fn needle(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::Number {
                shortest,
                epoch: None,
            } => Some(shortest),
            Kind::Text => Some(&self.text),
            _ => None,
        }
    }
}

/// Reads a time that is no number.
fn written(times: &mut TimeReader, text: &[u8]) -> Option<(Time, Timestamp)> {
    let time = times.read(text).filter(|_| Number::parse(text).is_none())?;
    Some((time, time.timestamp(times.zone())?))
}

/// Returns a plainly written number without the zeros at the end of its fraction, and zero without a sign.
fn shortest(text: &[u8]) -> Option<&[u8]> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let whole = unsigned
        .iter()
        .position(|&byte| byte == b'.')
        .unwrap_or(unsigned.len());
    let (whole, fraction) = unsigned.split_at(whole);
    let all_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || (whole.len() > 1 && whole[0] == b'0') {
        return None;
    }
    if !fraction.is_empty() && !all_digits(&fraction[1..]) {
        return None;
    }
    let zeros = fraction.iter().rev().take_while(|&&byte| byte == b'0').count();
    let kept = match fraction.len() - zeros {
        // Only the point is left.
        1 => 0,
        kept => kept,
    };
    let is_zero = whole == b"0" && kept == 0;
    let sign = usize::from(unsigned.len() < text.len() && !is_zero);
    let start = text.len() - unsigned.len() - sign;
    Some(&text[start..text.len() - fraction.len() + kept])
}

/// Returns true when `value` is a plainly written number of which `shortest` is the shortest form.
#[inline]
fn is_same_number(value: &[u8], shortest: &[u8]) -> bool {
    let value = match (value, shortest) {
        ([b'-', rest @ ..], [b'0']) => rest,
        _ => value,
    };
    let Some(rest) = value.strip_prefix(shortest) else {
        return false;
    };
    let zeros = match rest {
        [] => return true,
        [b'.', zeros @ ..] if !zeros.is_empty() && !shortest.contains(&b'.') => zeros,
        zeros if shortest.contains(&b'.') => zeros,
        _ => return false,
    };
    zeros.iter().all(|&byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(literal: &str, value: &str) -> bool {
        let plan = TimePlan::default();
        Equality::new(literal, &plan).holds(value.as_bytes(), &mut TimeReader::new(&plan))
    }

    #[test]
    fn plainly_written_numbers_are_equal_in_value_and_all_else_in_bytes() {
        for (a, b) in [
            ("404", "404.0"),
            ("404.50", "404.5"),
            ("-1.5", "-1.500"),
            ("0", "-0"),
            ("-0.0", "0"),
            ("0.50", "0.5"),
            (
                "277447099861456945273576150847928801582",
                "277447099861456945273576150847928801582.00",
            ),
        ] {
            assert!(equal(a, b) && equal(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("404", "0404"),
            ("404", "4040"),
            ("404", "404."),
            ("404", "404.01"),
            ("404", "+404"),
            ("1e2", "100"),
            ("0e4621", "0e9999"),
            ("0.5", ".5"),
            ("0", "00"),
            ("0", ""),
            ("0", "-"),
            ("1", "-1"),
            ("1.5", "1.50x"),
            (
                "277447099861456945273576150847928801582",
                "277447099861456945273576150847928801583",
            ),
            ("9007199254740993", "9007199254740992"),
        ] {
            assert!(!equal(a, b) && !equal(b, a), "{a} {b}");
        }
    }

    #[test]
    fn the_needle_stands_in_every_equal_value() {
        let mut rng = fastrand::Rng::with_seed(7);
        let number = |rng: &mut fastrand::Rng| -> String {
            let length = rng.usize(1..6);
            (0..length)
                .map(|_| *rng.choice(&['-', '0', '0', '1', '.', '5']).expect("not empty"))
                .collect()
        };
        let mut equals = 0;
        let plan = TimePlan::default();
        let mut times = TimeReader::new(&plan);
        for _ in 0..200_000 {
            let (a, b) = (number(&mut rng), number(&mut rng));
            let literal = Equality::new(&a, &plan);
            if literal.holds(b.as_bytes(), &mut times) {
                equals += usize::from(a != b);
                let needle = literal.needle().expect("no time");
                assert!(memchr::memmem::find(b.as_bytes(), needle).is_some(), "{a} {b}");
            }
        }
        assert!(equals > 100, "{equals}");
    }
}
