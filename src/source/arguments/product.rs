//! Combines the values of several sources: each with each, or side by side.
//!
//! It does not know how values are read.

use super::record::{Record, RecordResult};
use super::values::Values;
use crate::plan::{ArgumentSources, Link};
use std::ffi::OsString;
use std::io;

/// Yields records. Of the first sources, no more is held than the record at hand.
pub(super) struct Records {
    /// What comes from the first sources that belong together.
    first: Box<dyn Iterator<Item = RecordResult> + Send>,
    /// What is combined with each of it.
    others: Vec<Vec<Record>>,
    /// The record of the first sources, and which of the others comes next.
    at_hand: Option<(Record, Vec<usize>)>,
}

impl Records {
    /// Opens the sources.
    ///
    /// # Errors
    /// When one can't be opened or read, with its name.
    pub(super) fn open(sources: &ArgumentSources) -> Result<Self, (OsString, io::Error)> {
        let mut groups: Vec<(Link, Vec<Values>)> = Vec::new();
        for source in &sources.sources {
            let values = Values::open(sources, source)?;
            match (source.link, groups.last_mut()) {
                (Link::Pairs | Link::Wrap, Some(group)) => {
                    group.0 = source.link;
                    group.1.push(values);
                }
                _ => groups.push((Link::Product, vec![values])),
            }
        }
        let widths: Vec<_> = groups.iter().map(|(_, group)| group.len()).collect();
        let mut groups = groups.into_iter().map(linked);
        let first = groups.next().unwrap_or_else(|| Box::new(std::iter::empty()));
        let mut others = Vec::new();
        for group in groups {
            let records: Result<Vec<_>, _> = group.collect();
            others.push(records.map_err(|error| ("input".into(), io::Error::other(error.to_string())))?);
        }
        if others.is_empty() {
            return Ok(Records {
                first,
                others,
                at_hand: None,
            });
        }
        // Among sources with values, one without any counts as one empty value.
        let mut first = first.peekable();
        let is_empty = first.peek().is_none() && others.iter().all(Vec::is_empty);
        let blank = |width: usize| vec![Vec::new(); width];
        for (others, width) in others.iter_mut().zip(&widths[1..]) {
            if others.is_empty() && !is_empty {
                others.push(blank(*width));
            }
        }
        let first: Box<dyn Iterator<Item = RecordResult> + Send> = match first.peek() {
            None if !is_empty => Box::new(std::iter::once(Ok(blank(widths[0])))),
            _ => Box::new(first),
        };
        Ok(Records {
            first,
            others,
            at_hand: None,
        })
    }
}

/// Returns the records of sources that belong together.
fn linked((link, mut group): (Link, Vec<Values>)) -> Box<dyn Iterator<Item = RecordResult> + Send> {
    match (link, group.len()) {
        (_, 1) => Box::new(group.remove(0)),
        (Link::Wrap, _) => match group
            .into_iter()
            .map(Iterator::collect)
            .collect::<Result<Vec<Vec<_>>, _>>()
        {
            Ok(sources) => Box::new(wrapped(sources).into_iter().map(Ok)),
            Err(error) => Box::new(std::iter::once(Err(error))),
        },
        _ => Box::new(std::iter::from_fn(move || {
            let values: Option<Result<Vec<_>, _>> = group.iter_mut().map(Iterator::next).collect();
            values.map(|values| values.map(|values| values.concat()))
        })),
    }
}

/// Puts values side by side until the longest source ends; the others begin anew.
fn wrapped(sources: Vec<Vec<Record>>) -> Vec<Record> {
    let longest = sources.iter().map(Vec::len).max().unwrap_or(0);
    let filled = || sources.iter().filter(|source| !source.is_empty());
    (0..longest)
        .map(|at| {
            filled()
                .flat_map(|source| source[at % source.len()].clone())
                .collect()
        })
        .collect()
}

impl Iterator for Records {
    type Item = RecordResult;

    fn next(&mut self) -> Option<RecordResult> {
        if self.others.is_empty() {
            return self.first.next();
        }
        if self.at_hand.is_none() {
            match self.first.next()? {
                Ok(record) => self.at_hand = Some((record, vec![0; self.others.len()])),
                Err(error) => return Some(Err(error)),
            }
        }
        let (first, places) = self.at_hand.as_mut()?;
        let mut record = first.clone();
        let chosen = self
            .others
            .iter()
            .zip(&*places)
            .flat_map(|(source, &at)| source[at].clone());
        record.extend(chosen);
        let mut carry = true;
        for (place, source) in places.iter_mut().zip(&self.others).rev() {
            *place += 1;
            if *place < source.len() {
                carry = false;
                break;
            }
            *place = 0;
        }
        if carry {
            self.at_hand = None;
        }
        Some(Ok(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ArgumentOrigin, ArgumentSource, BlankValue, ReadAhead, RecordGroup, Trim};
    use std::num::NonZeroUsize;

    fn records(sources: &[(Link, &str)]) -> String {
        let source = |&(link, values): &(Link, &str)| ArgumentSource {
            from: ArgumentOrigin::Words(values.split_whitespace().map(OsString::from).collect()),
            link,
            has_name: false,
        };
        let sources = ArgumentSources {
            sources: sources.iter().map(source).collect(),
            terminator: b"\n".to_vec(),
            columns: None,
            end: None,
            blank: BlankValue::Keep,
            trim: Trim::default(),
            continued: false,
            ahead: ReadAhead::Some,
            group: RecordGroup::Count(NonZeroUsize::MIN),
        };
        let records = Records::open(&sources).expect("words");
        let text = |record: RecordResult| String::from_utf8(record.expect("words").concat()).expect("text");
        records.map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn sources_are_combined_as_gnu_parallel_does() {
        use Link::{Pairs, Product, Wrap};
        for (sources, expected) in [
            (&[(Product, "a b"), (Product, "1 2 3")][..], "a1 a2 a3 b1 b2 b3"),
            (&[(Product, "a b"), (Pairs, "1 2 3")], "a1 b2"),
            (
                &[(Product, "a b c"), (Pairs, "1 2 3"), (Product, "x y")],
                "a1x a1y b2x b2y c3x c3y",
            ),
            (
                &[(Product, "a b"), (Product, "x y"), (Pairs, "1 2")],
                "ax1 ay2 bx1 by2",
            ),
            (&[(Product, "a b"), (Wrap, "c"), (Wrap, "d e f")], "acd bce acf"),
            (&[(Product, "a b"), (Product, ""), (Product, "c")], "ac bc"),
            (&[(Product, ""), (Product, "a b")], "a b"),
            (&[(Product, ""), (Product, "")], ""),
        ] {
            assert_eq!(records(sources), expected, "{sources:?}");
        }
    }
}
