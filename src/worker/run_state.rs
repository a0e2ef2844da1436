//! What workers need to know of the run while it goes on.
//!
//! It does not know who changes it.

use crate::message;
use crate::plan::{HaltAt, Order, Partial, Tag};
use crate::sink::Tagger;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// What the output of a job needs to know of the run.
#[derive(Debug)]
pub(crate) struct RunState {
    /// The lowest job that is not all printed: what it gives is sent at once.
    pub(crate) lowest: AtomicU64,
    /// Whether no task comes after those in the queue.
    pub(crate) over: AtomicBool,
    /// In which order results are printed.
    pub(crate) order: Order,
    /// Whether lines are tagged.
    pub(crate) tag: Tag,
    /// What becomes of what a file gave before it turned out corrupt.
    pub(crate) partial: Partial,
    /// When failures end the run.
    pub(crate) halt: HaltAt,
    /// Whether names on a tag are escaped, because a terminal shows them.
    pub(crate) terminal: bool,
}

impl RunState {
    /// Returns the tagger of the lines of a job with this label, if lines are tagged.
    pub(super) fn tagger(&self, label: &[u8]) -> Option<Tagger> {
        let label = match self.terminal {
            true => message::display_name(OsStr::from_bytes(label))
                .into_owned()
                .into_bytes(),
            false => label.to_vec(),
        };
        match self.tag {
            Tag::Off => None,
            Tag::Input => Some(Tagger::new(&label)),
            Tag::InputAsIs => Some(Tagger::new(&label).for_terminal_lines()),
        }
    }
}
