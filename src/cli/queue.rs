//! The options of a run on many machines: which queue, and what this process does there.
//!
//! It does not know how a queue is spoken to.
#![cfg_attr(not(feature = "queue"), allow(dead_code))]

use super::canonical_args::CommandKey;
use super::option_value::{duration, time_limit};
use super::records::{FoldPlan, RecordsAndFold};
use super::usage_error::UsageError;
use crate::plan::{Dash, Inputs, Partial, Plan};
use crate::record::OnBadLine;
use clap::Args;
use sha2::{Digest as _, Sha256};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::parent_id;
use std::path::PathBuf;
use std::time::Duration;

/// The variable that makes a worker of the process that a leader has started: the number of that leader.
pub(super) const JOIN_VARIABLE: &str = "FANFOLD_JOIN";

/// How a run uses a queue.
#[derive(Debug, Args)]
#[command(next_help_heading = "Many machines")]
pub(super) struct QueueArgs {
    /// Share the jobs out to other machines by a Redis or Valkey server: `redis://HOST[:PORT][/DB][#RUN]`,
    /// `rediss://…` with TLS, or `redis+unix:///SOCKET[#RUN]`. This process leads: it finds the jobs, prints the answer, and
    /// does jobs too (-j0: it only leads); the same command line with --join does jobs, on any machine. See fanfold help
    /// many-machines
    #[arg(long, value_name = "URL", group = "remembered")]
    pub(super) queue: Option<OsString>,

    /// Do jobs of the run that the same command line without --join leads, until it is over. INPUTs are not listed: they are
    /// what the queue may name
    #[arg(long, requires = "queue")]
    join: bool,

    /// A worker that is not heard for DUR is given up, and its jobs go to others [default: 60s]
    #[arg(long, value_name = "DUR", requires = "queue", value_parser = time_limit)]
    lease: Option<Duration>,

    /// Give a job up when N workers died while they ran it [default: 5]
    #[arg(long, value_name = "N", requires = "queue", value_parser = clap::value_parser!(u64).range(1..=1000))]
    losses: Option<u64>,

    /// End with exit code 75 when the server can't be reached, or nobody leads, for DUR [default: 10m]
    #[arg(long, value_name = "DUR", requires = "queue", value_parser = duration)]
    patience: Option<Duration>,

    /// How many jobs may wait on the server before the leader waits, too [default: 1000000]
    #[arg(long, value_name = "N", requires = "queue", value_parser = clap::value_parser!(u64).range(1..))]
    backlog: Option<u64>,

    /// With --join, in place of INPUTs: the queue may name what lies beneath DIR, and no symbolic link may lead out of it. The
    /// URL names the run
    #[arg(long, value_name = "DIR", requires = "join")]
    pub(super) root: Option<PathBuf>,

    /// Sign jobs and results with the key in FILE, the same on all machines: at least 32 bytes, mode 0600. What is not signed
    /// with it is neither run nor counted
    #[arg(long, value_name = "FILE", requires = "queue")]
    pub(super) sign_key: Option<PathBuf>,

    #[cfg(feature = "queue")]
    #[command(flatten)]
    pub(super) login: super::queue_login::QueueLogin,
}

/// What this process does in a run with a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueuePart {
    /// There is no queue.
    Alone,
    /// It leads.
    Leads,
    /// It does jobs.
    Joins,
}

/// What of a command line can't be combined with a queue, as far as its options tell.
#[derive(Debug, Default)]
pub(super) struct BesideQueue {
    pub(super) shard: bool,
    pub(super) merge: bool,
    pub(super) line_buffer: bool,
    pub(super) ungroup: bool,
    pub(super) joblog: bool,
}

impl QueueArgs {
    /// Returns what this process does.
    pub(super) fn part(&self) -> QueuePart {
        match (&self.queue, self.join || self.is_own_worker()) {
            (None, _) => QueuePart::Alone,
            (_, true) => QueuePart::Joins,
            (_, false) => QueuePart::Leads,
        }
    }

    /// Returns whether this process is the worker that a leader of this host has started.
    pub(super) fn is_own_worker(&self) -> bool {
        let leader = std::env::var(JOIN_VARIABLE).ok();
        leader.is_some_and(|leader| leader == parent_id().to_string())
    }

    pub(super) fn lease(&self) -> Duration {
        self.lease.unwrap_or(Duration::from_secs(60))
    }

    pub(super) fn losses(&self) -> u64 {
        self.losses.unwrap_or(5)
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience.unwrap_or(Duration::from_secs(600))
    }

