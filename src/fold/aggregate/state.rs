//! What a fold keeps of one group for one aggregate. It does not know the names of aggregates.

use super::sum::Sum;
use crate::fold::save_format::{broken, read_array};
use crate::record::Number;
use std::io;

/// A fixed amount kept of one group for one aggregate. As for folds, merging is associative and
/// commutative, and a state that has taken nothing is its identity.
#[derive(Debug, Clone)]
pub(crate) enum AggregateState {
    /// The number of values.
    Count(u64),
    Sum(Sum),
    /// The exact sum, rounded once, divided by the number of values.
    Mean(Sum),
    Min(Option<Number>),
    Max(Option<Number>),
}

impl AggregateState {
    /// Takes a value.
    pub fn add(&mut self, value: Number) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Sum(sum) | Self::Mean(sum) => sum.add(value),
            Self::Min(least) => *least = Some(least.map_or(value, |least| least.min(value))),
            Self::Max(most) => *most = Some(most.map_or(value, |most| most.max(value))),
        }
    }

    /// Adds another state of the same kind.
    pub fn merge(&mut self, other: &AggregateState) {
        match (self, other) {
            (Self::Count(mine), Self::Count(theirs)) => *mine += theirs,
            (Self::Sum(mine), Self::Sum(theirs)) => mine.merge(theirs),
            (Self::Mean(mine), Self::Mean(theirs)) => mine.merge(theirs),
            (mine, Self::Min(best) | Self::Max(best)) => best.iter().for_each(|best| mine.add(*best)),
            _ => unreachable!("states of one column are of one kind"),
        }
    }

    /// Appends the state, so that [`AggregateState::load`] knows where it ends.
    pub fn save(&self, out: &mut Vec<u8>) {
        match self {
            Self::Count(count) => out.extend_from_slice(&count.to_le_bytes()),
            Self::Sum(sum) | Self::Mean(sum) => sum.save(out),
            Self::Min(None) | Self::Max(None) => out.push(0),
            Self::Min(Some(Number::Int(int))) | Self::Max(Some(Number::Int(int))) => {
                out.push(1);
                out.extend_from_slice(&int.to_le_bytes());
            }
            Self::Min(Some(Number::Float(float))) | Self::Max(Some(Number::Float(float))) => {
                out.push(2);
                out.extend_from_slice(&float.to_le_bytes());
            }
        }
    }

    /// Adds a state that was saved, and moves past it.
    pub fn load(&mut self, saved: &mut &[u8]) -> io::Result<()> {
        match self {
            Self::Count(count) => {
                let more = u64::from_le_bytes(read_array(saved)?);
                *count = count.checked_add(more).ok_or_else(broken)?;
            }
            Self::Sum(sum) | Self::Mean(sum) => sum.load(saved)?,
            Self::Min(_) | Self::Max(_) => match read_array(saved)? {
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
            Self::Count(count) => Some(Number::Int(i128::from(*count))),
            Self::Sum(sum) => sum.total(),
            Self::Mean(sum) => sum.mean(),
            Self::Min(best) | Self::Max(best) => *best,
        }
    }
}
