//! One name to a co-process, and one reply from it.
//!
//! Both pipes are looked after at once, so neither a long name nor a long reply can block. It does
//! not know what a fault means for the job.

use super::process::Process;
use super::{Question, Reply};
use crate::control::{StopRequest, WorkerHandle};
use crate::job::Trust;
use crate::map::ChildEmit;
use crate::process::deadlines::Deadlines;
use std::io;

/// Why an exchange did not end with one reply.
#[derive(Debug)]
pub(super) enum ExchangeError {
    /// The process is gone, or no longer reads or writes.
    Gone {
        /// Whether a part of a reply had come.
        begun: bool,
        /// How much of the name it had been given.
        given: usize,
    },
    /// What it said can't be the reply: it had not read the name. Nothing of it was emitted.
    Unasked,
    /// It does not give one reply for each name.
    OutOfStep(&'static str),
    /// It took too long.
    TimedOut,
    /// The run is being stopped.
    Wished,
    /// Nobody wants the rest of the reply.
    NotWanted,
    /// The system refused.
    Broken(io::Error),
}

/// Gives the name, and emits the reply. What comes of one that is not whole is provisional.
///
/// # Errors
/// A [`ExchangeError`]; the process is then of no more use.
pub(super) fn exchange(
    process: &mut Process,
    question: &Question,
    buffer: &mut [u8],
    emit: &mut dyn ChildEmit,
) -> Result<(), ExchangeError> {
    let worker = emit.worker().clone();
    let mut timers = Deadlines::new(question.timeout);
    let (mut given, mut begun) = (0, false);
    loop {
        if emit.is_full() {
            // Nothing is read that nobody takes.
            process.follow_suspension(&worker, &mut timers);
            emit.flush();
            unfit(&worker, &timers)?;
            continue;
        }
        let before = given;
        let input = &question.bytes[before..];
        let step = process.step(&worker, &mut timers, input, buffer, &mut |aside| {
            emit.out_of_band(aside)
        });
        let step = step.map_err(ExchangeError::Broken)?;
        given += step.taken;
        let block = &buffer[..step.out];
        let end = memchr::memchr(question.reply.end(), block);
        if !block.is_empty() {
            // What was given in this step came after the block, and what is unread now was unread then.
            let unread = process.unread();
            let nothing_was_read = before == 0 || unread >= given;
            let all_was_read = before == question.bytes.len() && unread == 0;
            if nothing_was_read || (end.is_some() && !all_was_read) {
                return Err(match begun {
                    true => ExchangeError::OutOfStep("ended its reply before it had read the whole name"),
                    false => ExchangeError::Unasked,
                });
            }
        }
        match end {
            Some(at) if at + 1 < block.len() => {
                return Err(ExchangeError::OutOfStep("gave more than one reply"));
            }
            Some(at) => {
                let reply = match question.reply {
                    Reply::Line => block,
                    Reply::Nul => &block[..at],
                };
                // Whoever wants no more has it all the same.
                let _ = emit.take(reply, Trust::Final);
                return Ok(());
            }
            None if !block.is_empty() => {
                begun = true;
                if emit.out(block, Trust::Provisional).is_break() {
                    return Err(ExchangeError::NotWanted);
                }
            }
            None if step.gone => return Err(ExchangeError::Gone { begun, given }),
            None => {}
        }
        unfit(&worker, &timers)?;
    }
}

/// Why it can't go on, if it can't.
fn unfit(worker: &WorkerHandle, timers: &Deadlines) -> Result<(), ExchangeError> {
    if worker.stop_request() != StopRequest::Continue {
        return Err(ExchangeError::Wished);
    }
    match timers.try_is_over() {
        true => Err(ExchangeError::TimedOut),
        false => Ok(()),
    }
}
