//! `--state` of `fanfold parallel`: what a state keeps of the command line.
//!
//! How values are read and shared out is left out: a state knows a job by its values.

use super::options::Options;
use crate::plan::{Durability, Existing, LockHeld, Recognition, Rerun, Revocable, StateAccess, StatePlan};
use crate::template::shell_quote;
use std::ffi::OsString;

/// Returns the state's plan, if a state was asked for.
pub(super) fn plan(options: &Options, command: &[OsString]) -> Option<StatePlan> {
    let file = options.running.state.clone()?;
    let holes = format!("{:?}", (&options.command, &options.output.out));
    Some(StatePlan {
        file,
        meaning: vec![
            ("mode", b"parallel".to_vec()),
            ("command", shell_quote(command)),
            ("replacement strings", holes.into_bytes()),
        ],
        rerun: Rerun::Unfinished,
        existing: Existing::Keep,
        held: LockHeld::Refuse,
        access: StateAccess::Write,
        durability: Durability::EachJob,
        revocable: Revocable::Never,
        recognition: Recognition::BY_NAME,
    })
}
