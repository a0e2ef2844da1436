//! When what was gathered is sent: where it is much, or its turn has come.

use super::{JobOutput, PIECE};
use crate::job::Trust;
use crate::map::Latency;
use crate::plan::Order;
use crate::sink::{Piece, Stream};
use crate::worker::Event;
use crate::worker::merge::lost;
use crate::worker::output_buffer::OutputBuffer;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long less than that waits for more, where more is to be had. Without it, the main thread is woken for
/// each block with a hit: 3000 times in a search over 1.9 GB.
const LINGER: Duration = Duration::from_millis(10);

impl JobOutput<'_> {
    pub(super) fn tell(&mut self, piece: Piece) {
        if let (Some(writer), Some(merging), Stream::Out) =
            (&mut self.writer, &self.shared.merging, piece.stream)
        {
            if let Err(cause) = writer.write(&piece.bytes) {
                self.failure = Some(lost(merging.drafts, cause));
            }
            return;
        }
        self.sent = true;
        self.await_waiting();
        self.waiting = Some(Event::Piece { seq: self.seq, piece });
        self.send_waiting();
    }

    /// Sends what waits to be sent, if that can be done soon.
    pub(super) fn send_waiting(&mut self) {
        if let Some(event) = self.waiting.take() {
            self.waiting = self.shared.news.send_soon(event);
        }
    }

    /// Sends what waits to be sent, however long that takes.
    pub(super) fn await_waiting(&mut self) {
        if let Some(event) = self.waiting.take() {
            self.shared.news.send(event);
        }
    }

    /// Whether what this job gives can be printed at once. Where that is for the jobs before it,
    /// the main thread will wake this worker when it is.
    fn is_turn(&mut self) -> bool {
        let (gate, seq) = (self.shared.gate, self.seq);
        match gate.order {
            Order::Lines => return true,
            Order::Finish => return false,
            Order::Input => {}
        }
        let now = || gate.lowest.load(Ordering::SeqCst) == seq;
        if now() {
            return true;
        }
        if self.holds {
            return false;
        }
        self.holds = true;
        self.worker.hold();
        now()
    }

    /// Whether little output has waited for more long enough.
    fn is_due(&mut self) -> bool {
        self.latency == Latency::Waiting || self.since.get_or_insert_with(Instant::now).elapsed() >= LINGER
    }

    /// Sends what was gathered if it is much, or if it can be printed at once.
    pub(super) fn send(&mut self, which: Stream) -> ControlFlow<()> {
        if which == Stream::Out && self.file.is_some() {
            return match self.out.bytes.len() {
                PIECE.. => self.save(),
                _ => ControlFlow::Continue(()),
            };
        }
        let gathered = self.gathered(which);
        let (ready, stands) = (gathered.ready(), gathered.trust == Trust::Final);
        // What is to be merged has no turn.
        let stands = stands && (self.writer.is_none() || which != Stream::Out);
        if ready == 0 || (ready < PIECE && !(stands && self.is_due() && self.is_turn())) {
            return ControlFlow::Continue(());
        }
        self.since = None;
        let lines = self.shared.gate.order == Order::Lines;
        let gathered = self.gathered(which);
        let piece = match lines {
            // Of a line that is too long to be kept here, the sink makes a whole one.
            true => gathered
                .whole_lines()
                .or_else(|| (ready >= PIECE).then(|| gathered.piece())),
            false => Some(gathered.piece()),
        };
        if let Some(piece) = piece {
            self.tell(piece);
        }
        ControlFlow::Continue(())
    }

    fn gathered(&mut self, which: Stream) -> &mut OutputBuffer {
        match which {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
            Stream::Bad => &mut self.bad,
        }
    }
}
