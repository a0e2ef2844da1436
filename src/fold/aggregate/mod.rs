//! What is kept of each group: the table of aggregates, and what each must do.
//!
//! An aggregate that keeps a fixed amount of each group is a [`State`]. One that needs all values
//! (`pNN`, `distinct`) is computed by the group fold from counted pairs of key and value, which
//! spill like any other table, so that one group may be larger than memory.

mod count;
mod extreme;
mod mean;
mod sum;

use crate::record::Number;
use crate::record::suggest::{nearest, quoted};
use anyhow::{Result, anyhow, bail};
use std::any::Any;

/// What is kept of one group for one aggregate. As a fold: merging is associative and
/// commutative, and a state that has taken nothing is its identity.
pub(super) trait State: Any + Send {
    /// Takes a value.
    fn add(&mut self, value: Number);
    /// Takes so many times a value of which only matters that it is one.
    fn add_many(&mut self, times: u64) {
        for _ in 0..times {
            self.add(Number::Int(1));
        }
    }
    /// Adds another state of the same kind.
    fn merge(&mut self, other: &dyn State);
    /// Forgets everything.
    fn reset(&mut self);
    /// Writes it, so that [`State::load`] knows where it ends.
    fn save(&self, out: &mut Vec<u8>);
    /// Adds what was saved, and moves past it; `None` when it is broken.
    fn load(&mut self, saved: &mut &[u8]) -> Option<()>;
    /// What it comes to; `None` when no value was taken that it could come from.
    fn result(&self) -> Option<Number>;
}

/// Makes a state that has taken nothing.
pub(super) type NewState = fn() -> Box<dyn State>;

/// One row of the table of aggregates.
#[derive(Debug)]
pub struct AggregateEntry {
    /// What is typed; `pNN` stands for all percentiles.
    pub name: &'static str,
    /// What it gives, in one line.
    pub help: &'static str,
    /// Other words for it, which are only understood in suggestions.
    words: &'static [&'static str],
    takes_field: bool,
    kind: Kind,
}

/// How an aggregate is computed.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A fixed amount is kept of each group.
    State(StateKind),
    /// The value of nearest rank at this many millionths of a percent.
    Percentile(u64),
    /// How many different values there are, as bytes.
    Distinct,
}

/// A kind of state.
#[derive(Debug, Clone, Copy)]
pub struct StateKind(pub(super) NewState);

/// The known aggregates.
pub static AGGREGATES: &[AggregateEntry] = &[
    AggregateEntry {
        name: "count",
        help: "how many records",
        words: &["number", "n", "len", "total"],
        takes_field: false,
        kind: Kind::State(StateKind(count::new)),
    },
    AggregateEntry {
        name: "sum",
        help: "sum:FIELD, exact",
        words: &["add"],
        takes_field: true,
        kind: Kind::State(StateKind(sum::new)),
    },
    AggregateEntry {
        name: "mean",
        help: "mean:FIELD, the sum by the number of values",
        words: &["avg", "average"],
        takes_field: true,
        kind: Kind::State(StateKind(mean::new)),
    },
    AggregateEntry {
        name: "min",
        help: "min:FIELD, the smallest number",
        words: &["least", "smallest", "minimum"],
        takes_field: true,
        kind: Kind::State(StateKind(extreme::new_min)),
    },
    AggregateEntry {
        name: "max",
        help: "max:FIELD, the largest number",
        words: &["most", "largest", "maximum"],
        takes_field: true,
        kind: Kind::State(StateKind(extreme::new_max)),
    },
    AggregateEntry {
        name: "pNN",
        help: "p50:FIELD, p95:FIELD, p99.9:FIELD …: the number of nearest rank, exact",
        words: &["p50", "median", "percentile", "quantile"],
        takes_field: true,
        kind: Kind::Percentile(50_000_000),
    },
    AggregateEntry {
        name: "distinct",
        help: "distinct:FIELD, how many different values, exact",
        words: &["unique", "uniq", "cardinality"],
        takes_field: true,
        kind: Kind::Distinct,
    },
];

