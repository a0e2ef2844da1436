//! `fanfold map`: a built-in function, in this process, on files compressed or not.

use super::canonical_args::CommandKey;
use super::exit_code::{self, Ended, Usage};
use super::failure_options::FailureArgs;
use super::merge::{MergeArgs, MergePlan};
use super::options::{InputArgs, OutputArgs};
use super::records::{RecordArgs, RecordsAndFold};
use super::state::StateArgs;
use crate::codec::{self, CODECS, Codec, Decoder};
use crate::map::{self, Cat, FUNCTIONS, Function, Map};
use crate::memory::Budget;
use crate::plan::{Batch, Dash, Inputs};
use crate::plan::{Durability, Order, Partial, Plan, Schedule, SignalAction, StateAccess, Unit};
use crate::record::RecordPlan;
use crate::run::{Destination, Work, run};
use crate::sys::guardian;
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::time::Duration;

/// The inputs that are looked at for their sizes where nobody asked for it.
const SCHEDULED: usize = 10_000;

/// What `fanfold map` can be told.
#[derive(Debug, Args)]
pub struct MapArgs {
    #[command(flatten)]
    inputs: InputArgs,

    #[command(flatten)]
    records: RecordArgs,

    /// What a file gave before it turned out corrupt: forget it, or keep its complete lines; the exit code is 3 either way [default: discard]
    #[arg(long, value_name = "WHAT", value_enum, help_heading = "Records and folds")]
    partial: Option<PartialArg>,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    merge: MergeArgs,

    #[command(flatten)]
    failures: FailureArgs,

    #[command(flatten)]
    state: StateArgs,

    /// What is done to each file [default: cat]: wc, digest, check; see `fanfold list`
    #[arg(long = "fn", value_name = "NAME", value_parser = function_named)]
    function: Option<&'static Function>,

    /// Take every file for this codec, whatever its first bytes say: see `fanfold list`
    #[arg(long, value_name = "NAME", value_parser = codec_named, help_heading = "Inputs")]
    codec: Option<&'static Codec>,
}

/// As [`Partial`], as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PartialArg {
    Discard,
    Keep,
}

impl From<PartialArg> for Partial {
    fn from(typed: PartialArg) -> Self {
        match typed {
            PartialArg::Discard => Partial::Discard,
            PartialArg::Keep => Partial::Keep,
        }
    }
}

/// Runs it.
///
/// # Errors
/// What keeps the run from beginning.
pub fn main(args: &MapArgs) -> anyhow::Result<Option<Ended>> {
    let parts = args.records.plan().map_err(|error| Usage(format!("{error:#}")))?;
    let function = args.function.unwrap_or(&FUNCTIONS[0]);
    let inputs = args.inputs.plan(Dash::Stdin)?;
    let meaning = || args.meaning(function);
    let pace = match parts.fold {
        Some(_) => Durability::Batched,
        None => Durability::EachJob,
    };
    let state = args.state.plan(meaning, StateAccess::Write, pace, &parts)?;
    let is_stdin = |input: &std::ffi::OsString| input == "-";
    if state.is_some() && matches!(&inputs, Inputs::Named(typed, _) if typed.iter().any(is_stdin)) {
        let what = "standard input has neither name nor time: --state can't remember it";
        return Err(Usage(what.into()).into());
    }
    let merge = args.merge.plan(parts.fold.is_some(), &args.output.out, None)?;
    let outputs = match &merge {
        Some(_) => None,
        None => args.output.out.plan(&parts, args.partial(), &args.state)?,
    };
    let plan = Plan {
        unit: args.unit(function, &parts),
        batch: Batch::One,
        schedule: args.output.schedule(default_schedule(&inputs, function, &parts)),
        inputs,
        // It is not worth starting a thread, which may take no part of it.
        workers: args.output.workers().get().into(),
        signals: SignalAction::Status,
        order: args.output.order(),
        tag: args.output.tag(),
        partial: args.partial(),
        first: parts.wanted(),
        memory: args.output.memory(),
        tmpdir: args.output.tmpdir(),
        failures: args.failures.plan(args.inputs.terminator()),
        patience: merge.as_ref().map_or(Duration::ZERO, MergePlan::patience),
        empty: args.inputs.empty(),
        state,
        joblog: args.state.joblog(),
    };
    let budget = Budget::new(plan.memory);
    // A file of its own need not be text: an archive stays what it was.
    let is_cat = function.name == FUNCTIONS[0].name;
    let verbatim = is_cat && outputs.is_some() && parts.records.is_none();
    let map = |_slot| -> Box<dyn Map> {
        let decoder = Decoder::new(budget.clone(), args.codec);
        match verbatim {
            true => Box::new(Cat::verbatim(decoder)),
            false => function.start(decoder),
        }
    };
    let fold = parts.start_fold(&budget, &plan.tmpdir);
    let start_merge = merge.as_ref().map(|merge| move |_slot| merge.start());
    if merge.is_some() {
        guardian::start().context("can't start the guardian of the merges")?;
    }
    let work = Work {
        map: &map,
        records: parts.records.as_ref(),
        fold: fold.as_deref(),
        to: outputs.as_ref().map_or(Destination::Stdout, Destination::Files),
        merge: merge
            .as_ref()
            .zip(start_merge.as_ref())
            .map(|(merge, start)| merge.work(start)),
        give_up: exit_code::give_up,
    };
    Ok(Some(Ended {
        summary: run(&plan, &work)?,
        empty: plan.empty,
    }))
}

