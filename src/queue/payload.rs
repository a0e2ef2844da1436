//! A job as the queue carries it. What travels are names, never a command, a pattern or an option.
//!
//! ```text
//! u8 1  u64 number  u16 inputs  { u8 kind  [u64 start  u64 end]  u32 length  bytes }...  [32 bytes signature]
//! ```
//! All numbers are little-endian. Every length is checked before anything of that length is made.

use super::signature::{SIGNATURE, SignKey, Subject};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// The version of the encoding.
const VERSION: u8 = 1;

/// The most bytes of a job: 1 MiB.
pub const LONGEST_JOB: usize = 1 << 20;

/// A job as it is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedJob {
    /// Its number in input order, from 1, as it is shown. It is not the number in the queue: the largest file may come first.
    pub number: u64,
    /// What it is about: 1 to 65,535 inputs.
    pub inputs: Vec<QueuedInput>,
}

/// An input of a queued job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueuedInput {
    /// A file.
    Name(OsString),
    /// A word of a list.
    Word(OsString),
    /// The lines of a plain file that begin in `start..end`.
    Range {
        /// The file's name.
        name: OsString,
        /// The first byte at which a line may begin.
        start: u64,
        /// One past the last; `u64::MAX` for the end of the file.
        end: u64,
    },
}

/// Why the bytes of a job or a commit are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadError {
    /// They are not in the form that they should have.
    Malformed,
    /// The signature is missing, or is not made with this run's key for this place.
    Forged,
    /// They are signed, and there is no key.
    Signed,
    /// They would be longer than the queue takes.
    TooLong,
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PayloadError::Malformed => "not in the form of this version",
            PayloadError::Forged => "not signed with the key of --sign-key",
            PayloadError::Signed => "signed, and there is no key: --sign-key FILE",
            PayloadError::TooLong => "too long for the queue",
        })
    }
}

impl std::error::Error for PayloadError {}

