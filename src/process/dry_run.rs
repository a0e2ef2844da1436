//! What the commands would have been: their words, quoted for a shell.
//!
//! It starts nothing.

use super::plan::CommandPlan;
use crate::job::{Failure, Input, Job, Trust};
use crate::map::{Emit, Map};
use crate::template::{Template, shell_quote};
use std::ffi::OsStr;
use std::sync::Arc;

/// Emits the command line of each job and runs nothing.
#[derive(Debug)]
pub(crate) struct DryRun {
    plan: Arc<CommandPlan>,
    /// The files that standard output and standard error would go to.
    to: Option<Template>,
    err: Option<Template>,
}

impl DryRun {
    /// Makes the map of a worker.
    pub(crate) fn new(plan: Arc<CommandPlan>, to: Option<Template>, err: Option<Template>) -> Self {
        DryRun { plan, to, err }
    }
}

impl Map for DryRun {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let mut line = self.plan.show(job, emit.worker().slot);
        let names: Vec<&OsStr> = job.inputs.iter().map(Input::name).collect();
        for (to, operator) in [(&self.to, " > "), (&self.err, " 2> ")] {
            if let Some(to) = to {
                let name = to.render_single(&names, job.number, emit.worker().slot + 1);
                line.extend_from_slice(operator.as_bytes());
                line.extend_from_slice(&shell_quote(&[name]));
            }
        }
        line.push(b'\n');
        let _ = emit.out(&line, Trust::Final);
        Ok(())
    }

    fn label(&self, job: &Job, slot: usize) -> Vec<u8> {
        self.plan.label(job, slot)
    }
}
