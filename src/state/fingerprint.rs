//! What tells one version of an input from another: its size and the time of its last change.
//!
//! It does not read what is in a file, and does not know where fingerprints are kept.

use crate::job::{Input, Job};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

/// A change within this time of the one before may leave the file with the same time: file
/// systems count in steps of up to two seconds.
const STEP: Duration = Duration::from_secs(2);

/// What tells one version of an input from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fingerprint {
    /// A regular file's size in bytes, and when it was last changed, in nanoseconds since 1970.
    File {
        /// The size.
        size: i64,
        /// The time.
        mtime: i64,
    },
    /// A directory, or no file at all: the name says everything.
    Name,
    /// A pipe, a socket or a device: it may give something else each time.
    Stream,
}

impl Fingerprint {
    /// The fingerprint of an input as it is now. A word that is no file's name says everything, also where it
    /// is that of a device: nothing tells whether the command reads it.
    pub fn from_input(input: &Input) -> Fingerprint {
        if *input == Input::Stdin {
            return Fingerprint::Stream;
        }
        let fingerprint =
            fs::metadata(input.name()).map_or(Fingerprint::Name, |found| Fingerprint::from_metadata(&found));
        match (input, fingerprint) {
            (Input::Word { .. }, Fingerprint::Stream) => Fingerprint::Name,
            (_, fingerprint) => fingerprint,
        }
    }

    /// The fingerprint of what was found.
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

    /// Whether a file with this fingerprint, seen at `now`, could be changed once more without showing.
    pub fn is_recent(self, now: SystemTime) -> bool {
        let Fingerprint::File { mtime, .. } = self else {
            return self == Fingerprint::Stream;
        };
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let latest = i64::try_from(now.saturating_sub(STEP).as_nanos()).unwrap_or(i64::MAX);
        mtime > latest
    }

    /// The fingerprint under which the job is remembered, where `self` was seen before it ran and
    /// `after` when it had ended; `None` where it can't be told which version was read.
    ///
    /// A job may consume its input (`gzip`, `mv`), and may make the file that it names.
    pub fn settled(self, after: Fingerprint) -> Option<Fingerprint> {
        match (self, after) {
            (Fingerprint::Stream, _) | (_, Fingerprint::Stream) => None,
            (Fingerprint::Name, made) => Some(made),
            (read, Fingerprint::Name) => Some(read),
            (before, after) => (before == after).then_some(before),
        }
    }
}

/// The fingerprints of a job's inputs as they are now.
pub fn fingerprints(job: &Job) -> Vec<Fingerprint> {
    job.inputs.iter().map(Fingerprint::from_input).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: i64, mtime: i64) -> Fingerprint {
        Fingerprint::File { size, mtime }
    }

    #[test]
    fn a_file_that_was_just_changed_is_recent_and_so_is_one_of_the_future() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        for (mtime, recent) in [(98, false), (50, false), (99, true), (100, true), (200, true)] {
            assert_eq!(file(1, mtime * 1_000_000_000).is_recent(now), recent, "{mtime}");
        }
        assert!(!Fingerprint::Name.is_recent(now) && Fingerprint::Stream.is_recent(now));
    }

    #[test]
    fn what_changed_while_it_was_read_has_no_fingerprint() {
        assert_eq!(file(1, 5).settled(file(1, 5)), Some(file(1, 5)));
        assert_eq!(file(1, 5).settled(file(2, 5)), None);
        assert_eq!(file(1, 5).settled(file(1, 6)), None);
        assert_eq!(file(1, 5).settled(Fingerprint::Name), Some(file(1, 5)));
        assert_eq!(Fingerprint::Name.settled(file(1, 5)), Some(file(1, 5)));
        assert_eq!(Fingerprint::Stream.settled(Fingerprint::Stream), None);
    }
}
