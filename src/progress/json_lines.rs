//! Standard error as JSON, an object a line: what is written there becomes an object, too.
//!
//! It does not know which events there are.

use crate::sys::{self, Writer};
use serde_json::json;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// The lines that were begun and not ended.
struct BegunLines {
    messages: Vec<u8>,
    jobs: Vec<u8>,
}

static BEGUN: Mutex<BegunLines> = Mutex::new(BegunLines {
    messages: Vec::new(),
    jobs: Vec::new(),
});

/// Has each line that is written to standard error become an object from now on.
pub(super) fn begin() {
    sys::set_passage(pass);
}

/// Writes an event.
pub(super) fn write_event(object: &serde_json::Value) {
    let _turn = lock();
    // When nobody sees it, there is nothing to do about that.
    let _ = write_line(object, &mut sys::write_stderr_once);
}

/// Writes what jobs began and did not end with a newline.
pub(super) fn end_lines() {
    let _ = lock().end_line_of_jobs(&mut sys::write_stderr_once);
}

impl BegunLines {
    fn end_line_of_jobs(&mut self, write: &mut dyn FnMut(&[u8]) -> io::Result<usize>) -> io::Result<()> {
        let line = std::mem::take(&mut self.jobs);
        match line.is_empty() {
            true => Ok(()),
            false => write_line(&event(Writer::Jobs, &line), write),
        }
    }
}

fn lock() -> MutexGuard<'static, BegunLines> {
    BEGUN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn event(writer: Writer, line: &[u8]) -> serde_json::Value {
    let text = String::from_utf8_lossy(line);
    match writer {
        Writer::Jobs => json!({ "event": "stderr", "text": text }),
        _ => json!({ "event": "message", "text": text }),
    }
}

fn write_line(
    object: &serde_json::Value,
    write: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
) -> io::Result<()> {
    let line = format!("{object}\n").into_bytes();
    let mut left = line.as_slice();
    while !left.is_empty() {
        match write(left)? {
            // There is no room, and nobody to wait for it.
            0 => return Ok(()),
            written => left = &left[written..],
        }
    }
    Ok(())
}

/// Writes the lines that are whole, each as an event.
fn pass(
    writer: Writer,
    bytes: &[u8],
    write: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut begun = match writer {
        Writer::Terminal => return write(bytes),
        Writer::Status => match BEGUN.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(bytes.len()),
            begun => begun.unwrap_or_else(|_| lock()),
        },
        Writer::Messages | Writer::Jobs => lock(),
    };
    let line = match writer {
        Writer::Jobs => &mut begun.jobs,
        _ => {
            begun.end_line_of_jobs(write)?;
            &mut begun.messages
        }
    };
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        match piece.strip_suffix(b"\n") {
            Some(end) => {
                line.extend(end);
                let object = event(writer, line);
                line.clear();
                write_line(&object, write)?;
            }
            None => line.extend(piece),
        }
    }
    Ok(bytes.len())
}
