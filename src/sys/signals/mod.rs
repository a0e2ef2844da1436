//! Signals as news on a channel.
//!
//! The handlers are our own because those of the signal crates ask for `SA_RESTART`: a main thread
//! blocked in a write to a full pipe would then never hear of a Ctrl-C.

use super::io::{Interest, NUDGE, Ready, poll, this_thread};
use crossbeam_channel::{Receiver, Sender};
use rustix::pipe::{PipeFlags, pipe_with};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Duration;

/// The signals that end a run. A handler of these interrupts a blocked system call.
const ENDING: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
/// The signals that a run is told of and carries on. Blocked system calls go on too.
const NEWS: [i32; 4] = [libc::SIGUSR1, libc::SIGTSTP, libc::SIGCONT, libc::SIGUSR2];
/// Ignored by whoever started us (nohup, a shell without job control): stays ignored.
const RESPECTED: [i32; 2] = [libc::SIGHUP, libc::SIGTSTP];

/// Terminal stop (Ctrl-Z).
pub(crate) const TSTP: i32 = libc::SIGTSTP;
/// Continue.
pub(crate) const CONT: i32 = libc::SIGCONT;
/// Asks for a status line, or for more workers.
pub(crate) const USR1: i32 = libc::SIGUSR1;
/// Asks for fewer workers, where it is listened to.
pub(crate) const USR2: i32 = libc::SIGUSR2;
/// Asks to end.
pub(crate) const TERM: i32 = libc::SIGTERM;
/// The reader of a pipe has gone.
pub(crate) const PIPE: i32 = libc::SIGPIPE;

/// Whether USR2 is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usr2 {
    /// It is.
    Heard,
    /// It ends the process, as by default.
    Unheard,
}

static NEWS_PIPE: AtomicI32 = AtomicI32::new(-1);
/// Whether it was we who ignored SIGXFSZ: children find it as it was.
static OURS_IGNORED: AtomicBool = AtomicBool::new(false);
/// The first signal that came of those that end a run; 0 where none has.
static ENDS: AtomicI32 = AtomicI32::new(0);

/// What becomes of a signal, in the thread that carries them: it is sent on, or seen to.
type Heed = dyn Fn(i32, &Sender<i32>) + Send + Sync;

/// The signals that came since the handlers were installed.
#[derive(Debug)]
pub(crate) struct Signals {
    received: Receiver<i32>,
}

/// Where the handlers write, and what becomes of that, until a thread has it all.
struct Untold {
    news: OwnedFd,
    sender: Sender<i32>,
    heed: Arc<Heed>,
}

static UNTOLD: Mutex<Option<Untold>> = Mutex::new(None);
static CARRIED: AtomicBool = AtomicBool::new(false);

/// Installs the handlers of INT, TERM, HUP, USR1, TSTP and CONT, without HUP or TSTP where they were
/// ignored; of USR2 too, if it is `heard`. The thread that carries them will `heed` each, from the first: any
/// write that waits may start it. Ignores XFSZ, and no longer CHLD, which no thread hears. To be called once,
/// from the main thread, before any worker is started.
///
/// # Errors
/// When the pipe or a handler can't be had.
pub(crate) fn install(
    heard: Usr2,
    heed: impl Fn(i32, &Sender<i32>) + Send + Sync + 'static,
) -> io::Result<Signals> {
    let (news, write_end) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&write_end, true)?;
    ENDS.store(0, Ordering::Relaxed);
    // The write end lives as long as the process: a handler may run at any time.
    NEWS_PIPE.store(write_end.into_raw_fd(), Ordering::SeqCst);
    let (sender, received) = crossbeam_channel::unbounded();
    for signal in ENDING.into_iter().chain(NEWS) {
        let unheard = signal == USR2 && heard == Usr2::Unheard;
        if !(unheard || RESPECTED.contains(&signal) && is_ignored(signal)?) {
            let flags = if ENDING.contains(&signal) {
                0
            } else {
                libc::SA_RESTART
            };
            set_action(signal, note as *const () as libc::sighandler_t, flags)?;
        }
    }
    // A file that may not grow is an error like any other, and children are to be waited for.
    if !is_ignored(libc::SIGXFSZ)? {
        set_action(libc::SIGXFSZ, libc::SIG_IGN, 0)?;
        OURS_IGNORED.store(true, Ordering::Relaxed);
    }
    if is_ignored(libc::SIGCHLD)? {
        set_action(libc::SIGCHLD, libc::SIG_DFL, 0)?;
    }
    // What is ignored by default is dropped at once, but not where a thread blocks it, as `posix_spawn` does
    // with all signals: a child that is done before its worker is back would wake another thread.
    change_mask(libc::SIG_BLOCK, [libc::SIGCHLD]);
    change_mask(libc::SIG_UNBLOCK, [NUDGE]);
    CARRIED.store(false, Ordering::Relaxed);
    *untold() = Some(Untold {
        news,
        sender,
        heed: Arc::new(heed),
    });
    Ok(Signals { received })
}

