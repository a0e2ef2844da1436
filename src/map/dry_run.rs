//! What a command would have been: its words, quoted for a shell.

use super::{CommandPlan, Emit, Map};
use crate::job::{Failure, Job, Trust};
use crate::template::shell_quote;
use std::sync::Arc;

/// Emits the command line of each job and runs nothing.
#[derive(Debug)]
pub struct DryRun {
    plan: Arc<CommandPlan>,
}

impl DryRun {
    /// A worker's instance.
    pub fn new(plan: Arc<CommandPlan>) -> Self {
        DryRun { plan }
    }
}

impl Map for DryRun {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let mut line = shell_quote(&self.plan.args(job, emit.seat().slot));
        line.push(b'\n');
        let _ = emit.out(&line, Trust::Final);
        Ok(())
    }
}
