//! `fanfold merge`: saved folds, or states, are added up, and the answer is printed as if one run had given it.
//!
//! It does not know what is in them, nor how they are read.

use super::exit_code::ExitCause;
use super::options::ResourceArgs;
use super::records::{RecordArgs, RowArgs};
use super::run_end;
use super::save::SaveArgs;
use super::usage_error::UsageError;
use crate::fold::Fold;
use crate::memory::Budget;
use crate::message;
use crate::plan::{Empty, SaveTarget};
use crate::record::Notes;
use crate::run::{LoadedFold, SavedPart, Summary, load};
use crate::saved::{Header, Missing, SavedError, SavedTarget, SavedWriter, check};
use crate::state::is_database;
use crate::sys::{OutputStream, signals};
use clap::{Args, Parser};
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// How much of a result is gathered before it is written, in bytes.
const BUFFER: usize = 64 * 1024;

/// Parts whose runs began further apart are told: one may be of last night. In seconds.
const APART: f64 = 3600.0;

/// The arguments of `fanfold merge`.
#[derive(Debug, Args)]
pub(super) struct SavedFoldsArgs {
    /// Saved folds (--save), or states (--state) of runs with a fold over other inputs each
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Go on without the shards that no FILE has; the exit code is 3
    #[arg(long)]
    allow_missing: bool,

    #[command(flatten)]
    rows: RowArgs,

    #[command(flatten)]
    save: SaveArgs,

    #[command(flatten)]
    resources: ResourceArgs,
}

/// The options that a saved fold carries.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct SavedOptions {
    #[command(flatten)]
    records: RecordArgs,
}

pub(super) fn main(args: &SavedFoldsArgs) -> anyhow::Result<ExitCause> {
    args.resources.check_workers()?;
    let target = args.save.target()?;
    let tmpdir = args.resources.tmpdir();
    let open = |file: &PathBuf| open(file, &tmpdir);
    let parts = args.files.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    check_states(&parts)?;
    let states = parts.iter().any(SavedPart::is_state);
    let headers: Vec<_> = parts.iter().map(|part| (part.shown(), part.header())).collect();
    let (mut header, missing) = check(&headers).map_err(refused)?;
    args.check_missing(&missing)?;
    args.note_age(&headers);
    let unfinished = parts.iter().filter_map(SavedPart::unfinished);
    unfinished.for_each(message::say);
    let records = args.options(&header)?;
    header.words = records.text_words();
    let mut stages = records.plan()?;
    // What is saved decides which kinds there are, whatever is typed now.
    stages.take_format(header.meaning_of("parts"));
    if states && header.meaning_of("parts") != stages.fold_format() {
        return Err(UsageError("the states are those of another version".into()).into());
    }
    let budget = Budget::new(args.resources.memory());
    let start = stages
        .start_fold(&budget, &tmpdir)
        .ok_or_else(|| UsageError("the saved options have no fold".into()))?;
    let loaded = load(parts, &*start, args.resources.workers().get())?;
    let mut summary = Summary::from_saved(&header, &loaded.notes);
    summary.bad_inputs += u64::from(!missing.is_empty());
    if let Err(cause) = write(loaded, &header, target.as_ref()) {
        if cause.kind() == io::ErrorKind::BrokenPipe {
            return Ok(ExitCause::Signal(signals::PIPE));
        }
        let to = match &target {
            Some(SaveTarget::File(file)) => message::display_name(file.as_os_str()),
            _ => "standard output".into(),
        };
        message::say(format_args!("{to}: {}", message::cause(&cause)));
        summary.own_failures += 1;
    }
    let empty = match header.counts.allow_empty {
        true => Empty::Allowed,
        false => Empty::Refused,
    };
    Ok(run_end::finish(&summary, empty, args.resources.verbosity()))
}

/// Opens a saved fold or a state.
fn open(file: &Path, tmpdir: &Path) -> anyhow::Result<SavedPart> {
    if !is_database(file) {
        return Ok(SavedPart::open(file, tmpdir).map_err(refused)?);
    }
    let part = SavedPart::open_state(file, tmpdir)?;
    let (shown, header) = (part.shown(), part.header());
    let is_kept = header.meaning_of("partial") == b"keep" && header.counts.failures > 0;
    let what = if header.meaning_of("fold").is_empty() {
        "a state of a run without a fold: it knows which jobs are done, and no answer"
    } else if is_kept {
        "with --partial keep, what failed inputs gave counts, and a state does not keep it: run until none fails"
    } else {
        return Ok(part);
    };
    Err(UsageError(format!("{shown}: {what}")).into())
}

