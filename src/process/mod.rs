//! Child processes as maps: a command for each job, and a command that lives from job to job.
//!
//! A [`child::Child`] is looked after in the same way for both, from its start to its end. This room does not know
//! which jobs there are, nor what becomes of the output.

mod arg_limit;
mod child;
mod child_event;
mod command;
mod deadline;
mod dry_run;
mod kept_output;
mod median_limit;
mod opened;
mod outcome;
mod pipes;
mod plan;
mod pool;
mod resolve;
mod result_table;
mod spawn;
mod spawn_retry;
mod start_gate;
mod stdin;
mod stop_ladder;
mod stopped;
mod suspend;
mod trace;

pub(crate) use command::Command;
pub(crate) use dry_run::DryRun;
pub(crate) use kept_output::{KeptCommand, KeptNames, KeptPlan};
pub(crate) use median_limit::MedianLimit;
pub(crate) use opened::Opener;
pub(crate) use plan::{Capture, ChildStdin, ChildVar, CommandPlan, OnClosedStdout, Trace};
pub(crate) use pool::{PoolMap, PoolPlan, Reply};
pub(crate) use resolve::{ProgramError, resolve_program};
pub(crate) use result_table::ResultForm;
pub(crate) use start_gate::{StartCondition, StartGate};

use crate::map::{ChildEmit, Emit};

/// Returns what a map with a child process needs beside [`Emit`].
fn child_emit(emit: &mut dyn Emit) -> &mut dyn ChildEmit {
    emit.for_child()
        .expect("these maps are run by workers, which can have children")
}