impl QueuedJob {
    /// Returns the bytes that are queued.
    ///
    /// # Errors
    /// [`PayloadError::TooLong`] for more than 65,535 inputs or 1 MiB.
    pub fn encode(&self, signing: Option<(&SignKey, Subject<'_>)>) -> Result<Vec<u8>, PayloadError> {
        let count = u16::try_from(self.inputs.len()).map_err(|_| PayloadError::TooLong)?;
        let mut bytes = vec![VERSION];
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        for input in &self.inputs {
            let (kind, name) = match input {
                QueuedInput::Name(name) => (0, name),
                QueuedInput::Word(word) => (1, word),
                QueuedInput::Range { name, .. } => (2, name),
            };
            bytes.push(kind);
            if let QueuedInput::Range { start, end, .. } = input {
                bytes.extend(start.to_le_bytes());
                bytes.extend(end.to_le_bytes());
            }
            put_bytes(&mut bytes, name.as_bytes())?;
        }
        if let Some((key, subject)) = signing {
            bytes.extend(key.sign(&subject, &bytes));
        }
        match bytes.len() <= LONGEST_JOB {
            true => Ok(bytes),
            false => Err(PayloadError::TooLong),
        }
    }

    /// Reads a job to show what it is about, whether or not it is signed. What it says must not be acted on.
    ///
    /// # Errors
    /// The bytes are damaged.
    pub fn parse_unverified(bytes: &[u8]) -> Result<QueuedJob, PayloadError> {
        match (
            QueuedJob::parse(bytes, None),
            bytes.split_last_chunk::<SIGNATURE>(),
        ) {
            (Err(PayloadError::Signed), Some((unsigned, _))) => QueuedJob::parse(unsigned, None),
            (parsed, _) => parsed,
        }
    }

    /// Reads what [`encode`](Self::encode) made. With a key, the signature is checked before anything else is looked at.
    ///
    /// # Errors
    /// The bytes are damaged or forged.
    pub fn parse(bytes: &[u8], signing: Option<(&SignKey, Subject<'_>)>) -> Result<QueuedJob, PayloadError> {
        let mut rest = match signing {
            Some((key, subject)) => {
                let (signed, signature) = bytes
                    .split_last_chunk::<SIGNATURE>()
                    .ok_or(PayloadError::Forged)?;
                if !key.verify(&subject, signed, signature) {
                    return Err(PayloadError::Forged);
                }
                Bytes(signed)
            }
            None => Bytes(bytes),
        };
        if rest.u8()? != VERSION {
            return Err(PayloadError::Malformed);
        }
        let number = rest.u64()?;
        let mut inputs = Vec::new();
        for _ in 0..rest.u16()? {
            inputs.push(rest.input()?);
        }
        match rest.0.len() {
            _ if inputs.is_empty() => Err(PayloadError::Malformed),
            0 => Ok(QueuedJob { number, inputs }),
            SIGNATURE if signing.is_none() => Err(PayloadError::Signed),
            _ => Err(PayloadError::Malformed),
        }
    }
}

impl QueuedInput {
    /// Returns its name.
    pub fn name(&self) -> &OsStr {
        match self {
            QueuedInput::Name(name) | QueuedInput::Word(name) | QueuedInput::Range { name, .. } => name,
        }
    }
}

/// Appends a length of four bytes, and bytes.
pub(super) fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) -> Result<(), PayloadError> {
    let length = u32::try_from(bytes.len()).map_err(|_| PayloadError::TooLong)?;
    to.extend(length.to_le_bytes());
    to.extend(bytes);
    Ok(())
}

/// Bytes that are still to be read.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], PayloadError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(PayloadError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PayloadError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(PayloadError::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, PayloadError> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, PayloadError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, PayloadError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, PayloadError> {
        self.array().map(u64::from_le_bytes)
    }

    /// Takes a length of four bytes, and as many bytes.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], PayloadError> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    fn name(&mut self) -> Result<OsString, PayloadError> {
        self.bytes().map(|bytes| OsString::from_vec(bytes.to_vec()))
    }

    fn input(&mut self) -> Result<QueuedInput, PayloadError> {
        match self.u8()? {
            0 => self.name().map(QueuedInput::Name),
            1 => self.name().map(QueuedInput::Word),
            2 => {
                let (start, end) = (self.u64()?, self.u64()?);
                let name = self.name()?;
                Ok(QueuedInput::Range { name, start, end })
            }
            _ => Err(PayloadError::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> impl Strategy<Value = OsString> {
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(OsString::from_vec)
    }

    fn inputs() -> impl Strategy<Value = QueuedInput> {
        prop_oneof![
            names().prop_map(QueuedInput::Name),
            names().prop_map(QueuedInput::Word),
            (names(), any::<u64>(), any::<u64>()).prop_map(|(name, start, end)| QueuedInput::Range {
                name,
                start,
                end
            }),
        ]
    }

    fn jobs() -> impl Strategy<Value = QueuedJob> {
        (any::<u64>(), proptest::collection::vec(inputs(), 1..6))
            .prop_map(|(number, inputs)| QueuedJob { number, inputs })
    }

    fn key(byte: u8) -> SignKey {
        SignKey::new(vec![byte; 32]).expect("32 bytes")
    }

    fn subject(k: u64) -> Subject<'static> {
        Subject::Job {
            epoch: "e",
            run: "r",
            k,
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(job in jobs(), signed in any::<bool>()) {
            let key = key(1);
            let signing = signed.then_some((&key, subject(3)));
            let bytes = job.encode(signing).expect("it is short");
            prop_assert_eq!(QueuedJob::parse(&bytes, signing), Ok(job));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = QueuedJob::parse(&bytes, None);
        }
    }

    fn job() -> QueuedJob {
        QueuedJob {
            number: 7,
            inputs: vec![
                QueuedInput::Name("a\nb".into()),
                QueuedInput::Range {
                    name: "c".into(),
                    start: 1,
                    end: u64::MAX,
                },
            ],
        }
    }

    #[test]
    fn a_signed_job_that_was_changed_is_never_read() {
        let (job, key) = (job(), key(1));
        let bytes = job.encode(Some((&key, subject(3)))).expect("it is short");
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let read = QueuedJob::parse(&changed, Some((&key, subject(3))));
                assert_eq!(read, Err(PayloadError::Forged), "byte {at}");
            }
            let read = QueuedJob::parse(&bytes[..at], Some((&key, subject(3))));
            assert_eq!(read, Err(PayloadError::Forged), "cut at {at}");
        }
        let read = |key: &SignKey, k| QueuedJob::parse(&bytes, Some((key, subject(k))));
        assert_eq!(read(&key, 3), Ok(job));
        assert_eq!(read(&key, 4), Err(PayloadError::Forged), "another job's place");
        assert_eq!(read(&self::key(2), 3), Err(PayloadError::Forged), "another key");
        assert_eq!(QueuedJob::parse(&bytes, None), Err(PayloadError::Signed));
        assert_eq!(QueuedJob::parse_unverified(&bytes), read(&key, 3));
    }

    #[test]
    fn an_unsigned_job_is_forged_where_there_is_a_key_and_damage_is_refused() {
        let bytes = job().encode(None).expect("it is short");
        let read = QueuedJob::parse(&bytes, Some((&key(1), subject(3))));
        assert_eq!(read, Err(PayloadError::Forged));
        for end in 0..bytes.len() {
            let read = QueuedJob::parse(&bytes[..end], None);
            assert_eq!(read, Err(PayloadError::Malformed), "cut at {end}");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let _ = QueuedJob::parse(&changed, None);
            }
        }
    }

    #[test]
    fn too_many_inputs_and_too_many_bytes_are_refused() {
        let job = |count: usize, length: usize| QueuedJob {
            number: 1,
            inputs: vec![QueuedInput::Name("x".repeat(length).into()); count],
        };
        assert!(job(65535, 1).encode(None).is_ok());
        assert_eq!(job(65536, 1).encode(None), Err(PayloadError::TooLong));
        assert_eq!(job(1, LONGEST_JOB).encode(None), Err(PayloadError::TooLong));
    }
}
