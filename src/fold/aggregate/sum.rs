//! The exact sum: integers to 128 bits and beyond; doubles, which are rounded only at the end.

use super::state::{State, same_kind};
use crate::fold::exact_sum::ExactSum;
use crate::record::Number;

/// An exact sum of numbers, and how many there were.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub count: u64,
    /// The sum of the integers, modulo 2^128.
    ints: i128,
    /// How often `ints` wrapped upwards, less how often downwards.
    wraps: i64,
    /// The sum of the doubles.
    floats: Option<Box<ExactSum>>,
}

pub(super) fn new() -> Box<dyn State> {
    Box::new(Sum::default())
}

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
}

impl State for Sum {
    fn add(&mut self, value: Number) {
        self.count += 1;
        match value {
            Number::Int(int) => self.add_int(int),
            Number::Float(float) => self.floats.get_or_insert_default().add(float),
        }
    }

    fn merge(&mut self, other: &dyn State) {
        let other = same_kind::<Sum>(other);
        self.count += other.count;
        self.add_int(other.ints);
        self.wraps += other.wraps;
        if let Some(floats) = &other.floats {
            self.floats.get_or_insert_default().merge(floats);
        }
    }

    fn reset(&mut self) {
        *self = Sum::default();
    }

    fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.ints.to_le_bytes());
        out.extend_from_slice(&self.wraps.to_le_bytes());
        out.push(u8::from(self.floats.is_some()));
        if let Some(floats) = &self.floats {
            floats.save(out);
        }
    }

    fn load(&mut self, saved: &mut &[u8]) -> Option<()> {
        let (count, rest) = saved.split_first_chunk()?;
        let (ints, rest) = rest.split_first_chunk()?;
        let (wraps, rest) = rest.split_first_chunk()?;
        let (&has_floats, rest) = rest.split_first()?;
        *saved = rest;
        self.count = self.count.checked_add(u64::from_le_bytes(*count))?;
        self.add_int(i128::from_le_bytes(*ints));
        self.wraps = self.wraps.checked_add(i64::from_le_bytes(*wraps))?;
        match has_floats {
            0 => Some(()),
            1 => self.floats.get_or_insert_default().load(saved),
            _ => None,
        }
    }

    fn result(&self) -> Option<Number> {
        self.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_that_overflow_lose_nothing() {
        let mut sum = Sum::default();
        for int in [
            i128::MAX,
            i128::MAX,
            7,
            i128::MIN,
            i128::MIN,
            i128::MIN,
            i128::MAX,
        ] {
            sum.add(Number::Int(int));
        }
        assert_eq!(sum.total(), Some(Number::Int(4)));
    }
}
