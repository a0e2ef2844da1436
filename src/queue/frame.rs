//! What a worker commits: frames about the jobs that ended, and what they gave.
//!
//! ```text
//! { u8 tag  u32 length  bytes }...      D done  F failed  W warning  O output  P part of the fold  B a large result  X forged  S signature
//! ```
//! All numbers are little-endian. It does not know what is in a part.

use super::payload::{Bytes, PayloadError, put_bytes};
use super::signature::{SIGNATURE, SignKey, Subject};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// How many bytes a frame has before its content.
const HEAD: usize = 5;

/// A frame of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitFrame {
    /// A job that succeeded.
    Done(DoneJob),
    /// A job that failed for good.
    Failed(FailedJob),
    /// A warning about a job, whose own frame is before it.
    Warning {
        /// The job's number in input order.
        number: u64,
        /// The message.
        text: String,
    },
    /// A piece of what a job printed. The pieces of a job and stream are in order.
    Output {
        /// The job's number in input order.
        number: u64,
        /// Where it goes.
        stream: CommitStream,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// What the jobs of this commit that are done gave the fold together.
    Part {
        /// How many values were of another kind than the fold needs, and the like, as the fold encodes them.
        notes: Vec<u8>,
        /// The packed part.
        part: Vec<u8>,
    },
    /// The frames of this commit lie in a list, because they are large.
    Elsewhere {
        /// How many pieces they have.
        pieces: u64,
        /// How many bytes they have.
        length: u64,
        /// The SHA-256 of them.
        sha256: [u8; 32],
    },
    /// An entry of the queue that was not signed with the run's key. It was not run.
    ForgedJob {
        /// Its number in the queue.
        k: u64,
    },
}

/// A job that succeeded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoneJob {
    /// The number in the queue.
    pub k: u64,
    /// The number in input order.
    pub number: u64,
    /// How long it ran, in milliseconds.
    pub ms: u64,
    /// How many bytes it read or printed.
    pub bytes: u64,
    /// How many lines the format could not read.
    pub bad_lines: u64,
    /// How many tries it took.
    pub tries: u64,
}

/// A job that failed for good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedJob {
    /// The number in the queue.
    pub k: u64,
    /// The number in input order.
    pub number: u64,
    /// How long it ran, in milliseconds.
    pub ms: u64,
    /// How many tries it took.
    pub tries: u64,
    /// What kind of failure: a number that the users of this room agree on.
    pub kind: u8,
    /// The command's exit status, if it ended by one.
    pub status: Option<u32>,
    /// The signal that killed the command, if one did.
    pub signal: Option<u32>,
    /// The message.
    pub text: String,
    /// The names of its inputs.
    pub names: Vec<OsString>,
}

