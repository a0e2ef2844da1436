//! `--results` and `--files`: where the output of jobs is kept.
//!
//! It does not know how it is written.

use super::options::Options;
use crate::cli::usage_error::UsageError;
use crate::message;
use crate::process::{KeptNames, KeptPlan, ResultForm};
use crate::sys;
use crate::template::{Holes, Line, LineQuoting, Repeat};
use anyhow::{Result, anyhow};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;

/// How many columns get a number in place of a name, when nobody knows how many there are.
const COLUMNS: usize = 99;

/// Returns where the output of jobs is kept, if it is. There are so many `sources`.
pub(super) fn plan(options: &Options, holes: &Holes, sources: usize) -> Option<KeptPlan> {
    let output = &options.output;
    let names = match &output.results {
        Some(results) if ResultForm::from_name(results.as_bytes()).is_some() => {
            let form = ResultForm::from_name(results.as_bytes())?;
            KeptNames::Rows(form, output.directory())
        }
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

/// Has standard output be the table of `--results FILE.csv` and its kind, if that is asked for, and writes its heading.
///
/// # Errors
/// When the file can't be written, or nobody knows how many columns there are.
pub(super) fn begin_table(options: &Options, holes: &Holes, sources: usize) -> Result<()> {
    let (output, inputs) = (&options.output, &options.inputs);
    let Some(name) = output.results.as_ref().filter(|_| !options.command.dry_run) else {
        return Ok(());
    };
    let Some(form) = ResultForm::from_name(name.as_bytes()) else {
        return Ok(());
    };
    let shown = message::display_name(name);
    if holes.names().is_empty() && (inputs.columns.is_some() || inputs.fill.is_some()) {
        return Err(UsageError(format!(
            "Error: --results {shown}: the number of columns is not known before; use --header, or give a directory."
        ))
        .into());
    }
    let columns: Vec<_> = match holes.names() {
        [] => (1..=sources * inputs.most().unwrap_or(1).max(1))
            .map(|number| format!("V{number}").into_bytes())
            .collect(),
        names => names.to_vec(),
    };
    let heading = form.heading(&columns);
    let begin = || {
        if !name.as_bytes().starts_with(b"-.") {
            sys::set_stdout(&File::create(name)?)?;
        }
        sys::OutputStream::stdout().write_all(&heading)
    };
    begin().map_err(|cause| {
        anyhow!(
            "Error: Cannot open results file `{shown}': {}.",
            message::system(&cause)
        )
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
