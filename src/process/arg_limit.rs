//! How much of a command line is left for the inputs of one job.

use super::plan::CommandPlan;
use crate::plan::ArgSpace;
use crate::sys::arguments;
use std::num::NonZeroUsize;

/// What POSIX wants to be left for the program itself to change its environment.
const HEADROOM: usize = 2048;
/// What the child's own variables take: their names and numbers.
const OWN: usize = 256;
/// Names take more in memory than on a command line, and stand there several times: as they wait,
/// as they are passed, and for each worker.
const COPIES: u64 = 32;

impl CommandPlan {
    /// The room for the inputs of one job: what the system gives, without the environment and the
    /// words that are always there; or less, so that all workers' jobs fit `memory` bytes.
    pub fn room(&self, memory: u64, workers: NonZeroUsize) -> ArgSpace {
        let limits = arguments::limits();
        let pointer = size_of::<usize>();
        let size = self.template.size(pointer, limits.longest);
        let program = self.program.as_os_str().len() + 1;
        let environment = arguments::environment_size(std::env::vars_os());
        // Each list of pointers ends with a null.
        let taken = size.fixed + program + environment + OWN + 2 * pointer + HEADROOM;
        let share = memory / COPIES / workers.get() as u64;
        // Where no name stands on the command line, as many go together as if it did.
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