impl Signals {
    /// The numbers of the signals, once they are carried.
    pub(crate) fn received(&self) -> &Receiver<i32> {
        &self.received
    }
}

/// Whether a thread carries the signals to where they are received.
pub(crate) fn are_carried() -> bool {
    CARRIED.load(Ordering::Relaxed)
}

/// Starts the thread that carries the signals, those that came before too. Does nothing the second time.
///
/// # Errors
/// When there is no thread or descriptor to be had; it can be tried again.
pub(crate) fn carry() -> io::Result<()> {
    let mut left = untold();
    let Some(Untold { news, sender, heed }) = &*left else {
        return Ok(());
    };
    let (news, sender, heed) = (news.try_clone()?, sender.clone(), Arc::clone(heed));
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || carried(&news, &sender, &*heed))?;
    *left = None;
    CARRIED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Does what the thread would with the signals that came, while there is none.
pub(crate) fn heed_untold() {
    let left = untold();
    let Some(Untold { news, sender, heed }) = &*left else {
        return;
    };
    let mut bytes = [0; 4];
    while rustix::io::ioctl_fionread(news).is_ok_and(|there| there > 0) {
        if let Ok(4) = rustix::io::read(news, &mut bytes) {
            heed(i32::from_ne_bytes(bytes), sender);
        }
    }
}

fn untold() -> MutexGuard<'static, Option<Untold>> {
    UNTOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first signal that has come of those that end the run. A write that was interrupted asks this
/// before it goes on.
pub(crate) fn ending() -> Option<i32> {
    match ENDS.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(signal),
    }
}

/// Has threads hear [`NUDGE`]: what they are blocked in is interrupted.
pub(crate) fn hear_nudges() {
    extern "C" fn nothing(_: i32) {}
    static HEARD: Once = Once::new();
    // It can't fail for a signal that there is.
    HEARD.call_once(|| drop(set_action(NUDGE, nothing as *const () as libc::sighandler_t, 0)));
}

/// The thread that is [`Interruptible`]; 0 where there is none.
static INTERRUPTIBLE: AtomicI32 = AtomicI32::new(0);
/// How often it is interrupted once there was a signal.
const AGAIN: Duration = Duration::from_millis(20);

/// While there is one, a signal that ends the run interrupts what this thread is blocked in; also one that came
/// after this thread has asked for it ([`ending`]) and before it is blocked, which alone would interrupt
/// nothing. One thread at a time is interrupted.
pub(crate) struct Interruptible(bool);

impl Interruptible {
    pub(crate) fn now() -> Self {
        let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
        let taken = INTERRUPTIBLE.compare_exchange(0, this_thread(), set, get);
        Interruptible(taken.is_ok())
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        if self.0 {
            INTERRUPTIBLE.store(0, Ordering::SeqCst);
        }
    }
}

/// Waits for news. After a signal that ends the run, whoever is interruptible is interrupted meanwhile.
fn await_news(news: &OwnedFd) {
    let awaited = [Some((news.as_fd(), Interest::Read))];
    while ending().is_some() && matches!(poll(awaited, Some(AGAIN)), Ok([Ready::No])) {
        if let thread @ 1.. = INTERRUPTIBLE.load(Ordering::SeqCst) {
            nudge(thread);
        }
    }
}

/// Sends it to this thread of ours, if there is one.
pub(crate) fn nudge(thread: i32) {
    // SAFETY: plain numbers; the thread of another process is out of its reach.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, NUDGE) };
}

