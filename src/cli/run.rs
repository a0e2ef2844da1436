//! `fanfold run`: a command for each file.

use super::common::{InputArgs, OutputArgs};
use super::exit::{Ended, Usage};
use crate::codec::Decoder;
use crate::map::command::{Capture, Feed};
use crate::map::{Command, CommandPlan, DryRun, Map};
use crate::memory::Budget;
use crate::plan::{Order, Partial, Plan, Schedule, Unit};
use crate::run::{Work, run};
use crate::source::Dash;
use crate::template::{Template, shell_quote};
use clap::Args;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::sync::Arc;

/// Run a command for every file, with its output whole and in input order
#[derive(Debug, Args)]
#[command(
    override_usage = "fanfold run [OPTIONS] [INPUT]... -- COMMAND [ARG]...",
    after_help = "In ARG: {} the input, {/} its base name, {//} its directory, {.} and {/.} without the last \
                  extension, {..} and {/..} without two, {#} the job's number, {%} the worker's slot, {{}} \
                  a literal {}. None of them: the input is appended."
)]
pub struct RunArgs {
    #[command(flatten)]
    inputs: InputArgs,

    #[command(flatten)]
    output: OutputArgs,

    /// Commands write straight to fanfold's own stdout and stderr
    #[arg(short, long, conflicts_with_all = ["tag", "unordered"], help_heading = "Workers and output")]
    ungroup: bool,

    /// Print the commands, quoted for a shell, and run nothing
    #[arg(long)]
    dry_run: bool,

    /// The program and its arguments, executed directly
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs it.
///
/// # Errors
/// What keeps the run from beginning.
pub fn main(args: &RunArgs) -> anyhow::Result<Option<Ended>> {
    if args.command.is_empty() {
        return Err(Usage(missing_command(args.inputs.typed())).into());
    }
    let template = Template::parse(&args.command).map_err(|error| Usage(format!("{error:#}")))?;
    let mut command = CommandPlan::new(template, Feed::Null)?;
    if args.ungroup {
        command.capture = Capture::Inherit;
    }
    let plan = Plan {
        inputs: args.inputs.plan(Dash::Name)?,
        unit: Unit::File,
        schedule: args.output.schedule(Schedule::Order),
        workers: args.output.workers(),
        order: if args.ungroup {
            Order::Finish
        } else {
            args.output.order()
        },
        tag: args.output.tag(),
        partial: Partial::Discard,
        first: None,
        memory: args.output.memory(),
        tmpdir: args.output.tmpdir(),
        empty: args.inputs.empty(),
    };
    let budget = Budget::new(plan.memory);
    let command = Arc::new(command);
    let start = |_slot| -> Box<dyn Map> {
        if args.dry_run {
            return Box::new(DryRun::new(Arc::clone(&command)));
        }
        Box::new(Command::new(
            Arc::clone(&command),
            Decoder::new(budget.clone(), None),
        ))
    };
    let work = Work {
        map: &start,
        records: None,
        fold: None,
    };
    Ok(Some(Ended {
        summary: run(&plan, &work)?,
        empty: plan.empty,
    }))
}

/// Where to put the `--` that is missing: before the first word that is no file.
fn missing_command(typed: &[OsString]) -> String {
    let is_program = |word: &&OsString| crate::map::command::resolve_program(word).is_ok();
    match typed.iter().position(|word| is_program(&word)) {
        Some(at) => {
            let words = |words: &[OsString]| String::from_utf8_lossy(&shell_quote(words)).into_owned();
            let (inputs, command) = typed.split_at(at);
            let gap = if inputs.is_empty() { "" } else { " " };
            format!(
                "no COMMAND: put '--' before it: fanfold run {}{gap}-- {}",
                words(inputs),
                words(command)
            )
        }
        None => "no COMMAND: put it after '--': fanfold run [INPUT]... -- COMMAND [ARG]...".into(),
    }
}

/// Where an option that `run` does not know stands behind what may be the command (`fanfold run
/// gzip -t`), says that the command belongs behind `--`.
pub fn with_hint(mut error: clap::Error) -> clap::Error {
    let words: Vec<OsString> = std::env::args_os().collect();
    let is_run = words.get(1).is_some_and(|word| word == "run");
    if error.kind() == ErrorKind::UnknownArgument && is_run && !words.iter().any(|word| word == "--") {
        let tip = "the command goes after '--': fanfold run [OPTIONS] [INPUT]... -- COMMAND [ARG]...";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}
