//! How long command lines may be, and what `--show-limits` says of it.

use super::options::{MOST_PROCS, Options};
use crate::message;
use crate::sys::{Stdin, arguments};
use std::env;
use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;

/// What POSIX wants to be left for the command to change its environment.
const HEADROOM: usize = 2048;
/// How long a command line gets where nobody says.
const USUAL: usize = 128 << 10;
/// The least that POSIX lets a system have.
const LEAST: usize = 4096;

/// How long command lines may be, in bytes, each word with its end.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// What the environment takes.
    pub environment: usize,
    /// What `-s` may be at most.
    pub longest: usize,
    /// What it is where it is not given.
    pub usual: usize,
}

impl Limits {
    /// The limits with the environment as it is.
    pub fn here() -> Self {
        let size =
            |(name, value): (std::ffi::OsString, std::ffi::OsString)| name.len() + value.len() + "=\0".len();
        let environment = env::vars_os().map(size).sum();
        let total = arguments::limits().total;
        let longest = total.saturating_sub(environment + HEADROOM);
        Limits {
            environment,
            longest,
            usual: longest.min(USUAL),
        }
    }

    /// Says them on standard error, for command lines of at most `chars` bytes.
    pub fn show(&self, chars: usize, options: &Options, program: &OsStr) {
        let mut text = format!(
            "Your environment variables take up {} bytes\n\
             POSIX upper limit on argument length (this system): {}\n\
             POSIX smallest allowable upper limit on argument length (all systems): {LEAST}\n\
             Maximum length of command we could actually use: {}\n\
             Size of command buffer we are actually using: {chars}\n\
             Maximum parallelism (--max-procs must be no greater): {MOST_PROCS}\n",
            self.environment,
            self.longest,
            self.longest.saturating_sub(self.environment),
        );
        if options.file.is_none() && Stdin::new().as_fd().is_terminal() {
            text += &format!(
                "\nExecution of {} will continue now, and it will try to read its input and run \
                 commands; if this is not what you wanted to happen, please type the end-of-file \
                 keystroke.\n",
                message::name()
            );
            if !options.not_empty {
                text += &format!(
                    "Warning: {} will be run at least once.  If you do not want that to happen, then \
                     press the interrupt keystroke.\n",
                    message::shown(program)
                );
            }
        }
        // A closed standard error leaves nowhere to say it.
        let _ = crate::sys::tell(text.as_bytes());
    }
}
