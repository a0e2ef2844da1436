//! The kinds of options: what is the same for all of a kind.
//!
//! It does not know which there are.

use crate::cli::parallel::getopt::Spec;
use crate::cli::parallel::getopt::Takes::{self, Nothing, Required};
use crate::cli::parallel::options::Options;
use anyhow::Result;

/// Returns an option of GNU parallel.
pub(super) const fn gnu(names: &'static str, takes: Takes<Options>) -> Spec<Options> {
    Spec {
        names,
        takes,
        shortens: true,
    }
}

/// Sets what an option sets, when its value is right.
pub(super) fn set<T>(place: &mut T, value: Result<T>) -> Result<()> {
    *place = value?;
    Ok(())
}

/// Returns an option that GNU parallel does not have. It can't be cut short, so that each shortened name means what
/// it means to GNU parallel.
pub(super) const fn own(names: &'static str, takes: Takes<Options>) -> Spec<Options> {
    Spec {
        names,
        takes,
        shortens: false,
    }
}

/// An option that changes nothing here.
pub(super) const fn ignored(names: &'static str) -> Spec<Options> {
    gnu(names, Nothing(|_| ()))
}

/// The same, with a value.
pub(super) const fn ignored_value(names: &'static str) -> Spec<Options> {
    gnu(names, Required(|_, _| Ok(())))
}
