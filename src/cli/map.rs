//! `fanfold map`: a built-in function, in this process, on files compressed or not.
//!
//! It builds the plan and the maps. It does not know how a file is read or a record is folded.

use super::canonical_args::CommandKey;
use super::exit_code::ExitCause;
use super::failure_options::FailureArgs;
use super::merge::{MergeArgs, MergePlan};
use super::open::OpenArgs;
use super::options::{InputArgs, OutputArgs, Verbosity};
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
use crate::codec::{self, CODECS, Codec, Decoder};
use crate::map::{self, Cat, FUNCTIONS, Function, Map};
use crate::memory::Budget;
use crate::output::JobFiles;
use crate::plan::{
    Batch, Dash, Durability, Growing, InputSizes, Inputs, NameUse, Order, Partial, Plan, Recognition,
    Schedule, SignalAction, StateAccess, StatePlan, Tag, Unit,
};
use crate::process::Opener;
use crate::record::RecordPlan;
use crate::run::{Destination, Work, run};
use crate::sys::{guardian, reaper};
use anyhow::Context;
use clap::Args;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

/// How many inputs are looked at for their sizes without `--schedule`.
const SCHEDULED: usize = 10_000;

/// The arguments of `fanfold map`.
#[derive(Debug, Args)]
pub(super) struct MapArgs {
    #[command(flatten)]
    inputs: InputArgs,

    #[command(flatten)]
    open: OpenArgs,

    #[command(flatten)]
    records: RecordArgs,

    /// What to do with the lines of a file before the place where it is corrupt: discard them, or keep the complete ones; the exit code is 3 either way [default: discard]
    #[arg(long, value_name = "WHAT", value_parser = ["discard", "keep"], help_heading = "Records and folds")]
    partial: Option<String>,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    save: SaveArgs,

    #[command(flatten)]
    merge: MergeArgs,

    #[command(flatten)]
    failures: FailureArgs,

    #[command(flatten)]
    state: StateArgs,

    #[command(flatten)]
    queue: QueueArgs,

    #[command(flatten)]
    unattended: UnattendedArgs,

    /// What to do with each file: cat, wc, digest or check; see `fanfold list` [default: cat]
    #[arg(long = "fn", value_name = "NAME", value_parser = function_named)]
    function: Option<&'static Function>,

    /// Decode every file with this codec, whatever its first bytes say; see `fanfold list`
    #[arg(long, value_name = "NAME", value_parser = codec_named, help_heading = "Inputs")]
    codec: Option<&'static Codec>,
}

pub(super) fn main(args: &MapArgs) -> anyhow::Result<ExitCause> {
    let part = args.queue.part();
    match part {
        QueuePart::Alone => args.output.resources.check_workers()?,
        QueuePart::Leads | QueuePart::Joins => {}
    }
    if part != QueuePart::Joins {
        args.output.progress.begin(Printing::Meanwhile)?;
    }
    let mut stages = args.records.plan()?;
    if let Some(records) = &mut stages.records {
        records.bound_records(args.output.memory());
    }
    if args.state.is_asked() || args.save.is_asked() || part != QueuePart::Alone {
        stages.keep_kinds();
    }
    let function = args.function.unwrap_or(&FUNCTIONS[0]);
    let mut plan = args.plan(function, &stages)?;
    args.unattended.add_to(&mut plan);
    args.queue
        .check(&args.beside_queue(), &stages, &plan.inputs, args.partial())?;
    let merge = args.merge.plan(stages.fold.is_some(), &args.output.out, None)?;
    let outputs = match &merge {
        Some(_) => {
            args.output.out.check_plain()?;
            None
        }
        None => args.output.out.plan(&stages, args.partial(), &args.state)?,
    };
    let outputs = outputs.map(JobFiles::compressed);
    plan.patience = merge.as_ref().map_or(Duration::ZERO, |merge| merge.patience);
    let opener = args.open.plan()?;
    if let Some(opener) = &opener {
        plan.names = NameUse::Opened;
        plan.patience = plan.patience.max(opener.kill_after);
    }
    let budget = Budget::new(plan.memory);
    // With --out a file need not be text, so cat must not add a newline to its end.
    let is_cat = function.name == FUNCTIONS[0].name;
    let verbatim = is_cat && outputs.is_some() && stages.records.is_none();
    let map = |_slot| -> Box<dyn Map> {
        let decoder = Decoder::new(budget.clone(), args.codec);
        match &opener {
            Some(opener) => Box::new(Opener::new(Arc::clone(opener), decoder)),
            None if verbatim => Box::new(Cat::verbatim(decoder)),
            None => function.start(decoder),
        }
    };
    let fold = stages.start_fold(&budget, &plan.tmpdir);
    if merge.is_some() || opener.is_some() || part == QueuePart::Leads {
        guardian::start().context("can't start the guardian of the commands")?;
    }
    if opener.is_some() {
        reaper::start().context("can't start the reaper of orphans")?;
    }
    let work = Work {
        map: &map,
        records: stages.records.as_ref(),
        fold: fold.as_deref(),
        to: match &outputs {
            None => Destination::Printed,
            // Workers write them.
            Some(outputs) if part == QueuePart::Leads => Destination::Rehearsal(outputs),
            Some(outputs) => Destination::Files(outputs),
        },
        err: Destination::Printed,
        merge: merge.as_ref().map(MergePlan::work),
        give_up: run_end::give_up,
    };
    if part == QueuePart::Joins {
        plan.side_files.clear();
    }
    let _lock = args.unattended.begin(&plan, args.output.verbosity(), part)?;
    #[cfg(feature = "queue")]
    if part != QueuePart::Alone {
        let queue = QueueRun {
            args: &args.queue,
            meaning: meaning(&args.queue_key(function)),
            parts: String::from_utf8_lossy(stages.fold_format()).into_owned(),
            inputs: args.inputs.words(),
            fresh: args.state.is_fresh(),
            only_leads: args.output.resources.has_no_workers(),
            verbosity: args.output.verbosity(),
        };
        return queue.run(&plan, &work);
    }
    let summary = run(&plan, &work)?;
    Ok(run_end::finish(&summary, plan.empty, args.output.verbosity()))
}

