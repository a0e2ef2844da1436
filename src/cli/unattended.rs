//! The options of runs that nobody watches: a deadline, niceness, a lock, and a summary for programs.
//!
//! It does not know what the run does.

use super::lock_in_use::LockInUse;
use super::option_value::{file_name, time_limit};
use super::options::Verbosity;
use super::queue::QueuePart;
use super::run_summary;
use super::usage_error::UsageError;
use crate::message;
use crate::plan::{LockHeld, Plan};
use crate::sys::{add_niceness, lock_file};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How a run is kept within bounds, and what it leaves behind for programs.
#[derive(Debug, Args)]
pub(super) struct UnattendedArgs {
    /// End the run when it has lasted for DUR (30s, 5m, 2h), as a signal would, with exit code 124; with --state, the
    /// next run goes on
    #[arg(long, value_name = "DUR", value_parser = time_limit)]
    deadline: Option<Duration>,

    /// Lower the priority of fanfold and its commands by N, as nice(1) does
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = clap::value_parser!(i32).range(-20..=19))]
    nice: Option<i32>,

    /// Let only one run at a time hold FILE, which may be that of --state: others wait
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(file_name))]
    lock: Option<PathBuf>,

    /// End with exit code 6 when another run holds --lock, and do not wait
    #[arg(long, requires = "lock")]
    lock_fail: bool,

    /// Write one JSON object about the run to FILE at its end: counts, failures, exit code. See fanfold help cron
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(file_name))]
    summary: Option<PathBuf>,
}

/// The lock of a run; it is held until this is dropped.
pub(super) struct RunLock {
    _file: Option<File>,
}

impl UnattendedArgs {
    /// Adds what the run itself has to know to its plan.
    pub(super) fn add_to(&self, plan: &mut Plan) {
        plan.deadline = self.deadline.map(|deadline| Instant::now() + deadline);
        plan.side_files
            .extend(self.summary.clone().map(|file| ("--summary", file)));
        plan.counts_bytes = self.summary.is_some();
        let Some(lock) = &self.lock else { return };
        match &mut plan.state {
            Some(state) if are_same(lock, &state.file) => {
                if !self.lock_fail {
                    state.held = LockHeld::Wait { until: plan.deadline };
                }
            }
            _ => plan.side_files.push(("--lock", lock.clone())),
        }
    }

    /// Does what is due before the run: takes the lock, lowers the priority, and makes sure that the summary can be
    /// written.
    ///
    /// # Errors
    /// When one of these can't be done; [`LockInUse`] when another run holds the lock.
    pub(super) fn begin(
        &self,
        plan: &Plan,
        verbosity: Verbosity,
        part: QueuePart,
    ) -> anyhow::Result<RunLock> {
        if let Some(by) = self.nice {
            let cause = |cause| UsageError(format!("--nice {by}: {}", message::cause(&cause)));
            add_niceness(by).map_err(cause)?;
        }
        // A worker's run is a part of its leader's.
        if let Some(file) = self.summary.as_ref().filter(|_| part != QueuePart::Joins) {
            run_summary::start(file)?;
        }
        let is_own = plan.side_files.iter().find(|(option, _)| *option == "--lock");
        let file = is_own
            .map(|(_, file)| self.take_lock(file, plan.deadline, verbosity))
            .transpose()?;
        Ok(RunLock { _file: file })
    }

    fn take_lock(
        &self,
        path: &Path,
        deadline: Option<Instant>,
        verbosity: Verbosity,
    ) -> anyhow::Result<File> {
        let name = message::display_name(path.as_os_str());
        let lock = |until| {
            let locked = lock_file(path, 0o666, until);
            locked.map_err(|cause| anyhow::anyhow!("{name}: {}", message::cause(&cause)))
        };
        if let Some(file) = lock(Some(Instant::now()))? {
            return Ok(file);
        }
        if self.lock_fail {
            return Err(LockInUse::new(path).into());
        }
        if verbosity == Verbosity::Notes {
            message::note(format_args!("{name}: another run holds the lock: waiting for it"));
        }
        Ok(lock(deadline)?.ok_or_else(|| LockInUse::new(path))?)
    }
}

/// Returns whether both names are of one file, which need not exist yet.
fn are_same(one: &Path, other: &Path) -> bool {
    let identity = |path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    match (identity(one), identity(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
