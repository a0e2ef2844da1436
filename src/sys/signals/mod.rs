//! Signals: handlers that write to a pipe, and a thread that reads the pipe and hands each signal on.
//!
//! The handlers are our own because those of the signal crates ask for `SA_RESTART`: a main thread
//! blocked in a write to a full pipe would then never see a Ctrl-C.
//!
//! It does not know what a run does about a signal.

mod action;
mod interrupt;

pub(super) use interrupt::{Interruptible, handle_interrupts, interrupt, this_thread};

use super::io::{Interest, Ready, pipe, poll, set_nonblocking};
use action::{Action, block, is_ignored, set_action, signal_set, unblock};
use crossbeam_channel::{Receiver, Sender};
use interrupt::{INTERRUPT, interrupt_interruptible};
use std::io;
use std::os::fd::{AsFd as _, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The signals that end a run. Their handler interrupts a blocked system call.
const SHUTDOWN: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
/// The signals that a run answers and goes on after. Blocked system calls go on too.
const NOTICES: [i32; 4] = [libc::SIGUSR1, libc::SIGTSTP, libc::SIGCONT, libc::SIGUSR2];
/// The signals that stay ignored when whoever started us ignored them (nohup, a shell without job control).
const KEPT_IGNORED: [i32; 3] = [libc::SIGINT, libc::SIGHUP, libc::SIGTSTP];

/// Stops the processes of a terminal (Ctrl-Z).
pub(crate) const TSTP: i32 = libc::SIGTSTP;
/// Continues a stopped process.
pub(crate) const CONT: i32 = libc::SIGCONT;
/// Asks for a status line, or for more workers.
pub(crate) const USR1: i32 = libc::SIGUSR1;
/// Asks for fewer workers, when it is handled.
pub(crate) const USR2: i32 = libc::SIGUSR2;
/// Asks a process to end.
pub(crate) const TERM: i32 = libc::SIGTERM;
/// Ends a process at once.
pub(crate) const KILL: i32 = libc::SIGKILL;
/// Stops a process at once.
pub(crate) const STOP: i32 = libc::SIGSTOP;
/// Says that a pipe's reader has gone.
pub(crate) const PIPE: i32 = libc::SIGPIPE;
/// Stops a process in the background that reads from the terminal.
pub(crate) const TTIN: i32 = libc::SIGTTIN;
/// Stops a process in the background that writes to the terminal or sets it.
pub(crate) const TTOU: i32 = libc::SIGTTOU;

/// How often the thread of the signals interrupts the interruptible thread after a shutdown signal.
const AGAIN: Duration = Duration::from_millis(20);

/// What becomes of USR2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usr2 {
    /// It is handed on like USR1.
    Handled,
    /// It ends the process, as by default.
    EndsProcess,
}

/// The pipe that the handlers write to.
static NOTICE_PIPE: AtomicI32 = AtomicI32::new(-1);
/// Whether it was us who ignored SIGXFSZ; then children do not ignore it.
static WE_IGNORE_XFSZ: AtomicBool = AtomicBool::new(false);
/// The first shutdown signal that came; 0 when none has.
static SHUTDOWN_SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Handles a signal in the thread of the signals: acts at once, or sends it on.
type OnSignal = dyn Fn(i32, &Sender<i32>) + Send + Sync;

/// The signals that came since the handlers were installed.
#[derive(Debug)]
pub(crate) struct Signals {
    received: Receiver<i32>,
}

/// What the thread of the signals will take over when it is started; until then, signals wait in the pipe.
struct PendingSignals {
    notices: OwnedFd,
    sender: Sender<i32>,
    on_signal: Arc<OnSignal>,
}

static PENDING: Mutex<Option<PendingSignals>> = Mutex::new(None);
static THREAD_RUNS: AtomicBool = AtomicBool::new(false);

