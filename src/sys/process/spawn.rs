//! Starts a child by `posix_spawn`, with as few system calls as it takes.
//!
//! Our own and not `std::process::Command`, which hands down the worker's signal mask, copies the
//! environment for each child anew, and opens `/dev/null` each time. It does not know what a child is for.

use super::group::{ProcessGroup, ProcessGroupOf};
use super::posix_spawn::{Attributes, FileActions, posix_spawn};
use super::streams::{StdinFrom, Streams};
use super::{oom, reaper, spawn_rlimit};
use crate::sys::arguments::Arguments;
use crate::sys::io::close_in_children;
use crate::sys::limits::file_limit_before;
use rustix::process::Pid;
use std::cell::RefCell;
use std::env;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, RawFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A program that is started again and again, with everything that stays the same.
#[derive(Debug)]
pub(crate) struct Launcher {
    program: CString,
    environment: Vec<CString>,
    null: BorrowedFd<'static>,
    group: ProcessGroupOf,
    /// The actions that were prepared before: the pipes of children have few numbers, again and again.
    prepared: RefCell<Vec<(Wiring, FileActions)>>,
}

/// Which of our descriptors become which of a child's.
type Wiring = Vec<(RawFd, RawFd)>;
/// How many prepared actions are kept: more than the pipes of a few workers come to.
const PREPARED: usize = 64;

/// `/dev/null`, opened once for all launchers and never closed.
static NULL: OnceLock<File> = OnceLock::new();

impl Launcher {
    /// Returns a launcher of the file `program`, with the environment as it is now without the variables `own`,
    /// which each child is given anew.
    ///
    /// # Errors
    /// When `/dev/null` can't be opened or the name holds a NUL.
    pub(crate) fn new(program: &Path, own: &[&str]) -> io::Result<Self> {
        close_in_children();
        let environment = env::vars_os()
            .filter(|(name, _)| !own.iter().any(|own| OsStr::new(own) == name))
            .map(|(name, value)| variable(name, &value))
            .collect::<io::Result<_>>()?;
        Ok(Launcher {
            program: CString::new(program.as_os_str().as_bytes())?,
            environment,
            null: null()?,
            group: ProcessGroupOf::Itself,
            prepared: RefCell::default(),
        })
    }

    /// Starts the children in this group, and not each in one of its own.
    pub(crate) fn in_group_of(mut self, group: ProcessGroupOf) -> Self {
        self.group = group;
        self
    }

    /// Starts a child as [`Launcher::spawn`] does, but runs a file that is no program as a script of `sh`, as
    /// execvp(3) does.
    ///
    /// # Errors
    /// As [`Launcher::spawn`].
    pub(crate) fn spawn_or_interpret<'v>(
        &self,
        args: &Arguments,
        own: impl IntoIterator<Item = (&'v str, String)>,
        streams: Streams<'_>,
    ) -> io::Result<ProcessGroup> {
        let own = variables(own)?;
        match self.start(&self.program, args, &own, &streams, self.group) {
            Err(e) if e.raw_os_error() == Some(libc::ENOEXEC) => {}
            end => return end,
        }
        let program = OsStr::from_bytes(self.program.to_bytes());
        let first = [OsStr::new("/bin/sh"), program].into_iter();
        let args = first.chain(args.iter().skip(1)).collect();
        self.start(c"/bin/sh", &args, &own, &streams, self.group)
    }

    /// Starts a child with these arguments (the first is its name) and these variables besides the environment. Its
    /// signal mask is empty and SIGPIPE is at its default; its other descriptors are closed.
    ///
    /// # Errors
    /// What the system said to the spawn or the exec; an argument with a NUL.
    pub(crate) fn spawn<'v>(
        &self,
        args: &Arguments,
        own: impl IntoIterator<Item = (&'v str, String)>,
        streams: Streams<'_>,
    ) -> io::Result<ProcessGroup> {
        self.start(&self.program, args, &variables(own)?, &streams, self.group)
    }

