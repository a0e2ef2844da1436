//! Exact sums: of integers of any length, and of doubles, which are rounded only at the end.

use crate::fold::exact_sum::ExactSum;
use crate::fold::quantity::Quantity;
use crate::fold::rounding::nearest_quotient;
use crate::fold::save_format::{broken, read_array};
use crate::record::Number;
use num_bigint::{BigInt, BigUint, Sign};
use std::io;

/// The longest integer that a saved sum may hold, in bytes: sums of the longest that are read stay far below.
const LONGEST: u32 = 4096;

/// An exact sum of integers of any length.
#[derive(Debug, Clone)]
pub(super) struct IntegerSum {
    /// The sum of those that fit, modulo 2^128.
    ints: i128,
    /// How often `ints` wrapped upwards, less how often downwards.
    wraps: i64,
    /// The sum of those that do not fit.
    large: Option<Box<BigInt>>,
}

impl IntegerSum {
    pub const EMPTY: IntegerSum = IntegerSum {
        ints: 0,
        wraps: 0,
        large: None,
    };

    #[inline]
    pub fn add(&mut self, int: i128) {
        let (sum, overflowed) = self.ints.overflowing_add(int);
        if overflowed {
            self.wraps += int.signum() as i64;
        }
        self.ints = sum;
    }

    pub fn add_large(&mut self, integer: &BigInt) {
        **self.large.get_or_insert_default() += integer;
    }

    pub fn merge(&mut self, other: &IntegerSum) {
        self.add(other.ints);
        self.wraps += other.wraps;
        if let Some(large) = &other.large {
            self.add_large(large);
        }
    }

    pub fn total(&self) -> BigInt {
        let mut total = BigInt::from(self.ints) + (BigInt::from(self.wraps) << 128u32);
        if let Some(large) = &self.large {
            total += &**large;
        }
        total
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.ints.to_le_bytes());
        out.extend_from_slice(&self.wraps.to_le_bytes());
        let large = self.large.as_ref();
        let large = large.map_or_else(Vec::new, |large| large.to_signed_bytes_le());
        out.extend_from_slice(&(large.len() as u32).to_le_bytes());
        out.extend_from_slice(&large);
    }

    /// Adds a sum that was saved, and moves past it.
    pub fn load(&mut self, saved: &mut &[u8]) -> io::Result<()> {
        self.add(i128::from_le_bytes(read_array(saved)?));
        let wraps = i64::from_le_bytes(read_array(saved)?);
        self.wraps = self.wraps.checked_add(wraps).ok_or_else(broken)?;
        let length = u32::from_le_bytes(read_array(saved)?);
        if length > LONGEST {
            return Err(broken());
        }
        let (large, rest) = saved.split_at_checked(length as usize).ok_or_else(broken)?;
        *saved = rest;
        if length > 0 {
            self.add_large(&BigInt::from_signed_bytes_le(large));
        }
        Ok(())
    }
}

/// An exact sum of numbers, and how many there were.
#[derive(Debug, Clone)]
pub(crate) struct Sum {
    count: u64,
    integers: IntegerSum,
    /// The sum of the doubles.
    floats: Option<Box<ExactSum>>,
}

/// The sum of no numbers.
pub(super) const EMPTY: Sum = Sum {
    count: 0,
    integers: IntegerSum::EMPTY,
    floats: None,
};

impl Sum {
    /// Returns the sum; none when there was no value.
    pub fn total(&self) -> Option<Quantity> {
        if self.count == 0 {
            return None;
        }
        if self.floats.is_none() && self.integers.wraps == 0 && self.integers.large.is_none() {
            return Some(Quantity::Number(Number::Int(self.integers.ints)));
        }
        Some(self.divided_by(1))
    }

    /// Returns the sum divided by the number of values, rounded once; none when there was no value.
    pub fn mean(&self) -> Option<Quantity> {
        (self.count > 0).then(|| self.divided_by(self.count))
    }