/// Installs the handlers of INT, TERM, HUP, USR1, TSTP and CONT, without INT, HUP or TSTP when they were ignored; and of
/// USR2 as `usr2` says. The thread of the signals will call `on_signal` for each, from the first on: a write that
/// waits may start that thread. Ignores XFSZ, and resets CHLD, which no thread takes. Call it once, from the main
/// thread, before any worker is started.
///
/// # Errors
/// When there is no pipe to be had, or a handler can't be installed.
pub(crate) fn install(
    usr2: Usr2,
    on_signal: impl Fn(i32, &Sender<i32>) + Send + Sync + 'static,
) -> io::Result<Signals> {
    let (notices, write_end) = pipe()?;
    set_nonblocking(write_end.as_fd())?;
    SHUTDOWN_SIGNAL.store(0, Ordering::Relaxed);
    // The write end lives as long as the process: a handler may run at any time.
    NOTICE_PIPE.store(write_end.into_raw_fd(), Ordering::SeqCst);
    for signal in SHUTDOWN {
        handle(signal, Action::Interrupt(note))?;
    }
    for signal in NOTICES {
        if signal != USR2 || usr2 == Usr2::Handled {
            handle(signal, Action::Note(note))?;
        }
    }
    // A file that may not grow is an error like any other, and children are to be waited for.
    if !is_ignored(libc::SIGXFSZ)? {
        set_action(libc::SIGXFSZ, Action::Ignore)?;
        WE_IGNORE_XFSZ.store(true, Ordering::Relaxed);
    }
    if is_ignored(libc::SIGCHLD)? {
        set_action(libc::SIGCHLD, Action::Default)?;
    }
    // The system drops at once what is ignored by default, but not while a thread blocks it, as `posix_spawn` does
    // with all signals: a child that exits before `posix_spawn` returns would wake another thread.
    block([libc::SIGCHLD]);
    unblock([INTERRUPT]);
    THREAD_RUNS.store(false, Ordering::Relaxed);
    let (sender, received) = crossbeam_channel::unbounded();
    *pending() = Some(PendingSignals {
        notices,
        sender,
        on_signal: Arc::new(on_signal),
    });
    Ok(Signals { received })
}

fn handle(signal: i32, action: Action) -> io::Result<()> {
    if KEPT_IGNORED.contains(&signal) && is_ignored(signal)? {
        return Ok(());
    }
    set_action(signal, action)
}

impl Signals {
    /// Returns the channel of the signals' numbers, on which the thread of the signals sends.
    pub(crate) fn received(&self) -> &Receiver<i32> {
        &self.received
    }
}

/// Returns whether the thread of the signals was started.
pub(crate) fn thread_is_running() -> bool {
    THREAD_RUNS.load(Ordering::Relaxed)
}

/// Starts the thread of the signals, which begins with those that came before. Does nothing the second time.
///
/// # Errors
/// When there is no thread or descriptor to be had; it can be tried again.
pub(crate) fn start_thread() -> io::Result<()> {
    let mut pending = pending();
    let Some(signals) = &*pending else {
        return Ok(());
    };
    let signals = PendingSignals {
        notices: signals.notices.try_clone()?,
        sender: signals.sender.clone(),
        on_signal: Arc::clone(&signals.on_signal),
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || thread_main(&signals))?;
    *pending = None;
    THREAD_RUNS.store(true, Ordering::Relaxed);
    Ok(())
}

/// Handles the signals that came as the thread of the signals would, as long as that thread does not run.
pub(crate) fn drain_pending() {
    let pending = pending();
    let Some(PendingSignals {
        notices,
        sender,
        on_signal,
    }) = &*pending
    else {
        return;
    };
    let mut number = [0; 4];
    while matches!(
        poll([Some((notices.as_fd(), Interest::Read))], Some(Duration::ZERO)),
        Ok([Ready::Yes])
    ) {
        if let Ok(4) = rustix::io::read(notices, &mut number) {
            on_signal(i32::from_ne_bytes(number), sender);
        }
    }
}

