//! How nice this process and its children are to others.

use std::io;

/// Makes this process, and the children that it will have, nicer by so much.
///
/// # Errors
/// What the system said: only root may be less nice.
pub(crate) fn add_niceness(by: i32) -> io::Result<()> {
    rustix::process::nice(by)?;
    Ok(())
}
