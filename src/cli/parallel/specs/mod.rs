//! The tables of the options of `fanfold parallel`: those of GNU parallel 20221122, and fanfold's own.

mod kinds;
mod ordinary;
mod others;

use super::getopt::Spec;
use super::options::Options;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// Returns all options.
pub(super) fn specs() -> Vec<&'static Spec<Options>> {
    [ordinary::ORDINARY, others::PIPE, others::REST]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns the words that the variable `PARALLEL` holds: options that come first.
pub(super) fn from_environment() -> Vec<OsString> {
    let text = std::env::var_os("PARALLEL").unwrap_or_default();
    let words = shlex::bytes::split(text.as_bytes()).unwrap_or_default();
    words.into_iter().map(OsString::from_vec).collect()
}
