//! `fanfold run`: a command for each file.

use super::batch::BatchArgs;
use super::canonical_args::{CanonicalArgs, CommandKey};
use super::exit_code::{self, Ended, Usage};
use super::failure_options::{FailureArgs, duration, time_limit};
use super::merge::MergeArgs;
use super::missing_separator;
use super::options::{InputArgs, OutputArgs};
use super::pool::PoolArgs;
use super::records::{RecordArgs, RecordsAndFold};
use super::state::StateArgs;
use crate::codec::Decoder;
use crate::map::Map;
use crate::memory::Budget;
use crate::plan::{
    Dash, Durability, Failures, Order, Partial, Plan, Revocable, Schedule, StateAccess, StatePlan,
};
use crate::plan::{SignalAction, Unit};
use crate::process::{Capture, ChildStdin, Command, CommandPlan, DryRun, PoolMap, Trace};
use crate::run::{Destination, Work, run};
use crate::sys::{guardian, reaper, share_heap};
use crate::template::Template;
use anyhow::Context;
use clap::Args;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

/// Why a command with `{#}` can't be remembered.
const NUMBERED: &str =
    "{#} in the command is another with other inputs, and --state goes by inputs: use {} or a part of it";

/// What `fanfold run` can be told.
#[derive(Debug, Default, Args)]
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

    #[command(flatten)]
    records: RecordArgs,

    #[command(flatten)]
    failures: FailureArgs,

    #[command(flatten)]
    state: StateArgs,

    #[command(flatten)]
    child: ChildArgs,

    #[command(flatten)]
    batch: BatchArgs,

    #[command(flatten)]
    pool: PoolArgs,

    #[command(flatten)]
    merge: MergeArgs,

    /// Commands write straight to fanfold's own stdout and stderr
    #[arg(short, long, conflicts_with_all = ["tag", "out", "unordered", "line_buffer", "merge"], help_heading = "Workers and output")]
    ungroup: bool,

    /// Print the commands, quoted for a shell, and run nothing
    #[arg(long, conflicts_with = "merge")]
    dry_run: bool,

    /// The program and its arguments, executed directly
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "shell")]
    command: Vec<OsString>,
}

impl RunArgs {
    /// What `fanfold run [INPUT]... -- [COMMAND [ARG]...]` says, as clap reads it; None where there is an
    /// option. Building a grammar of all options would be a tenth of a run of one short command.
    pub fn without_options(words: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut words = words.into_iter().skip(1);
        let mut args = RunArgs::default();
        (words.next()? == "run").then_some(())?;
        loop {
            let word = words.next()?;
            if word == "--" {
                args.command = words.collect();
                return Some(args);
            }
            (!word.as_encoded_bytes().starts_with(b"-")).then_some(())?;
            args.inputs.push(word);
        }
    }
}

/// How each command is run.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Commands")]
struct ChildArgs {
    /// Run SCRIPT by sh -c, with the inputs as "$@"
    #[arg(long, value_name = "SCRIPT")]
    shell: Option<OsString>,

    /// The command's standard input is the file, decompressed
    #[arg(short = 'z', long, conflicts_with = "stdin")]
    decompress: bool,

    /// The command's standard input is the file as it is
    #[arg(long)]
    stdin: bool,

    /// End a try that runs longer, as 30s or 5m
    #[arg(long, value_name = "DUR", value_parser = time_limit)]
    timeout: Option<Duration>,

    /// From TERM to KILL, for a command that is to end [default: 10s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    kill_after: Option<Duration>,

    /// Exit statuses that are no failure [default: 0]
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..=255))]
    ok_exit: Option<Vec<i32>>,

    /// Print each command to stderr as it starts
    #[arg(short, long)]
    trace: bool,
}

impl ChildArgs {
    fn kill_after(&self) -> Duration {
        self.kill_after.unwrap_or(Duration::from_secs(10))
    }

    fn ok_exit(&self) -> &[i32] {
        self.ok_exit.as_deref().unwrap_or(&[0])
    }
}

