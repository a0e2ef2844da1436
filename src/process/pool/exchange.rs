//! One name to a process of the pool, and one reply from it.
//!
//! Both pipes are looked after at once, so neither a long name nor a long reply can block. It does not know what an
//! exchange that went wrong means for the job.

use super::plan::Reply;
use super::process::PoolProcess;
use crate::job::Trust;
use crate::map::ChildEmit;
use crate::process::child_event::{ChildEvent, Wants};
use crate::process::stop_ladder::StopReason;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// What is asked, and how it is to be answered.
#[derive(Debug)]
pub(super) struct Question {
    /// The job.
    pub(super) job: u64,
    /// Its name, with the byte that ends it.
    pub(super) bytes: Vec<u8>,
    pub(super) reply: Reply,
    /// What a reply begins with that says that the job failed.
    pub(super) failure_mark: Arc<str>,
    pub(super) timeout: Option<Duration>,
}

/// How an exchange ended.
#[derive(Debug)]
pub(super) enum Exchange {
    /// The reply was emitted, whole.
    Answered,
    /// The reply said that the job failed, and why.
    Failed(Vec<u8>),
    /// The process is gone, or no longer reads or writes.
    Gone {
        /// Whether a part of a reply had come.
        begun: bool,
        /// How many bytes of the name it had been given.
        given: usize,
    },
    /// The process is of no more use: it has to stop for this reason.
    Unusable(StopReason),
    /// The process is being stopped: the run stops, or the system refused.
    Stopping,
}

/// Gives the name and emits the reply. A reply that is not whole is emitted as provisional.
pub(super) fn exchange(
    process: &mut PoolProcess,
    question: &Question,
    buffer: &mut [u8],
    emit: &mut dyn ChildEmit,
) -> Exchange {
    process.child.set_timeout(question.timeout);
    let mut state = State {
        question,
        given: 0,
        begun: false,
        kind: ReplyKind::Unknown(Vec::new()),
    };
    // What one poll found: whether there was output, and whether the process reads no more.
    let (mut has_output, mut is_closed) = (false, false);
    loop {
        let wants = Wants {
            input: match is_closed {
                true => &[],
                false => &question.bytes[state.given..],
            },
            is_full: emit.is_full(),
            at_most: is_closed.then_some(Duration::ZERO),
            source: None,
        };
        let event = process.step(&wants, buffer, &mut |message| emit.out_of_band(message));
        match event {
            ChildEvent::Given(n) => state.given += n,
            ChildEvent::InputClosed => is_closed = true,
            ChildEvent::Stdout(n) => {
                has_output = true;
                let unread = process.child.unread_input();
                if let Some(end) = state.take(&buffer[..n], unread, emit) {
                    process.child.set_timeout(None);
                    return end;
                }
            }
            ChildEvent::TimedOut => return Exchange::Unusable(StopReason::TimedOut),
            ChildEvent::RoundEnd { .. } if process.child.is_stopping() => return Exchange::Stopping,
            // What it wrote before its end is taken first.
            ChildEvent::RoundEnd { .. } if !process.child.has_output() || (is_closed && !has_output) => {
                return state.gone();
            }
            ChildEvent::RoundEnd { is_woken } => {
                has_output = false;
                if is_woken || emit.is_full() {
                    emit.flush();
                }
            }
            ChildEvent::Over if process.child.is_stopping() => return Exchange::Stopping,
            ChildEvent::Over => return state.gone(),
            _ => {}
        }
    }
}

/// How far an exchange has come.
struct State<'a> {
    question: &'a Question,
    /// How many bytes of the name the process was given.
    given: usize,
    /// Whether a part of the reply has come.
    begun: bool,
    kind: ReplyKind,
}

/// What the reply is, as far as it has come.
enum ReplyKind {
    /// All that has come may be the beginning of the mark of a failure.
    Unknown(Vec<u8>),
    /// A reply to emit.
    Output,
    /// The cause of a failure, so far.
    Failure(Vec<u8>),
}

/// The longest cause that is kept, in bytes.
const CAUSE: usize = 64 * 1024;

impl ReplyKind {
    /// Takes the next bytes, the last ones when `is_whole`. Returns what is to be emitted of a reply.
    fn take<'a>(&mut self, block: &'a [u8], is_whole: bool, mark: &[u8]) -> Option<Cow<'a, [u8]>> {
        match self {
            ReplyKind::Output => return Some(block.into()),
            ReplyKind::Failure(cause) => {
                cause.extend_from_slice(block);
                cause.truncate(CAUSE);
                return None;
            }
            ReplyKind::Unknown(_) if block.is_empty() => return None,
            ReplyKind::Unknown(held) if held.is_empty() && block[0] != mark[0] => {}
            ReplyKind::Unknown(held) => {
                held.extend_from_slice(block);
                if held.starts_with(mark) {
                    *self = ReplyKind::Failure(held.split_off(mark.len()));
                    return None;
                }
                if !is_whole && mark.starts_with(held) {
                    return None;
                }
                let held = std::mem::take(held);
                *self = ReplyKind::Output;
                return Some(held.into());
            }
        }
        *self = ReplyKind::Output;
        Some(block.into())
    }
}

impl State<'_> {
    fn gone(&self) -> Exchange {
        Exchange::Gone {
            begun: self.begun,
            given: self.given,
        }
    }

    /// Takes what the process wrote, while so many bytes of its input were unread. Returns how the exchange ended, if
    /// it did.
    fn take(&mut self, block: &[u8], unread: usize, emit: &mut dyn ChildEmit) -> Option<Exchange> {
        let end = memchr::memchr(self.question.reply.end(), block);
        let nothing_was_read = unread >= self.given;
        let all_was_read = self.given == self.question.bytes.len() && unread == 0;
        if nothing_was_read || (end.is_some() && !all_was_read) {
            return Some(Exchange::Unusable(match self.begun {
                true => StopReason::OutOfStep("ended its reply before it had read the whole name"),
                false => StopReason::Unasked,
            }));
        }
        if end.is_some_and(|at| at + 1 < block.len()) {
            let what = "gave more than one reply";
            return Some(Exchange::Unusable(StopReason::OutOfStep(what)));
        }
        self.begun = true;
        let mark = self.question.failure_mark.as_bytes();
        let output = self.kind.take(block, end.is_some(), mark);
        match (&mut self.kind, end) {
            (ReplyKind::Failure(cause), Some(_)) => {
                let cause = cause.strip_suffix(&[self.question.reply.end()]).unwrap_or(cause);
                Some(Exchange::Failed(cause.trim_ascii().to_vec()))
            }
            (_, Some(_)) => {
                let output = output.unwrap_or_default();
                let reply = match self.question.reply {
                    Reply::Line => &output,
                    Reply::Nul => &output[..output.len() - 1],
                };
                // A reader who wants no more has it all the same.
                let _ = emit.take(reply, Trust::Final);
                Some(Exchange::Answered)
            }
            (_, None) => {
                let flow = emit.out(&output?, Trust::Provisional);
                flow.is_break()
                    .then_some(Exchange::Unusable(StopReason::NotWanted))
            }
        }
    }
}
