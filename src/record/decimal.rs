//! Decimal numbers in text, compared exactly, of any length.

use std::cmp::Ordering;
use std::iter;

/// A number as it stands in a text: `[+-]digits[.digits][e[+-]digits]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal<'a> {
    negative: bool,
    /// The digits before and after the point, without the zeros before the first other digit; none for zero.
    digits: [&'a [u8]; 2],
    /// The place of the first digit: 1 just before the point, 0 just after it.
    place: i64,
}

impl<'a> Decimal<'a> {
    /// Parses a number and nothing else: no blanks, no `inf`, no hex, no separators of thousands.
    pub fn parse(text: &'a [u8]) -> Option<Decimal<'a>> {
        let (negative, rest) = match text.first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, rest) = digits(rest);
        let (fraction, rest) = match rest.strip_prefix(b".") {
            Some(rest) => digits(rest),
            None => (&b""[..], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return None,
        };
        let whole = without_zeros(whole);
        let mut number = Decimal {
            negative,
            digits: [whole, fraction],
            place: whole.len() as i64 + exponent,
        };
        if whole.is_empty() {
            let digits = without_zeros(fraction);
            number.place -= (fraction.len() - digits.len()) as i64;
            number.digits[1] = digits;
            if digits.is_empty() {
                (number.negative, number.place) = (false, 0);
            }
        }
        Some(number)
    }

    fn is_zero(&self) -> bool {
        self.digits.iter().all(|digits| digits.is_empty())
    }

    /// Returns -1, 0 or 1.
    fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// Compares the values.
    pub fn compare(&self, other: &Decimal<'_>) -> Ordering {
        self.sign().cmp(&other.sign()).then_with(|| {
            let order = self
                .place
                .cmp(&other.place)
                .then_with(|| self.compare_digits(other));
            if self.negative { order.reverse() } else { order }
        })
    }

    /// Compares the digits from the first, as if zeros followed the last.
    fn compare_digits(&self, other: &Decimal<'_>) -> Ordering {
        let length = |number: &Decimal<'_>| number.digits[0].len() + number.digits[1].len();
        let padded = |number: &Decimal<'a>| {
            let [whole, fraction] = number.digits;
            whole.iter().chain(fraction).copied().chain(iter::repeat(b'0'))
        };
        let [whole, fraction] = other.digits;
        let others = whole.iter().chain(fraction).copied().chain(iter::repeat(b'0'));
        let longest = length(self).max(length(other));
        padded(self).take(longest).cmp(others.take(longest))
    }
}

/// Returns the value of an integer that is short enough to be read at a glance.
#[inline]
pub(super) fn short_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// Splits the digits off the beginning.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

/// Parses an exponent. One of more than 18 digits is taken as 10^18, which no text has digits for.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, all) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = match without_zeros(all) {
        [] => 0,
        digits => short_integer(digits).unwrap_or(1_000_000_000_000_000_000),
    };
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Ordering {
        let parse = |text: &'static str| Decimal::parse(text.as_bytes()).expect(text);
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        parse(leak(a)).compare(&parse(leak(b)))
    }

    #[test]
    fn only_plain_decimals_are_numbers() {
        for text in [
            "", "-", "+", ".", "e5", "1e", "1e+", "inf", "nan", " 1", "1 ", "0x1", "1_0", "--1", "1,000",
            "1k",
        ] {
            assert!(Decimal::parse(text.as_bytes()).is_none(), "{text}");
        }
        for text in [
            "0",
            "007",
            "+1",
            "-1",
            ".5",
            "3.",
            "1e5",
            "1E-5",
            "0.0e999999999999999999999",
        ] {
            assert!(Decimal::parse(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn comparison_is_exact() {
        let ascending = [
            "-1e400",
            "-12345678901234567890123456789012345678901.5",
            "-12345678901234567890123456789012345678901",
            "-1.5",
            "-1",
            "-0.10",
            "0",
            "1e-9999",
            ".09",
            "0.1",
            "1",
            "1.0000000000000000000000000001",
            "9007199254740992",
            "9007199254740993",
            "277447099861456945273576150847928801582",
            "277447099861456945273576150847928801583",
            "1e39",
            "1e400",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(order(a, b), at.cmp(&other), "{a} {b}");
            }
        }
        for (a, b) in [
            ("1e2", "100.00"),
            ("-0", "0.0e5"),
            ("007", "7"),
            ("1200e-2", "12"),
            (".5", "+0.50"),
        ] {
            assert_eq!(order(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn short_integers_are_those_of_the_standard_library() {
        for text in ["0", "-5", "007", "123456789012345678", "-123456789012345678"] {
            assert_eq!(short_integer(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in ["", "-", "+5", "1.0", "1234567890123456789", "1e1"] {
            assert_eq!(short_integer(text.as_bytes()), None, "{text}");
        }
    }
}
