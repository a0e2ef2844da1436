//! `fanfold parallel`: the command line of GNU parallel, with its messages and exit codes.
//!
//! It says what parallel's options mean as a plan. The run does not know that it is parallel's.

mod command;
mod end;
mod getopt;
mod help;
mod joblog;
mod jobs;
mod kept;
mod options;
mod pipe_file;
mod plan;
mod profile;
mod refusal;
mod shell;
mod sources;
mod specs;
mod spool;
mod state;
mod value;

use super::exit_code::{Dialect, ExitCause};
use super::usage_error::UsageError;
use crate::codec::Decoder;
use crate::map::Map;
use crate::memory::Budget;
use crate::message;
use crate::output::JobFiles;
use crate::plan::{ArgumentOrigin, Inputs, Plan};
use crate::process::{Command, CommandPlan, DryRun, KeptCommand, KeptPlan};
use crate::run::{Destination, RunError, Summary, Work, run};
use crate::source::{read_all, take_names};
use crate::sys::{self, guardian, share_heap};
use anyhow::{Result, anyhow};
use joblog::LoggedJobs;
use options::{Options, Resume};
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

/// Does what these words say, as the program `name`, and returns the exit code. Does not return when a signal
/// ended the run: the process then dies by it.
pub(super) fn main(name: String, words: &[OsString]) -> u8 {
    message::set_name(name);
    follow(words).unwrap_or_else(|error| {
        match error.downcast_ref::<UsageError>() {
            // Getopt::Long prints what is wrong without the program's name.
            Some(UsageError(what)) if !what.starts_with("Error:") => {
                let _ = sys::write_stderr(format!("{what}\n").as_bytes());
            }
            _ => message::say(format_args!("{error:#}")),
        }
        if error.is::<UsageError>() {
            let hint = format!("Try '{} --help' for more information.\n", message::name());
            let _ = sys::write_stderr(hint.as_bytes());
        }
        end::OWN_FAILURE
    })
}

fn follow(words: &[OsString]) -> Result<u8> {
    let specs = specs::specs();
    let mut options = Options::default();
    // The command line says which options come before it.
    getopt::read(&specs, words, &mut options)?;
    let early = match options.plain {
        true => Vec::new(),
        false => profile::words(&options.profiles)?,
    };
    options = Options::default();
    let begun = getopt::read(&specs, &early, &mut options)?;
    let words = getopt::read(&specs, words, &mut options)?;
    // A command may begin there too, as with `nice`.
    let words = &[begun, words].concat();
    if let Some(text) = options.print {
        let printed = sys::OutputStream::stdout().write_all(text().as_bytes());
        printed.map_err(|cause| anyhow!("write error: {}", message::system(&cause)))?;
        return Ok(0);
    }
    options.check()?;
    let (command, sources) = sources::read(words, &options);
    refusal::check(command, &options)?;
    let logged = match &options.running.joblog {
        Some(file) if options.running.resume.is_some() => LoggedJobs::read(file)?,
        _ => LoggedJobs::default(),
    };
    let mut holes = options.command.holes.clone();
    if options.running.resume == Some(Resume::Failed) && command.is_empty() {
        let inputs = Inputs::Values(logged.commands.iter().map(|line| vec![line.clone()]).collect());
        let line = command::line(&[], &holes, &options);
        let plan = plan::plan(inputs, logged.only_failed(), &options);
        return run_commands(
            &plan,
            command::plan(line, &holes, &options),
            kept::plan(&options, &holes, 1),
            &options,
        );
    }
    if let Some(blocks) = options.blocks() {
        sources::refuse_values(&sources)?;
        value::separators(&blocks.separator)?;
        let line = command::line(command, &holes, &options);
        let plan = plan::plan(Inputs::Blocks(blocks), logged, &options);
        kept::begin_table(&options, &holes, 0)?;
        return run_commands(
            &plan,
            command::plan(line, &holes, &options),
            kept::plan(&options, &holes, 0),
            &options,
        );
    }
    let count = sources.len();
    let mut arguments = plan::arguments(sources, &options);
    if options.inputs.header.is_some() || options.inputs.skips_first {
        let names = take_names(&arguments).map_err(unreadable)?;
        holes.name(match options.inputs.header.is_some() {
            true => names,
            false => Vec::new(),
        });
    }
    warn_of_terminal(&arguments.sources);
    let line = command::line(command, &holes, &options);
    arguments.group = plan::group(&line, &options);
    let needs_total = |word: &OsString| holes.needs_total(word.as_bytes());
    let (line, inputs) = match command.iter().any(needs_total) {
        true => {
            let jobs = read_all(&arguments).map_err(unreadable)?;
            holes.total = Some((jobs.len(), options.running.jobs.get()));
            (command::line(command, &holes, &options), Inputs::Values(jobs))
        }
        false => (line, Inputs::Arguments(arguments)),
    };
    let plan = Plan {
        state: state::plan(&options, command),
        ..plan::plan(inputs, logged, &options)
    };
    let mut command = command::plan(line, &holes, &options);
    if options.pipe.tee {
        command.spool = Some(Arc::new(spool::spool(&options.output)?));
    }
    kept::begin_table(&options, &holes, count)?;
    run_commands(&plan, command, kept::plan(&options, &holes, count), &options)
}

