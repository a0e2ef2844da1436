//! `--tee`: standard input in a file, for each job to read from its beginning.
//!
//! It does not know the jobs.

use super::options::OutputOptions;
use crate::{message, sys};
use anyhow::{Result, anyhow};
use std::fs::File;
use std::io;

/// Copies standard input to a file without a name.
pub(super) fn spool(options: &OutputOptions) -> Result<File> {
    let directory = options.directory();
    let copy = || {
        let mut file = tempfile::tempfile_in(&directory)?;
        io::copy(&mut sys::Stdin::new(), &mut file)?;
        Ok(file)
    };
    copy().map_err(|cause: io::Error| {
        let name = message::display_name(directory.as_os_str());
        anyhow!(
            "Error: Cannot copy standard input to `{name}': {}.",
            message::system(&cause)
        )
    })
}