/// Runs it.
///
/// # Errors
/// What keeps the run from beginning.
pub fn main(args: &RunArgs) -> anyhow::Result<Option<Ended>> {
    let command = Arc::new(args.command()?);
    let coprocess = args
        .pool
        .plan(&command, args.inputs.terminator(), args.revocable())?;
    let coprocess = coprocess.map(Arc::new);
    let mut parts = args.records.plan().map_err(|error| Usage(format!("{error:#}")))?;
    if args.ungroup && parts.records.is_some() {
        return Err(Usage("--ungroup leaves no output to make records of".into()).into());
    }
    let merge = args.merge.plan(
        parts.fold.is_some(),
        &args.output.out,
        Some(args.child.kill_after()),
    )?;
    let outputs = match &merge {
        Some(_) => None,
        None => args.output.out.plan(&parts, Partial::Discard, &args.state)?,
    };
    if args.state.is_asked() && command.template.has_number() {
        return Err(Usage(NUMBERED.into()).into());
    }
    let plan = args.plan(&command, &parts)?;
    if args.dry_run {
        // What it prints are commands, and not what they would print.
        (parts.records, parts.fold) = (None, None);
    }
    let budget = Budget::new(plan.memory);
    let start = |_slot| -> Box<dyn Map> {
        if let Some(coprocess) = &coprocess {
            return Box::new(PoolMap::new(Arc::clone(coprocess)));
        }
        if args.dry_run {
            return Box::new(DryRun::new(Arc::clone(&command), args.output.out.template()));
        }
        Box::new(Command::new(
            Arc::clone(&command),
            Decoder::new(budget.clone(), None),
        ))
    };
    let fold = parts.start_fold(&budget, &plan.tmpdir);
    let start_merge = merge.as_ref().map(|merge| move |_slot| merge.start());
    let work = Work {
        map: &start,
        records: parts.records.as_ref(),
        fold: fold.as_deref(),
        to: match &outputs {
            Some(outputs) if args.dry_run => Destination::Rehearsal(outputs),
            Some(outputs) => Destination::Files(outputs),
            None => Destination::Stdout,
        },
        merge: merge
            .as_ref()
            .zip(start_merge.as_ref())
            .map(|(merge, start)| merge.work(start)),
        give_up: exit_code::give_up,
    };
    if parts.records.is_none() {
        // Workers wait for their children, and allocate little.
        share_heap();
    }
    if !args.dry_run {
        guardian::start().context("can't start the guardian of the commands")?;
        reaper::start().context("can't start the reaper of orphans")?;
    }
    let mut summary = run(&plan, &work)?;
    // What such commands print is not seen by us.
    summary.failures.buried |= args.ungroup;
    Ok(Some(Ended {
        summary,
        empty: plan.empty,
    }))
}

impl RunArgs {
    fn plan(&self, command: &CommandPlan, parts: &RecordsAndFold) -> anyhow::Result<Plan> {
        let (memory, workers) = (self.output.memory(), self.output.workers());
        let access = match self.dry_run {
            true => StateAccess::Read,
            false => StateAccess::Write,
        };
        Ok(Plan {
            inputs: self.inputs.plan(Dash::Name)?,
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
            first: parts.wanted().filter(|_| !self.dry_run),
            memory,
            tmpdir: self.output.tmpdir(),
            failures: self.failures(),
            patience: self.child.kill_after(),
            empty: self.inputs.empty(),
            joblog: self.state.joblog().filter(|_| !self.dry_run),
            state: self.state(access, parts)?,
        })
    }

    fn failures(&self) -> Failures {
        let plan = self.failures.plan(self.inputs.terminator());
        // Nothing fails in a dry run, and the list of the run before is kept.
        let listed = plan.listed.filter(|_| !self.dry_run);
        Failures { listed, ..plan }
    }

    fn state(&self, access: StateAccess, parts: &RecordsAndFold) -> anyhow::Result<Option<StatePlan>> {
        let plan = self
            .state
            .plan(|| self.meaning(), access, Durability::EachJob, parts)?;
        Ok(plan.map(|plan| StatePlan {
            revocable: self.revocable(),
            ..plan
        }))
    }

    fn revocable(&self) -> Revocable {
        match self.pool.pool && self.state.is_asked() {
            true => Revocable::Possible,
            false => Revocable::Never,
        }
    }

    fn meaning(&self) -> CommandKey {
        let child = &self.child;
        let command = match &child.shell {
            Some(script) => CanonicalArgs::default().values("--shell", [script]).text(),
            None => CanonicalArgs::default().words(&self.command).text(),
        };
        let input = CanonicalArgs::default()
            .flag("--decompress", child.decompress)
            .flag("--stdin", child.stdin);
        let ok_exit: Vec<_> = child.ok_exit().iter().map(i32::to_string).collect();
        let mut meaning = vec![("mode", b"run".to_vec()), ("command", command)];
        meaning.push(("standard input", input.text()));
        meaning.push(("ok-exit", ok_exit.join(",").into()));
        meaning.push(("pool", self.pool.meaning(self.inputs.terminator())));
        meaning.extend(self.records.meaning());
        meaning.push(("tag", self.output.tag_meaning()));
        meaning.push(("out", self.output.out.meaning()));
        meaning
    }

    fn command(&self) -> anyhow::Result<CommandPlan> {
        let child = &self.child;
        let feed = match (child.decompress, child.stdin) {
            (true, _) => ChildStdin::Decompressed,
            (_, true) => ChildStdin::Raw,
            // What it is told comes by its standard input.
            _ if self.pool.pool => ChildStdin::Raw,
            _ => ChildStdin::Null,
        };
        let template = match &child.shell {
            Some(script) if self.pool.pool => Template::script(script),
            Some(script) => Template::shell(script),
            None if self.command.is_empty() => return Err(Usage(missing_separator::missing()).into()),
            None => Template::parse(&self.command).map_err(|error| Usage(format!("{error:#}")))?,
        };
        if self.batch.is_of_several() && template.has_hole_in_script() {
            let what = "a script takes one input where '{}' stands, and with -n or -X there are several: use \
                        --shell 'SCRIPT with \"$@\"'";
            return Err(Usage(what.into()).into());
        }
        let capture = if self.ungroup {
            Capture::Inherit
        } else {
            Capture::Whole
        };
        Ok(CommandPlan {
            capture,
            timeout: child.timeout,
            kill_after: child.kill_after(),
            ok_exit: child.ok_exit().to_vec(),
            trace: if child.trace { Trace::Stderr } else { Trace::Off },
            ..CommandPlan::new(template, feed)?
        })
    }
}
