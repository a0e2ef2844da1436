//! The table of aggregates, and how their names are read.
//!
//! An aggregate that keeps a fixed amount of each group has a [`AggregateState`]. One that needs all values
//! (`pNN`, `distinct`) is computed by the group fold from counted pairs of key and value, which
//! spill like any other table, so that one group may be larger than memory.

mod best;
mod spread;
mod state;
mod sum;

pub(super) use state::AggregateState;

use crate::record::NoteKind;
use crate::record::suggest::{nearest, quoted};
use anyhow::{Result, anyhow, bail};
use best::{Best, Direction};

/// One row of the table of aggregates.
#[derive(Debug)]
pub(crate) struct AggregateEntry {
    /// What is typed; `pNN` stands for all percentiles.
    pub name: &'static str,
    /// One line for `fanfold list`.
    pub help: &'static str,
    /// Other words for it, which only suggestions understand.
    words: &'static [&'static str],
    takes_field: bool,
    kind: AggregateKind,
}

/// How an aggregate is computed.
#[derive(Debug, Clone)]
pub(crate) enum AggregateKind {
    /// From a fixed amount that is kept of each group; this one has taken nothing.
    State(AggregateState),
    /// As the value of nearest rank at this many millionths of a percent.
    Percentile(u64),
    /// As the number of different values, compared as bytes.
    Distinct,
}

/// How a value is read. A value that is read in several ways must be good in the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Reading {
    /// As bytes, which are always good.
    #[default]
    Bytes,
    /// As `1`, which counts, or `0`.
    Truth,
    /// As a number or a time: any other value is bad.
    Ordered,
    /// As a number: any other value is bad.
    Number,
}

/// The known aggregates.
pub(crate) static AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry {
        name: "count",
        help: "how many records; count:(EXPR), of those for which EXPR holds, as in --where",
        words: &["number", "n", "len", "total"],
        takes_field: false,
        kind: AggregateKind::State(AggregateState::Count(0)),
    },
    AggregateEntry {
        name: "sum",
        help: "sum:FIELD, exact",
        words: &["add"],
        takes_field: true,
        kind: AggregateKind::State(AggregateState::Sum(sum::EMPTY)),
    },
    AggregateEntry {
        name: "mean",
        help: "mean:FIELD, the exact sum by the number of values, rounded once",
        words: &["avg", "average"],
        takes_field: true,
        kind: AggregateKind::State(AggregateState::Mean(sum::EMPTY)),
    },
    AggregateEntry {
        name: "stddev",
        help: "stddev:FIELD, the sample's standard deviation, from exact sums, rounded once",
        words: &["sd", "std", "stdev", "deviation", "variance", "var"],
        takes_field: true,
        kind: AggregateKind::State(AggregateState::Deviation(None)),
    },
    AggregateEntry {
        name: "min",
        help: "min:FIELD, the smallest number or the earliest time, as it was written",
        words: &["least", "smallest", "minimum"],
        takes_field: true,
        kind: AggregateKind::State(AggregateState::Best(Direction::Least, Best::EMPTY)),
    },
    AggregateEntry {
        name: "max",
        help: "max:FIELD, the largest number or the latest time, as it was written",
        words: &["most", "largest", "maximum"],
        takes_field: true,
        kind: AggregateKind::State(AggregateState::Best(Direction::Greatest, Best::EMPTY)),
    },
    AggregateEntry {
        name: "pNN",
        help: "p50:FIELD, p95:FIELD, p99.9:FIELD …: the number of nearest rank, exact",
        words: &["p50", "median", "percentile", "quantile"],
        takes_field: true,
        kind: AggregateKind::Percentile(50_000_000),
    },
    AggregateEntry {
        name: "distinct",
        help: "distinct:FIELD, how many different values, exact",
        words: &["unique", "uniq", "cardinality"],
        takes_field: true,
        kind: AggregateKind::Distinct,
    },
];

impl AggregateKind {
    /// Reads `NAME` or `NAME:FIELD`, and returns the kind and the field's text.
    ///
    /// # Errors
    /// An unknown name, with the known ones; a field too many; a missing field.
    pub fn parse(text: &str) -> Result<(AggregateKind, Option<&str>)> {
        let (name, field) = match text.split_once(':') {
            Some((name, field)) => (name, Some(field)),
            None => (text, None),
        };
        let (kind, takes_field) = match parse_percentile(name)? {
            Some(kind) => (kind, true),
            None => {
                let known = AGGREGATES
                    .iter()
                    .find(|entry| entry.name == name && name != "pNN");
                known
                    .map(|entry| (entry.kind.clone(), entry.takes_field))
                    .ok_or_else(|| unknown(name))?
            }
        };
        match (takes_field, field) {
            (true, None | Some("")) => bail!("aggregate {} needs a field: {name}:FIELD", quoted(text)),
            (false, Some(_)) => bail!("aggregate '{name}' takes no field"),
            _ => Ok((kind, field)),
        }
    }