    /// Starts a child as [`Launcher::spawn`] does, but in the group of another child, which is not reaped yet.
    ///
    /// # Errors
    /// As [`Launcher::spawn`].
    pub(crate) fn spawn_beside<'v>(
        &self,
        other: &ProcessGroup,
        args: &Arguments,
        own: impl IntoIterator<Item = (&'v str, String)>,
        streams: Streams<'_>,
    ) -> io::Result<ProcessGroup> {
        let group = ProcessGroupOf::Other(other.leader());
        self.start(&self.program, args, &variables(own)?, &streams, group)
    }

    fn start(
        &self,
        program: &CStr,
        args: &Arguments,
        own: &[CString],
        streams: &Streams<'_>,
        group: ProcessGroupOf,
    ) -> io::Result<ProcessGroup> {
        let child = reaper::start_own(|| self.start_process(program, args, own, streams, group))?;
        let group = ProcessGroup::from_started(child, group);
        oom::watch();
        Ok(group)
    }

    fn start_process(
        &self,
        program: &CStr,
        args: &Arguments,
        own: &[CString],
        streams: &Streams<'_>,
        group: ProcessGroupOf,
    ) -> io::Result<Pid> {
        let _now = Starting::now();
        let environment = self.environment.iter().chain(own);
        let limit = file_limit_before();
        if let Some(limit) = *limit {
            let streams = Streams {
                stdin: match streams.stdin {
                    StdinFrom::Null => StdinFrom::Fd(self.null),
                    other => other,
                },
                ..*streams
            };
            return spawn_rlimit::spawn(program, args, environment, &streams, group, limit);
        }
        let mut prepared = self.prepared.borrow_mut();
        let actions = prepare(&mut prepared, self.wiring(streams))?;
        posix_spawn(program, args, environment, actions, &Attributes::new(group)?)
    }

    fn wiring(&self, streams: &Streams<'_>) -> Wiring {
        let stdin = match streams.stdin {
            StdinFrom::Null => Some(self.null),
            StdinFrom::Inherited => None,
            StdinFrom::Fd(fd) => Some(fd),
        };
        let standard = [(stdin, 0), (streams.stdout, 1), (streams.stderr, 2)];
        let standard = standard
            .into_iter()
            .filter_map(|(fd, number)| Some((fd?.as_raw_fd(), number)));
        let others = streams.others.iter().map(|fd| (fd.as_raw_fd(), fd.as_raw_fd()));
        standard.chain(others).collect()
    }
}

/// How many children are between fork and exec: they hold every descriptor that we have open.
static STARTING: AtomicUsize = AtomicUsize::new(0);

/// Returns whether a child is being started anywhere, which may hold copies of descriptors that we have closed.
pub(crate) fn is_child_starting() -> bool {
    STARTING.load(Ordering::SeqCst) > 0
}

/// A start that is under way as long as this exists.
struct Starting;

impl Starting {
    fn now() -> Self {
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

/// Returns the actions for this wiring. They are made once, because the C library asks the system for a limit twice for
/// each descriptor.
fn prepare(prepared: &mut Vec<(Wiring, FileActions)>, wiring: Wiring) -> io::Result<&FileActions> {
    let found = prepared.iter().position(|(before, _)| *before == wiring);
    let at = match found {
        Some(at) => at,
        None => {
            let actions = FileActions::new(&wiring)?;
            if prepared.len() == PREPARED {
                prepared.clear();
            }
            prepared.push((wiring, actions));
            prepared.len() - 1
        }
    };
    Ok(&prepared[at].1)
}

fn variables<'v>(own: impl IntoIterator<Item = (&'v str, String)>) -> io::Result<Vec<CString>> {
    let own = own.into_iter();
    own.map(|(name, value)| variable(name.into(), value.as_ref()))
        .collect()
}

fn variable(mut name: OsString, value: &OsStr) -> io::Result<CString> {
    name.push("=");
    name.push(value);
    Ok(CString::new(name.into_vec())?)
}
