//! How much of a command line is left for the inputs of one job (ARG_MAX).
//!
//! It does not know the inputs.

use super::plan::CommandPlan;
use crate::plan::ArgSpace;
use crate::sys::arguments;
use std::num::NonZeroUsize;

/// POSIX wants so many bytes left for the program itself to change its environment.
const HEADROOM: usize = 2048;
/// The bytes that the child's own variables take: their names and numbers.
const OWN: usize = 256;
/// How many times the bytes of a command line the names take in memory: they take more there, and lie there several
/// times, as they wait, as they are passed, and for each worker.
const COPIES: u64 = 32;

impl CommandPlan {
    /// Returns the space for the inputs of one job: what the system gives, without the environment and the words that
    /// are always there; or less, so that the jobs of all workers fit `memory` bytes.
    pub(crate) fn arg_space(&self, memory: u64, workers: NonZeroUsize) -> ArgSpace {
        let limits = arguments::limits();
        let pointer = size_of::<usize>();
        let size = self.template.size(pointer, limits.longest);
        let program = self.program.as_os_str().len() + 1;
        let environment = arguments::environment_size(std::env::vars_os());
        // Each of the two lists of pointers ends with a null.
        let taken = size.fixed + program + environment + OWN + 2 * pointer + HEADROOM;
        let share = memory / COPIES / workers.get() as u64;
        // When no name stands on the command line, as many go together as if it did.
        let named = size.times > 0;
        ArgSpace {
            total: limits
                .total
                .saturating_sub(taken)
                .min(usize::try_from(share).unwrap_or(usize::MAX)),
            longest: size.longest,
            each: if named { size.each } else { 1 + pointer },
            times: size.times.max(1),
        }
    }
}
