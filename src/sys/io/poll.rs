//! Waits for several descriptors at once, with a timeout. It does not know what they are.

use rustix::event::{PollFd, PollFlags, Timespec};
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// What is awaited of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Something to read, or the other end gone.
    Read,
    /// Room to write, or the other end gone.
    Write,
}

/// What a descriptor is ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ready {
    /// Nothing.
    #[default]
    No,
    /// What was awaited: it will not block.
    Yes,
    /// The other end is gone and nothing is left to read.
    Gone,
}

/// Blocks until one of `descriptors` is ready or `timeout` is over (None: for ever), and returns what each is ready
/// for. An absent descriptor is never ready. An interruption by a signal counts as the end of the timeout.
///
/// # Errors
/// What the system said; not to be expected.
pub(crate) fn poll<const N: usize>(
    descriptors: [Option<(BorrowedFd<'_>, Interest)>; N],
    timeout: Option<Duration>,
) -> io::Result<[Ready; N]> {
    let mut set = wanted(&descriptors);
    let timeout = timeout.map(|t| Timespec::try_from(t).unwrap_or(FOR_LONG));
    let mut ready = [Ready::No; N];
    match rustix::event::poll(&mut set, timeout.as_ref()) {
        Ok(_) => {}
        Err(rustix::io::Errno::INTR) => return Ok(ready),
        Err(e) => return Err(e.into()),
    }
    let mut answers = set.iter().map(PollFd::revents);
    for (slot, asked) in ready.iter_mut().zip(&descriptors) {
        if asked.is_some() {
            *slot = answers.next().map_or(Ready::No, readiness);
        }
    }
    Ok(ready)
}

const FOR_LONG: Timespec = Timespec {
    tv_sec: 3600,
    tv_nsec: 0,
};

fn wanted<'a, const N: usize>(descriptors: &[Option<(BorrowedFd<'a>, Interest)>; N]) -> Vec<PollFd<'a>> {
    descriptors
        .iter()
        .flatten()
        .map(|&(fd, interest)| {
            let flags = match interest {
                Interest::Read => PollFlags::IN,
                Interest::Write => PollFlags::OUT,
            };
            PollFd::from_borrowed_fd(fd, flags)
        })
        .collect()
}

fn readiness(events: PollFlags) -> Ready {
    if events.is_empty() {
        Ready::No
    } else if events.intersects(PollFlags::IN | PollFlags::OUT) && !events.contains(PollFlags::ERR) {
        Ready::Yes
    } else {
        Ready::Gone
    }
}
