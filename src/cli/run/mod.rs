//! `fanfold run`: a command for each file.
//!
//! It builds the plan and the maps. It does not know how a command is started, watched or ended.

mod command;

use super::batch::BatchArgs;
use super::canonical_args::CommandKey;
use super::child::ChildArgs;
use super::exit_code::ExitCause;
use super::failure_options::FailureArgs;
use super::merge::{MergeArgs, MergePlan};
use super::options::{InputArgs, OutputArgs, Verbosity};
use super::out::ErrArgs;
use super::pool::PoolArgs;
use super::progress::Printing;
#[cfg(feature = "queue")]
use super::queue::meaning;
use super::queue::{BesideQueue, QueueArgs, QueuePart};
#[cfg(feature = "queue")]
use super::queue_run::QueueRun;
use super::records::{RecordArgs, RecordsAndFold};
use super::run_end;
use super::save::SaveArgs;
use super::state::StateArgs;
use super::unattended::UnattendedArgs;
use super::usage_error::UsageError;
use crate::codec::Decoder;
use crate::map::Map;
use crate::memory::Budget;
use crate::message;
use crate::output::JobFiles;
use crate::plan::{
    Dash, Durability, FailurePlan, InputSizes, Inputs, NameUse, Order, Partial, Plan, ProgressPlan,
    Recognition, Revocable, Schedule, StateAccess, StatePlan,
};
use crate::plan::{SignalAction, Unit};
use crate::process::{Command, CommandPlan, DryRun, PoolMap};
use crate::run::{Destination, Work, run};
use crate::sys::{guardian, reaper, share_heap};
use anyhow::Context;
use clap::Args;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

/// The arguments of `fanfold run`.
#[derive(Debug, Args)]
#[command(
    override_usage = "fanfold run [OPTIONS] [INPUT]... -- COMMAND [ARG]...",
    after_help = "In ARG: {} the input, {/} its base name, {//} its directory, {.} and {/.} without the last \
                  extension, {..} and {/..} without two, {#} the job's number, {%} the worker's slot, {{}} \
                  a literal {}. Without any of them, the input is appended."
)]
pub(super) struct RunArgs {
    #[command(flatten)]
    inputs: InputArgs,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    err: ErrArgs,

    #[command(flatten)]
    records: RecordArgs,

    #[command(flatten)]
    failures: FailureArgs,

    #[command(flatten)]
    state: StateArgs,

    /// Know a file by its content where its name is new: by its inode, size and time, or by size, time and both ends. Without it, the name is a part of the job
    #[arg(long, requires = "state", help_heading = "State")]
    by_content: bool,

    #[command(flatten)]
    queue: QueueArgs,

    #[command(flatten)]
    unattended: UnattendedArgs,

    #[command(flatten)]
    child: ChildArgs,

    #[command(flatten)]
    batch: BatchArgs,

    #[command(flatten)]
    pool: PoolArgs,

    #[command(flatten)]
    save: SaveArgs,

    #[command(flatten)]
    merge: MergeArgs,

    /// Let commands write straight to fanfold's own stdout and stderr
    #[arg(short, long, conflicts_with_all = ["tag", "out", "unordered", "line_buffer", "merge"], help_heading = "Workers and output")]
    ungroup: bool,

    /// Print the commands, quoted for a shell, and run none
    #[arg(long, conflicts_with = "merge")]
    dry_run: bool,

    /// The program and its arguments, executed directly
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "shell")]
    command: Vec<OsString>,
}