impl MapArgs {
    /// Returns the plan of a run without merges.
    fn plan(&self, function: &Function, stages: &RecordsAndFold) -> Result<Plan, UsageError> {
        let inputs = match self.open.is_asked() {
            // The leader finds them.
            _ if self.queue.part() == QueuePart::Joins => Inputs::Values(Vec::new()),
            true => self.inputs.plan_literal()?,
            false => self.inputs.plan(Dash::Stdin)?,
        };
        Ok(Plan {
            unit: self.unit(function, stages),
            batch: Batch::One,
            schedule: self.output.schedule(default_schedule(&inputs, function, stages)),
            workers: self.output.workers(),
            signals: SignalAction::Status,
            order: self.output.order(),
            tag: self.output.tag(),
            partial: self.partial(),
            first: stages.wanted(),
            memory: self.output.memory(),
            tmpdir: self.output.tmpdir(),
            failures: self.failures.plan(self.inputs.terminator()),
            patience: Duration::ZERO,
            empty: self.inputs.empty(),
            save: self.save.plan(self.key(function), &self.records, stages)?,
            state: self.state(function, stages, &inputs)?,
            joblog: self.state.joblog(),
            settling_time: Duration::ZERO,
            progress: self
                .output
                .progress
                .plan(self.printing(stages), self.output.verbosity() == Verbosity::Notes),
            counts_bytes: false,
            sizes: InputSizes::Read,
            names: NameUse::Files,
            shard: self.inputs.shard(&inputs, stages.wanted().is_some())?,
            deadline: None,
            side_files: Vec::new(),
            done: BTreeSet::new(),
            inputs,
        })
    }

    fn state(
        &self,
        function: &Function,
        stages: &RecordsAndFold,
        inputs: &Inputs,
    ) -> Result<Option<StatePlan>, UsageError> {
        let durability = match stages.fold {
            Some(_) => Durability::Batched,
            None => Durability::EachJob,
        };
        let mut key = self.key(function);
        key.push(self.inputs.key());
        let mut state = self.state.plan(key, StateAccess::Write, durability, stages)?;
        if let Some(state) = &mut state {
            state.recognition = self.recognition(function, stages);
        }
        let is_stdin = |input: &OsString| input == "-";
        if state.is_some() && matches!(inputs, Inputs::Named(typed, _) if typed.iter().any(is_stdin)) {
            let what = "--state cannot remember standard input, which has no name and no modification time";
            return Err(UsageError(what.into()));
        }
        Ok(state)
    }

