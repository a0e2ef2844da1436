//! `fanfold report`: a page about a run, as HTML on standard output or in a browser.
//!
//! It does not know what is on the page.

use super::exit_code::ExitCause;
use super::plain_text::print;
use super::usage_error::UsageError;
use crate::message;
use crate::report;
use crate::state::StateError;
use crate::sys;
use anyhow::Context as _;
use clap::Args;
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The arguments of `fanfold report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The state (--state) or the job log (--joblog) of a run; it may be in use
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Write the page to a temporary file, print that file's name, and open it by xdg-open where there is one
    #[arg(long)]
    open: bool,
}

pub(super) fn main(args: &ReportArgs) -> anyhow::Result<ExitCause> {
    if !args.open && sys::terminal_width().is_some() {
        let what = "standard output is a terminal: write the page to a file, as in 'fanfold report FILE > report.html', or use --open";
        return Err(UsageError(what.into()).into());
    }
    let page = report::page(&args.file).map_err(|error| match error.is::<StateError>() {
        true => error,
        false => UsageError(error.to_string()).into(),
    })?;
    if !args.open {
        return print(page.as_bytes());
    }
    let path = write(&page)?;
    let mut line = path.as_os_str().as_bytes().to_vec();
    line.push(b'\n');
    let printed = print(&line)?;
    open(&path);
    Ok(printed)
}

/// Writes the page to a file that stays.
fn write(page: &str) -> anyhow::Result<PathBuf> {
    let mut name = tempfile::Builder::new();
    name.prefix("fanfold-report-").suffix(".html");
    let directory = std::env::temp_dir();
    let shown = || message::display_name(directory.as_os_str()).into_owned();
    let mut file = name.tempfile_in(&directory).with_context(shown)?;
    file.write_all(page.as_bytes()).with_context(shown)?;
    let (_, path) = file.keep().with_context(shown)?;
    Ok(path)
}

/// Opens the page in a browser. Where that is not possible, its name was printed.
fn open(path: &Path) {
    let mut opener = Command::new(OsStr::new("xdg-open"));
    let opener = opener.arg(path).stdin(Stdio::null()).stdout(Stdio::null());
    match opener.status() {
        Ok(status) if status.success() => {}
        Ok(status) => message::say(format_args!("xdg-open: {status}")),
        Err(cause) => message::say(format_args!("xdg-open: {}", message::cause(&cause))),
    }
}
