//! The number of values. It does not know what they are.

use super::state::{State, same_kind};
use crate::record::Number;

struct Count(u64);

pub(super) fn new() -> Box<dyn State> {
    Box::new(Count(0))
}

impl State for Count {
    fn add(&mut self, _value: Number) {
        self.0 += 1;
    }

    fn add_ones(&mut self, times: u64) {
        self.0 += times;
    }

    fn merge(&mut self, other: &dyn State) {
        self.0 += same_kind::<Count>(other).0;
    }

    fn reset(&mut self) {
        self.0 = 0;
    }

    fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_le_bytes());
    }

    fn load(&mut self, saved: &mut &[u8]) -> Option<()> {
        let (count, rest) = saved.split_first_chunk()?;
        self.0 = self.0.checked_add(u64::from_le_bytes(*count))?;
        *saved = rest;
        Some(())
    }

    fn result(&self) -> Option<Number> {
        Some(Number::Int(i128::from(self.0)))
    }
}