pub(super) fn main(args: &RunArgs) -> anyhow::Result<ExitCause> {
    let printing = if args.ungroup {
        Printing::ByCommands
    } else {
        Printing::Meanwhile
    };
    let part = args.queue.part();
    match part {
        QueuePart::Alone => args.output.resources.check_workers()?,
        QueuePart::Leads | QueuePart::Joins => {}
    }
    if part != QueuePart::Joins {
        args.output.progress.begin(printing)?;
    }
    let command = Arc::new(args.command()?);
    let pool = args
        .pool
        .plan(&command, args.inputs.terminator(), args.revocable())?;
    let pool = pool.map(Arc::new);
    let mut stages = args.records.plan()?;
    if let Some(records) = &mut stages.records {
        records.bound_records(args.output.memory());
    }
    if args.state.is_asked() || args.save.is_asked() || part != QueuePart::Alone {
        stages.keep_kinds();
    }
    let records = stages.records.as_mut();
    if let Some(window) = records.and_then(|records| records.window.as_mut()) {
        // A command runs, whatever the age of its file.
        window.skips_old_files = false;
    }
    args.check(&command, &stages)?;
    let merge = args
        .merge
        .plan(stages.fold.is_some(), &args.output.out, args.child.kill_after)?;
    let outputs = match &merge {
        Some(_) => None,
        None => args.output.out.plan(&stages, Partial::Discard, &args.state)?,
    };
    let errors = args.err.plan(&args.state)?;
    let mut plan = args.plan(&command, &stages)?;
    args.unattended.add_to(&mut plan);
    args.queue
        .check(&args.beside_queue(), &stages, &plan.inputs, Partial::Discard)?;
    if let Some(hint) = args
        .hint()
        .filter(|_| args.output.verbosity() == Verbosity::Notes)
    {
        message::note(hint);
    }
    if args.dry_run {
        // Records and folds are for the output of commands, and a dry run prints the commands.
        (stages.records, stages.fold) = (None, None);
    }
    let budget = Budget::new(plan.memory);
    let map = |_slot| -> Box<dyn Map> {
        if let Some(pool) = &pool {
            return Box::new(PoolMap::new(Arc::clone(pool)));
        }
        let command = Arc::clone(&command);
        match args.dry_run {
            true => Box::new(DryRun::new(
                command,
                args.output.out.template(),
                args.err.template(),
            )),
            false => Box::new(Command::new(command, Decoder::new(budget.clone(), None))),
        }
    };
    let fold = stages.start_fold(&budget, &plan.tmpdir);
    #[cfg(feature = "queue")]
    let fold_format = stages.fold_format().to_vec();
    let work = Work {
        map: &map,
        records: stages.records.as_ref(),
        fold: fold.as_deref(),
        to: args.destination(outputs.as_ref()),
        err: args.destination(errors.as_ref()),
        merge: merge.as_ref().map(MergePlan::work),
        give_up: run_end::give_up,
    };
    if stages.records.is_none() {
        // Workers mostly wait for their children and allocate little, so they can share one heap.
        share_heap();
    }
    if !args.dry_run {
        guardian::start().context("can't start the guardian of the commands")?;
        reaper::start().context("can't start the reaper of orphans")?;
    }
    if part == QueuePart::Joins {
        plan.side_files.clear();
    }
    let _lock = args.unattended.begin(&plan, args.output.verbosity(), part)?;
    #[cfg(feature = "queue")]
    if part != QueuePart::Alone && !args.dry_run {
        let queue = QueueRun {
            args: &args.queue,
            meaning: meaning(&args.key()),
            parts: String::from_utf8_lossy(&fold_format).into_owned(),
            inputs: args.inputs.words(),
            fresh: args.state.is_fresh(),
            only_leads: args.output.resources.has_no_workers(),
            verbosity: args.output.verbosity(),
        };
        return queue.run(&plan, &work);
    }
    let mut summary = run(&plan, &work)?;
    // Commands may have written after the failures were reported, which fanfold does not see.
    summary.failures.buried |= args.ungroup;
    if let Some(hint) = args.hint_after(&summary) {
        message::note(hint);
    }
    Ok(run_end::finish(&summary, plan.empty, args.output.verbosity()))
}

impl RunArgs {
    /// Refuses options that can't be combined, as far as clap does not.
    fn check(&self, command: &CommandPlan, stages: &RecordsAndFold) -> Result<(), UsageError> {
        let conflict = if self.ungroup && stages.records.is_some() {
            "--ungroup cannot be combined with options about records and folds: fanfold does not see the commands' \
             output"
        } else if self.state.is_asked() && command.template.has_number() {
            "a command with {#} cannot be combined with --state: job numbers change when the inputs change; use {} \
             instead"
        } else {
            return Ok(());
        };
        Err(UsageError(conflict.into()))
    }

    fn beside_queue(&self) -> BesideQueue {
        BesideQueue {
            shard: self.inputs.has_shard(),
            merge: self.merge.is_asked(),
            line_buffer: self.output.order() == Order::Lines,
            ungroup: self.ungroup,
            joblog: self.state.joblog().is_some(),
        }
    }

