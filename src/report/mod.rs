//! The page about a run: one self-contained HTML document, made from a state or from a job log.
//!
//! It reads the file and nothing else. It does not know how a run works.

mod chart;
mod facts;
mod histogram;
mod html;
mod job_log;
mod lanes;
mod page;
mod stored;
mod timeline;
mod units;
mod verdict;

use crate::message;
use anyhow::{anyhow, bail};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

/// What a state begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Returns the page about what a state or a job log says.
///
/// # Errors
/// When the file can't be read, or is neither; the text names it.
pub(crate) fn page(file: &Path) -> anyhow::Result<String> {
    let shown = || message::display_name(file.as_os_str()).into_owned();
    let unreadable = |cause: io::Error| anyhow!("{}: {}", shown(), message::cause(&cause));
    let mut log = BufReader::with_capacity(1 << 16, File::open(file).map_err(unreadable)?);
    let head = log.fill_buf().map_err(unreadable)?;
    let facts = if head.starts_with(SQLITE) || head.is_empty() {
        stored::read(file)?
    } else if head.starts_with(job_log::HEADING) {
        job_log::read(log, &shown()).map_err(unreadable)?
    } else {
        bail!("{}: neither a state (--state) nor a job log (--joblog)", shown());
    };
    Ok(page::render(&facts))
}
