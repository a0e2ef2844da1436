//! `--out` and `--err`: where the jobs' outputs go, each into a file of its own or, merged, into one.

use super::records::RecordsAndFold;
use super::state::StateArgs;
use super::usage_error::UsageError;
use crate::codec::Encoder;
use crate::message;
use crate::output::JobFiles;
use crate::plan::Partial;
use crate::run::MergeDestination;
use crate::template::{Template, foreign_replacement};
use anyhow::Context as _;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// Returns a replacement string in a name that fanfold does not have, and what to use instead.
fn foreign_part(template: &OsStr) -> Option<(&OsStr, &'static str)> {
    let bytes = template.as_bytes();
    let opens = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'{');
    opens.into_iter().find_map(|(at, _)| {
        let end = bytes[at..].iter().position(|byte| *byte == b'}')?;
        let word = OsStr::from_bytes(&bytes[at..=at + end]);
        foreign_replacement(word).map(|instead| (word, instead))
    })
}

/// Where each job's output goes.
#[derive(Debug, Default, Args)]
pub(super) struct OutArgs {
    /// Write each job's output to a file of its own, as 'out/{/.}.txt' (of several inputs, the first). A file
    /// gets its name once it is complete. Before the first job, fanfold refuses two jobs with one name and
    /// outputs that are inputs. map compresses when the name ends with .gz, .zst, .xz, .bz2 or .lz4. With --merge: one
    /// file, without a replacement string; when something fails, it stays as it was
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "tag")]
    out: Option<OsString>,
}

impl OutArgs {
    pub(super) fn is_asked(&self) -> bool {
        self.out.is_some()
    }

    pub(super) fn template(&self) -> Option<Template> {
        self.out.as_deref().map(Template::single)
    }

    /// Returns the one file that takes the merged output, if `--out` was given. A device or a pipe is opened
    /// now, as by a shell.
    pub(super) fn one(&self) -> anyhow::Result<Option<MergeDestination>> {
        let Some(name) = &self.out else {
            return Ok(None);
        };
        if Template::single(name).has_replacement() {
            let what = "--out with --merge names one file and cannot have a replacement string: --merge makes one output";
            return Err(UsageError(what.into()).into());
        }
        let name = PathBuf::from(name);
        let shown = || message::display_name(name.as_os_str()).into_owned();
        let found = fs::metadata(&name);
        let ends_open = name.as_os_str().as_encoded_bytes().ends_with(b"/");
        if ends_open || name.file_name().is_none() || found.as_ref().is_ok_and(Metadata::is_dir) {
            return Err(UsageError(format!("--out: {}: is a directory", shown())).into());
        }
        let open = match found {
            Ok(found) if !found.is_file() => {
                let open = File::options().write(true).open(&name);
                Some(open.with_context(shown)?)
            }
            _ => None,
        };
        Ok(Some(MergeDestination { name, open }))
    }

    /// Refuses a name that asks for compression, since a merge's output is written as it is.
    ///
    /// # Errors
    /// When the name is such a one.
    pub(super) fn check_plain(&self) -> anyhow::Result<()> {
        let name = self.out.as_deref().unwrap_or_default();
        if Encoder::for_name(name)?.is_some() {
            let name = message::display_name(name);
            let what = format!(
                "--out: {name}: the output of --merge is not compressed: use a name without that ending, or let the \
                 output go to a compressor: … | gzip > {name}"
            );
            return Err(UsageError(what).into());
        }
        Ok(())
    }

    pub(super) fn key(&self) -> Vec<u8> {
        let template = self.out.clone().unwrap_or_default();
        template.into_encoded_bytes()
    }

    /// Returns the jobs' files, if `--out` was given.
    pub(super) fn plan(
        &self,
        stages: &RecordsAndFold,
        partial: Partial,
        state: &StateArgs,
    ) -> Result<Option<JobFiles>, UsageError> {
        let Some(template) = &self.out else {
            return Ok(None);
        };
        let first = stages.records.as_ref().and_then(|records| records.first);
        let conflict = if stages.fold.is_some() {
            "--out cannot be combined with a fold, which makes one answer of all jobs: use one of them"
        } else if first.is_some() {
            "--out cannot be combined with --first, which counts the rows of all jobs: use one of them"
        } else if partial == Partial::Keep {
            "--out cannot be combined with --partial keep: it writes complete files only; use one of them"
        } else {
            return job_files("--out", template, state).map(Some);
        };
        Err(UsageError(conflict.into()))
    }
}

/// Where each job's standard error goes.
#[derive(Debug, Default, Args)]
pub(super) struct ErrArgs {
    /// Write each job's standard error to a file of its own, as 'err/{/}.txt', by the rules of --out; that of the
    /// last try, whether it succeeded or failed
    #[arg(long, value_name = "TEMPLATE", conflicts_with_all = ["ungroup", "pool"], help_heading = "Workers and output")]
    err: Option<OsString>,
}

impl ErrArgs {
    pub(super) fn is_asked(&self) -> bool {
        self.err.is_some()
    }

    pub(super) fn template(&self) -> Option<Template> {
        self.err.as_deref().map(Template::single)
    }

    pub(super) fn key(&self) -> Vec<u8> {
        self.err.clone().unwrap_or_default().into_encoded_bytes()
    }

    /// Returns the files of the jobs' standard error, if `--err` was given.
    pub(super) fn plan(&self, state: &StateArgs) -> Result<Option<JobFiles>, UsageError> {
        let files = self
            .err
            .as_deref()
            .map(|template| job_files("--err", template, state));
        files.transpose()
    }
}

/// Returns the files that a template names, which `option` gave.
fn job_files(option: &str, template: &OsStr, state: &StateArgs) -> Result<JobFiles, UsageError> {
    if let Some((word, instead)) = foreign_part(template) {
        let word = message::display_name(word);
        let what =
            format!("{option}: '{word}' would be a name as it is: use {instead} for the input (see --help)");
        return Err(UsageError(what));
    }
    if state.is_asked() && Template::single(template).has_number() {
        let what = format!(
            "{option} with {{#}} cannot be combined with --state: job numbers change when the inputs change; use {{}} instead"
        );
        return Err(UsageError(what));
    }
    JobFiles::new(template).map_err(|what| UsageError(format!("{option}: {what}")))
}
