//! What a fold keeps of one group for one aggregate. It does not know the names of aggregates.

use super::best::{Best, Direction};
use super::spread::Spread;
use super::sum::Sum;
use crate::fold::quantity::Quantity;
use crate::fold::save_format::{broken, read_array};
use crate::record::Number;
use std::io;

/// A fixed amount kept of one group for one aggregate. As for folds, merging is associative and
/// commutative, and a state that has taken nothing is its identity.
#[derive(Debug, Clone)]
pub(crate) enum AggregateState {
    /// How many numbers there were.
    Count(u64),
    Sum(Sum),
    /// The exact sum divided by the number of values, rounded once.
    Mean(Sum),
    /// The standard deviation of the sample.
    Deviation(Option<Box<Spread>>),
    /// The least or the greatest value.
    Best(Direction, Best),
}

impl AggregateState {
    /// Takes a value.
    pub fn add(&mut self, value: &Quantity) {
        match self {
            Self::Count(count) => *count += u64::from(value.is_number()),
            Self::Sum(sum) | Self::Mean(sum) => sum.add(value),
            Self::Deviation(spread) => spread.get_or_insert_default().add(value),
            Self::Best(direction, best) => best.add(*direction, value),
        }
    }

    /// Adds another state of the same kind.
    pub fn merge(&mut self, other: &AggregateState) {
        match (self, other) {
            (Self::Count(mine), Self::Count(theirs)) => *mine += theirs,
            (Self::Sum(mine), Self::Sum(theirs)) => mine.merge(theirs),
            (Self::Mean(mine), Self::Mean(theirs)) => mine.merge(theirs),
            (Self::Deviation(mine), Self::Deviation(theirs)) => {
                if let Some(theirs) = theirs {
                    mine.get_or_insert_default().merge(theirs);
                }
            }
            (Self::Best(direction, mine), Self::Best(_, theirs)) => mine.merge(*direction, theirs),
            _ => unreachable!("states of one column are of one kind"),
        }
    }

    /// Appends the state, so that [`AggregateState::load`] knows where it ends.
    pub fn save(&self, out: &mut Vec<u8>) {
        match self {
            Self::Count(count) => out.extend_from_slice(&count.to_le_bytes()),
            Self::Sum(sum) | Self::Mean(sum) => sum.save(out),
            Self::Deviation(spread) => {
                out.push(u8::from(spread.is_some()));
                if let Some(spread) = spread {
                    spread.save(out);
                }
            }
            Self::Best(_, best) => best.save(out),
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
            Self::Deviation(spread) => match read_array(saved)? {
                [0] => {}
                [1] => spread.get_or_insert_default().load(saved)?,
                _ => return Err(broken()),
            },
            Self::Best(direction, best) => best.load(*direction, saved)?,
        }
        Ok(())
    }

    /// Returns the result; none when the state has taken no value that it needs.
    pub fn result(&self) -> Option<Quantity> {
        match self {
            Self::Count(count) => Some(Quantity::Number(Number::Int(i128::from(*count)))),
            Self::Sum(sum) => sum.total(),
            Self::Mean(sum) => sum.mean(),
            Self::Deviation(spread) => spread.as_ref()?.deviation(),
            Self::Best(_, best) => best.value().cloned(),
        }
    }
}