/// Checks that states are alone, and that their inputs are disjoint.
fn check_states(parts: &[SavedPart]) -> Result<(), UsageError> {
    let state = parts.iter().find(|part| part.is_state());
    let saved = parts.iter().find(|part| !part.is_state());
    if let (Some(state), Some(saved)) = (state, saved) {
        return Err(UsageError(format!(
            "{} is a state and {} a saved fold: whether inputs are in both can't be told (merge --save makes a saved fold \
             of states)",
            state.shown(),
            saved.shown()
        )));
    }
    SavedPart::check_disjoint(parts).map_err(refused)
}

fn refused(error: SavedError) -> UsageError {
    UsageError(error.0)
}

impl SavedFoldsArgs {
    fn check_missing(&self, missing: &Missing) -> Result<(), UsageError> {
        if missing.is_empty() {
            return Ok(());
        }
        if !self.allow_missing {
            return Err(UsageError(format!(
                "{missing} (--allow-missing goes on without them)"
            )));
        }
        message::note(missing);
        Ok(())
    }

    /// Notes when one of the parts is much older than another.
    fn note_age(&self, headers: &[(&str, &Header)]) {
        let by_age = |a: &&(&str, &Header), b: &&(&str, &Header)| a.1.started.total_cmp(&b.1.started);
        let (Some((old, oldest)), Some((new, newest))) =
            (headers.iter().min_by(by_age), headers.iter().max_by(by_age))
        else {
            return;
        };
        let apart = newest.started - oldest.started;
        if apart > APART && self.resources.is_noting() {
            let hours = (apart / APART).floor();
            message::note(format_args!(
                "{old} is the oldest and {new} the newest: their runs began {hours} h apart"
            ));
        }
    }

    /// Returns the options that were saved, with what is typed now in place of theirs.
    fn options(&self, header: &Header) -> Result<RecordArgs, UsageError> {
        let saved = SavedOptions::try_parse_from(words(header)?);
        let saved = saved.map_err(|error| UsageError(format!("the saved options can't be read: {error}")))?;
        let mut records = saved.records;
        records.rows.replace_by(&self.rows);
        Ok(records)
    }
}

/// Returns the options as typed. A state has them quoted for a shell, without those about rows.
fn words(header: &Header) -> Result<Vec<OsString>, UsageError> {
    if !header.words.is_empty() {
        return Ok(header.words.iter().map(OsString::from).collect());
    }
    let quoted = [header.meaning_of("record options"), header.meaning_of("fold")].join(&b' ');
    let words = shlex::bytes::split(&quoted);
    let words = words.ok_or_else(|| UsageError("the stored options can't be read".into()))?;
    Ok(words.into_iter().map(OsString::from_vec).collect())
}

fn write(mut loaded: LoadedFold, header: &Header, target: Option<&SaveTarget>) -> io::Result<()> {
    let (fold, notes) = (&mut *loaded.fold, &loaded.notes);
    match target {
        None => print(|out| fold.finish(out)),
        Some(SaveTarget::Stdout) => print(|out| save(fold, notes, header, out).map(drop)),
        Some(SaveTarget::File(file)) => {
            let file = SavedTarget::open(file)?;
            save(fold, notes, header, file)?.commit()
        }
    }
}

fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, OutputStream::stdout());
    let written = write(&mut out).and_then(|()| out.flush());
    // Dropping the writer would try again to write what could not be written.
    let _ = out.into_parts();
    written
}

fn save<W: Write>(fold: &mut dyn Fold, notes: &Notes, header: &Header, to: W) -> io::Result<W> {
    let mut writer = SavedWriter::new(to, header)?;
    notes.save(&mut writer)?;
    fold.save(&mut writer)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_options_give_the_same_words_again() {
        let line = "--input-format clf --bad skip --where |status >= 400| --by path:noquery,-1 --agg count,p95:bytes --sort -count \
                    --having |count > 3| --top 5 --output-format json";
        let words: Vec<String> = line
            .split('|')
            .enumerate()
            .flat_map(|(at, text)| match at % 2 {
                0 => text.split_whitespace().map(str::to_owned).collect(),
                _ => vec![text.to_owned()],
            })
            .collect();
        let options = SavedOptions::try_parse_from(&words).expect("options");
        assert_eq!(options.records.text_words(), words);
    }
}
