//! Which saved folds can be added up. It reads their headers and nothing else.

use super::error::SavedError;
use super::header::{Header, InputList, Shares};
use crate::message;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

/// The shards that no file has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Missing {
    of: u64,
    /// The first and the last of each run of them.
    runs: Vec<(u64, u64)>,
}

/// How many missing shards are named.
const NAMED: usize = 20;

impl Missing {
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn new(shares: Option<&Shares>) -> Self {
        let Some(Shares { of, have }) = shares else {
            return Missing::default();
        };
        let (mut runs, mut next) = (Vec::new(), 1);
        for &shard in have.iter().chain([&(of + 1)]) {
            if next < shard {
                runs.push((next, shard - 1));
            }
            next = shard + 1;
        }
        Missing { of: *of, runs }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = |&(first, last): &(u64, u64)| match first == last {
            true => first.to_string(),
            false => format!("{first} to {last}"),
        };
        let mut runs: Vec<_> = self.runs.iter().take(NAMED).map(run).collect();
        if self.runs.len() > NAMED {
            runs.push("…".into());
        }
        let one = matches!(self.runs[..], [(first, last)] if first == last);
        let (noun, verb) = if one { ("shard", "is") } else { ("shards", "are") };
        write!(f, "{noun} {} of {} {verb} missing", runs.join(", "), self.of)
    }
}

/// Checks that the files with these headers can be added up. Returns the header of all together, and the missing shards.
///
/// # Errors
/// The first two files that don't fit together.
pub(crate) fn check(files: &[(&str, &Header)]) -> Result<(Header, Missing), SavedError> {
    let Some(&(first, header)) = files.first() else {
        return Err(SavedError("no saved fold".into()));
    };
    let mut all = Header {
        ids: BTreeSet::new(),
        own: 0,
        shares: header.shares.as_ref().map(|shares| Shares {
            of: shares.of,
            have: BTreeSet::new(),
        }),
        counts: super::SavedCounts::default(),
        ..header.clone()
    };
    let (mut ids, mut shards) = (BTreeMap::new(), BTreeMap::new());
    let mut inputs = 0;
    for &(shown, part) in files {
        if let Some(what) = other_meaning(header, part) {
            return Err(SavedError::of_file(
                shown,
                format_args!("the answer of another command line than {first}: {what}"),
            ));
        }
        for id in &part.ids {
            if let Some(before) = ids.insert(id, shown) {
                return Err(twice(before, shown));
            }
        }
        add_shares(&mut all, first, (shown, part), &mut shards)?;
        if part.shares.is_some() && part.inputs != header.inputs {
            return Err(other_inputs((first, header), (shown, part)));
        }
        inputs += part.inputs.count;
        all.ids.extend(part.ids.iter().cloned());
        all.own += part.own;
        all.started = all.started.min(part.started);
        all.ended = all.ended.max(part.ended);
        all.counts.add(&part.counts, MOST_FAILURES);
    }
    if all.shares.is_none() && files.len() > 1 {
        all.inputs = InputList {
            count: inputs,
            sha256: String::new(),
        };
    }
    let missing = Missing::new(all.shares.as_ref());
    Ok((all, missing))
}

/// How many failures are repeated at the end.
const MOST_FAILURES: usize = 10;

fn twice(before: &str, shown: &str) -> SavedError {
    match before == shown {
        true => SavedError::of_file(shown, "given twice"),
        false => SavedError::of_file(shown, format_args!("what is in it is in {before} already")),
    }
}

/// Adds the shards of a file to those of all.
fn add_shares<'a>(
    all: &mut Header,
    first: &str,
    (shown, part): (&'a str, &'a Header),
    shards: &mut BTreeMap<u64, &'a str>,
) -> Result<(), SavedError> {
    let (Some(all), Some(shares)) = (&mut all.shares, &part.shares) else {
        return match (&all.shares, &part.shares) {
            (None, None) => Ok(()),
            _ => Err(SavedError(format!(
                "{shown}, {first}: one is a shard and the other is of all inputs"
            ))),
        };
    };
    if all.of != shares.of {
        let (here, there) = (shares.of, all.of);
        return Err(SavedError::of_file(
            shown,
            format_args!("one of {here} shards, and {first} is one of {there}"),
        ));
    }
    for &shard in &shares.have {
        if let Some(before) = shards.insert(shard, shown) {
            let of = shares.of;
            return Err(SavedError::of_file(
                shown,
                format_args!("shard {shard}/{of}, as {before} is"),
            ));
        }
        all.have.insert(shard);
    }
    Ok(())
}

