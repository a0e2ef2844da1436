//! Waits that end: for a condition, and for bytes from a pipe. A wait that is not fulfilled fails its own
//! test, with what it waited for.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// A program that takes longer hangs. No test passes by waiting for it.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// How much longer a test waits than [`PATIENCE`], so that it sees the end of a program that was killed then.
const MARGIN: Duration = Duration::from_secs(5);

/// Waits until the condition holds; looks once a millisecond.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE + MARGIN;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A pipe that is read until a deadline; reads fail after it. The pipe may be set not to block.
pub struct Timed<R> {
    pipe: R,
    deadline: Instant,
}

impl<R: Read + AsFd> Timed<R> {
    pub fn new(pipe: R) -> Timed<R> {
        let deadline = Instant::now() + PATIENCE + MARGIN;
        Timed { pipe, deadline }
    }
}

impl<R: Read + AsFd> Read for Timed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if !is_ready(&self.pipe, PollFlags::IN, left) {
                return Err(std::io::Error::new(ErrorKind::TimedOut, "nothing came"));
            }
            match self.pipe.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

/// Waits for an event on the descriptor, and returns whether it came in time.
pub fn is_ready(fd: impl AsFd, event: PollFlags, time: Duration) -> bool {
    let time = Timespec::try_from(time).expect("a short time");
    loop {
        match poll(&mut [PollFd::new(&fd, event)], Some(&time)) {
            Err(Errno::INTR) => {}
            ready => return ready.expect("a descriptor can be polled") > 0,
        }
    }
}