fn unreadable((name, cause): (OsString, io::Error)) -> anyhow::Error {
    let (name, cause) = (message::display_name(&name), message::system(&cause));
    anyhow!("Error: Cannot open input file `{name}': {cause}.")
}

fn warn_of_terminal(sources: &[crate::plan::ArgumentSource]) {
    let reads = sources.iter().any(|source| source.from == ArgumentOrigin::Stdin);
    if reads && io::IsTerminal::is_terminal(&io::stdin()) {
        message::say(
            "Warning: Input is read from the terminal. You either know what you\n\
             are doing (in which case: You are awesome!) or you forgot\n\
             ::: or :::: or to pipe data into parallel.",
        );
    }
}

fn run_commands(plan: &Plan, command: CommandPlan, kept: Option<KeptPlan>, options: &Options) -> Result<u8> {
    share_heap();
    if let Some(nice) = options.running.nice {
        sys::add_niceness(nice)
            .map_err(|cause| anyhow!("Error: --nice {nice}: {}", message::system(&cause)))?;
    }
    guardian::start()?;
    let budget = Budget::new(plan.memory);
    let command = Arc::new(command);
    let kept = kept.map(Arc::new);
    let map = |_slot| -> Box<dyn Map> {
        if options.command.dry_run {
            return Box::new(DryRun::new(Arc::clone(&command), None, None));
        }
        let command = Command::new(Arc::clone(&command), Decoder::new(budget.clone(), None));
        match &kept {
            Some(kept) => Box::new(KeptCommand::new(command, Arc::clone(kept))),
            None => Box::new(command),
        }
    };
    let files = options.output.out.as_deref().map(JobFiles::new).transpose();
    let files = files.map_err(|what| UsageError(format!("Error: --out: {what}.")))?;
    let work = Work {
        map: &map,
        records: None,
        fold: None,
        to: match &files {
            Some(files) if options.command.dry_run => Destination::Rehearsal(files),
            Some(files) => Destination::Files(files),
            None => Destination::Printed,
        },
        err: Destination::Printed,
        merge: None,
        give_up,
    };
    let summary = run(plan, &work).map_err(|error| match error {
        RunError::Words { name, cause } => unreadable((name.into(), cause)),
        error => error.into(),
    })?;
    Ok(match summary.signal {
        Some(signal) => ExitCause::Signal(signal).code(Dialect::Fanfold),
        None => end::status(&summary, options),
    })
}

/// Ends the process when a stopped run can't wait for one of its workers.
fn give_up(summary: &Summary) -> ! {
    let code = match summary.signal {
        Some(signal) => ExitCause::Signal(signal).code(Dialect::Fanfold),
        None => end::failures(summary),
    };
    std::process::exit(i32::from(code))
}
