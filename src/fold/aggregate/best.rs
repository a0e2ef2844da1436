//! The least or the greatest of values that have an order.

use crate::fold::quantity::{Quantity, TimeText};
use crate::fold::save_format::{broken, read_array};
use crate::record::Number;
use num_bigint::BigInt;
use std::cmp::Ordering;
use std::io;

/// Which value is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Least,
    Greatest,
}

/// The best of the values that were added.
#[derive(Debug, Clone)]
pub(crate) struct Best(Option<Quantity>);

// The forms of a saved value.
const NONE: u8 = 0;
const INT: u8 = 1;
const FLOAT: u8 = 2;
const INTEGER: u8 = 3;
const TIME: u8 = 4;

impl Best {
    pub const EMPTY: Best = Best(None);

    #[inline]
    pub fn add(&mut self, direction: Direction, value: &Quantity) {
        let better = match direction {
            Direction::Least => Ordering::Less,
            Direction::Greatest => Ordering::Greater,
        };
        if self.0.as_ref().is_none_or(|best| value.order(best) == better) {
            self.0 = Some(value.clone());
        }
    }

    pub fn merge(&mut self, direction: Direction, other: &Best) {
        if let Some(value) = &other.0 {
            self.add(direction, value);
        }
    }

    pub fn value(&self) -> Option<&Quantity> {
        self.0.as_ref()
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        let mut put = |form, bytes: &[u8]| {
            out.push(form);
            out.extend_from_slice(bytes);
        };
        match &self.0 {
            None => put(NONE, b""),
            Some(Quantity::Number(Number::Int(int))) => put(INT, &int.to_le_bytes()),
            Some(Quantity::Number(Number::Float(float))) => put(FLOAT, &float.to_le_bytes()),
            Some(Quantity::Integer(integer)) => {
                let bytes = integer.to_signed_bytes_le();
                put(INTEGER, &(bytes.len() as u32).to_le_bytes());
                out.extend_from_slice(&bytes);
            }
            Some(Quantity::Time(time)) => {
                put(TIME, &time.instant.0.to_le_bytes());
                out.extend_from_slice(&time.instant.1.to_le_bytes());
                out.extend_from_slice(&(time.text.len() as u32).to_le_bytes());
                out.extend_from_slice(&time.text);
            }
        }
    }

    /// Adds a value that was saved, and moves past it.
    pub fn load(&mut self, direction: Direction, saved: &mut &[u8]) -> io::Result<()> {
        let value = match read_array(saved)? {
            [NONE] => return Ok(()),
            [INT] => Quantity::Number(Number::Int(i128::from_le_bytes(read_array(saved)?))),
            [FLOAT] => Quantity::Number(Number::Float(f64::from_le_bytes(read_array(saved)?))),
            [INTEGER] => Quantity::Integer(Box::new(BigInt::from_signed_bytes_le(read_bytes(saved)?))),
            [TIME] => {
                let second = i64::from_le_bytes(read_array(saved)?);
                let instant = (second, i32::from_le_bytes(read_array(saved)?));
                let text = read_bytes(saved)?.into();
                Quantity::Time(Box::new(TimeText { instant, text }))
            }
            _ => return Err(broken()),
        };
        self.add(direction, &value);
        Ok(())
    }
}

/// Reads bytes that follow their length.
fn read_bytes<'a>(saved: &mut &'a [u8]) -> io::Result<&'a [u8]> {
    let length = u32::from_le_bytes(read_array(saved)?);
    let (bytes, rest) = saved.split_at_checked(length as usize).ok_or_else(broken)?;
    *saved = rest;
    Ok(bytes)
}
