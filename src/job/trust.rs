//! Whether output counts already.
//!
//! It does not know who prints it.

/// Whether emitted bytes can still turn out to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The bytes count whatever happens to the rest of the job, and may be printed at once.
    Final,
    /// The bytes count only if the job succeeds: a checksum is still to come, for example.
    Provisional,
}
