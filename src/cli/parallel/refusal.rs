//! Replacement strings that are GNU parallel's and not ours: refused, so that none is taken for text.
//!
//! It does not know those that are.

use super::options::Options;
use crate::cli::usage_error::UsageError;
use crate::message;
use anyhow::Result;
use std::ffi::{OsStr, OsString};

/// What `--plus` has beside what is ours.
const PLUS: [&str; 5] = ["{uniq}", "{choose_k}", "{host}", "{sshlogin}", "{hgrp}"];

/// Refuses a command that has one.
pub(super) fn check(command: &[OsString], options: &Options) -> Result<()> {
    // One may be spread over words.
    let line = command.join(OsStr::new(" "));
    let (text, shown) = (line.to_string_lossy(), message::display_name(&line));
    let has_perl = text.find("{=").is_some_and(|at| text[at..].contains("=}"));
    let plus = PLUS
        .iter()
        .find(|hole| options.command.holes.plus && text.contains(**hole));
    let what = match plus {
        _ if has_perl => {
            format!(
                "Error: '{shown}': fanfold has no Perl; use the replacement strings of --plus, or a shell."
            )
        }
        Some(hole) => format!("Error: '{shown}': {hole} is not supported by fanfold."),
        None => return Ok(()),
    };
    Err(UsageError(what).into())
}