impl MapArgs {
    fn meaning(&self, function: &Function) -> CommandKey {
        let codec = self.codec.map_or("", |codec| codec.name);
        let partial = match self.partial() {
            Partial::Discard => "discard",
            Partial::Keep => "keep",
        };
        let mut meaning = vec![("mode", b"map".to_vec()), ("function", function.name.into())];
        meaning.extend(self.records.meaning());
        meaning.push(("codec", codec.into()));
        meaning.push(("partial", partial.into()));
        meaning.push(("tag", self.output.tag_meaning()));
        meaning.push(("out", self.output.out.meaning()));
        meaning
    }

    fn partial(&self) -> Partial {
        self.partial.map_or(Partial::Discard, Partial::from)
    }

    /// Whether big files may be cut: where lines are what counts, whose places in the file do not.
    fn unit(&self, function: &Function, parts: &RecordsAndFold) -> Unit {
        let linewise = parts.records.as_ref().is_some_and(RecordPlan::cuttable);
        // Printed as jobs finish, written or merged, a file is still to be whole, and the order is no part
        // of what a state remembers.
        let whole = self.output.out.is_asked() || self.merge.is_asked();
        let in_order = self.output.order() == Order::Input && !whole;
        let joined = parts.fold.is_some() || in_order && !self.state.is_asked();
        if !linewise || !joined || function.unit == Unit::File {
            return Unit::File;
        }
        match (self.codec, self.partial()) {
            // What is remembered of a part must not hang on the other parts.
            (None, Partial::Discard) if self.state.is_asked() => Unit::PlainLines,
            (None, Partial::Discard) => Unit::Lines,
            // Of a corrupt file the lines before the damage count: only who reads it from its beginning
            // knows where that is.
            (None, Partial::Keep) => Unit::PlainLines,
            (Some(codec), _) if codec.name == "plain" => Unit::PlainLines,
            (Some(_), _) => Unit::File,
        }
    }
}

/// The largest first where nothing is printed until all is done, or a row a file: elsewhere the
/// output of what was started early would have to be held.
fn default_schedule(inputs: &Inputs, function: &Function, parts: &RecordsAndFold) -> Schedule {
    let named = matches!(inputs, Inputs::Named(..));
    let first = parts
        .records
        .as_ref()
        .is_some_and(|records| records.first.is_some());
    if named && !first && (parts.fold.is_some() || function.unit == Unit::File) {
        Schedule::Largest { most: SCHEDULED + 1 }
    } else {
        Schedule::Order
    }
}

fn codec_named(name: &str) -> Result<&'static Codec, String> {
    codec::by_name(name).ok_or_else(|| {
        let known: Vec<_> = CODECS.iter().map(|codec| codec.name).collect();
        format!("unknown codec (known: {})", known.join(", "))
    })
}

fn function_named(name: &str) -> Result<&'static Function, String> {
    map::function(name).ok_or_else(|| {
        let known: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
        format!("unknown function (known: {})", known.join(", "))
    })
}
