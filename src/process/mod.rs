//! Child processes as maps: a command for each job, and a command that lives from job to job.
//!
//! What both share lies here: which file a name stands for, the start, the pipes and the deadlines of a
//! child. It does not know which jobs there are, nor what becomes of the output.

mod arg_limit;
mod command;
mod deadlines;
mod dry_run;
mod outcome;
mod pipes;
mod plan;
mod pool;
mod resolve;
mod spawn;
mod spawn_retry;
mod stdin;
mod stopped;
mod suspend;
mod trace;

pub use command::Command;
pub use dry_run::DryRun;
pub use plan::{Capture, ChildStdin, ChildVar, CommandPlan, Lookup, OnClosedStdout, Trace};
pub use pool::{PoolMap, PoolPlan, Reply};
pub use resolve::{ProgramError, resolve_program};

use crate::map::{ChildEmit, Emit};

/// What a map of this room emits to.
fn child_emit(emit: &mut dyn Emit) -> &mut dyn ChildEmit {
    emit.for_child()
        .expect("whoever runs these maps can have children")
}
