//! The mean: the exact sum, rounded once, divided by the number of values.

use super::state::{State, same_kind};
use super::sum::Sum;
use crate::record::Number;

#[derive(Debug, Default)]
struct Mean(Sum);

pub(super) fn new() -> Box<dyn State> {
    Box::new(Mean::default())
}

impl State for Mean {
    fn add(&mut self, value: Number) {
        self.0.add(value);
    }

    fn merge(&mut self, other: &dyn State) {
        self.0.merge(&same_kind::<Mean>(other).0);
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn save(&self, out: &mut Vec<u8>) {
        self.0.save(out);
    }

    fn load(&mut self, saved: &mut &[u8]) -> Option<()> {
        self.0.load(saved)
    }

    fn result(&self) -> Option<Number> {
        let total = self.0.total()?;
        Some(Number::from_float(total.to_float() / self.0.count as f64))
    }
}
