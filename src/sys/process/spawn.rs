//! Starting a child by `posix_spawn`, with as few system calls as it takes.
//!
//! Our own and not `std::process::Command`, which hands down the worker's signal mask, copies the
//! environment for each child anew, and opens `/dev/null` each time.

use super::group::Group;
use super::{oom, reaper, spawn_rlimit};
use crate::sys::arguments::Arguments;
use crate::sys::io::close_in_children;
use crate::sys::limits::file_limit_before;
use crate::sys::signals;
use rustix::process::Pid;
use std::cell::RefCell;
use std::env;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, RawFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A program that is started again and again, with everything that stays the same.
#[derive(Debug)]
pub(crate) struct Launcher {
    program: CString,
    environment: Vec<CString>,
    null: BorrowedFd<'static>,
    family: Family,
    /// What was made of children's descriptors before: those of pipes have few numbers again and again.
    known: RefCell<Vec<(Wiring, Actions)>>,
}

/// Which descriptors become which of a child's.
type Wiring = Vec<(RawFd, RawFd)>;
/// How many are known at once: more than the pipes of a few workers come to.
const KNOWN: usize = 64;

/// `/dev/null`, once for all launchers and never closed.
static NULL: OnceLock<File> = OnceLock::new();

/// Whose process group a child belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// One of its own, which can be ended as a whole, but can't read from our terminal.
    Own,
    /// Ours: what the terminal sends to us is sent to it too.
    Ours,
    /// That of another child, which is ended with it.
    Of(Pid),
}

/// What a child's standard input is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Input<'a> {
    /// `/dev/null`.
    #[default]
    Null,
    /// Our own.
    Inherited,
    /// This.
    Given(BorrowedFd<'a>),
}

/// The child's standard streams. None: our own, closed where it was when we were started.
#[derive(Debug, Default)]
pub(crate) struct Streams<'a> {
    /// Standard input.
    pub stdin: Input<'a>,
    /// Standard output.
    pub stdout: Option<BorrowedFd<'a>>,
    /// Standard error.
    pub stderr: Option<BorrowedFd<'a>>,
    /// What else it inherits, by the same numbers.
    pub others: &'a [BorrowedFd<'a>],
}

impl Launcher {
    /// A launcher of the file `program`, with the environment as it is now, without the variables
    /// `own`, which each child is given anew.
    ///
    /// # Errors
    /// When `/dev/null` can't be opened or the name holds a NUL.
    pub(crate) fn new(program: &Path, own: &[&str]) -> io::Result<Self> {
        close_in_children();
        let environment = env::vars_os()
            .filter(|(name, _)| !own.iter().any(|own| OsStr::new(own) == name))
            .map(|(name, value)| c_string(pair(name, &value)))
            .collect::<io::Result<_>>()?;
        Ok(Launcher {
            program: c_string(program.as_os_str().to_os_string())?,
            environment,
            null: null()?,
            family: Family::Own,
            known: RefCell::default(),
        })
    }

    /// Has the children belong to another process group than their own.
    pub(crate) fn family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// As [`Launcher::spawn`], but a file that is no program is a script for `sh`, as execvp(3) has
    /// it.
    ///
    /// # Errors
    /// As [`Launcher::spawn`].
    pub(crate) fn spawn_or_interpret<'v>(
        &self,
        args: &Arguments,
        own: impl IntoIterator<Item = (&'v str, String)>,
        streams: Streams<'_>,
    ) -> io::Result<Group> {
        let own = variables(own)?;
        match self.start(&self.program, args, &own, &streams, self.family) {
            Err(e) if e.raw_os_error() == Some(libc::ENOEXEC) => {}
            end => return end,
        }
        let program = OsStr::from_bytes(self.program.to_bytes());
        let first = [OsStr::new("/bin/sh"), program].into_iter();
        let args = first.chain(args.iter().skip(1)).collect();
        self.start(c"/bin/sh", &args, &own, &streams, self.family)
    }