    pub(super) fn backlog(&self) -> u64 {
        self.backlog.unwrap_or(1_000_000)
    }

    /// Refuses what can't be combined with a queue.
    ///
    /// # Errors
    /// [`UsageError`], which says what.
    pub(super) fn check(
        &self,
        beside: &BesideQueue,
        stages: &RecordsAndFold,
        inputs: &Inputs,
        partial: Partial,
    ) -> Result<(), UsageError> {
        if self.part() == QueuePart::Alone {
            return Ok(());
        }
        if cfg!(not(feature = "queue")) {
            return Err(UsageError(
                "--queue: this fanfold was built without its feature 'queue'".into(),
            ));
        }
        match conflict(beside, stages, inputs, partial) {
            Some(what) => Err(UsageError(format!("{what} cannot be combined with --queue"))),
            None => Ok(()),
        }
    }
}

/// Returns what can't be combined with a queue, and why.
fn conflict(
    beside: &BesideQueue,
    stages: &RecordsAndFold,
    inputs: &Inputs,
    partial: Partial,
) -> Option<&'static str> {
    let records = stages.records.as_ref();
    let has_data = matches!(
        inputs,
        Inputs::Named(names, walk) if walk.dash == Dash::Stdin && names.iter().any(|name| name == "-")
    );
    let conflicts = [
        (beside.shard, "--shard"),
        (beside.merge, "--merge"),
        (beside.line_buffer, "--line-buffer"),
        (beside.ungroup, "--ungroup"),
        (beside.joblog, "--joblog"),
        (
            stages.wanted().is_some(),
            "--first, which depends on the order of all records,",
        ),
        (partial == Partial::Keep, "--partial keep"),
        (
            records.is_some_and(|records| matches!(records.on_bad_line, OnBadLine::Keep(_))),
            "--bad file=F, whose lines would be on other machines,",
        ),
        (
            records.is_some_and(|records| records.is_relative),
            "what depends on now, as yesterday, -2h and times without a year do (type the time itself),",
        ),
        (
            matches!(stages.fold, Some(FoldPlan::Records(_))),
            "records that are sorted or aligned, which are no fold (add --count, --unique, --by or --agg),",
        ),
        (has_data, "'-', which is standard input as data,"),
    ];
    let found = conflicts.iter().find(|(holds, _)| *holds);
    found.map(|(_, what)| *what)
}

/// Returns the bytes that are the same for the same command line: each part with its length before it.
pub(super) fn meaning(key: &CommandKey) -> Vec<u8> {
    let mut bytes = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
    for (label, value) in key {
        for part in [label.as_bytes(), value] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part);
        }
    }
    bytes
}

/// Returns the name of a run whose URL has none: of what the command line means and of its INPUTs.
pub(super) fn default_name<'a>(meaning: &[u8], inputs: impl Iterator<Item = &'a OsStr>) -> String {
    let mut hash = Sha256::new();
    hash.update(meaning);
    for input in inputs {
        hash.update((input.len() as u64).to_le_bytes());
        hash.update(input.as_bytes());
    }
    let digits = hash.finalize();
    digits.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Makes the plan that of a worker: what belongs to the run as a whole is the leader's.
pub(super) fn make_worker(plan: &mut Plan) {
    plan.failures.list = None;
    plan.failures.halt = crate::plan::HaltAt::Never;
    plan.joblog = None;
    plan.save = None;
    plan.first = None;
    plan.deadline = None;
    plan.side_files.clear();
    plan.progress = crate::plan::ProgressPlan::None;
    plan.counts_bytes = false;
    plan.inputs = Inputs::Values(Vec::new());
    plan.empty = crate::plan::Empty::Allowed;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meaning_tells_where_one_part_ends() {
        let key = |parts: [(&'static str, &str); 2]| -> CommandKey {
            parts
                .map(|(label, value)| (label, value.as_bytes().to_vec()))
                .into()
        };
        let one = meaning(&key([("a", "bc"), ("d", "")]));
        assert_eq!(one, meaning(&key([("a", "bc"), ("d", "")])));
        assert_ne!(one, meaning(&key([("a", "b"), ("cd", "")])));
        let name = |inputs: &[&str]| default_name(&one, inputs.iter().map(OsStr::new));
        assert_eq!(name(&["x"]).len(), 12);
        assert_ne!(name(&["x", "y"]), name(&["xy"]));
    }
}
