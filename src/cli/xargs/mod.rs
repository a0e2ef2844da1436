//! `fanfold xargs`: the command line of GNU xargs, with its messages and exit codes.
//!
//! It says what xargs's options mean as a plan. The run does not know that it is xargs's.

mod delimiter;
mod getopt;
mod help;
mod limits;
mod number;
mod options;
mod plan;
mod state;

use super::exit_code::{Dialect, ExitCause};
use super::usage_error::UsageError;
use crate::codec::Decoder;
use crate::map::Map;
use crate::memory::Budget;
use crate::message;
use crate::plan::Plan;
use crate::process::{Command, CommandPlan};
use crate::run::{Destination, Summary, Work, run};
use crate::sys::{self, ProcessGroupOf, guardian, share_heap};
use anyhow::Result;
use limits::LineLimits;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::sync::Arc;

/// Does what these words say, as the program `name`, and returns the exit code. Does not return when a signal
/// ended the run: the process then dies by it.
pub(super) fn main(name: String, words: &[OsString]) -> u8 {
    message::set_name(name);
    let cause = follow(words).unwrap_or_else(|error| {
        message::say(format_args!("{error:#}"));
        if error.is::<UsageError>() {
            let name = message::name();
            let _ = writeln!(io::stderr(), "Try '{name} --help' for more information.");
        }
        ExitCause::from_error(&error)
    });
    cause.code(Dialect::Xargs)
}

fn follow(words: &[OsString]) -> Result<ExitCause> {
    let limits = LineLimits::from_environment();
    let (options, command) = options::read(words, limits.longest)?;
    if let Some(text) = options.print {
        let printed = sys::OutputStream::stdout().write_all(text().as_bytes());
        printed.map_err(|cause| anyhow::anyhow!("write error: {}", message::system(&cause)))?;
        return Ok(ExitCause::Success);
    }
    let echo = [OsString::from("echo")];
    let command = if command.is_empty() { &echo } else { command };
    let chars = options.chars.unwrap_or(limits.usual);
    if options.limits {
        limits.show(chars, &options, &command[0]);
    }
    let command_plan = plan::command(&options, plan::template(command, &options.share)?);
    let plan = Plan {
        state: state::plan(&options, command)?,
        ..plan::plan(&options, &command_plan, chars)?
    };
    run_commands(&plan, &Arc::new(command_plan))
}

fn run_commands(plan: &Plan, command: &Arc<CommandPlan>) -> Result<ExitCause> {
    share_heap();
    if command.group_of == ProcessGroupOf::Itself {
        guardian::start()?;
    }
    let budget = Budget::new(plan.memory);
    let map = |_slot| -> Box<dyn Map> {
        Box::new(Command::new(
            Arc::clone(command),
            Decoder::new(budget.clone(), None),
        ))
    };
    let work = Work {
        map: &map,
        records: None,
        fold: None,
        to: Destination::Printed,
        err: Destination::Printed,
        merge: None,
        give_up,
    };
    let summary = run(plan, &work)?;
    Ok(ExitCause::from_xargs_summary(&summary))
}

/// Ends the process when a stopped run can't wait for one of its workers.
fn give_up(summary: &Summary) -> ! {
    let cause = ExitCause::from_xargs_summary(summary);
    std::process::exit(i32::from(cause.code(Dialect::Xargs)))
}