fn pending() -> MutexGuard<'static, Option<PendingSignals>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the first shutdown signal that has come. A write that was interrupted asks this before it goes on.
pub(crate) fn shutdown_signal() -> Option<i32> {
    match SHUTDOWN_SIGNAL.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(signal),
    }
}

/// Blocks until a signal has come. After a shutdown signal, the interruptible thread is interrupted meanwhile.
fn await_notice(notices: &OwnedFd) {
    let awaited = [Some((notices.as_fd(), Interest::Read))];
    while shutdown_signal().is_some() && matches!(poll(awaited, Some(AGAIN)), Ok([Ready::No])) {
        interrupt_interruptible();
    }
}

/// Keeps signals from interrupting this thread: each worker calls it first, so that the main thread takes them.
/// Children start with an empty mask all the same.
pub(crate) fn block_in_this_thread() {
    // A blocked read with a timeout ends also at a signal that nobody handles.
    block(SHUTDOWN.into_iter().chain(NOTICES).chain([libc::SIGCHLD]));
    // Whoever started us may have blocked it.
    unblock([INTERRUPT]);
}

/// Returns the signals that a child finds at their defaults: all but those that were ignored when this was called
/// first, and of these SIGPIPE and SIGXFSZ when it was us who ignored them. The set spares `posix_spawn` a question
/// about each signal in each child.
pub(super) fn default_in_children() -> &'static libc::sigset_t {
    static SET: OnceLock<libc::sigset_t> = OnceLock::new();
    SET.get_or_init(|| {
        // KILL and STOP have nothing but their default.
        let all = (1..=libc::SIGRTMAX()).filter(|signal| ![KILL, STOP].contains(signal));
        signal_set(all.filter(|&signal| {
            let ours = signal == PIPE || signal == libc::SIGXFSZ && WE_IGNORE_XFSZ.load(Ordering::Relaxed);
            ours || is_ignored(signal).is_ok_and(|ignored| !ignored)
        }))
    })
}

/// Ends the process by `signal` itself, so that whoever waits for it sees what ended it. Flush output before.
pub(crate) fn die_by_signal(signal: i32) -> ! {
    let _ = set_action(signal, Action::Default);
    unblock([signal]);
    // SAFETY: raise has no preconditions.
    unsafe { libc::raise(signal) };
    // Only when the signal's default is not to end the process.
    std::process::exit(128 + signal)
}

/// Sends this process a signal, as another process would.
pub(crate) fn send_self(signal: i32) {
    // SAFETY: kill has no preconditions.
    unsafe { libc::kill(libc::getpid(), signal) };
}

/// Stops the whole process until it is sent CONT: the answer to TSTP.
pub(crate) fn stop_self() {
    let own = rustix::process::getpid();
    let _ = rustix::process::kill_process(own, rustix::process::Signal::STOP);
}

/// The handler.
extern "C" fn note(signal: i32) {
    let before = errno::errno();
    if SHUTDOWN.contains(&signal) {
        let _ = SHUTDOWN_SIGNAL.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed);
    }
    let number = signal.to_ne_bytes();
    let pipe = NOTICE_PIPE.load(Ordering::Relaxed);
    // SAFETY: write is safe in a handler; the four bytes are a local; the pipe is never closed. When the pipe is
    // full, a signal is lost that thousands like it have announced already.
    unsafe { libc::write(pipe, number.as_ptr().cast(), number.len()) };
    errno::set_errno(before);
}

fn thread_main(signals: &PendingSignals) {
    block_in_this_thread();
    handle_interrupts();
    let mut number = [0; 4];
    loop {
        await_notice(&signals.notices);
        match rustix::io::read(&signals.notices, &mut number) {
            Ok(4) => (signals.on_signal)(i32::from_ne_bytes(number), &signals.sender),
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}