/// Where a piece of output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Returns the bytes of a commit.
///
/// # Errors
/// [`PayloadError::TooLong`] when a frame has 4 GiB or more.
pub fn encode_frames(
    frames: &[CommitFrame],
    signing: Option<(&SignKey, Subject<'_>)>,
) -> Result<Vec<u8>, PayloadError> {
    let mut bytes = Vec::new();
    for frame in frames {
        put_frame(&mut bytes, frame)?;
    }
    if let Some((key, subject)) = signing {
        let signature = key.sign(&subject, &bytes);
        bytes.push(b'S');
        put_bytes(&mut bytes, &signature)?;
    }
    Ok(bytes)
}

/// Reads what [`encode_frames`] made. With a key, the signature is checked before anything else is looked at.
///
/// # Errors
/// The bytes are damaged or forged.
pub fn parse_frames(
    bytes: &[u8],
    signing: Option<(&SignKey, Subject<'_>)>,
) -> Result<Vec<CommitFrame>, PayloadError> {
    let mut rest = match signing {
        Some((key, subject)) => {
            let (signed, signature) = bytes
                .split_last_chunk::<{ HEAD + SIGNATURE }>()
                .ok_or(PayloadError::Forged)?;
            if !key.verify(&subject, signed, &signature[HEAD..]) {
                return Err(PayloadError::Forged);
            }
            Bytes(signed)
        }
        None => Bytes(bytes),
    };
    let mut frames = Vec::new();
    while !rest.0.is_empty() {
        let tag = rest.u8()?;
        let content = rest.bytes()?;
        if tag == b'S' {
            return Err(PayloadError::Signed);
        }
        frames.push(parse_frame(tag, Bytes(content))?);
    }
    Ok(frames)
}

fn put_numbers(to: &mut Vec<u8>, numbers: &[u64]) {
    for number in numbers {
        to.extend(number.to_le_bytes());
    }
}

/// Puts 0 for nothing, and else one more.
fn put_option(to: &mut Vec<u8>, value: Option<u32>) {
    put_numbers(to, &[value.map_or(0, |value| u64::from(value) + 1)]);
}

fn put_frame(to: &mut Vec<u8>, frame: &CommitFrame) -> Result<(), PayloadError> {
    let mut content = Vec::new();
    let tag = match frame {
        CommitFrame::Done(job) => {
            let numbers = [job.k, job.number, job.ms, job.bytes, job.bad_lines, job.tries];
            put_numbers(&mut content, &numbers);
            b'D'
        }
        CommitFrame::Failed(job) => {
            put_numbers(&mut content, &[job.k, job.number, job.ms, job.tries]);
            content.push(job.kind);
            put_option(&mut content, job.status);
            put_option(&mut content, job.signal);
            put_bytes(&mut content, job.text.as_bytes())?;
            for name in &job.names {
                put_bytes(&mut content, name.as_bytes())?;
            }
            b'F'
        }
        CommitFrame::Warning { number, text } => {
            put_numbers(&mut content, &[*number]);
            content.extend(text.as_bytes());
            b'W'
        }
        CommitFrame::Output {
            number,
            stream,
            bytes,
        } => {
            put_numbers(&mut content, &[*number]);
            content.push(match stream {
                CommitStream::Stdout => 1,
                CommitStream::Stderr => 2,
            });
            content.extend(bytes);
            b'O'
        }
        CommitFrame::Part { notes, part } => {
            put_bytes(&mut content, notes)?;
            content.extend(part);
            b'P'
        }
        CommitFrame::Elsewhere {
            pieces,
            length,
            sha256,
        } => {
            put_numbers(&mut content, &[*pieces, *length]);
            content.extend(sha256);
            b'B'
        }
        CommitFrame::ForgedJob { k } => {
            put_numbers(&mut content, &[*k]);
            b'X'
        }
    };
    to.push(tag);
    put_bytes(to, &content)
}

fn option(bytes: &mut Bytes<'_>) -> Result<Option<u32>, PayloadError> {
    match bytes.u64()? {
        0 => Ok(None),
        more => u32::try_from(more - 1)
            .map(Some)
            .map_err(|_| PayloadError::Malformed),
    }
}

fn parse_frame(tag: u8, mut bytes: Bytes<'_>) -> Result<CommitFrame, PayloadError> {
    let rest = &mut bytes;
    let frame = match tag {
        b'D' => CommitFrame::Done(DoneJob {
            k: rest.u64()?,
            number: rest.u64()?,
            ms: rest.u64()?,
            bytes: rest.u64()?,
            bad_lines: rest.u64()?,
            tries: rest.u64()?,
        }),
        b'F' => CommitFrame::Failed(parse_failed(rest)?),
        b'W' => CommitFrame::Warning {
            number: rest.u64()?,
            text: String::from_utf8(std::mem::take(&mut rest.0).to_vec())
                .map_err(|_| PayloadError::Malformed)?,
        },
        b'O' => CommitFrame::Output {
            number: rest.u64()?,
            stream: match rest.u8()? {
                1 => CommitStream::Stdout,
                2 => CommitStream::Stderr,
                _ => return Err(PayloadError::Malformed),
            },
            bytes: std::mem::take(&mut rest.0).to_vec(),
        },
        b'P' => CommitFrame::Part {
            notes: rest.bytes()?.to_vec(),
            part: std::mem::take(&mut rest.0).to_vec(),
        },
        b'B' => CommitFrame::Elsewhere {
            pieces: rest.u64()?,
            length: rest.u64()?,
            sha256: rest.take(32)?.try_into().expect("32 bytes were taken"),
        },
        b'X' => CommitFrame::ForgedJob { k: rest.u64()? },
        _ => return Err(PayloadError::Malformed),
    };
    match bytes.0.is_empty() {
        true => Ok(frame),
        false => Err(PayloadError::Malformed),
    }
}

fn parse_failed(rest: &mut Bytes<'_>) -> Result<FailedJob, PayloadError> {
    let mut job = FailedJob {
        k: rest.u64()?,
        number: rest.u64()?,
        ms: rest.u64()?,
        tries: rest.u64()?,
        kind: rest.u8()?,
        status: option(rest)?,
        signal: option(rest)?,
        text: String::from_utf8(rest.bytes()?.to_vec()).map_err(|_| PayloadError::Malformed)?,
        names: Vec::new(),
    };
    while !rest.0.is_empty() {
        job.names.push(OsString::from_vec(rest.bytes()?.to_vec()));
    }
    Ok(job)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn frames() -> impl Strategy<Value = CommitFrame> {
        let done = any::<[u64; 6]>().prop_map(|n| {
            CommitFrame::Done(DoneJob {
                k: n[0],
                number: n[1],
                ms: n[2],
                bytes: n[3],
                bad_lines: n[4],
                tries: n[5],
            })
        });
        let names = vec(vec(any::<u8>(), 0..9).prop_map(OsString::from_vec), 0..3);
        let options = (any::<Option<u32>>(), any::<Option<u32>>());
        let failed = (any::<[u64; 4]>(), any::<u8>(), options, any::<String>(), names).prop_map(
            |(n, kind, (status, signal), text, names)| {
                CommitFrame::Failed(FailedJob {
                    k: n[0],
                    number: n[1],
                    ms: n[2],
                    tries: n[3],
                    kind,
                    status,
                    signal,
                    text,
                    names,
                })
            },
        );
        let bytes = || vec(any::<u8>(), 0..20);
        let warning =
            (any::<u64>(), any::<String>()).prop_map(|(number, text)| CommitFrame::Warning { number, text });
        let output = (any::<u64>(), any::<bool>(), bytes()).prop_map(|(number, err, bytes)| {
            let stream = if err {
                CommitStream::Stderr
            } else {
                CommitStream::Stdout
            };
            CommitFrame::Output {
                number,
                stream,
                bytes,
            }
        });
        prop_oneof![
            done,
            failed,
            output,
            warning,
            (bytes(), bytes()).prop_map(|(notes, part)| CommitFrame::Part { notes, part }),
            any::<(u64, u64, [u8; 32])>().prop_map(|(pieces, length, sha256)| CommitFrame::Elsewhere {
                pieces,
                length,
                sha256
            }),
            any::<u64>().prop_map(|k| CommitFrame::ForgedJob { k }),
        ]
    }

    fn key() -> SignKey {
        SignKey::new(vec![1; 32]).expect("32 bytes")
    }

    fn subject(worker: &str, number: u64) -> Subject<'_> {
        let (epoch, run) = ("e", "r");
        Subject::Commit {
            epoch,
            run,
            worker,
            number,
        }
    }

    proptest! {
        #[test]
        fn what_is_committed_is_read_back(frames in vec(frames(), 0..6), signed in any::<bool>()) {
            let key = key();
            let signing = signed.then_some((&key, subject("w", 3)));
            let bytes = encode_frames(&frames, signing).expect("they are short");
            prop_assert_eq!(parse_frames(&bytes, signing), Ok(frames));
        }

        #[test]
        fn any_committed_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..80)) {
            let _ = parse_frames(&bytes, None);
        }

        #[test]
        fn damage_is_never_read_where_there_is_a_key(frames in vec(frames(), 1..4), at: usize, bit in 0..8u32) {
            let key = key();
            let signing = Some((&key, subject("w", 3)));
            let bytes = encode_frames(&frames, signing).expect("they are short");
            let at = at % bytes.len();
            prop_assert_eq!(parse_frames(&bytes[..at], signing), Err(PayloadError::Forged));
            // The head of the signature's frame is no part of what is signed, nor does anything depend on it.
            let is_head = (bytes.len() - HEAD - SIGNATURE..bytes.len() - SIGNATURE).contains(&at);
            let mut changed = bytes;
            changed[at] ^= 1u8 << bit;
            let expected = if is_head { Ok(frames) } else { Err(PayloadError::Forged) };
            prop_assert_eq!(parse_frames(&changed, signing), expected);
        }

        #[test]
        fn a_cut_commit_is_refused_or_has_fewer_frames(frames in vec(frames(), 1..4), at: usize) {
            let bytes = encode_frames(&frames, None).expect("they are short");
            if let Ok(read) = parse_frames(&bytes[..at % bytes.len()], None) {
                prop_assert_eq!(&read[..], &frames[..read.len()]);
                prop_assert!(read.len() < frames.len());
            }
        }
    }

    #[test]
    fn a_result_of_another_worker_or_commit_is_forged() {
        let (key, frames) = (key(), [CommitFrame::ForgedJob { k: 3 }]);
        let bytes = encode_frames(&frames, Some((&key, subject("w", 3)))).expect("it is short");
        let read = |worker, number| parse_frames(&bytes, Some((&key, subject(worker, number))));
        assert!(read("w", 3).is_ok());
        assert_eq!(read("v", 3), Err(PayloadError::Forged));
        assert_eq!(read("w", 4), Err(PayloadError::Forged));
        assert_eq!(parse_frames(&bytes, None), Err(PayloadError::Signed));
        let unsigned = encode_frames(&frames, None).expect("it is short");
        let read = parse_frames(&unsigned, Some((&key, subject("w", 3))));
        assert_eq!(read, Err(PayloadError::Forged));
    }
}
