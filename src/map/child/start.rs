//! Starting a child where processes or files are scarce for a moment.

use crate::control::{Activity, Seat, Wish};
use crate::sys::{is_out_of_files, raise_file_limit};
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
        // Before the child is there, so that none slips past a suspension of the run.
        seat.set_activity(Activity::Running);
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
    files: Files,
}

/// What has been done about a scarcity of descriptors.
#[derive(Debug, Default)]
enum Files {
    /// Nothing yet.
    #[default]
    Enough,
    /// As many as the hard limit allows are allowed.
    Raised,
    /// A worker is to leave, so that its descriptors are ours.
    Asked,
    /// No other worker has a child: how often was tried since.
    Alone(u32),
}

impl Scarcity {
    /// How long processes may be scarce before the job fails of it.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// How often to try where nobody else has descriptors to give but those who wait too.
    const ALONE: u32 = 10;
    /// How long a program may be open for writing: a build that has just written it.
    const BUSY: Duration = Duration::from_secs(2);

    /// Whether the spawn that ended with `e` is worth another try; waits before that.
    fn passes(&mut self, e: &io::Error, seat: &Seat) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        seat.set_activity(Activity::Idle);
        let (patience, most) = match e.kind() {
            io::ErrorKind::WouldBlock => (Self::PATIENCE, 8),
            io::ErrorKind::ExecutableFileBusy => (Self::BUSY, 8),
            _ if is_out_of_files(e) && self.more_files(seat) => (Duration::MAX, 4),
            _ => return false,
        };
        // Those who wait for the same thing are not to try for it together.
        let delay = Duration::from_millis(5 << self.tries.min(most)).mul_f64(0.5 + fastrand::f64() / 2.0);
        self.tries += 1;
        seat.hush();
        seat.pause(delay);
        since.elapsed() < patience
    }

    /// Whether descriptors may be had before long: a higher limit gives more, and as long as other
    /// workers have children, theirs come free.
    fn more_files(&mut self, seat: &Seat) -> bool {
        self.files = match self.files {
            Files::Enough => {
                raise_file_limit();
                Files::Raised
            }
            Files::Raised => {
                seat.ask_one_to_leave();
                Files::Asked
            }
            Files::Asked | Files::Alone(_) if seat.others_run() => Files::Asked,
            Files::Asked => Files::Alone(1),
            Files::Alone(tries) if tries < Self::ALONE => Files::Alone(tries + 1),
            Files::Alone(_) => return false,
        };
        true
    }
}
