//! Numbers in text: exact integers, and everything else as a double.

use std::cmp::Ordering;
use std::fmt;

/// A number that was parsed from text. An integral value that fits is always an `Int`, so that equal
/// numbers have equal representations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    /// An integer, exact.
    Int(i128),
    /// Any other finite number.
    Float(f64),
}

impl Number {
    /// Parses `[+-]digits[.digits][e[+-]digits]` and nothing else: no blanks, no `inf`, no hex.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Number> {
        let digits = match text.first()? {
            b'-' | b'+' => &text[1..],
            b'0'..=b'9' | b'.' => text,
            _ => return None,
        };
        if digits.len() <= 18 && !digits.is_empty() {
            let mut sum = 0i64;
            for &byte in digits {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    return Self::parse_any(text, digits);
                }
                sum = sum * 10 + i64::from(digit);
            }
            return Some(Number::Int(i128::from(if text[0] == b'-' { -sum } else { sum })));
        }
        Self::parse_any(text, digits)
    }

    #[cold]
    fn parse_any(text: &[u8], unsigned: &[u8]) -> Option<Number> {
        if !is_decimal(unsigned) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        match text.parse::<i128>() {
            Ok(int) => Some(Number::Int(int)),
            Err(_) => text
                .parse::<f64>()
                .ok()
                .filter(|f| f.is_finite())
                .map(Self::from_float),
        }
    }

    /// Converts a finite double.
    pub fn from_float(float: f64) -> Number {
        if float.fract() == 0.0 && float.abs() < 1.7e38 {
            // In range by the test above, so that the cast is exact.
            Number::Int(float as i128)
        } else {
            Number::Float(float)
        }
    }

    /// Returns the nearest double.
    pub fn to_float(self) -> f64 {
        match self {
            Number::Int(int) => int as f64,
            Number::Float(float) => float,
        }
    }
}

fn is_decimal(text: &[u8]) -> bool {
    fn digits(text: &[u8]) -> (usize, &[u8]) {
        let n = text.iter().take_while(|b| b.is_ascii_digit()).count();
        (n, &text[n..])
    }
    let (before, mut rest) = digits(text);
    let mut after = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        (after, rest) = digits(fraction);
    }
    if before + after == 0 {
        return false;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', rest @ ..] => rest,
            all => all,
        };
        let (n, left) = digits(exponent);
        return n > 0 && left.is_empty();
    }
    rest.is_empty()
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (*self, *other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(&b),
            (Number::Float(a), Number::Float(b)) => a.total_cmp(&b),
            (Number::Int(a), Number::Float(b)) => int_to_float(a, b),
            (Number::Float(a), Number::Int(b)) => int_to_float(b, a).reverse(),
        }
    }
}

/// Compares exactly. `float` is finite, and either beyond 128 bits or not integral.
fn int_to_float(int: i128, float: f64) -> Ordering {
    if float.abs() >= 1.7e38 {
        return 0.0f64.total_cmp(&float);
    }
    // The float is not integral, so when its floor equals the integer, the float is greater.
    int.cmp(&(float.floor() as i128)).then(Ordering::Less)
}

impl fmt::Display for Number {
    /// Writes the shortest text that parses as the same number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(int) => write!(f, "{int}"),
            Number::Float(float) if (1e-5..1e16).contains(&float.abs()) => write!(f, "{float}"),
            Number::Float(float) => write!(f, "{float:e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_numbers() {
        for text in [
            "", "-", "+", ".", "e5", "1e", "inf", "nan", " 1", "1 ", "0x1", "1_0", "1e999", "--1",
        ] {
            assert_eq!(Number::parse(text.as_bytes()), None, "{text}");
        }
        for (text, want) in [
            ("0", Number::Int(0)),
            ("-7", Number::Int(-7)),
            ("+007", Number::Int(7)),
            ("1e3", Number::Int(1000)),
            ("2.0", Number::Int(2)),
            (".5", Number::Float(0.5)),
            ("-1.25", Number::Float(-1.25)),
            ("170141183460469231731687303715884105727", Number::Int(i128::MAX)),
        ] {
            assert_eq!(Number::parse(text.as_bytes()), Some(want), "{text}");
        }
    }

    #[test]
    fn comparison_is_exact_when_doubles_are_not() {
        let n = |text: &str| Number::parse(text.as_bytes()).expect(text);
        assert!(n("9007199254740993") > n("9007199254740992"));
        assert!(n("9007199254740993") > n("0.5"));
        assert!(n("-1") > n("-1.5"));
        assert!(n("1") < n("1.5"));
        assert!(n("2") > n("1.5"));
        assert!(n("1") < n("1e300"));
        assert!(n("1") > n("-1e300"));
        assert_eq!(n("1e20"), n("100000000000000000000"));
    }
}