/// Says in what a meaning differs from the first one.
fn other_meaning(first: &Header, part: &Header) -> Option<String> {
    let labels = first.meaning.iter().chain(&part.meaning);
    let differs = |label: &&str| first.meaning_of(label) != part.meaning_of(label);
    let label = labels.map(|(label, _)| label.as_str()).find(differs)?;
    let show = |header: &Header| {
        let value = OsStr::from_bytes(header.meaning_of(label));
        message::display_name(value).into_owned()
    };
    Some(format!("{label}: there '{}', here '{}'", show(first), show(part)))
}

fn other_inputs((first, one): (&str, &Header), (shown, other): (&str, &Header)) -> SavedError {
    let shard = |header: &Header| {
        let shares = header.shares.as_ref();
        shares
            .and_then(|shares| shares.have.first().copied())
            .unwrap_or(0)
    };
    let (here, there) = (other.inputs.count, one.inputs.count);
    let what = match here == there {
        false => format!(
            "shard {} counted {here} inputs, shard {} {there}",
            shard(other),
            shard(one)
        ),
        true => format!("shards {} and {} listed other names", shard(other), shard(one)),
    };
    SavedError(format!("{shown}, {first}: {what}: list once, with -a FILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(id: &str, shard: Option<(u64, u64)>) -> Header {
        Header {
            ids: [id.to_owned()].into(),
            shares: shard.map(|(shard, of)| Shares {
                of,
                have: [shard].into(),
            }),
            meaning: vec![("fold".into(), b"--count".to_vec())],
            ..Header::default()
        }
    }

    fn checked(parts: &[Header]) -> Result<String, String> {
        let names: Vec<String> = (0..parts.len()).map(|n| format!("f{n}")).collect();
        let files: Vec<_> = names.iter().map(String::as_str).zip(parts).collect();
        let checked = check(&files).map_err(|error| error.to_string());
        checked.map(|(_, missing)| match missing.is_empty() {
            true => String::new(),
            false => missing.to_string(),
        })
    }

    #[test]
    fn missing_shards_are_named() {
        let of = |shards: &[u64]| {
            let parts: Vec<_> = shards
                .iter()
                .map(|&shard| part(&shard.to_string(), Some((shard, 9))))
                .collect();
            checked(&parts).expect("fit")
        };
        assert_eq!(of(&[2, 5, 6, 9]), "shards 1, 3 to 4, 7 to 8 of 9 are missing");
        assert_eq!(of(&[1, 2, 3, 4, 5, 6, 7, 8]), "shard 9 of 9 is missing");
        assert_eq!(of(&[9, 8, 7, 6, 5, 4, 3, 2, 1]), "");
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let refused = |one: Header, other: Header| checked(&[one, other]).expect_err("refused");
        let shard = |id: &str, n| part(id, Some((n, 2)));
        assert!(refused(part("a", None), part("a", None)).contains("is in f0 already"));
        assert!(refused(shard("a", 1), shard("b", 1)).contains("shard 1/2, as f0 is"));
        assert!(refused(shard("a", 1), part("b", Some((2, 3)))).contains("one of 3 shards"));
        assert!(refused(shard("a", 1), part("b", None)).contains("of all inputs"));
        let mut other = shard("b", 2);
        other.inputs.count = 7;
        assert!(refused(shard("a", 1), other).contains("shard 2 counted 7 inputs, shard 1 0"));
        let mut other = shard("b", 2);
        other.meaning[0].1 = b"--unique".to_vec();
        assert!(refused(shard("a", 1), other).contains("fold: there '--count', here '--unique'"));
        assert_eq!(checked(&[part("a", None), part("b", None)]), Ok(String::new()));
    }
}
