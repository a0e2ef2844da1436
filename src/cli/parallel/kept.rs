//! `--results` and `--files`: where the output of jobs is kept.
//!
//! It does not know how it is written.

use super::options::Options;
use crate::process::{KeptNames, KeptPlan};
use crate::template::{Holes, Line, LineQuoting, Repeat};
use std::os::unix::ffi::OsStrExt as _;

/// How many columns get a number in place of a name, when nobody knows how many there are.
const COLUMNS: usize = 99;

/// Returns where the output of jobs is kept, if it is. There are so many `sources`.
pub(super) fn plan(options: &Options, holes: &Holes, sources: usize) -> Option<KeptPlan> {
    let output = &options.output;
    let names = match &output.results {
        Some(results) => {
            let line = Line::new(&[results.as_bytes()], holes, LineQuoting::Nothing, Repeat::Value);
            match line.has_hole() {
                true => KeptNames::Line(line),
                false => KeptNames::Tree(results.into(), names(options, holes, sources)),
            }
        }
        None => output.files.then(|| KeptNames::New(output.directory()))?,
    };
    Some(KeptPlan {
        names,
        skips_done: options.running.resume.is_some() && output.results.is_some(),
    })
}

/// Returns the names of the columns of a record, or their numbers.
fn names(options: &Options, holes: &Holes, sources: usize) -> Vec<Vec<u8>> {
    let columns = match options.inputs.columns {
        Some(_) => COLUMNS,
        None => sources,
    };
    match holes.names() {
        [] => (1..=columns)
            .map(|number| number.to_string().into_bytes())
            .collect(),
        names => names.to_vec(),
    }
}
