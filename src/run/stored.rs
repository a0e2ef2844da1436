//! The folds of states among what is added up: their headers, and whether their inputs are disjoint.
//!
//! It does not know how a state is stored.

use crate::message;
use crate::saved::{Header, InputList, SavedCounts, SavedError};
use crate::state::{StoredFold, StoredInput};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// How many failures are repeated at the end.
const REPEATED: usize = 10;

/// Returns what a saved fold would say about itself.
pub(super) fn header(fold: &StoredFold) -> Header {
    let of_commands = fold.failures.iter().filter(|failure| failure.is_of_command);
    let failed = of_commands.count() as u64;
    let failures = fold.failures.len() as u64;
    let first = fold.failures.iter().take(REPEATED).map(|failure| {
        let more = match failure.names.len() {
            0 | 1 => String::new(),
            inputs => format!(" and {} more", inputs - 1),
        };
        let name = failure.names.first().map_or("-", String::as_str);
        (failure.row, format!("{name}{more}: {}", failure.cause))
    });
    let ends = fold.inputs.iter().filter(|stored| !stored.input.is_continued());
    let count = ends.count() as u64;
    Header {
        // All that is ever saved of this state has the same.
        ids: [format!("state {:016x}", fold.created.to_bits())].into(),
        meaning: fold.command.clone(),
        inputs: InputList {
            count,
            sha256: String::new(),
        },
        own: count,
        started: fold.started,
        ended: fold.ended.unwrap_or(fold.started),
        counts: SavedCounts {
            done: fold.done_inputs,
            bad_inputs: failures - failed + unfinished(fold),
            failed,
            bad_lines: fold.bad_lines,
            failures,
            first: first.collect(),
            ..SavedCounts::default()
        },
        ..Header::default()
    }
}

/// Returns how many jobs are unfinished: one at least when it is not known.
fn unfinished(fold: &StoredFold) -> u64 {
    let known = fold.unsettled + fold.left;
    known.max(u64::from(!fold.is_complete))
}

/// Says which jobs a state has no answer of though they did not fail.
pub(super) fn told(fold: &StoredFold) -> Option<String> {
    if unfinished(fold) == 0 {
        return None;
    }
    let shown = fold.shown();
    let jobs = |number: u64, what: &str| match number {
        0 => None,
        1 => Some(format!("1 job {what}")),
        _ => Some(format!("{number} jobs {what}")),
    };
    let all = [
        (!fold.is_complete).then(|| "its last run did not find all inputs, or did not end".to_owned()),
        jobs(fold.left, "not run to the end"),
        jobs(
            fold.unsettled,
            "to run again, as files had changed just before or meanwhile",
        ),
    ];
    let all: Vec<_> = all.into_iter().flatten().collect();
    Some(format!(
        "{shown}: {}: left out (the same command line again carries on)",
        all.join(", ")
    ))
}

/// Checks that no input is in two of the states. The first by name is told, as a state has them in the order in which
/// their jobs ended.
pub(super) fn check_disjoint<'a>(folds: impl Iterator<Item = &'a StoredFold>) -> Result<(), SavedError> {
    let (mut names, mut files) = (HashMap::new(), HashMap::new());
    for (at, fold) in folds.enumerate() {
        let mut inputs: Vec<_> = fold.inputs.iter().collect();
        inputs.sort_by_key(|stored| stored.input.name());
        for stored in inputs {
            let name = stored.input.name();
            let (before, first) = *names.entry(name).or_insert((at, fold));
            // What is given twice is told as such.
            if before != at && first.shown() != fold.shown() {
                return Err(twice(fold, stored, first, stored));
            }
            let Some([device, inode, ..]) = stored.mark.filter(|mark| mark[2] > 0) else {
                continue;
            };
            let same = files.entry((device, inode)).or_insert((at, fold, stored));
            let (before, first, other) = *same;
            if before != at && first.shown() != fold.shown() && is_same_file(stored, other) {
                return Err(twice(fold, stored, first, other));
            }
        }
    }
    Ok(())
}

/// Returns whether two inputs of the same device and inode are one file: on two hosts, other files may have these.
fn is_same_file(one: &StoredInput, other: &StoredInput) -> bool {
    let (Some(mark), Some(mark_of_other)) = (one.mark, other.mark) else {
        return false;
    };
    let is_here = |stored: &StoredInput| {
        let found = fs::metadata(stored.input.name());
        let same =
            |found: fs::Metadata| [found.dev(), found.ino()] == [mark[0], mark[1]].map(i64::cast_unsigned);
        found.is_ok_and(same)
    };
    mark[3] == mark_of_other[3] || is_here(one) || is_here(other)
}

fn twice(fold: &StoredFold, stored: &StoredInput, first: &StoredFold, other: &StoredInput) -> SavedError {
    let name = |stored: &StoredInput| message::display_name(stored.input.name()).into_owned();
    let (here, there) = (name(stored), name(other));
    let (shown, first) = (fold.shown(), first.shown());
    SavedError(match here == there {
        true => format!("{shown}: '{here}' is an input of {first}, too"),
        false => format!("{shown}: '{here}' is '{there}', an input of {first}"),
    })
}
