//! `--state` of `fanfold xargs`: what a state keeps of the command line.
//!
//! How words are read and shared out is left out: a state knows a job by its words.

use super::options::Options;
use crate::cli::canonical_args::CanonicalArgs;
use crate::cli::usage_error::UsageError;
use crate::plan::{Durability, Existing, LockHeld, Recognition, Rerun, Revocable, StateAccess, StatePlan};
use crate::template::shell_quote;
use std::ffi::OsString;

/// Returns the state's plan, if a state was asked for.
pub(super) fn plan(options: &Options, command: &[OsString]) -> Result<Option<StatePlan>, UsageError> {
    let Some(file) = &options.state else {
        return Ok(None);
    };
    if options.interactive {
        let what = "--interactive/-p cannot be combined with --state: it leaves commands that were not run";
        return Err(UsageError(what.into()));
    }
    let input = CanonicalArgs::default()
        .flag("--open-tty", options.open_tty)
        .flag("--arg-file", options.file.is_some() && !options.open_tty);
    Ok(Some(StatePlan {
        file: file.clone(),
        meaning: vec![
            ("mode", b"xargs".to_vec()),
            ("command", shell_quote(command)),
            (
                "replace",
                CanonicalArgs::default().values("-I", options.share.hole()).text(),
            ),
            ("standard input", input.text()),
            ("tag", CanonicalArgs::default().flag("--tag", options.tag).text()),
        ],
        rerun: Rerun::Unfinished,
        existing: Existing::Keep,
        held: LockHeld::Refuse,
        access: StateAccess::Write,
        durability: Durability::EachJob,
        revocable: Revocable::Never,
        recognition: Recognition::BY_NAME,
    }))
}
