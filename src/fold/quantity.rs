//! What aggregates take and give: numbers, integers of any length, and times. It does not know which aggregate
//! takes which.

use crate::record::{Number, Time, stamped};
use num_bigint::BigInt;
use std::cmp::Ordering;
use std::io::Write as _;

/// The longest integer that is a number, in digits: longer ones are beyond every double.
const LONGEST: usize = 308;

/// A value that has an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Quantity {
    Number(Number),
    /// An integer that is no [`Number::Int`].
    Integer(Box<BigInt>),
    Time(Box<TimeText>),
}

/// A time, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimeText {
    /// Seconds since 1970 in UTC, and nanoseconds.
    pub instant: (i64, i32),
    pub text: Box<[u8]>,
}

impl Quantity {
    /// Parses a number: an integer exactly, anything else as [`Number::parse`] does.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Quantity> {
        match Number::parse(text)? {
            Number::Float(_) if is_integer(text) => {
                let digits = text.len() - usize::from(!text[0].is_ascii_digit());
                let integer = BigInt::parse_bytes(text, 10).filter(|_| digits <= LONGEST)?;
                Some(Quantity::Integer(Box::new(integer)))
            }
            number => Some(Quantity::Number(number)),
        }
    }

    /// Parses a number or a time.
    #[inline]
    pub fn parse_any(text: &[u8]) -> Option<Quantity> {
        Quantity::parse(text).or_else(|| {
            let (instant, text) = match stamped(text) {
                Some(stamped) => stamped,
                None => (Time::parse(text)?.instant(), text),
            };
            let text = text.into();
            Some(Quantity::Time(Box::new(TimeText { instant, text })))
        })
    }

    /// Returns the integer in its one form.
    pub fn from_integer(integer: BigInt) -> Quantity {
        match i128::try_from(&integer) {
            Ok(int) => Quantity::Number(Number::Int(int)),
            Err(_) => Quantity::Integer(Box::new(integer)),
        }
    }

    /// Returns the quantity as a count; none when it is no such number.
    pub fn to_count(&self) -> Option<u64> {
        match self {
            Quantity::Number(Number::Int(int)) => u64::try_from(*int).ok(),
            _ => None,
        }
    }

    /// Tells whether it prints as a JSON number.
    pub fn is_number(&self) -> bool {
        !matches!(self, Quantity::Time(_))
    }

    /// Orders by value; a number among times is an epoch in seconds. Equal times are ordered by their bytes.
    pub fn order(&self, other: &Quantity) -> Ordering {
        match (self, other) {
            (Quantity::Number(a), Quantity::Number(b)) => a.cmp(b),
            (Quantity::Time(a), Quantity::Time(b)) => a.cmp(b),
            (Quantity::Time(time), number) => time.order_epoch(number).then(Ordering::Greater),
            (number, Quantity::Time(time)) => time.order_epoch(number).reverse().then(Ordering::Less),
            _ => self
                .exact()
                .cmp(&other.exact())
                .then_with(|| other.is_float().cmp(&self.is_float())),
        }
    }

    /// Appends the text that the quantity is printed as.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Quantity::Number(number) => write!(out, "{number}"),
            Quantity::Integer(integer) => write!(out, "{integer}"),
            Quantity::Time(time) => out.write_all(&time.text),
        }
        .expect("writing to memory does not fail");
    }

    /// Returns the text that the quantity is printed as.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.put(&mut text);
        text
    }

    fn is_float(&self) -> bool {
        matches!(self, Quantity::Number(Number::Float(_)))
    }

    /// Returns the integer that is the number without its fraction: what decides when one of two numbers is beyond
    /// 128 bits.
    fn exact(&self) -> BigInt {
        match self {
            Quantity::Number(Number::Int(int)) => BigInt::from(*int),
            Quantity::Number(Number::Float(float)) => integer_of(*float),
            Quantity::Integer(integer) => (**integer).clone(),
            Quantity::Time(_) => BigInt::ZERO,
        }
    }
}

/// Returns a finite double without its fraction.
pub(super) fn integer_of(float: f64) -> BigInt {
    let exponent = ((float.to_bits() >> 52) & 0x7ff) as i32 - 1075;
    let magnitude = float.abs();
    let mantissa = match exponent {
        ..=0 => return BigInt::from(float as i128),
        _ => (magnitude / 2f64.powi(exponent)) as u64,
    };
    let integer = BigInt::from(mantissa) << exponent;
    if float < 0.0 { -integer } else { integer }
}

fn is_integer(text: &[u8]) -> bool {
    let digits = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    digits.iter().all(u8::is_ascii_digit)
}

impl TimeText {
    /// Orders the time against a number of seconds since 1970.
    fn order_epoch(&self, number: &Quantity) -> Ordering {
        let (second, nanosecond) = self.instant;
        let (whole, rest) = match number {
            Quantity::Number(Number::Float(float)) => (float.floor() as i128, float - float.floor()),
            Quantity::Number(Number::Int(int)) => (*int, 0.0),
            _ if number.exact() < BigInt::ZERO => (i128::MIN, 0.0),
            _ => (i128::MAX, 0.0),
        };
        let by_second = i128::from(second).cmp(&whole);
        by_second.then_with(|| f64::from(nanosecond).total_cmp(&(rest * 1e9)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse_any(text.as_bytes()).expect(text)
    }

    #[test]
    fn integers_of_any_length_are_read_exactly() {
        for text in [
            "170141183460469231731687303715884105728",
            "-170141183460469231731687303715884105729",
            &"9".repeat(308),
        ] {
            assert_eq!(quantity(text).to_bytes(), text.as_bytes());
        }
        assert_eq!(quantity("+0000").to_bytes(), b"0");
        assert_eq!(quantity("1e300").to_bytes(), b"1e300");
        for text in ["", "x", "1e999", &"9".repeat(310)] {
            assert_eq!(Quantity::parse_any(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn quantities_have_one_order() {
        let ascending = [
            "-1e300",
            "-170141183460469231731687303715884105729",
            "-1",
            "1970-01-01",
            "0.5",
            "1",
            "1970-01-01T00:00:01Z",
            "1970-01-01T01:00:01+01:00",
            "2012-01-01",
            "170141183460469231731687303715884105727",
            "170141183460469231731687303715884105728",
            "170141183460469231731687303715884105729",
            "1e39",
            "1e300",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(quantity(a).order(&quantity(b)), i.cmp(&j), "{a} {b}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_integer_of_a_double_is_what_a_cast_gives(float in -1e37f64..1e37) {
            prop_assert_eq!(integer_of(float), BigInt::from(float as i128));
            prop_assert_eq!(integer_of(float.floor() * 8.0), BigInt::from((float.floor() * 8.0) as i128));
        }
    }
}