    /// Starts a child with these arguments (the first is its name) and these variables besides the
    /// environment, by default as the leader of a new process group. Its signal mask is empty and
    /// SIGPIPE is at its default; its other descriptors are closed.
    ///
    /// # Errors
    /// What the system said to the spawn or the exec; an argument with a NUL.
    pub(crate) fn spawn<'v>(
        &self,
        args: &Arguments,
        own: impl IntoIterator<Item = (&'v str, String)>,
        streams: Streams<'_>,
    ) -> io::Result<Group> {
        self.start(&self.program, args, &variables(own)?, &streams, self.family)
    }

    /// As [`Launcher::spawn`], but the child belongs to the group of another, which is not reaped yet.
    ///
    /// # Errors
    /// As [`Launcher::spawn`].
    pub(crate) fn spawn_beside<'v>(
        &self,
        other: &Group,
        args: &Arguments,
        own: impl IntoIterator<Item = (&'v str, String)>,
        streams: Streams<'_>,
    ) -> io::Result<Group> {
        self.start(
            &self.program,
            args,
            &variables(own)?,
            &streams,
            Family::Of(other.leader()),
        )
    }

    fn start(
        &self,
        program: &CStr,
        args: &Arguments,
        own: &[CString],
        streams: &Streams<'_>,
        family: Family,
    ) -> io::Result<Group> {
        let child = reaper::starting(|| self.begin(program, args, own, streams, family))?;
        let group = family.group(child);
        oom::watch();
        Ok(group)
    }

    fn begin(
        &self,
        program: &CStr,
        args: &Arguments,
        own: &[CString],
        streams: &Streams<'_>,
        family: Family,
    ) -> io::Result<Pid> {
        let _now = Starting::now();
        let before = file_limit_before();
        if let Some(limit) = *before {
            let environment = self.environment.iter().chain(own);
            let streams = Streams {
                stdin: match streams.stdin {
                    Input::Null => Input::Given(self.null),
                    other => other,
                },
                ..*streams
            };
            return spawn_rlimit::spawn(program, args, environment, &streams, family, limit);
        }
        let argv = args.pointers()?;
        let envp = pointers(self.environment.iter().chain(own));
        let wiring = self.wiring(streams);
        let mut known = self.known.borrow_mut();
        let actions = actions(&mut known, wiring)?;
        let attributes = Attributes::new(family)?;
        let mut pid = 0;
        // SAFETY: argv and envp are null-terminated arrays of pointers to strings that live until
        // the end of this function; actions and attributes are initialised.
        let code = unsafe {
            libc::posix_spawn(
                &mut pid,
                program.as_ptr(),
                &actions.0,
                &attributes.0,
                argv.as_ptr(),
                envp.as_ptr(),
            )
        };
        check(code)?;
        Ok(Pid::from_raw(pid).expect("a child's number is positive"))
    }

    fn wiring(&self, streams: &Streams<'_>) -> Wiring {
        let stdin = match streams.stdin {
            Input::Null => Some(self.null),
            Input::Inherited => None,
            Input::Given(fd) => Some(fd),
        };
        let standard = [(stdin, 0), (streams.stdout, 1), (streams.stderr, 2)];
        let standard = standard
            .into_iter()
            .filter_map(|(fd, number)| Some((fd?.as_raw_fd(), number)));
        // To itself: that alone has it inherited.
        let others = streams.others.iter().map(|fd| (fd.as_raw_fd(), fd.as_raw_fd()));
        standard.chain(others).collect()
    }
}

impl Family {
    /// What is held of a child that was started so.
    fn group(self, child: Pid) -> Group {
        match self {
            Family::Own => Group::led_by(child),
            Family::Ours | Family::Of(_) => Group::of_one(child),
        }
    }
}

/// How many children are between fork and exec: they hold whatever we have open.
static STARTING: AtomicUsize = AtomicUsize::new(0);

/// Whether a child is being started somewhere that may hold copies of descriptors that we have
/// closed.
pub(crate) fn is_starting() -> bool {
    STARTING.load(Ordering::SeqCst) > 0
}

