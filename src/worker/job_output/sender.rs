//! When a job's output is sent to the main thread: when it is much, or can be printed at once.
//!
//! It does not know where the output comes from.

use crate::control::WorkerHandle;
use crate::job::Trust;
use crate::map::Latency;
use crate::plan::Order;
use crate::sink::Piece;
use crate::worker::event::Event;
use crate::worker::output_buffer::OutputBuffer;
use crate::worker::shared::WorkerShared;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How much output is gathered before it is sent whatever happens, in bytes.
pub(super) const PIECE: usize = 64 * 1024;

/// How long less than that waits for more when the input is a file. Without it, the main thread is woken for
/// each block with a hit: 3000 times in a search over 1.9 GB.
const LINGER: Duration = Duration::from_millis(10);

/// The way of a job's pieces to the main thread.
pub(super) struct PieceSender<'a> {
    seq: u64,
    worker: &'a WorkerHandle,
    shared: &'a WorkerShared<'a>,
    /// Whether a piece was sent.
    pub(super) has_sent: bool,
    /// How soon more output is to be had.
    pub(super) latency: Latency,
    /// A piece that waits for room in the channel.
    waiting: Option<Event>,
    /// Whether the main thread knows that output is held back until the job's turn.
    is_holding: bool,
    /// Since when output that could be sent lingers.
    since: Option<Instant>,
}

impl<'a> PieceSender<'a> {
    pub(super) fn new(seq: u64, worker: &'a WorkerHandle, shared: &'a WorkerShared<'a>) -> Self {
        PieceSender {
            seq,
            worker,
            shared,
            has_sent: false,
            latency: Latency::Waiting,
            waiting: None,
            is_holding: false,
            since: None,
        }
    }

    /// Sends a piece; blocks while an earlier one waits.
    pub(super) fn send(&mut self, piece: Piece) {
        self.has_sent = true;
        self.await_waiting();
        self.waiting = Some(Event::Piece { seq: self.seq, piece });
        self.send_waiting();
    }

    /// Sends the piece that waits, if that is possible soon.
    pub(super) fn send_waiting(&mut self) {
        if let Some(event) = self.waiting.take() {
            self.waiting = self.shared.events.send_soon(event);
        }
    }

    /// Blocks until the piece that waits is sent.
    pub(super) fn await_waiting(&mut self) {
        if let Some(event) = self.waiting.take() {
            self.shared.events.send(event);
        }
    }

    /// Tells whether a piece waits for room in the channel.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Sends what was gathered when it is much, or when it can be printed at once.
    pub(super) fn flush(&mut self, buffer: &mut OutputBuffer) {
        let ready = buffer.ready();
        let mut is_now = || buffer.trust == Trust::Final && self.is_due() && self.is_turn();
        if ready == 0 || (ready < PIECE && !is_now()) {
            return;
        }
        self.since = None;
        let piece = match self.shared.run_state.order {
            // A line that is too long to be kept here is made whole by the sink.
            Order::Lines => buffer
                .whole_lines()
                .or_else(|| (ready >= PIECE).then(|| buffer.piece())),
            Order::Input | Order::InputWhole | Order::Finish => Some(buffer.piece()),
        };
        if let Some(piece) = piece {
            self.send(piece);
        }
    }

    /// Tells whether the job's output can be printed at once. When it has to wait for the jobs before it, the
    /// main thread will wake this worker when its turn comes.
    fn is_turn(&mut self) -> bool {
        let (run_state, seq) = (self.shared.run_state, self.seq);
        match run_state.order {
            Order::Lines => return true,
            Order::InputWhole | Order::Finish => return false,
            Order::Input => {}
        }
        let is_lowest = || run_state.lowest.load(Ordering::SeqCst) == seq;
        if is_lowest() {
            return true;
        }
        if self.is_holding {
            return false;
        }
        self.is_holding = true;
        self.worker.hold();
        is_lowest()
    }

    /// Tells whether little output has waited for more long enough.
    fn is_due(&mut self) -> bool {
        let began = self.since.get_or_insert_with(Instant::now);
        self.latency == Latency::Waiting || began.elapsed() >= LINGER
    }
}
