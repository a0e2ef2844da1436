//! The tables of the options of `fanfold parallel`: those of GNU parallel 20221122, and fanfold's own.

mod kinds;
mod ordinary;
mod others;

use super::getopt::Spec;
use super::options::Options;

/// Returns all options.
pub(super) fn specs() -> Vec<&'static Spec<Options>> {
    [ordinary::ORDINARY, others::PIPE, others::REST]
        .into_iter()
        .flatten()
        .collect()
}
