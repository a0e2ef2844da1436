//! The bottom of the terminal, where the bar is: it is taken away before anything else is written there.
//!
//! The cursor stands at the start of what is drawn, so that one sequence erases it, however the terminal wrapped it when
//! it was resized. It does not know what is drawn.

use crate::sys::{self, Writer};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// From where the cursor is to the end of the screen.
const ERASE: &str = "\r\x1b[J";
/// How long it is at least from one time that it is drawn to the next, when others write.
const PAUSE: Duration = Duration::from_millis(50);

/// What is on the terminal. A process has one.
static SCREEN: Mutex<Screen> = Mutex::new(Screen {
    lines: Vec::new(),
    is_drawn: false,
    is_in_line: false,
    is_suspended: false,
    drawn: None,
});

struct Screen {
    /// What is to be seen.
    lines: Vec<String>,
    is_drawn: bool,
    /// Whether a line was begun by others and not ended: the bar would be drawn into it.
    is_in_line: bool,
    /// Whether the process is being stopped.
    is_suspended: bool,
    drawn: Option<Instant>,
}

/// Has these lines seen until others take their place. They are shorter than the terminal is wide.
pub(super) fn show(lines: Vec<String>) {
    sys::set_passage(pass);
    let mut screen = lock();
    screen.lines = lines;
    screen.draw();
}

/// Takes the lines away until the process goes on. It is called by a thread that must not wait: when another thread
/// waits for the terminal, they stay.
pub(crate) fn suspend_bar() {
    if let Some(mut screen) = lock_at_once() {
        screen.erase();
        screen.is_suspended = true;
    }
}

/// Lets the lines be seen again.
pub(crate) fn resume_bar() {
    if let Some(mut screen) = lock_at_once() {
        screen.is_suspended = false;
    }
}

fn lock() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock_at_once() -> Option<MutexGuard<'static, Screen>> {
    match SCREEN.try_lock() {
        Ok(screen) => Some(screen),
        Err(TryLockError::Poisoned(screen)) => Some(screen.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Writes for others, and draws below what they wrote.
fn pass(
    writer: Writer,
    bytes: &[u8],
    write: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut screen = match writer {
        Writer::Status => match lock_at_once() {
            Some(screen) => screen,
            None => return write(bytes),
        },
        Writer::Messages | Writer::Jobs | Writer::Terminal => lock(),
    };
    screen.erase();
    let written = write(bytes)?;
    if let Some(last) = written.checked_sub(1).and_then(|last| bytes.get(last)) {
        screen.is_in_line = *last != b'\n';
    }
    if screen.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
        screen.draw();
    }
    Ok(written)
}

impl Screen {
    /// Draws the lines, when the place is free and ours.
    fn draw(&mut self) {
        let is_ours = !self.is_in_line && !self.is_suspended && sys::is_foreground();
        if !is_ours {
            return;
        }
        if self.lines.is_empty() {
            return self.erase();
        }
        let up = match self.lines.len() - 1 {
            0 => String::new(),
            lines => format!("\x1b[{lines}A"),
        };
        sys::draw_on_stderr(format!("{ERASE}{}\r{up}", self.lines.join("\r\n")).as_bytes());
        self.is_drawn = true;
        self.drawn = Some(Instant::now());
    }

    fn erase(&mut self) {
        if self.is_drawn {
            sys::draw_on_stderr(ERASE.as_bytes());
            self.is_drawn = false;
        }
    }
}
