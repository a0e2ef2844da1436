//! The reorder buffer: in which order the outputs of jobs are printed.
//!
//! In input order, the lowest job that is not all printed is printed as it writes; what others give is held, in
//! memory up to a bound and then in an unlinked temporary file. It does not know how anything is
//! printed, nor what a job was about.

use super::piece::{Closed, Piece, Stream, Verdict};
use super::spill::{Extent, Spill};
use crate::job::Trust;
use crate::plan::Order;
use memchr::memrchr;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;

/// How much held output may lie in memory, in bytes; what is beyond it goes to the temporary file, which is
/// page cache as long as there is room.
const HELD_IN_MEMORY: u64 = 32 << 20;

/// What jobs gave and is not printed, and whose turn it is.
#[derive(Debug)]
pub(super) struct Reorder {
    order: Order,
    /// The lowest job that is not all printed, in input order.
    lowest: u64,
    jobs: BTreeMap<u64, HeldOutput>,
    /// How many bytes lie in memory, and how many may.
    held: u64,
    bound: u64,
    spill: Spill,
}

/// What is held of one job.
#[derive(Debug, Default)]
struct HeldOutput {
    pieces: VecDeque<HeldPiece>,
    state: OutputState,
}

/// Whether more of a job's output is to come.
#[derive(Debug, Default)]
enum OutputState {
    #[default]
    Open,
    Ended {
        verdict: Verdict,
        /// Lines for standard error that belong after the job's own output.
        notes: Vec<u8>,
    },
}

#[derive(Debug)]
struct HeldPiece {
    stream: Stream,
    trust: Trust,
    /// Whether the line that it is a part of is complete, for [`Order::Lines`].
    is_complete: bool,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Memory(Vec<u8>),
    File(Extent),
}

/// What is printed next of a job.
pub(super) enum Printable {
    Bytes(Stream, Vec<u8>),
    /// Lines for standard error, after all output of the job.
    Notes(Vec<u8>),
    /// Nothing more will come of the job.
    End,
}

impl Reorder {
    /// Returns a buffer that uses at most a quarter of `memory` and spills to a file in `tmpdir`.
    pub(super) fn new(order: Order, memory: u64, tmpdir: &Path) -> Self {
        Reorder {
            order,
            lowest: 0,
            jobs: BTreeMap::new(),
            held: 0,
            bound: HELD_IN_MEMORY.min(memory / 4),
            spill: Spill::new(tmpdir),
        }
    }

    /// Returns the order that the buffer restores.
    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// Returns the lowest job whose output is not all printed.
    pub(super) fn lowest(&self) -> u64 {
        self.lowest
    }

    /// Notes that the outputs of all jobs below this one are printed.
    pub(super) fn advance_to(&mut self, lowest: u64) {
        // A job whose stored part was damaged ends a second time, behind the others.
        self.lowest = self.lowest.max(lowest);
    }

    /// Tells whether something is held that this job gave.
    pub(super) fn holds(&self, seq: u64) -> bool {
        self.jobs.get(&seq).is_some_and(|job| {
            let has_notes = matches!(&job.state, OutputState::Ended { notes, .. } if !notes.is_empty());
            has_notes || !job.pieces.is_empty()
        })
    }

    /// Takes a piece of a job's output. Returns what of it can be printed now, after what [`Reorder::next`]
    /// gives.
    ///
    /// # Errors
    /// [`Closed::Failed`] when the piece cannot be spilled.
    pub(super) fn accept(&mut self, seq: u64, piece: Piece) -> Result<Option<Piece>, Closed> {
        let is_now = match self.order {
            Order::Input => {
                let holds = |job: &HeldOutput| !job.pieces.is_empty();
                seq == self.lowest && !self.jobs.get(&seq).is_some_and(holds)
            }
            Order::InputWhole | Order::Finish => false,
            Order::Lines => return self.accept_lines(seq, piece),
        };
        if is_now && piece.trust == Trust::Final {
            return Ok(Some(piece));
        }
        self.hold(seq, piece)?;
        Ok(None)
    }

    /// Takes a piece of which complete lines can be printed now; holds what begins another.
    fn accept_lines(&mut self, seq: u64, mut piece: Piece) -> Result<Option<Piece>, Closed> {
        let job = self.jobs.entry(seq).or_default();
        let is_final = |trust| trust == Trust::Final;
        let stands = is_final(piece.trust) && job.pieces.iter().all(|held| is_final(held.trust));
        let Some(last) = memrchr(b'\n', &piece.bytes).filter(|_| stands) else {
            self.hold(seq, piece)?;
            return Ok(None);
        };
        for held in job.pieces.iter_mut().filter(|held| held.stream == piece.stream) {
            held.is_complete = true;
        }
        let bytes = piece.bytes.split_off(last + 1);
        if !bytes.is_empty() {
            self.hold(seq, Piece { bytes, ..piece })?;
        }
        Ok(Some(piece))
    }