    /// Returns the kind of note about values that the aggregate can't read.
    pub(crate) fn note(&self) -> Option<NoteKind> {
        match self.reading() {
            Reading::Bytes | Reading::Truth => None,
            Reading::Ordered => Some(NoteKind::NotOrdered),
            Reading::Number => Some(NoteKind::NoNumber),
        }
    }

    /// Returns how the aggregate reads values.
    pub(super) fn reading(&self) -> Reading {
        match self {
            AggregateKind::Distinct => Reading::Bytes,
            AggregateKind::State(AggregateState::Count(_)) => Reading::Truth,
            AggregateKind::State(AggregateState::Best(..)) => Reading::Ordered,
            AggregateKind::State(_) | AggregateKind::Percentile(_) => Reading::Number,
        }
    }
}

/// Reads `p` and a decimal from 0 to 100 with at most six places.
fn parse_percentile(name: &str) -> Result<Option<AggregateKind>> {
    let Some(digits) = name
        .strip_prefix('p')
        .filter(|d| d.starts_with(|c: char| c.is_ascii_digit()))
    else {
        return Ok(None);
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let decimal = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() <= 3 && places.len() <= 6 && decimal(whole) && decimal(places) {
        let millionths: u64 = format!("{whole}{places:0<6}").parse()?;
        if millionths <= 100_000_000 {
            return Ok(Some(AggregateKind::Percentile(millionths)));
        }
    }
    // As SQL has it, which `unknown` answers.
    if name.ends_with(')') {
        return Ok(None);
    }
    bail!("percentile {} is not p0 to p100", quoted(name))
}

fn unknown(name: &str) -> anyhow::Error {
    let known: Vec<_> = AGGREGATES.iter().map(|entry| entry.name).collect();
    let words = AGGREGATES
        .iter()
        .flat_map(|entry| entry.words.iter().chain([&entry.name]));
    let near = nearest(name, words.copied()).and_then(|word| {
        let entry = AGGREGATES
            .iter()
            .find(|entry| entry.name == word || entry.words.contains(&word))?;
        Some(if entry.name == "pNN" { "p50" } else { entry.name })
    });
    // As SQL has it.
    let call = name.strip_suffix(')').and_then(|call| call.split_once('('));
    let call = call.map(|(function, of)| format!("{}:{of}", function.to_lowercase()));
    let mean = call.or(near.map(str::to_owned));
    let mean = mean.map_or_else(String::new, |mean| format!("; did you mean '{mean}'?"));
    anyhow!(
        "unknown aggregate {} (known: {}){mean}",
        quoted(name),
        known.join(", ")
    )
}

/// Returns the rank, from 1, that is nearest to `millionths` of a percent of `n`.
pub(super) fn nearest_rank(millionths: u64, n: u64) -> u64 {
    let rank = (u128::from(millionths) * u128::from(n)).div_ceil(100_000_000);
    u64::try_from(rank).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_slips_are_met_with_a_suggestion() {
        let refusal = |text: &str| AggregateKind::parse(text).expect_err(text).to_string();
        assert!(matches!(
            AggregateKind::parse("count"),
            Ok((AggregateKind::State(_), None))
        ));
        assert!(matches!(
            AggregateKind::parse("p95:bytes"),
            Ok((AggregateKind::Percentile(95_000_000), Some("bytes")))
        ));
        assert!(matches!(
            AggregateKind::parse("p99.9:1"),
            Ok((AggregateKind::Percentile(99_900_000), Some("1")))
        ));
        assert!(matches!(
            AggregateKind::parse("distinct:a:lower"),
            Ok((AggregateKind::Distinct, Some("a:lower")))
        ));
        assert_eq!(
            refusal("medain:x"),
            "unknown aggregate 'medain' (known: count, sum, mean, stddev, min, max, pNN, distinct); did you mean 'p50'?"
        );
        assert!(refusal("sum").contains("sum:FIELD"));
        assert!(refusal("count:x").contains("no field"));
        for text in ["p101:x", "p:x", "p1x:x", "pNN:x", "p1.1234567:x"] {
            assert!(AggregateKind::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_nearest_rank_is_exact() {
        assert_eq!(nearest_rank(50_000_000, 4), 2);
        assert_eq!(nearest_rank(50_000_000, 5), 3);
        assert_eq!(nearest_rank(0, 5), 1);
        assert_eq!(nearest_rank(100_000_000, 5), 5);
        assert_eq!(nearest_rank(95_000_000, 20), 19);
        assert_eq!(nearest_rank(95_000_000, u64::MAX), 17_524_406_870_024_074_035);
    }
}
