//! The smallest and the largest number. It does not know how numbers compare.

use super::state::{State, same_kind};
use crate::record::Number;
use std::cmp::Ordering;

struct Extreme {
    /// How a value compares to the one that it replaces.
    better: Ordering,
    best: Option<Number>,
}

pub(super) fn new_min() -> Box<dyn State> {
    Box::new(Extreme {
        better: Ordering::Less,
        best: None,
    })
}

pub(super) fn new_max() -> Box<dyn State> {
    Box::new(Extreme {
        better: Ordering::Greater,
        best: None,
    })
}

impl State for Extreme {
    fn add(&mut self, value: Number) {
        if self.best.is_none_or(|best| value.cmp(&best) == self.better) {
            self.best = Some(value);
        }
    }

    fn merge(&mut self, other: &dyn State) {
        if let Some(best) = same_kind::<Extreme>(other).best {
            self.add(best);
        }
    }

    fn reset(&mut self) {
        self.best = None;
    }

    fn save(&self, out: &mut Vec<u8>) {
        match self.best {
            None => out.push(0),
            Some(Number::Int(int)) => {
                out.push(1);
                out.extend_from_slice(&int.to_le_bytes());
            }
            Some(Number::Float(float)) => {
                out.push(2);
                out.extend_from_slice(&float.to_bits().to_le_bytes());
            }
        }
    }

    fn load(&mut self, saved: &mut &[u8]) -> Option<()> {
        let (tag, rest) = saved.split_first()?;
        *saved = match tag {
            0 => rest,
            1 => {
                let (int, rest) = rest.split_first_chunk()?;
                self.add(Number::Int(i128::from_le_bytes(*int)));
                rest
            }
            2 => {
                let (bits, rest) = rest.split_first_chunk()?;
                self.add(Number::Float(f64::from_bits(u64::from_le_bytes(*bits))));
                rest
            }
            _ => return None,
        };
        Some(())
    }

    fn result(&self) -> Option<Number> {
        self.best
    }
}