/// Keeps this thread from being the one that the signals interrupt: each worker calls it first,
/// so that the main thread hears them. Children start with an empty mask all the same.
pub(crate) fn block_in_this_thread() {
    change_mask(libc::SIG_BLOCK, ENDING.into_iter().chain(NEWS));
    // Whoever started us may have blocked it.
    change_mask(libc::SIG_UNBLOCK, [NUDGE]);
}

/// Blocks or unblocks these in this thread, and in those that it starts.
fn change_mask(how: i32, signals: impl IntoIterator<Item = i32>) {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set that the other calls read; the old mask is not
    // asked for.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(how, set.as_ptr(), std::ptr::null_mut());
    }
}

/// The signals that a child is to find as they are by default: all but those that were ignored when
/// it was first asked, and of these SIGPIPE, which we ignore. Naming them spares `posix_spawn` a
/// question about each in every child.
pub(crate) fn by_default() -> &'static libc::sigset_t {
    static SET: OnceLock<libc::sigset_t> = OnceLock::new();
    SET.get_or_init(|| {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigemptyset initialises the set that the others change.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            // KILL and STOP have nothing but their default.
            let all =
                (1..=libc::SIGRTMAX()).filter(|&signal| !matches!(signal, libc::SIGKILL | libc::SIGSTOP));
            for signal in all {
                // An error: there is no such signal, or it is the C library's own.
                let ours = signal == libc::SIGPIPE
                    || signal == libc::SIGXFSZ && OURS_IGNORED.load(Ordering::Relaxed);
                if ours || is_ignored(signal).is_ok_and(|ignored| !ignored) {
                    libc::sigaddset(set.as_mut_ptr(), signal);
                }
            }
            set.assume_init()
        }
    })
}

/// Ends the process by `signal` itself, so that whoever waits for it sees that it was
/// interrupted. Output must have been flushed.
pub(crate) fn die_by_signal(signal: i32) -> ! {
    let _ = set_action(signal, libc::SIG_DFL, 0);
    change_mask(libc::SIG_UNBLOCK, [signal]);
    // SAFETY: raise has no preconditions.
    unsafe { libc::raise(signal) };
    // Only where the signal's default is not to end the process.
    std::process::exit(128 + signal)
}

/// Stops the whole process until it is sent CONT: the answer to TSTP.
pub(crate) fn stop_self() {
    let own = rustix::process::getpid();
    let _ = rustix::process::kill_process(own, rustix::process::Signal::STOP);
}

extern "C" fn note(signal: i32) {
    let before = errno::errno();
    if ENDING.contains(&signal) {
        let _ = ENDS.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed);
    }
    let byte = signal.to_ne_bytes();
    let pipe = NEWS_PIPE.load(Ordering::Relaxed);
    // SAFETY: write is safe in a handler; the four bytes are a local; the pipe is never closed.
    // A full pipe loses the news of a signal that thousands like it have told already.
    unsafe { libc::write(pipe, byte.as_ptr().cast(), byte.len()) };
    errno::set_errno(before);
}

fn carried(news: &OwnedFd, sender: &Sender<i32>, heed: &Heed) {
    block_in_this_thread();
    hear_nudges();
    let mut bytes = [0; 4];
    loop {
        await_news(news);
        match rustix::io::read(news, &mut bytes) {
            Ok(4) => heed(i32::from_ne_bytes(bytes), sender),
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}

fn is_ignored(signal: i32) -> io::Result<bool> {
    let mut old = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a null new action only asks; the old one is written on success.
    let old = unsafe {
        if libc::sigaction(signal, std::ptr::null(), old.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        old.assume_init()
    };
    Ok(old.sa_sigaction == libc::SIG_IGN)
}

fn set_action(signal: i32, action: libc::sighandler_t, flags: i32) -> io::Result<()> {
    // SAFETY: all-zero is a valid sigaction; the fields that matter are set, and the handler is an
    // `extern "C" fn(i32)` or SIG_DFL, which is what flags without SA_SIGINFO ask for.
    let result = unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = action;
        new.sa_flags = flags;
        libc::sigemptyset(&mut new.sa_mask);
        libc::sigaction(signal, &new, std::ptr::null_mut())
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
