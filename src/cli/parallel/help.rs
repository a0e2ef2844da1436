//! The texts that `fanfold parallel` prints in place of a run, and the length of command lines.

use crate::sys;

/// What `--help` prints.
pub(super) fn text() -> String {
    include_str!("help.txt").to_owned()
}

/// The version of GNU parallel whose command line this is.
pub(super) const REFERENCE: u64 = 20_221_122;

/// What `--minversion` prints.
pub(super) fn reference_version() -> String {
    format!("{REFERENCE}\n")
}

/// What `--version` prints.
pub(super) fn version() -> String {
    format!(
        "fanfold parallel {} (the command line of GNU parallel {REFERENCE})\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// What `--number-of-cores` and its kind print.
pub(super) fn cores() -> String {
    format!("{}\n", sys::cores())
}

/// What `--max-line-length-allowed` prints.
pub(super) fn line_length() -> String {
    format!("{LONGEST_LINE}\n")
}

/// The longest command line of one job: one argument of a shell can't be longer.
pub(super) const LONGEST_LINE: usize = 130_000;