/// A state that counts what it takes.
pub(super) const COUNT: StateKind = StateKind(count::new);

impl Kind {
    /// Reads `NAME` or `NAME:FIELD`, and gives the kind and the field's text.
    ///
    /// # Errors
    /// An unknown name, with the known ones; a field too many or missing.
    pub fn parse(text: &str) -> Result<(Kind, Option<&str>)> {
        let (name, field) = match text.split_once(':') {
            Some((name, field)) => (name, Some(field)),
            None => (text, None),
        };
        let (kind, takes_field) = match percentile(name)? {
            Some(kind) => (kind, true),
            None => {
                let known = AGGREGATES
                    .iter()
                    .find(|entry| entry.name == name && name != "pNN");
                known
                    .map(|entry| (entry.kind, entry.takes_field))
                    .ok_or_else(|| unknown(name))?
            }
        };
        match (takes_field, field) {
            (true, None | Some("")) => bail!("aggregate {} needs a field: {name}:FIELD", quoted(text)),
            (false, Some(_)) => bail!("aggregate '{name}' takes no field"),
            _ => Ok((kind, field)),
        }
    }

    /// Whether it is about numbers, so that a value that is none is bad.
    pub(super) fn needs_numbers(self) -> bool {
        !matches!(self, Kind::Distinct)
    }
}

/// `p` and a decimal from 0 to 100 with at most six places.
fn percentile(name: &str) -> Result<Option<Kind>> {
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
            return Ok(Some(Kind::Percentile(millionths)));
        }
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
    let mean = near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
    anyhow!(
        "unknown aggregate {} (known: {}){mean}",
        quoted(name),
        known.join(", ")
    )
}

/// The rank, from 1, that is `millionths` of a percent of `n`: the nearest rank, at least 1.
pub(super) fn rank(millionths: u64, n: u64) -> u64 {
    let rank = (u128::from(millionths) * u128::from(n)).div_ceil(100_000_000);
    u64::try_from(rank).unwrap_or(u64::MAX).max(1)
}

/// The other state of a merge, which is of the same kind.
fn same<S: State>(other: &dyn State) -> &S {
    let other: &dyn Any = other;
    other
        .downcast_ref()
        .expect("states of one column are of one kind")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_slips_are_met_with_a_suggestion() {
        let refusal = |text: &str| Kind::parse(text).expect_err(text).to_string();
        assert!(matches!(Kind::parse("count"), Ok((Kind::State(_), None))));
        assert!(matches!(
            Kind::parse("p95:bytes"),
            Ok((Kind::Percentile(95_000_000), Some("bytes")))
        ));
        assert!(matches!(
            Kind::parse("p99.9:1"),
            Ok((Kind::Percentile(99_900_000), Some("1")))
        ));
        assert!(matches!(
            Kind::parse("distinct:a:lower"),
            Ok((Kind::Distinct, Some("a:lower")))
        ));
        assert_eq!(
            refusal("medain:x"),
            "unknown aggregate 'medain' (known: count, sum, mean, min, max, pNN, distinct); did you mean 'p50'?"
        );
        assert!(refusal("sum").contains("sum:FIELD"));
        assert!(refusal("count:x").contains("no field"));
        for text in ["p101:x", "p:x", "p1x:x", "pNN:x", "p1.1234567:x"] {
            assert!(Kind::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_nearest_rank_is_exact() {
        assert_eq!(rank(50_000_000, 4), 2);
        assert_eq!(rank(50_000_000, 5), 3);
        assert_eq!(rank(0, 5), 1);
        assert_eq!(rank(100_000_000, 5), 5);
        assert_eq!(rank(95_000_000, 20), 19);
        assert_eq!(rank(95_000_000, u64::MAX), 17_524_406_870_024_074_035);
    }
}
