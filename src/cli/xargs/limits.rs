//! How long command lines may be, and what `--show-limits` prints about it.

use super::options::{MOST_PROCS, Options};
use crate::message;
use crate::sys::{Stdin, arguments};
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;

/// The bytes that POSIX wants left free, so that the command can change its environment.
const HEADROOM: usize = 2048;
/// How long a command line gets without `-s`.
const USUAL: usize = 128 << 10;
/// The lowest limit that POSIX allows a system.
const LEAST: usize = 4096;

/// How long command lines may be, in bytes. Each word counts with the NUL at its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineLimits {
    pub(super) environment: usize,
    /// The largest value of `-s`.
    pub(super) longest: usize,
    /// The value without `-s`.
    pub(super) usual: usize,
}

impl LineLimits {
    /// Returns the limits beside the current environment.
    pub(super) fn from_environment() -> Self {
        let size = |(name, value): (OsString, OsString)| name.len() + value.len() + "=\0".len();
        let environment = env::vars_os().map(size).sum();
        let total = arguments::limits().total;
        let longest = total.saturating_sub(environment + HEADROOM);
        LineLimits {
            environment,
            longest,
            usual: longest.min(USUAL),
        }
    }

    /// Prints the limits on standard error, for command lines of at most `chars` bytes.
    pub(super) fn show(&self, chars: usize, options: &Options, program: &OsStr) {
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
                    message::display_name(program)
                );
            }
        }
        // When standard error is closed, there is nowhere to report that.
        let _ = crate::sys::write_stderr(text.as_bytes());
    }
}
