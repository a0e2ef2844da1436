//! Starting a child where processes or files are scarce for a moment.

use crate::control::{Activity, Lack, Seat, Wish};
use crate::sys::raise_file_limit;
use std::io;
use std::time::{Duration, Instant};

/// Calls `spawn` until it succeeds or what keeps it from that does not pass; None when the run is
/// being stopped, or the worker is to leave. A scarcity that passes is waited out and is no failed try.
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
            // Nor does one that is to leave wait on, which would take what is scarce itself.
            Err(e) if Lack::of(&e) == Some(Lack::Processes) && seat.cedes() => return Ok(None),
            Err(e) if scarcity.passes(&e, seat) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(None)
}

/// Whether what kept a child from being started is the program itself, as no other child of it was.
pub(in crate::map) fn is_unfit(cause: &io::Error, seat: &Seat) -> bool {
    let of_program = matches!(
        cause.raw_os_error(),
        Some(
            libc::ENOEXEC
                | libc::EACCES
                | libc::EPERM
                | libc::ENOENT
                | libc::ENOTDIR
                | libc::ELOOP
                | libc::ELIBBAD
        )
    );
    of_program && !seat.has_started()
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
    relief: Relief,
}

/// What has been done about a lack of descriptors or processes.
#[derive(Debug, Default)]
enum Relief {
    /// Nothing yet.
    #[default]
    None,
    /// As many files as the hard limit allows are allowed.
    Raised,
    /// A worker is to leave, so that what it takes is ours.
    Asked,
    /// No other worker has a child, since then.
    Alone(Instant),
}

impl Scarcity {
    /// How long processes may be scarce before workers leave: most likely others will end.
    const SOON: Duration = Duration::from_secs(1);
    /// How long a program may be open for writing: a build that has just written it.
    const BUSY: Duration = Duration::from_secs(2);

    /// Whether the spawn that ended with `e` is worth another try; waits before that.
    fn passes(&mut self, e: &io::Error, seat: &Seat) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        seat.set_activity(Activity::Idle);
        let most = match (Lack::of(e), e.kind()) {
            (Some(lack), _) if self.is_relieved(lack, since, seat) => 4,
            (None, io::ErrorKind::ExecutableFileBusy) if since.elapsed() < Self::BUSY => 8,
            _ => return false,
        };
        // Those who wait for the same thing are not to try for it together.
        let delay = Duration::from_millis(5 << self.tries.min(most)).mul_f64(0.5 + fastrand::f64() / 2.0);
        self.tries += 1;
        seat.hush();
        seat.pause(delay);
        true
    }

    /// Whether what is lacking may be had before long: a higher limit gives more files, and as long
    /// as other workers have children, theirs come free. Those who leave give more.
    fn is_relieved(&mut self, lack: Lack, since: Instant, seat: &Seat) -> bool {
        let alone = match lack {
            Lack::Files => Duration::from_secs(1),
            // Who else has them is not known.
            Lack::Processes => Duration::from_secs(60),
        };
        if lack == Lack::Processes && since.elapsed() >= Self::SOON {
            seat.ask_one_to_leave(lack);
        }
        self.relief = match self.relief {
            Relief::None if lack == Lack::Files => {
                raise_file_limit();
                Relief::Raised
            }
            Relief::None | Relief::Raised => {
                if lack == Lack::Files {
                    seat.ask_one_to_leave(lack);
                }
                Relief::Asked
            }
            _ if seat.others_run() => Relief::Asked,
            Relief::Asked => Relief::Alone(Instant::now()),
            Relief::Alone(since) if since.elapsed() < alone => Relief::Alone(since),
            Relief::Alone(_) => return false,
        };
        true
    }
}
