//! Standard output of the subcommands that run no jobs.

use super::exit_code::ExitCause;
use crate::message;
use crate::sys::OutputStream;
use std::io::Write as _;

pub(super) fn print(text: &[u8]) -> anyhow::Result<ExitCause> {
    let written = OutputStream::stdout().write_all(text);
    written.map_err(|cause| anyhow::anyhow!("standard output: {}", message::cause(&cause)))?;
    Ok(ExitCause::Success)
}
