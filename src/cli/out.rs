//! `--out`: a file for each job's output.

use super::exit_code::Usage;
use super::records::RecordsAndFold;
use super::state::StateArgs;
use crate::message;
use crate::output::JobFiles;
use crate::plan::Partial;
use crate::run::MergeDestination;
use crate::template::Template;
use anyhow::Context as _;
use clap::Args;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::path::PathBuf;

/// Where each job's output goes.
#[derive(Debug, Default, Args)]
pub struct OutArgs {
    /// Write each job's output to a file of its own, which has its name only once it is complete,
    /// as 'out/{/.}.txt' (of several inputs, the first). All names are read before the first job: two
    /// jobs with one name, or an output that is an input, are refused. With --merge: one file, without
    /// a replacement string, that stays as it was when something failed
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "tag")]
    out: Option<OsString>,
}

impl OutArgs {
    /// Whether files are asked for.
    pub fn is_asked(&self) -> bool {
        self.out.is_some()
    }

    /// The name of each job's file, as it would be.
    pub fn template(&self) -> Option<Template> {
        self.out.as_deref().map(Template::single)
    }

    /// The one file that takes what a merge makes of all outputs, if one was asked for. What is no regular
    /// file (a device, a pipe) is opened now, as a shell would.
    ///
    /// # Errors
    /// [`Usage`] for a template with replacement strings: there is no job to fill them; and for what can only
    /// be a directory. When a device or a pipe can't be opened.
    pub fn one(&self) -> anyhow::Result<Option<MergeDestination>> {
        let Some(name) = &self.out else {
            return Ok(None);
        };
        if Template::single(name).has_replacement() {
            let what = "--merge makes one output, so --out names one file, without a replacement string";
            return Err(Usage(what.into()).into());
        }
        let name = PathBuf::from(name);
        let shown = || message::shown(name.as_os_str()).into_owned();
        let found = fs::metadata(&name);
        let ends_open = name.as_os_str().as_encoded_bytes().ends_with(b"/");
        if ends_open || name.file_name().is_none() || found.as_ref().is_ok_and(Metadata::is_dir) {
            return Err(Usage(format!("--out: {}: is a directory", shown())).into());
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

    /// What it says of the jobs' results.
    pub fn meaning(&self) -> Vec<u8> {
        let template = self.out.clone().unwrap_or_default();
        template.into_encoded_bytes()
    }

    /// The files.
    ///
    /// # Errors
    /// [`Usage`] for a template that names no file of its own for each job, and where the output of
    /// all jobs is to become one answer.
    pub fn plan(
        &self,
        parts: &RecordsAndFold,
        partial: Partial,
        state: &StateArgs,
    ) -> Result<Option<JobFiles>, Usage> {
        let Some(template) = &self.out else {
            return Ok(None);
        };
        let first = parts.records.as_ref().and_then(|records| records.first);
        let against = if parts.fold.is_some() {
            "a fold makes one answer of all jobs, and --out a file of each: leave one out"
        } else if first.is_some() {
            "--first counts the rows of all jobs, and --out makes a file of each: leave one out"
        } else if partial == Partial::Keep {
            "--partial keep gives incomplete output, and --out only complete files: leave one out"
        } else if state.is_asked() && Template::single(template).has_number() {
            "{#} in --out is another with other inputs, and --state goes by inputs: use {} or a part of it"
        } else {
            let outputs = JobFiles::new(template).map_err(|what| Usage(format!("--out: {what}")))?;
            return Ok(Some(outputs));
        };
        Err(Usage(against.into()))
    }
}
