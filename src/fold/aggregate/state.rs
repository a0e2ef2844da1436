//! What a fold keeps of one group for one aggregate. It does not know the names of aggregates.

use super::sum::Sum;
use crate::fold::save_format::{broken, read_array};
use crate::record::Number;
use std::io;

/// A fixed amount kept of one group for one aggregate. As for folds, merging is associative and
/// commutative, and a state that has taken nothing is its identity.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// The number of values.
    Count(u64),
    Sum(Sum),
    /// The exact sum, rounded once, divided by the number of values.
    Mean(Sum),
    Min(Option<Number>),
    Max(Option<Number>),
}

impl State {
    /// Takes a value.
    pub fn add(&mut self, value: Number) {
        match self {
            State::Count(count) => *count += 1,
            State::Sum(sum) | State::Mean(sum) => sum.add(value),
            State::Min(least) => *least = Some(least.map_or(value, |least| least.min(value))),
            State::Max(most) => *most = Some(most.map_or(value, |most| most.max(value))),
        }
    }

    /// Adds another state of the same kind.
    pub fn merge(&mut self, other: &State) {
        match (self, other) {
            (State::Count(mine), State::Count(theirs)) => *mine += theirs,
            (State::Sum(mine), State::Sum(theirs)) => mine.merge(theirs),
            (State::Mean(mine), State::Mean(theirs)) => mine.merge(theirs),
            (mine, State::Min(best) | State::Max(best)) => best.iter().for_each(|best| mine.add(*best)),
            _ => unreachable!("states of one column are of one kind"),
        }
    }

    /// Appends the state, so that [`State::load`] knows where it ends.
    pub fn save(&self, out: &mut Vec<u8>) {
        match self {
            State::Count(count) => out.extend_from_slice(&count.to_le_bytes()),
            State::Sum(sum) | State::Mean(sum) => sum.save(out),
            State::Min(None) | State::Max(None) => out.push(0),
            State::Min(Some(Number::Int(int))) | State::Max(Some(Number::Int(int))) => {
                out.push(1);
                out.extend_from_slice(&int.to_le_bytes());
            }
            State::Min(Some(Number::Float(float))) | State::Max(Some(Number::Float(float))) => {
                out.push(2);
                out.extend_from_slice(&float.to_le_bytes());
            }
        }
    }

    /// Adds a state that was saved, and moves past it.
    pub fn load(&mut self, saved: &mut &[u8]) -> io::Result<()> {
        match self {
            State::Count(count) => {
                let more = u64::from_le_bytes(read_array(saved)?);
                *count = count.checked_add(more).ok_or_else(broken)?;
            }
            State::Sum(sum) | State::Mean(sum) => sum.load(saved)?,
            State::Min(_) | State::Max(_) => match read_array(saved)? {
                [0] => {}
                [1] => self.add(Number::Int(i128::from_le_bytes(read_array(saved)?))),
                [2] => self.add(Number::Float(f64::from_le_bytes(read_array(saved)?))),
                _ => return Err(broken()),
            },
        }
        Ok(())
    }

    /// Returns the result; none when the state has taken no value that it needs.
    pub fn result(&self) -> Option<Number> {
        match self {
            State::Count(count) => Some(Number::Int(i128::from(*count))),
            State::Sum(sum) => sum.total(),
            State::Mean(sum) => sum.mean(),
            State::Min(best) | State::Max(best) => *best,
        }
    }
}