    fn hold(&mut self, seq: u64, piece: Piece) -> Result<(), Closed> {
        let bytes = piece.bytes.len() as u64;
        let store = if self.held + bytes > self.bound {
            let spilled = self.spill.put(&piece.bytes);
            Store::File(spilled.map_err(|cause| self.spill_failed(cause))?)
        } else {
            self.held += bytes;
            Store::Memory(piece.bytes)
        };
        self.jobs.entry(seq).or_default().pieces.push_back(HeldPiece {
            stream: piece.stream,
            trust: piece.trust,
            is_complete: false,
            store,
        });
        Ok(())
    }

    /// Forgets what a failed try of a job gave.
    pub(super) fn discard(&mut self, seq: u64) {
        if let Some(job) = self.jobs.get_mut(&seq) {
            for piece in std::mem::take(&mut job.pieces) {
                self.release(piece.store);
            }
        }
    }

    /// Ends a job's output. `notes` are whole lines for standard error, printed after it.
    pub(super) fn end(&mut self, seq: u64, verdict: Verdict, notes: Vec<u8>) {
        let job = self.jobs.entry(seq).or_default();
        if matches!(self.order, Order::InputWhole | Order::Finish) {
            job.pieces
                .make_contiguous()
                .sort_by_key(|piece| piece.stream == Stream::Err);
        }
        job.state = OutputState::Ended { verdict, notes };
    }

    /// Returns the jobs whose outputs have ended and are held, in their order.
    pub(super) fn ended(&self) -> Vec<u64> {
        let is_ended = |job: &HeldOutput| matches!(job.state, OutputState::Ended { .. });
        let ended = self.jobs.iter().filter(|(_, job)| is_ended(job));
        ended.map(|(&seq, _)| seq).collect()
    }

    /// Takes what can be printed next of a job: all of it when its output has ended, and before that what
    /// stands, when it is the job's turn.
    ///
    /// # Errors
    /// [`Closed::Failed`] when the piece cannot be read back.
    pub(super) fn next(&mut self, seq: u64) -> Result<Option<Printable>, Closed> {
        loop {
            let Some(job) = self.jobs.get_mut(&seq) else {
                return Ok(None);
            };
            let dropped = match &mut job.state {
                OutputState::Open => {
                    let next = match self.order {
                        Order::Input if seq == self.lowest => job.pieces.front().and_then(|piece| {
                            let stands = piece.trust == Trust::Final;
                            stands.then_some(0)
                        }),
                        Order::Lines => job.pieces.iter().position(|piece| piece.is_complete),
                        Order::Input | Order::InputWhole | Order::Finish => None,
                    };
                    let Some(piece) = next.and_then(|at| job.pieces.remove(at)) else {
                        return Ok(None);
                    };
                    return self.load(piece).map(Some);
                }
                OutputState::Ended { verdict, notes } => match job.pieces.pop_front() {
                    None if notes.is_empty() => {
                        self.jobs.remove(&seq);
                        return Ok(Some(Printable::End));
                    }
                    None => return Ok(Some(Printable::Notes(std::mem::take(notes)))),
                    Some(piece) if piece.trust == Trust::Provisional && verdict.drops(piece.stream) => piece,
                    Some(piece) => return self.load(piece).map(Some),
                },
            };
            self.release(dropped.store);
        }
    }

    fn load(&mut self, piece: HeldPiece) -> Result<Printable, Closed> {
        let bytes = match piece.store {
            Store::Memory(bytes) => {
                self.held -= bytes.len() as u64;
                bytes
            }
            Store::File(extent) => {
                let mut bytes = Vec::new();
                let read = self.spill.take(extent, &mut bytes);
                read.map_err(|cause| self.spill_failed(cause))?;
                bytes
            }
        };
        Ok(Printable::Bytes(piece.stream, bytes))
    }

    fn release(&mut self, store: Store) {
        match store {
            Store::Memory(bytes) => self.held -= bytes.len() as u64,
            Store::File(extent) => self.spill.release(extent),
        }
    }

    fn spill_failed(&self, cause: io::Error) -> Closed {
        let what = format!("{}: temporary file", self.spill.dir().display());
        Closed::Failed { what, cause }
    }
}
