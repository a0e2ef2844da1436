//! Numbers in text: exact integers, and everything else as a double.

use super::decimal::short_integer;
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

/// 2^127: integral doubles below it are integers of 128 bits.
const LIMIT: f64 = (1u128 << 127) as f64;

impl Number {
    /// Parses `[+-]digits[.digits][e[+-]digits]` and nothing else: no blanks, no `inf`, no hex.
    pub fn parse(text: &[u8]) -> Option<Number> {
        if !matches!(text.first()?, b'0'..=b'9' | b'-' | b'+' | b'.') {
            return None;
        }
        if let Some(int) = short_integer(text) {
            return Some(Number::Int(int.into()));
        }
        let text = std::str::from_utf8(text).ok()?;
        if let Ok(int) = text.parse::<i128>() {
            return Some(Number::Int(int));
        }
        // The standard library also reads `inf` and `nan`, which are not finite.
        let float = text.parse::<f64>().ok().filter(|float| float.is_finite());
        float.map(Self::from_float)
    }

    /// Converts a finite double.
    pub fn from_float(float: f64) -> Number {
        if float.fract() == 0.0 && float.abs() < LIMIT {
            // In range by the test above, so that the cast is exact.
            Number::Int(float as i128)
        } else {
            Number::Float(float)
        }
    }
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
    if float.abs() >= LIMIT {
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
            "",
            "-",
            "+",
            ".",
            "e5",
            "1e",
            "inf",
            "-inf",
            "nan",
            "+nan",
            "-infinity",
            " 1",
            "1 ",
            "0x1",
            "1_0",
            "1e999",
            "--1",
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