    /// Returns a quotient of the sum: an integer when it is one of integers, else the nearest double.
    fn divided_by(&self, divisor: u64) -> Quantity {
        let (units, low) = self.units();
        let divisor = BigUint::from(divisor);
        let (sign, magnitude) = (units.sign(), units.magnitude());
        let whole = magnitude >> low;
        let quotient = &whole / &divisor;
        let is_integer = low == 0 && &quotient * &divisor == whole;
        let nearest = nearest_quotient(magnitude, &divisor, -(low as i64));
        if is_integer || nearest.is_infinite() {
            return Quantity::from_integer(BigInt::from_biguint(sign, quotient));
        }
        let float = if sign == Sign::Minus { -nearest } else { nearest };
        Quantity::Number(Number::from_float(float))
    }

    /// Returns how many values there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the sum in units of 2^-n, and n: 0 when all values were integers.
    pub fn units(&self) -> (BigInt, usize) {
        let integers = self.integers.total();
        match &self.floats {
            None => (integers, 0),
            Some(floats) => (floats.units() + (integers << 1074u32), 1074),
        }
    }

    /// Adds a value; a time is none.
    pub fn add(&mut self, value: &Quantity) {
        match value {
            Quantity::Number(Number::Int(int)) => self.integers.add(*int),
            Quantity::Number(Number::Float(float)) => self.floats.get_or_insert_default().add(*float),
            Quantity::Integer(integer) => self.integers.add_large(integer),
            Quantity::Time(_) => return,
        }
        self.count += 1;
    }

    pub fn merge(&mut self, other: &Sum) {
        self.count += other.count;
        self.integers.merge(&other.integers);
        if let Some(floats) = &other.floats {
            self.floats.get_or_insert_default().merge(floats);
        }
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_le_bytes());
        self.integers.save(out);
        out.push(u8::from(self.floats.is_some()));
        if let Some(floats) = &self.floats {
            floats.save(out);
        }
    }

    /// Adds a sum that was saved, and moves past it.
    pub fn load(&mut self, saved: &mut &[u8]) -> io::Result<()> {
        let count = u64::from_le_bytes(read_array(saved)?);
        self.count = self.count.checked_add(count).ok_or_else(broken)?;
        self.integers.load(saved)?;
        match read_array(saved)? {
            [0] => Ok(()),
            [1] => self.floats.get_or_insert_default().load(saved),
            _ => Err(broken()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[&str]) -> Sum {
        let mut sum = EMPTY;
        for value in values {
            sum.add(&Quantity::parse(value.as_bytes()).expect(value));
        }
        sum
    }

    fn text(quantity: &Quantity) -> String {
        String::from_utf8(quantity.to_bytes()).expect("a number")
    }

    #[test]
    fn integers_that_overflow_lose_nothing() {
        let (max, min) = (i128::MAX.to_string(), i128::MIN.to_string());
        let values = [&*max, &max, "7", &min, &min, &min, &max];
        assert_eq!(sum(&values).total(), Quantity::parse(b"4"));
        let long = "1".repeat(60);
        let total = sum(&[&long, &max, "3"]).total().expect("three values");
        assert_eq!(
            text(&total),
            "111111111111111111111281252294571580342842798414826995216841"
        );
        assert_eq!(
            sum(&[&max, "1"]).total().as_ref().map(text),
            Some("170141183460469231731687303715884105728".into())
        );
    }

    #[test]
    fn means_are_rounded_once() {
        let mean = |values: &[&str]| sum(values).mean().as_ref().map(text);
        assert_eq!(
            mean(&["1152921504606846977", "1152921504606846979"]).as_deref(),
            Some("1152921504606846978")
        );
        assert_eq!(
            mean(&["9007199254740993", "9007199254740992", "0"]).as_deref(),
            Some("6004799503160662")
        );
        assert_eq!(mean(&["0.1", "0.2"]).as_deref(), Some("0.15000000000000002"));
        assert_eq!(mean(&["1.7e308", "1.7e308"]).as_deref(), Some("1.7e308"));
        assert_eq!(mean(&["-1", "0", "0"]).as_deref(), Some("-0.3333333333333333"));
        assert_eq!(mean(&[]), None);
    }
}
