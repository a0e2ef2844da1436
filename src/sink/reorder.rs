//! Output whose turn has not come: in memory up to a bound, and then in a temporary file.

use super::spill::Extent;
use super::{Closed, HELD_IN_MEMORY, Piece, Sink, Stream, Verdict, spill_failed};
use crate::job::Trust;
use memchr::memrchr;

#[derive(Default)]
pub(super) struct HeldOutput {
    pub(super) pieces: Vec<(Stream, Trust, KeptOutput)>,
    pub(super) verdict: Option<Verdict>,
    /// Lines for standard error that belong after the job's own output.
    pub(super) notes: Vec<u8>,
}

pub(super) enum KeptOutput {
    Memory(Vec<u8>),
    File(Extent),
}

impl Sink<'_> {
    /// Prints the whole lines of a piece, and holds what begins another.
    pub(super) fn lines(&mut self, seq: u64, mut piece: Piece) -> Result<(), Closed> {
        let held = self.jobs.get_mut(&seq).map(|held| &mut held.pieces);
        let stands = held
            .as_ref()
            .is_none_or(|held| held.iter().all(|(_, trust, _)| *trust == Trust::Final));
        let Some(last) = memrchr(b'\n', &piece.bytes).filter(|_| stands) else {
            return self.hold(seq, piece);
        };
        let begun: Vec<_> = held
            .map(|held| {
                held.extract_if(.., |(stream, ..)| *stream == piece.stream)
                    .collect()
            })
            .unwrap_or_default();
        for (stream, _, store) in begun {
            self.print_store(stream, store)?;
        }
        self.print(piece.stream, &piece.bytes[..=last])?;
        piece.bytes.drain(..=last);
        match piece.bytes.is_empty() {
            true => Ok(()),
            false => self.hold(seq, piece),
        }
    }

    pub(super) fn hold(&mut self, seq: u64, piece: Piece) -> Result<(), Closed> {
        let bytes = piece.bytes.len() as u64;
        let bound = HELD_IN_MEMORY.min(self.budget.limit() / 4);
        let store = if self.held + bytes > bound {
            KeptOutput::File(
                self.spill
                    .put(&piece.bytes)
                    .map_err(|cause| spill_failed(&self.spill, cause))?,
            )
        } else {
            self.held += bytes;
            KeptOutput::Memory(piece.bytes)
        };
        self.jobs
            .entry(seq)
            .or_default()
            .pieces
            .push((piece.stream, piece.trust, store));
        Ok(())
    }

    /// Prints what is held of the job whose turn has come, as far as it stands.
    pub(super) fn print_ready(&mut self) -> Result<(), Closed> {
        let Some(held) = self.jobs.get_mut(&self.lowest) else {
            return Ok(());
        };
        let ready = held
            .pieces
            .iter()
            .take_while(|(_, trust, _)| *trust == Trust::Final)
            .count();
        let pieces: Vec<_> = held.pieces.drain(..ready).collect();
        for (stream, _, store) in pieces {
            self.print_store(stream, store)?;
        }
        Ok(())
    }

    pub(super) fn print_held(&mut self, seq: u64) -> Result<(), Closed> {
        let Some(held) = self.jobs.remove(&seq) else {
            return Ok(());
        };
        for (stream, trust, store) in held.pieces {
            if held.verdict == Some(Verdict::Drop) && trust == Trust::Provisional {
                self.forget(std::iter::once(store));
            } else {
                self.print_store(stream, store)?;
            }
        }
        let (before, marked) = (self.buried, self.marked);
        self.print(Stream::Err, &held.notes)?;
        // Notes do not bury notes.
        (self.buried, self.marked) = (before, marked || !held.notes.is_empty());
        Ok(())
    }

    fn print_store(&mut self, stream: Stream, store: KeptOutput) -> Result<(), Closed> {
        match store {
            KeptOutput::Memory(bytes) => {
                self.held -= bytes.len() as u64;
                self.print(stream, &bytes)
            }
            KeptOutput::File(extent) => {
                let mut bytes = Vec::new();
                self.spill
                    .take(extent, &mut bytes)
                    .map_err(|cause| spill_failed(&self.spill, cause))?;
                self.print(stream, &bytes)
            }
        }
    }

    pub(super) fn forget(&mut self, stores: impl Iterator<Item = KeptOutput>) {
        for store in stores {
            match store {
                KeptOutput::Memory(bytes) => self.held -= bytes.len() as u64,
                KeptOutput::File(extent) => self.spill.release(extent),
            }
        }
    }

    /// Prints what is held of every job that has ended, in their order: those before it that have not
    /// never will.
    ///
    /// # Errors
    /// [`Closed`] when nothing more can or should be printed.
    pub(crate) fn print_finished(&mut self) -> Result<(), Closed> {
        let ended = self.jobs.iter().filter(|(_, held)| held.verdict.is_some());
        let ended: Vec<u64> = ended.map(|(&seq, _)| seq).collect();
        for seq in ended {
            self.print_held(seq)?;
            self.first.end_job();
            self.lowest = seq + 1;
        }
        Ok(())
    }
}