/// While there is one, [`is_starting`].
pub(crate) struct Starting;

impl Starting {
    pub(crate) fn now() -> Self {
        STARTING.fetch_add(1, Ordering::SeqCst);
        Starting
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        STARTING.fetch_sub(1, Ordering::SeqCst);
    }
}

fn null() -> io::Result<BorrowedFd<'static>> {
    if let Some(file) = NULL.get() {
        return Ok(file.as_fd());
    }
    let file = File::open("/dev/null")?;
    Ok(NULL.get_or_init(|| file).as_fd())
}

/// What is to be done for this wiring. The C library asks for a limit of the system twice for each
/// descriptor, so it is made once.
fn actions(known: &mut Vec<(Wiring, Actions)>, wiring: Wiring) -> io::Result<&Actions> {
    let found = known.iter().position(|(before, _)| *before == wiring);
    let at = match found {
        Some(at) => at,
        None => {
            let mut actions = Actions::new()?;
            for &(from, to) in &wiring {
                actions.dup(from, to)?;
            }
            if known.len() == KNOWN {
                known.clear();
            }
            known.push((wiring, actions));
            known.len() - 1
        }
    };
    Ok(&known[at].1)
}

#[derive(Debug)]
struct Actions(libc::posix_spawn_file_actions_t);

// SAFETY: memory of its own, which no thread is bound to.
unsafe impl Send for Actions {}

impl Actions {
    fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: init initialises what it is given.
        unsafe {
            check(libc::posix_spawn_file_actions_init(actions.as_mut_ptr()))?;
            Ok(Actions(actions.assume_init()))
        }
    }

    fn dup(&mut self, from: i32, to: i32) -> io::Result<()> {
        // SAFETY: the actions are initialised; a bad descriptor is an error of the call.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(&mut self.0, from, to) })
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: they are initialised, and destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    /// A group, an empty signal mask, and the signals as they are by default, but for those that were
    /// ignored when we were started.
    fn new(family: Family) -> io::Result<Self> {
        let mut flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        let group = match family {
            Family::Own => Some(0),
            Family::Of(leader) => Some(leader.as_raw_nonzero().get()),
            Family::Ours => None,
        };
        if group.is_some() {
            flags |= libc::POSIX_SPAWN_SETPGROUP;
        }
        let mut attributes = MaybeUninit::uninit();
        let mut set = MaybeUninit::uninit();
        // SAFETY: both are initialised by their first calls before they are read.
        unsafe {
            check(libc::posix_spawnattr_init(attributes.as_mut_ptr()))?;
            let mut attributes = Attributes(attributes.assume_init());
            check(libc::posix_spawnattr_setpgroup(
                &mut attributes.0,
                group.unwrap_or(0),
            ))?;
            libc::sigemptyset(set.as_mut_ptr());
            check(libc::posix_spawnattr_setsigmask(&mut attributes.0, set.as_ptr()))?;
            check(libc::posix_spawnattr_setsigdefault(
                &mut attributes.0,
                signals::by_default(),
            ))?;
            check(libc::posix_spawnattr_setflags(&mut attributes.0, flags as _))?;
            Ok(attributes)
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: they are initialised, and destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

/// The posix_spawn family returns its errors instead of setting errno.
fn check(code: i32) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

fn pointers<'a>(strings: impl Iterator<Item = &'a CString>) -> Vec<*mut libc::c_char> {
    let pointers = strings.map(|string| string.as_ptr().cast_mut());
    pointers.chain([ptr::null_mut()]).collect()
}

fn variables<'v>(own: impl IntoIterator<Item = (&'v str, String)>) -> io::Result<Vec<CString>> {
    let own = own.into_iter();
    own.map(|(name, value)| c_string(pair(name.into(), value.as_ref())))
        .collect()
}

fn pair(mut name: OsString, value: &OsStr) -> OsString {
    name.push("=");
    name.push(value);
    name
}

fn c_string(text: OsString) -> io::Result<CString> {
    Ok(CString::new(text.into_vec())?)
}