    fn destination<'a>(&self, files: Option<&'a JobFiles>) -> Destination<'a> {
        match files {
            // Of a run with a queue, workers write them.
            Some(files) if self.dry_run || self.queue.part() == QueuePart::Leads => {
                Destination::Rehearsal(files)
            }
            Some(files) => Destination::Files(files),
            None => Destination::Printed,
        }
    }

    fn plan(&self, command: &CommandPlan, stages: &RecordsAndFold) -> anyhow::Result<Plan> {
        let (memory, workers) = (self.output.memory(), self.output.workers());
        let access = match self.dry_run {
            true => StateAccess::Read,
            false => StateAccess::Write,
        };
        let inputs = match self.queue.part() {
            // The leader finds them.
            QueuePart::Joins => Inputs::Values(Vec::new()),
            QueuePart::Alone | QueuePart::Leads => self.inputs.plan(Dash::Name)?,
        };
        Ok(Plan {
            unit: Unit::File,
            batch: self.batch.plan(command, memory, workers),
            schedule: self.output.schedule(Schedule::Order),
            partial: Partial::Discard,
            workers,
            signals: SignalAction::Status,
            order: if self.ungroup {
                Order::Finish
            } else {
                self.output.order()
            },
            tag: self.output.tag(),
            first: stages.wanted().filter(|_| !self.dry_run),
            memory,
            tmpdir: self.output.tmpdir(),
            failures: self.failures(),
            patience: command.kill_after,
            empty: self.inputs.empty(),
            joblog: self.state.joblog().filter(|_| !self.dry_run),
            settling_time: Duration::ZERO,
            progress: self.progress(stages),
            counts_bytes: false,
            sizes: InputSizes::Looked,
            names: NameUse::Files,
            shard: self.inputs.shard(&inputs, stages.wanted().is_some())?,
            inputs,
            deadline: None,
            side_files: Vec::new(),
            done: BTreeSet::new(),
            save: self
                .save
                .plan(self.key(), &self.records, stages)?
                .filter(|_| !self.dry_run),
            state: self.state(access, stages)?,
        })
    }

    fn progress(&self, stages: &RecordsAndFold) -> ProgressPlan {
        let notes = self.output.verbosity() == Verbosity::Notes;
        match self.dry_run {
            true => ProgressPlan::None,
            false => self.output.progress.plan(self.printing(stages), notes),
        }
    }

    fn printing(&self, stages: &RecordsAndFold) -> Printing {
        if self.ungroup {
            Printing::ByCommands
        } else if stages.fold.is_some() || self.output.out.is_asked() || self.merge.is_asked() {
            Printing::AtEnd
        } else {
            Printing::Meanwhile
        }
    }

    fn failures(&self) -> FailurePlan {
        let plan = self.failures.plan(self.inputs.terminator());
        // Nothing fails in a dry run, which must keep the list of the run before.
        let list = plan.list.filter(|_| !self.dry_run);
        FailurePlan { list, ..plan }
    }

    fn state(&self, access: StateAccess, stages: &RecordsAndFold) -> anyhow::Result<Option<StatePlan>> {
        let mut key = self.key();
        key.push(self.inputs.key());
        let plan = self.state.plan(key, access, Durability::EachJob, stages)?;
        Ok(plan.map(|plan| StatePlan {
            revocable: self.revocable(),
            recognition: Recognition {
                renames: self.by_content,
                ..Recognition::BY_NAME
            },
            ..plan
        }))
    }

    fn revocable(&self) -> Revocable {
        match self.pool.pool && self.state.is_asked() {
            true => Revocable::Possible,
            false => Revocable::Never,
        }
    }

    /// Returns what the command line means to a state.
    fn key(&self) -> CommandKey {
        let child = &self.child;
        let ok_exit: Vec<_> = child.ok_exit().iter().map(i32::to_string).collect();
        let mut key = vec![
            ("mode", b"run".to_vec()),
            ("command", child.command_key(&self.command)),
        ];
        key.push(("standard input", child.input_key()));
        key.push(("ok-exit", ok_exit.join(",").into()));
        key.push(("pool", self.pool.key(self.inputs.terminator())));
        key.extend(self.records.key());
        key.extend(self.output.key());
        key.push(("err", self.err.key()));
        key
    }
}
