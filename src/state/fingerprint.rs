//! Fingerprints, which distinguish versions of an input by its size and the time of its last change.
//!
//! A fingerprint does not depend on the content of a file. This file does not know where fingerprints are
//! stored.

use crate::job::{Input, Job};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

/// The coarsest step of file times: a change within this time of the previous one may leave the time the
/// same.
const TIME_STEP: Duration = Duration::from_secs(2);

/// Distinguishes versions of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fingerprint {
    /// A regular file.
    File {
        /// The size in bytes.
        size: i64,
        /// The time of the last change, in nanoseconds since 1970.
        mtime: i64,
    },
    /// A directory, or not a file at all: the name alone is the input.
    Name,
    /// A pipe, a socket or a device: its content may differ each time.
    Stream,
}

impl Fingerprint {
    /// Reads the current fingerprint of an input. A word that names a device counts as a name only, because
    /// nothing tells whether the command reads the device.
    pub fn from_input(input: &Input) -> Fingerprint {
        if matches!(
            input,
            Input::Opened(_) | Input::Stdin | Input::Block(_) | Input::Queue(_)
        ) {
            return Fingerprint::Stream;
        }
        let fingerprint =
            fs::metadata(input.name()).map_or(Fingerprint::Name, |found| Fingerprint::from_metadata(&found));
        match (input, fingerprint) {
            (Input::Word { .. }, Fingerprint::Stream) => Fingerprint::Name,
            (_, fingerprint) => fingerprint,
        }
    }

    /// Builds the fingerprint of a file with this metadata.
    pub fn from_metadata(found: &Metadata) -> Fingerprint {
        if found.is_file() {
            Fingerprint::File {
                size: found.size().cast_signed(),
                mtime: found.mtime().saturating_mul(1_000_000_000) + found.mtime_nsec(),
            }
        } else if found.is_dir() {
            Fingerprint::Name
        } else {
            Fingerprint::Stream
        }
    }

    /// Returns true when a file that has this fingerprint at `now` could change again without a new
    /// fingerprint.
    pub fn is_recent(self, now: SystemTime) -> bool {
        let Fingerprint::File { mtime, .. } = self else {
            return self == Fingerprint::Stream;
        };
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let latest = i64::try_from(now.saturating_sub(TIME_STEP).as_nanos()).unwrap_or(i64::MAX);
        mtime > latest
    }

    /// Returns the fingerprint to store for a job, from the one before it ran (`self`) and the one after
    /// its end; `None` when it is unknown which version the job read.
    ///
    /// A job may consume its input (`gzip`, `mv`), and may create the file that it names.
    pub fn reconcile(self, after: Fingerprint) -> Option<Fingerprint> {
        match (self, after) {
            (Fingerprint::Stream, _) | (_, Fingerprint::Stream) => None,
            (Fingerprint::Name, made) => Some(made),
            (read, Fingerprint::Name) => Some(read),
            (before, after) => (before == after).then_some(before),
        }
    }
}

/// Reads the current fingerprints of a job's inputs.
pub(crate) fn fingerprints(job: &Job) -> Vec<Fingerprint> {
    job.inputs.iter().map(Fingerprint::from_input).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: i64, mtime: i64) -> Fingerprint {
        Fingerprint::File { size, mtime }
    }

    #[test]
    fn files_changed_just_now_or_in_the_future_are_recent() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        for (mtime, recent) in [(98, false), (50, false), (99, true), (100, true), (200, true)] {
            assert_eq!(file(1, mtime * 1_000_000_000).is_recent(now), recent, "{mtime}");
        }
        assert!(!Fingerprint::Name.is_recent(now) && Fingerprint::Stream.is_recent(now));
    }

    #[test]
    fn an_input_that_changed_while_it_was_read_has_no_fingerprint() {
        assert_eq!(file(1, 5).reconcile(file(1, 5)), Some(file(1, 5)));
        assert_eq!(file(1, 5).reconcile(file(2, 5)), None);
        assert_eq!(file(1, 5).reconcile(file(1, 6)), None);
        assert_eq!(file(1, 5).reconcile(Fingerprint::Name), Some(file(1, 5)));
        assert_eq!(Fingerprint::Name.reconcile(file(1, 5)), Some(file(1, 5)));
        assert_eq!(Fingerprint::Stream.reconcile(Fingerprint::Stream), None);
    }
}