    /// Returns by what inputs are known again: by their names, when these may be seen in the output.
    fn recognition(&self, function: &Function, stages: &RecordsAndFold) -> Recognition {
        let is_cat = function.name == FUNCTIONS[0].name;
        let asks_name = stages.records.as_ref().is_some_and(RecordPlan::asks_file);
        let shows_name = asks_name || self.output.tag() != Tag::Off || self.output.out.is_asked();
        // Only what a job of its own can read from the middle of a file on.
        let can_grow = stages.fold.is_some() && self.unit(function, stages) == Unit::PlainLines;
        Recognition {
            renames: is_cat && !shows_name && !self.merge.is_asked(),
            growing: match can_grow {
                true => Growing::Tail,
                false => Growing::Whole,
            },
        }
    }

    /// Returns what the command line means to a state.
    fn key(&self, function: &Function) -> CommandKey {
        let codec = self.codec.map_or("", |codec| codec.name);
        let partial = self.partial.as_deref().unwrap_or("discard");
        let mut key = vec![("mode", b"map".to_vec()), ("function", function.name.into())];
        key.extend(self.records.key());
        key.push(("codec", codec.into()));
        key.push(("partial", partial.into()));
        key.extend(self.output.key());
        key
    }

    /// Returns what the command line means to a queue.
    #[cfg(feature = "queue")]
    fn queue_key(&self, function: &Function) -> CommandKey {
        let mut key = self.key(function);
        key.push(("open", self.open.key()));
        key
    }

    fn beside_queue(&self) -> BesideQueue {
        BesideQueue {
            shard: self.inputs.has_shard(),
            merge: self.merge.is_asked(),
            line_buffer: self.output.order() == Order::Lines,
            ungroup: false,
            joblog: self.state.joblog().is_some(),
        }
    }

    fn printing(&self, stages: &RecordsAndFold) -> Printing {
        match stages.fold.is_some() || self.output.out.is_asked() || self.merge.is_asked() {
            true => Printing::AtEnd,
            false => Printing::Meanwhile,
        }
    }

    fn partial(&self) -> Partial {
        match self.partial.as_deref() {
            Some("keep") => Partial::Keep,
            _ => Partial::Discard,
        }
    }

    /// Returns whether big files may be cut: only when lines count, and not their places in the file.
    fn unit(&self, function: &Function, stages: &RecordsAndFold) -> Unit {
        let linewise = stages.records.as_ref().is_some_and(RecordPlan::is_splittable);
        // Output that is printed when a job finishes, written or merged must hold a whole file, and a state
        // does not remember the order.
        let whole = self.output.out.is_asked() || self.merge.is_asked();
        let in_order = self.output.order() == Order::Input && !whole;
        let joined = stages.fold.is_some() || in_order && !self.state.is_asked();
        // What ends on another machine is told of whole files.
        let is_whole = self.open.is_asked() || self.queue.part() != QueuePart::Alone;
        if is_whole || !linewise || !joined || function.unit == Unit::File {
            return Unit::File;
        }
        match (self.codec, self.partial()) {
            // What a state remembers of a piece of a file must not depend on the other pieces.
            (None, Partial::Discard) if self.state.is_asked() => Unit::PlainLines,
            (None, Partial::Discard) => Unit::Lines,
            // The lines before the damage count, and only a job that reads a compressed file from its
            // beginning knows where the damage is.
            (None, Partial::Keep) => Unit::PlainLines,
            (Some(codec), _) if codec.name == "plain" => Unit::PlainLines,
            (Some(_), _) => Unit::File,
        }
    }
}

/// Returns the schedule without `--schedule`. Largest first pays when nothing is printed until the end, or one
/// row a file: otherwise the output of jobs that start early would have to be held back.
fn default_schedule(inputs: &Inputs, function: &Function, stages: &RecordsAndFold) -> Schedule {
    let named = matches!(inputs, Inputs::Named(..));
    if named && stages.wanted().is_none() && (stages.fold.is_some() || function.unit == Unit::File) {
        Schedule::Largest { most: SCHEDULED + 1 }
    } else {
        Schedule::Order
    }
}

fn codec_named(name: &str) -> Result<&'static Codec, String> {
    let known = CODECS.iter().map(|codec| codec.name);
    codec::by_name(name).ok_or_else(|| unknown("codec", known))
}

fn function_named(name: &str) -> Result<&'static Function, String> {
    let known = FUNCTIONS.iter().map(|function| function.name);
    map::function(name).ok_or_else(|| unknown("function", known))
}

fn unknown(what: &str, known: impl Iterator<Item = &'static str>) -> String {
    format!("unknown {what} (known: {})", known.collect::<Vec<_>>().join(", "))
}
