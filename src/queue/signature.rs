//! Signatures of jobs and results: HMAC-SHA256 with a key that all hosts of a run have and the server does not.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// How many bytes a signature has.
pub(super) const SIGNATURE: usize = 32;

/// How many bytes a key has: fewer could be guessed, more are not read.
const KEY: std::ops::RangeInclusive<usize> = 32..=65536;

/// The key of `--sign-key`.
#[derive(Clone)]
pub struct SignKey(Vec<u8>);

impl std::fmt::Debug for SignKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignKey(..)")
    }
}

impl SignKey {
    /// Builds a key; `None` when it is shorter than 32 or longer than 65,536 bytes.
    pub fn new(bytes: Vec<u8>) -> Option<SignKey> {
        KEY.contains(&bytes.len()).then_some(SignKey(bytes))
    }

    /// Reads a key. All bytes of the file count.
    ///
    /// # Errors
    /// The file can't be read, others than its owner can read it, or it is too short or too long.
    pub fn read(path: &Path) -> io::Result<SignKey> {
        let file = File::open(path)?;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(io::Error::other(format!(
                "others can read this key (mode {:04o}): chmod 600",
                mode & 0o7777
            )));
        }
        let mut bytes = Vec::new();
        file.take(*KEY.end() as u64 + 1).read_to_end(&mut bytes)?;
        SignKey::new(bytes).ok_or_else(|| {
            io::Error::other(format!(
                "a key has {} to {} bytes: head -c 32 /dev/urandom",
                KEY.start(),
                KEY.end()
            ))
        })
    }

    fn mac(&self, subject: &Subject<'_>, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256>>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(&subject.encoding());
        mac.update(bytes);
        mac
    }

    /// Returns the signature of bytes.
    pub(super) fn sign(&self, subject: &Subject<'_>, bytes: &[u8]) -> [u8; SIGNATURE] {
        self.mac(subject, bytes).finalize().into_bytes().into()
    }

    /// Returns whether a signature is right, in a time that does not depend on where it differs.
    pub(super) fn verify(&self, subject: &Subject<'_>, bytes: &[u8], signature: &[u8]) -> bool {
        self.mac(subject, bytes).verify_slice(signature).is_ok()
    }
}

/// What a signature is bound to, so that what was signed for one run, job or worker is of no use for another.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A job.
    Job {
        /// The random name that the server got when the run began.
        epoch: &'a str,
        /// The run.
        run: &'a str,
        /// The number in the queue.
        k: u64,
    },
    /// A commit.
    Commit {
        /// The random name that the server got when the run began.
        epoch: &'a str,
        /// The run.
        run: &'a str,
        /// The worker that commits.
        worker: &'a str,
        /// Its number among the worker's commits.
        number: u64,
    },
}

impl Subject<'_> {
    fn encoding(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut words = |words: &[&str]| {
            for word in words {
                bytes.extend((word.len() as u64).to_le_bytes());
                bytes.extend(word.as_bytes());
            }
        };
        let number = match *self {
            Subject::Job { epoch, run, k } => {
                words(&["ff1 job", epoch, run]);
                k
            }
            Subject::Commit {
                epoch,
                run,
                worker,
                number,
            } => {
                words(&["ff1 commit", epoch, run, worker]);
                number
            }
        };
        bytes.extend(number.to_le_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;

    #[test]
    fn no_two_subjects_have_one_encoding() {
        let job = |epoch, run, k| Subject::Job { epoch, run, k }.encoding();
        let commit = |worker, number| {
            let (epoch, run) = ("e", "r");
            Subject::Commit {
                epoch,
                run,
                worker,
                number,
            }
            .encoding()
        };
        let all = [
            job("e", "r", 1),
            job("e", "r", 2),
            job("er", "", 1),
            job("", "er", 1),
            commit("w", 1),
            commit("w1", 1),
            commit("w", 2),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn keys_of_others_and_short_keys_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        let read = |bytes: &[u8], mode| {
            std::fs::write(&path, bytes).expect("a file");
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
            SignKey::read(&path).map_err(|error| error.to_string())
        };
        assert_eq!(read(&[7; 32], 0o600).expect("a key").0, [7; 32]);
        for (bytes, mode, word) in [
            (&[7; 31][..], 0o600, "32 to"),
            (&[7; 65537], 0o600, "32 to"),
            (&[7; 32], 0o640, "0640"),
            (&[7; 32], 0o604, "chmod 600"),
        ] {
            let error = read(bytes, mode).expect_err(word);
            assert!(error.contains(word), "{error}");
        }
    }
}
