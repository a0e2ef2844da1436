//! A commit on its way: the ends of jobs as frames, in pieces when they are large.
//!
//! It does not know what follows from the answer.

use super::caller::Caller;
use super::job_frames::frames;
use super::signing::Signing;
use crate::queue::{
    Commit, CommitAnswer, CommitFrame, CommitKind, PIECE, PieceAnswer, QueueError, encode_frames,
};
use crate::run::DeliveredJob;
use crate::state::PackedPart;
use sha2::{Digest as _, Sha256};
use std::io;
use std::time::Duration;

/// How often pieces are sent again from the first on when the server forgets them meanwhile.
const ATTEMPTS: u32 = 8;

/// Makes one part of several, if there are any.
pub(crate) type PackParts<'a> = dyn FnMut(Vec<PackedPart>) -> io::Result<Option<PackedPart>> + 'a;

/// A commit that is made, and not yet answered.
pub(super) struct PendingCommit {
    number: u64,
    failed: u64,
    places: Vec<u64>,
    content: Vec<CommitFrame>,
    /// Without a signature.
    bytes: Vec<u8>,
}

impl PendingCommit {
    /// Makes the commit of jobs that ended, each with its place in the queue, in the order of these. `pack` makes one part of
    /// a fold of several.
    ///
    /// # Errors
    /// When a part can't be read or made.
    pub(super) fn new(
        mut ends: Vec<(u64, DeliveredJob)>,
        number: u64,
        pack: &mut PackParts<'_>,
    ) -> io::Result<Self> {
        let parts: Vec<_> = ends.iter_mut().filter_map(|(_, end)| end.part.take()).collect();
        let mut content: Vec<_> = ends.iter().flat_map(|(place, end)| frames(*place, end)).collect();
        if let Some(mut part) = pack(parts)? {
            content.push(CommitFrame::Part {
                notes: Vec::new(),
                part: part.bytes()?,
            });
        }
        let failed = ends.iter().filter(|(_, end)| end.failure.is_some());
        Ok(PendingCommit {
            number,
            failed: failed.count() as u64,
            places: ends.iter().map(|(place, _)| *place).collect(),
            bytes: encode_frames(&content, None).map_err(io::Error::other)?,
            content,
        })
    }

    /// Sends it until there is an answer.
    ///
    /// # Errors
    /// As [`Caller::call`].
    pub(super) fn send(
        &self,
        caller: &mut Caller,
        (worker, signing): (&str, &Signing),
        lease: Duration,
    ) -> Result<CommitAnswer, QueueError> {
        let key = signing.of_commit(worker, self.number);
        if self.bytes.len() <= PIECE {
            let frames = encode_frames(&self.content, key).expect("they are short");
            return self.send_frames(caller, worker, lease, 0, &frames);
        }
        let pieces = self.bytes.len().div_ceil(PIECE) as u64;
        for _ in 0..ATTEMPTS {
            match self.send_pieces(caller, worker, lease)? {
                PieceAnswer::Stored => {}
                PieceAnswer::Gap => continue,
                PieceAnswer::Outside(why) => return Ok(CommitAnswer::Outside(why)),
            }
            let elsewhere = CommitFrame::Elsewhere {
                pieces,
                length: self.bytes.len() as u64,
                sha256: Sha256::digest(&self.bytes).into(),
            };
            let frames = encode_frames(&[elsewhere], key).expect("it is short");
            return self.send_frames(caller, worker, lease, pieces, &frames);
        }
        Ok(CommitAnswer::Lost)
    }

    /// Has the server delete a job that this run has not enqueued: it is not run, and the leader hears of it.
    ///
    /// # Errors
    /// As [`Caller::call`].
    pub(super) fn send_forged(
        caller: &mut Caller,
        (worker, signing): (&str, &Signing),
        lease: Duration,
        (number, k): (u64, u64),
    ) -> Result<CommitAnswer, QueueError> {
        let key = signing.of_commit(worker, number);
        let frames = encode_frames(&[CommitFrame::ForgedJob { k }], key).expect("it is short");
        let commit = Commit {
            worker,
            number,
            kind: CommitKind::Forged,
            failed: 0,
            pieces: 0,
            frames: &frames,
            ks: &[k],
        };
        caller.call(|queue| queue.commit(&commit, lease))
    }

    fn send_pieces(
        &self,
        caller: &mut Caller,
        worker: &str,
        lease: Duration,
    ) -> Result<PieceAnswer, QueueError> {
        for (at, piece) in (0..).zip(self.bytes.chunks(PIECE)) {
            let answer = caller.call(|queue| queue.piece(worker, self.number, lease, at, piece))?;
            if answer != PieceAnswer::Stored {
                return Ok(answer);
            }
        }
        Ok(PieceAnswer::Stored)
    }

    fn send_frames(
        &self,
        caller: &mut Caller,
        worker: &str,
        lease: Duration,
        pieces: u64,
        frames: &[u8],
    ) -> Result<CommitAnswer, QueueError> {
        let commit = Commit {
            worker,
            number: self.number,
            kind: CommitKind::Ended,
            failed: self.failed,
            pieces,
            frames,
            ks: &self.places,
        };
        caller.call(|queue| queue.commit(&commit, lease))
    }
}
