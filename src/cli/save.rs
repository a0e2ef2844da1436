//! `--save`: a fold goes to a file, which `fanfold merge` adds up with others.

use super::canonical_args::CommandKey;
use super::option_value::file_name;
use super::records::{FoldPlan, RecordArgs, RecordsAndFold};
use super::usage_error::UsageError;
use crate::message;
use crate::plan::{SavePlan, SaveTarget};
use crate::saved::is_saved_fold;
use crate::sys::OutputStream;
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// How many first bytes of a file tell whether it is a saved fold.
const LONGEST_HEAD: u64 = 8;

/// Where a fold goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Records and folds")]
pub(super) struct SaveArgs {
    /// Save the fold in FILE instead of printing it (`-`: standard output); `fanfold merge` adds up saved folds
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(file_name))]
    save: Option<PathBuf>,
}

/// Whether a file lies there that is no saved fold: one of the logs, most likely. An empty one is nobody's.
fn is_other_file(file: &Path) -> bool {
    if !fs::metadata(file).is_ok_and(|found| found.is_file()) {
        return false;
    }
    let mut head = Vec::new();
    // What can't be read is left to the writer.
    let read = fs::File::open(file).and_then(|open| open.take(LONGEST_HEAD).read_to_end(&mut head));
    read.is_ok() && !head.is_empty() && !is_saved_fold(&head)
}

impl SaveArgs {
    pub(super) fn is_asked(&self) -> bool {
        self.save.is_some()
    }

    /// Returns where the fold goes, if it is not printed.
    pub(super) fn target(&self) -> Result<Option<SaveTarget>, UsageError> {
        let what = match &self.save {
            None => return Ok(None),
            Some(file) if file.as_os_str() != "-" => {
                return match is_other_file(file) {
                    false => Ok(Some(SaveTarget::File(file.clone()))),
                    true => Err(UsageError(format!(
                        "{}: is there and is no saved fold: --save would replace it; remove it, or type another name",
                        message::display_name(file.as_os_str())
                    ))),
                };
            }
            Some(_) if OutputStream::stdout().is_terminal() => {
                "--save - writes binary data, and standard output is a terminal: redirect it"
            }
            Some(_) => return Ok(Some(SaveTarget::Stdout)),
        };
        Err(UsageError(what.into()))
    }

    /// Returns the plan of a saved fold, if one was asked for. `meaning` is what the command line means to it.
    pub(super) fn plan(
        &self,
        mut meaning: CommandKey,
        records: &RecordArgs,
        stages: &RecordsAndFold,
    ) -> Result<Option<SavePlan>, UsageError> {
        let Some(to) = self.target()? else {
            return Ok(None);
        };
        let what = match &stages.fold {
            None => "--save needs a fold: add --count, --unique, --by or --agg",
            Some(FoldPlan::Records(_)) => {
                "--save is for folds, and not for records that are sorted or aligned: add --count, --unique, --by or --agg"
            }
            Some(FoldPlan::Group(_))
                if stages.records.as_ref().is_some_and(|records| records.is_relative) =>
            {
                "--save cannot be combined with what depends on now, as yesterday, -2h and times without a year do: type \
                 the time itself, so that all shards mean the same"
            }
            Some(FoldPlan::Group(_)) => {
                meaning.push(("parts", stages.fold_format().to_vec()));
                let words = records.words();
                return Ok(Some(SavePlan { to, meaning, words }));
            }
        };
        Err(UsageError(what.into()))
    }
}
