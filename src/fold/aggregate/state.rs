//! What a fold keeps of one group for one aggregate. It does not know which aggregates there are.

use crate::record::Number;
use std::any::Any;

/// A fixed amount kept of one group for one aggregate. As for folds, merging is associative and
/// commutative, and a state that has taken nothing is its identity.
pub(in crate::fold) trait State: Any + Send {
    /// Takes a value.
    fn add(&mut self, value: Number);

    /// Takes 1 so many times.
    fn add_ones(&mut self, times: u64) {
        for _ in 0..times {
            self.add(Number::Int(1));
        }
    }

    /// Adds another state of the same kind.
    fn merge(&mut self, other: &dyn State);

    /// Forgets everything.
    fn reset(&mut self);

    /// Appends the state, so that [`State::load`] knows where it ends.
    fn save(&self, out: &mut Vec<u8>);

    /// Adds a state that was saved, and moves past it; returns none when it is broken.
    fn load(&mut self, saved: &mut &[u8]) -> Option<()>;

    /// Returns the result; none when the state has taken no value that it needs.
    fn result(&self) -> Option<Number>;
}

/// A kind of state: makes one that has taken nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StateKind(fn() -> Box<dyn State>);

impl StateKind {
    pub(super) const fn new(start: fn() -> Box<dyn State>) -> StateKind {
        StateKind(start)
    }

    pub(in crate::fold) fn start(self) -> Box<dyn State> {
        (self.0)()
    }
}

/// Returns the other state of a merge, which is of the same kind.
pub(super) fn same_kind<S: State>(other: &dyn State) -> &S {
    let other: &dyn Any = other;
    other
        .downcast_ref()
        .expect("states of one column are of one kind")
}
