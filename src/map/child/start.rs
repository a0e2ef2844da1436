//! Starting a child where processes or files are scarce for a moment.

use crate::control::{Activity, Seat, Wish};
use crate::sys::raise_file_limit;
use std::io;
use std::time::{Duration, Instant};

/// Calls `spawn` until it succeeds or what keeps it from that does not pass; None when the run is
/// being stopped. A scarcity that passes is waited out and is no failed try.
///
/// # Errors
/// What the last spawn ended with.
pub(in crate::map) fn patiently<T>(
    seat: &Seat,
    mut spawn: impl FnMut() -> io::Result<T>,
) -> io::Result<Option<T>> {
    let mut scarcity = Scarcity::default();
    while seat.wish() == Wish::Go {
        match spawn() {
            Ok(started) => return Ok(Some(started)),
            Err(e) if scarcity.passes(&e, seat) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(None)
}

/// Says that the worker has a child, and when it is done with it, by a panic too, that it has none.
pub(in crate::map) struct Busy(Seat);

impl Busy {
    /// To be had before a child is started.
    pub(in crate::map) fn on(seat: &Seat) -> Self {
        seat.set_activity(Activity::Running);
        Busy(seat.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set_activity(Activity::Idle);
    }
}

/// What keeps a child from being started and may pass by itself.
#[derive(Debug, Default)]
struct Scarcity {
    since: Option<Instant>,
    tries: u32,
    raised: bool,
}

impl Scarcity {
    /// How long processes may be scarce before the job fails of it.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// How long a program may be open for writing: a build that has just written it.
    const BUSY: Duration = Duration::from_secs(2);

    /// Whether the spawn that ended with `e` is worth another try; waits before that.
    fn passes(&mut self, e: &io::Error, seat: &Seat) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let patience = match e.kind() {
            io::ErrorKind::WouldBlock => Self::PATIENCE,
            io::ErrorKind::ExecutableFileBusy => Self::BUSY,
            _ if is_out_of_files(e) && !self.raised => {
                self.raised = true;
                return raise_file_limit();
            }
            _ => return false,
        };
        let delay = Duration::from_millis(5 << self.tries.min(8));
        self.tries += 1;
        seat.hush();
        seat.pause(delay);
        since.elapsed() < patience
    }
}

/// EMFILE or ENFILE, for which the standard library has no kind.
pub(in crate::map) fn is_out_of_files(e: &io::Error) -> bool {
    let code = e.raw_os_error();
    code == Some(rustix::io::Errno::MFILE.raw_os_error())
        || code == Some(rustix::io::Errno::NFILE.raw_os_error())
}
