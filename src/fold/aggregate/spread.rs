//! The standard deviation of a sample, from the exact sums of values and of their squares, so that it does not
//! depend on the order of addition; it is rounded once.

use super::sum::{self, IntegerSum, Sum};
use crate::fold::exact_sum::SquareSum;
use crate::fold::quantity::Quantity;
use crate::fold::rounding::nearest_root;
use crate::fold::save_format::{broken, read_array};
use crate::record::Number;
use num_bigint::{BigInt, BigUint};
use std::io;

/// Exact sums of numbers and of their squares.
#[derive(Debug, Clone)]
pub(crate) struct Spread {
    values: Sum,
    /// The squares of the integers.
    integers: IntegerSum,
    /// The squares of the doubles.
    floats: Option<Box<SquareSum>>,
}

impl Default for Spread {
    fn default() -> Self {
        Spread {
            values: sum::EMPTY,
            integers: IntegerSum::EMPTY,
            floats: None,
        }
    }
}

impl Spread {
    /// Adds a value; a time is none.
    pub fn add(&mut self, value: &Quantity) {
        match value {
            Quantity::Number(Number::Int(int)) => match int.checked_mul(*int) {
                Some(square) => self.integers.add(square),
                None => self.integers.add_large(&BigInt::from(*int).pow(2)),
            },
            Quantity::Number(Number::Float(float)) => self.floats.get_or_insert_default().add_square(*float),
            Quantity::Integer(integer) => self.integers.add_large(&integer.pow(2)),
            Quantity::Time(_) => return,
        }
        self.values.add(value);
    }

    pub fn merge(&mut self, other: &Spread) {
        self.values.merge(&other.values);
        self.integers.merge(&other.integers);
        if let Some(floats) = &other.floats {
            self.floats.get_or_insert_default().merge(floats);
        }
    }

    /// Returns the standard deviation of the sample; none of fewer than two values.
    pub fn deviation(&self) -> Option<Quantity> {
        let count = self.values.count();
        if count < 2 {
            return None;
        }
        let (sum, low) = self.values.units();
        let mut squares = self.integers.total();
        if low > 0 {
            squares <<= 2 * low;
        }
        if let Some(floats) = &self.floats {
            squares += floats.units();
        }
        // n Σx² - (Σx)² is never negative, and n (n - 1) times the variance.
        let dividend = squares * count - sum.pow(2);
        let divisor = BigUint::from(count) * (count - 1);
        let root = nearest_root(dividend.magnitude(), &divisor, -(low as i64));
        Some(Quantity::Number(Number::from_float(root)))
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        self.values.save(out);
        self.integers.save(out);
        out.push(u8::from(self.floats.is_some()));
        if let Some(floats) = &self.floats {
            floats.save(out);
        }
    }

    /// Adds a spread that was saved, and moves past it.
    pub fn load(&mut self, saved: &mut &[u8]) -> io::Result<()> {
        self.values.load(saved)?;
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

    #[test]
    fn the_deviation_is_exact_when_sums_of_squares_are_not_doubles() {
        let deviation = |values: &[&str]| {
            let mut spread = Spread::default();
            for value in values {
                spread.add(&Quantity::parse(value.as_bytes()).expect(value));
            }
            spread
                .deviation()
                .map(|deviation| String::from_utf8(deviation.to_bytes()).expect("a number"))
        };
        assert_eq!(deviation(&["5"]), None);
        assert_eq!(deviation(&["5", "5"]).as_deref(), Some("0"));
        assert_eq!(
            deviation(&["2", "4", "4", "4", "5", "5", "7", "9"]).as_deref(),
            Some("2.138089935299395")
        );
        assert_eq!(
            deviation(&["1000000000000000000001", "1000000000000000000003"]).as_deref(),
            Some("1.4142135623730951")
        );
        assert_eq!(
            deviation(&["0.1", "0.2", "0.4"]).as_deref(),
            Some("0.15275252316519466")
        );
        assert_eq!(
            deviation(&["1e300", "-1e300"]).as_deref(),
            Some("1.4142135623730952e300")
        );
        let long = "3".repeat(50);
        assert_eq!(deviation(&[&long, &long]).as_deref(), Some("0"));
    }
}
