//! Starting a child where processes or files are scarce for a moment.

use crate::control::{Activity, Shortage, StopRequest, WorkerHandle};
use crate::sys::error_number::{EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC, ENOTDIR, EPERM};
use crate::sys::raise_file_limit;
use std::io;
use std::time::{Duration, Instant};

/// Calls `spawn` until it succeeds or what keeps it from that does not pass; None when the run is
/// being stopped, or the worker is to leave. A scarcity that passes is waited out and is no failed try.
///
/// # Errors
/// What the last spawn ended with.
pub(super) fn retry_spawn<T>(
    worker: &WorkerHandle,
    mut spawn: impl FnMut() -> io::Result<T>,
) -> io::Result<Option<T>> {
    let mut scarcity = SpawnBackoff::default();
    while worker.stop_request() == StopRequest::Continue {
        // Before the child is there, so that none slips past a suspension of the run.
        worker.set_activity(Activity::Running);
        match spawn() {
            Ok(started) => return Ok(Some(started)),
            // Nor does one that is to leave wait on, which would take what is scarce itself.
            Err(e) if Shortage::from_error(&e) == Some(Shortage::Processes) && worker.requeue_if_asked() => {
                return Ok(None);
            }
            Err(e) if scarcity.passes(&e, worker) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(None)
}

/// Whether what kept a child from being started is the program itself, as no other child of it was.
pub(super) fn is_unfit(cause: &io::Error, worker: &WorkerHandle) -> bool {
    let of_program = matches!(
        cause.raw_os_error(),
        Some(ENOEXEC | EACCES | EPERM | ENOENT | ENOTDIR | ELOOP | ELIBBAD)
    );
    of_program && !worker.has_started()
}

/// Says that the worker has a child, and when it is done with it, by a panic too, that it has none.
pub(super) struct ActivityGuard(WorkerHandle);

impl ActivityGuard {
    /// To be had before a child is started.
    pub(super) fn on(worker: &WorkerHandle) -> Self {
        worker.set_activity(Activity::Running);
        ActivityGuard(worker.clone())
    }
}

impl Drop for ActivityGuard {
    fn drop(&mut self) {
        self.0.set_activity(Activity::Idle);
    }
}

/// What keeps a child from being started and may pass by itself.
#[derive(Debug, Default)]
struct SpawnBackoff {
    since: Option<Instant>,
    tries: u32,
    relief: ShortageStage,
}

/// What has been done about a lack of descriptors or processes.
#[derive(Debug, Default)]
enum ShortageStage {
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

impl SpawnBackoff {
    /// How long processes may be scarce before workers leave: most likely others will end.
    const SOON: Duration = Duration::from_secs(1);
    /// How long a program may be open for writing: a build that has just written it.
    const BUSY: Duration = Duration::from_secs(2);

    /// Whether the spawn that ended with `e` is worth another try; waits before that.
    fn passes(&mut self, e: &io::Error, worker: &WorkerHandle) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        worker.set_activity(Activity::Idle);
        let most = match (Shortage::from_error(e), e.kind()) {
            (Some(lack), _) if self.is_relieved(lack, since, worker) => 4,
            (None, io::ErrorKind::ExecutableFileBusy) if since.elapsed() < Self::BUSY => 8,
            _ => return false,
        };
        // Those who wait for the same thing are not to try for it together.
        let delay = Duration::from_millis(5 << self.tries.min(most)).mul_f64(0.5 + fastrand::f64() / 2.0);
        self.tries += 1;
        worker.clear();
        worker.pause(delay);
        true
    }

    /// Whether what is lacking may be had before long: a higher limit gives more files, and as long
    /// as other workers have children, theirs come free. Those who leave give more.
    fn is_relieved(&mut self, lack: Shortage, since: Instant, worker: &WorkerHandle) -> bool {
        let alone = match lack {
            Shortage::Files => Duration::from_secs(1),
            // Who else has them is not known.
            Shortage::Processes => Duration::from_secs(60),
        };
        if lack == Shortage::Processes && since.elapsed() >= Self::SOON {
            worker.ask_one_to_exit(lack);
        }
        self.relief = match self.relief {
            ShortageStage::None if lack == Shortage::Files => {
                raise_file_limit();
                ShortageStage::Raised
            }
            ShortageStage::None | ShortageStage::Raised => {
                if lack == Shortage::Files {
                    worker.ask_one_to_exit(lack);
                }
                ShortageStage::Asked
            }
            _ if worker.others_run() => ShortageStage::Asked,
            ShortageStage::Asked => ShortageStage::Alone(Instant::now()),
            ShortageStage::Alone(since) if since.elapsed() < alone => ShortageStage::Alone(since),
            ShortageStage::Alone(_) => return false,
        };
        true
    }
}
