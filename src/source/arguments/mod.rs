//! Values from several sources, combined into records, and records put together for jobs, as GNU parallel does.
//!
//! It does not know what commands make of the values.

mod group;
mod product;
mod record;
mod values;

pub(crate) use values::{column_pattern, take_names};

use super::error::BatchResult;
use crate::job::Input;
use crate::plan::{ArgumentSources, ReadAhead};
use group::Groups;
use product::Records;
use record::RecordResult;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt as _;

/// Yields the inputs of jobs: the values of each.
pub struct ArgumentJobs {
    jobs: Box<dyn Iterator<Item = RecordResult> + Send>,
}

impl ArgumentJobs {
    /// Opens the sources.
    ///
    /// # Errors
    /// When one can't be opened, with its name.
    pub fn open(sources: &ArgumentSources) -> Result<Self, (OsString, io::Error)> {
        let records = Records::open(sources)?;
        let jobs: Box<dyn Iterator<Item = RecordResult> + Send> = match sources.ahead {
            ReadAhead::Some => Box::new(Groups::new(records, sources.group)),
            ReadAhead::All => Box::new(all(Groups::new(records, sources.group))),
            ReadAhead::Shuffled => {
                let mut records: Vec<_> = records.collect();
                fastrand::shuffle(&mut records);
                Box::new(all(Groups::new(records.into_iter(), sources.group)))
            }
        };
        Ok(ArgumentJobs { jobs })
    }
}

/// Reads all values of all jobs.
///
/// # Errors
/// When a source can't be opened or read, with its name.
pub(crate) fn read_all(sources: &ArgumentSources) -> Result<Vec<Vec<OsString>>, (OsString, io::Error)> {
    let jobs = ArgumentJobs::open(sources)?.jobs;
    let words = |record: RecordResult| match record {
        Ok(record) => Ok(record.into_iter().map(OsString::from_vec).collect()),
        Err(error) => Err(("input".into(), io::Error::other(error.to_string()))),
    };
    jobs.map(words).collect()
}

fn all<T>(items: impl Iterator<Item = T>) -> std::vec::IntoIter<T> {
    items.collect::<Vec<_>>().into_iter()
}

impl Iterator for ArgumentJobs {
    type Item = BatchResult;

    fn next(&mut self) -> Option<BatchResult> {
        let input = |value| Input::Word {
            word: OsString::from_vec(value),
            ends_line: false,
        };
        let record = self.jobs.next()?;
        Some(record.map(|record| record.into_iter().map(input).collect()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.jobs.size_hint()
    }
}
