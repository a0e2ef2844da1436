//! Starts a child again while processes or files are short for a moment.
//!
//! It does not know what is started.

use crate::control::{Activity, Shortage, StopRequest, WorkerHandle};
use crate::sys::error_number::{EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC, ENOTDIR, EPERM};
use crate::sys::raise_file_limit;
use std::io;
use std::time::{Duration, Instant};

/// Calls `spawn` until it succeeds, or fails for a cause that does not pass by itself. Returns `None` when the run
/// stops or the worker was asked to exit. A shortage that passes is no failed try.
///
/// # Errors
/// The error of the last call.
pub(super) fn retry_spawn<T>(
    worker: &WorkerHandle,
    mut spawn: impl FnMut() -> io::Result<T>,
) -> io::Result<Option<T>> {
    let mut backoff = SpawnBackoff::default();
    while worker.stop_request() == StopRequest::Continue {
        // Said before the child is there, so that no child slips past a suspension of the run.
        worker.set_activity(Activity::Running);
        match spawn() {
            Ok(started) => return Ok(Some(started)),
            // A worker that was asked to exit must not wait here: its own thread uses one of the scarce processes.
            Err(e) if Shortage::from_error(&e) == Some(Shortage::Processes) && worker.requeue_if_asked() => {
                return Ok(None);
            }
            Err(e) if backoff.wait(&e, worker) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(None)
}

/// Returns whether the program itself is the cause that a child was not started, as no child of it ever was.
pub(super) fn is_unusable(cause: &io::Error, worker: &WorkerHandle) -> bool {
    let of_program = matches!(
        cause.raw_os_error(),
        Some(ENOEXEC | EACCES | EPERM | ENOENT | ENOTDIR | ELOOP | ELIBBAD)
    );
    of_program && !worker.has_started()
}

/// Says that the worker has a child, and when it is dropped, by a panic too, that it has none.
pub(super) struct ActivityGuard(WorkerHandle);

impl ActivityGuard {
    /// Says that the worker has a child: to be called before the child is started.
    pub(super) fn new(worker: &WorkerHandle) -> Self {
        worker.set_activity(Activity::Running);
        ActivityGuard(worker.clone())
    }
}

impl Drop for ActivityGuard {
    fn drop(&mut self) {
        self.0.set_activity(Activity::Idle);
    }
}

/// How long, and how often, a child could not be started.
#[derive(Debug, Default)]
struct SpawnBackoff {
    since: Option<Instant>,
    tries: u32,
    stage: ShortageStage,
}

/// What has been done about a shortage.
#[derive(Debug, Default)]
enum ShortageStage {
    /// Nothing yet.
    #[default]
    None,
    /// The limit of open files was raised to the hard limit.
    Raised,
    /// A worker was asked to exit, so that what it uses comes free.
    Asked,
    /// No other worker has had a child since then.
    Alone(Instant),
}

impl SpawnBackoff {
    /// How long processes may be short before workers are asked to exit: most likely other processes end.
    const SOON: Duration = Duration::from_secs(1);
    /// How long a program may be open for writing: a build has just written it.
    const BUSY: Duration = Duration::from_secs(2);

    /// Waits before the next try. Returns false when no other is worth it after the error `e`.
    fn wait(&mut self, e: &io::Error, worker: &WorkerHandle) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        worker.set_activity(Activity::Idle);
        let most = match (Shortage::from_error(e), e.kind()) {
            (Some(lack), _) if self.relieve(lack, since, worker) => 4,
            (None, io::ErrorKind::ExecutableFileBusy) if since.elapsed() < Self::BUSY => 8,
            _ => return false,
        };
        // Half of it is random: those who wait for the same thing must not try for it together.
        let delay = Duration::from_millis(5 << self.tries.min(most)).mul_f64(0.5 + fastrand::f64() / 2.0);
        self.tries += 1;
        worker.clear();
        worker.pause(delay);
        true
    }

    /// Does something about the shortage. Returns whether it may end before long: a higher limit gives more files,
    /// and while other workers have children, what these use comes free.
    fn relieve(&mut self, lack: Shortage, since: Instant, worker: &WorkerHandle) -> bool {
        let alone = match lack {
            Shortage::Files => Duration::from_secs(1),
            // Nobody knows who else uses them.
            Shortage::Processes => Duration::from_secs(60),
        };
        if lack == Shortage::Processes && since.elapsed() >= Self::SOON {
            worker.ask_one_to_exit(lack);
        }
        self.stage = match self.stage {
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
