//! The exact sum: integers to 128 bits and beyond; doubles, which are rounded only at the end.

use crate::fold::exact_sum::ExactSum;
use crate::fold::save_format::{broken, read_array};
use crate::record::Number;
use std::io;

/// An exact sum of numbers, and how many there were.
#[derive(Debug, Clone)]
pub(crate) struct Sum {
    count: u64,
    /// The sum of the integers, modulo 2^128.
    ints: i128,
    /// How often `ints` wrapped upwards, less how often downwards.
    wraps: i64,
    /// The sum of the doubles.
    floats: Option<Box<ExactSum>>,
}

/// The sum of no numbers.
pub(super) const EMPTY: Sum = Sum {
    count: 0,
    ints: 0,
    wraps: 0,
    floats: None,
};

impl Sum {
    fn add_int(&mut self, int: i128) {
        let (sum, overflowed) = self.ints.overflowing_add(int);
        if overflowed {
            self.wraps += int.signum() as i64;
        }
        self.ints = sum;
    }

    /// Returns the sum as one number; none when there was no value.
    pub fn total(&self) -> Option<Number> {
        if self.count == 0 {
            return None;
        }
        if self.wraps == 0 && self.floats.is_none() {
            return Some(Number::Int(self.ints));
        }
        let mut all = self.floats.as_deref().cloned().unwrap_or_default();
        all.add_int(self.ints);
        all.add_wraps(self.wraps);
        Some(Number::from_float(all.value()))
    }

    /// Returns the sum, rounded once, divided by the number of values.
    pub fn mean(&self) -> Option<Number> {
        let total = self.total()?.to_float();
        Some(Number::from_float(total / self.count as f64))
    }

    pub fn add(&mut self, value: Number) {
        self.count += 1;
        match value {
            Number::Int(int) => self.add_int(int),
            Number::Float(float) => self.floats.get_or_insert_default().add(float),
        }
    }

    pub fn merge(&mut self, other: &Sum) {
        self.count += other.count;
        self.add_int(other.ints);
        self.wraps += other.wraps;
        if let Some(floats) = &other.floats {
            self.floats.get_or_insert_default().merge(floats);
        }
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.ints.to_le_bytes());
        out.extend_from_slice(&self.wraps.to_le_bytes());
        out.push(u8::from(self.floats.is_some()));
        if let Some(floats) = &self.floats {
            floats.save(out);
        }
    }

    /// Adds a sum that was saved, and moves past it.
    pub fn load(&mut self, saved: &mut &[u8]) -> io::Result<()> {
        let count = u64::from_le_bytes(read_array(saved)?);
        self.count = self.count.checked_add(count).ok_or_else(broken)?;
        self.add_int(i128::from_le_bytes(read_array(saved)?));
        let wraps = i64::from_le_bytes(read_array(saved)?);
        self.wraps = self.wraps.checked_add(wraps).ok_or_else(broken)?;
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
    fn integers_that_overflow_lose_nothing() {
        let mut sum = EMPTY;
        let (max, min) = (i128::MAX, i128::MIN);
        for int in [max, max, 7, min, min, min, max] {
            sum.add(Number::Int(int));
        }
        assert_eq!(sum.total(), Some(Number::Int(4)));
    }
}
