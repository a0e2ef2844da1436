//! `--state` of `fanfold xargs`: what a command line means, of all that was typed.
//!
//! How words are read and put together is no part of it: a job is known by its words.

use super::Refusal;
use super::options::{Options, Share};
use crate::cli::canonical_args::CanonicalArgs;
use crate::plan::{Durability, Existing, Rerun, Revocable, StateAccess, StatePlan};
use std::ffi::OsString;

/// The state that the options ask for.
///
/// # Errors
/// What can't be remembered.
pub fn plan(options: &Options, command: &[OsString]) -> Result<Option<StatePlan>, Refusal> {
    let Some(file) = &options.state else {
        return Ok(None);
    };
    if options.interactive {
        let what = "--interactive/-p leaves commands that were not run, which --state can't remember";
        return Err(Refusal::usage(what.into()));
    }
    let hole = match &options.share {
        Share::Replace(hole) => Some(hole),
        _ => None,
    };
    let input = CanonicalArgs::default()
        .flag("--open-tty", options.open_tty)
        .flag("--arg-file", options.file.is_some() && !options.open_tty);
    Ok(Some(StatePlan {
        file: file.into(),
        meaning: vec![
            ("mode", b"xargs".to_vec()),
            ("command", CanonicalArgs::default().words(command).text()),
            ("replace", CanonicalArgs::default().values("-I", hole).text()),
            ("standard input", input.text()),
            ("tag", CanonicalArgs::default().flag("--tag", options.tag).text()),
        ],
        rerun: Rerun::Unfinished,
        existing: Existing::Keep,
        access: StateAccess::Write,
        durability: Durability::EachJob,
        revocable: Revocable::Never,
    }))
}
