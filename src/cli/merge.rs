//! The options of a merge: a command that makes one output of several.
//!
//! It does not know when a merge starts, or which outputs it gets.

use super::out::OutArgs;
use super::usage_error::UsageError;
use crate::codec::Decoder;
use crate::map::{Map, StartMap};
use crate::memory::Budget;
use crate::process::{ChildStdin, Command, CommandPlan};
use crate::run::{MergeDestination, MergeInputs, MergeWork};
use crate::template::Template;
use clap::Args;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Whether outputs are merged, by which command, and how many at a time.
#[derive(Debug, Args)]
#[command(next_help_heading = "Workers and output")]
pub(super) struct MergeArgs {
    /// Merge the jobs' outputs by CMD, as 'sort -m {}', until one output is left: CMD reads the files in the place of {} and prints one output. Words are split as by a shell, but no shell runs. 'sort -m {}' and 'cat {}' may get pipes from other merges, as /dev/fd/N; other commands get files
    #[arg(long, value_name = "CMD", conflicts_with_all = ["unordered", "line_buffer", "tag", "first", "state"])]
    merge: Option<OsString>,

    /// How many outputs each merge takes, neighbours in input order [default: 16]
    #[arg(long, value_name = "N", value_parser = arity, requires = "merge")]
    arity: Option<NonZeroUsize>,
}

/// How many outputs each merge takes without `--arity`.
const ARITY: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not 0");

/// A merge as it was decided.
pub(super) struct MergePlan {
    map: Box<StartMap<'static>>,
    /// How long a merge may take to end after it was asked to.
    pub(super) patience: Duration,
    arity: NonZeroUsize,
    inputs: MergeInputs,
    to: Option<MergeDestination>,
}

impl MergeArgs {
    pub(super) fn is_asked(&self) -> bool {
        self.merge.is_some()
    }

    /// Returns the merge, if one was asked for. `folded` says whether the outputs are folded, `out` where the
    /// last output goes, and `kill_after` how long a command has from TERM to KILL, if an option says so.
    pub(super) fn plan(
        &self,
        folded: bool,
        out: &OutArgs,
        kill_after: Option<Duration>,
    ) -> anyhow::Result<Option<MergePlan>> {
        let Some(typed) = &self.merge else {
            return Ok(None);
        };
        if folded {
            let what =
                "--merge cannot be combined with a fold (--count, --unique, --by, --agg): use one of them";
            return Err(UsageError(what.into()).into());
        }
        // Words as a shell has them.
        let words = shlex::bytes::split(typed.as_bytes());
        let words = words.ok_or_else(|| UsageError("--merge: a quote is not closed".into()))?;
        let words: Vec<_> = words.into_iter().map(OsString::from_vec).collect();
        let template = Template::parse(&words);
        let template = template.map_err(|_| UsageError("--merge: no command".into()))?;
        if template.has_hole_in_script() {
            let what =
                "--merge: '{}' inside a script stands for one file only: write sh -c 'sort -m \"$@\"' sh {}";
            return Err(UsageError(what.into()).into());
        }
        let mut command = CommandPlan::new(template, ChildStdin::Null)?;
        command.kill_after = kill_after.unwrap_or(command.kill_after);
        let patience = command.kill_after;
        let command = Arc::new(command);
        // Of no bytes: a merge's stdin is empty, so its decoder never asks for memory.
        let budget = Budget::new(0);
        let map = move |_slot| -> Box<dyn Map> {
            let decoder = Decoder::new(budget.clone(), None);
            Box::new(Command::new(Arc::clone(&command), decoder))
        };
        Ok(Some(MergePlan {
            map: Box::new(map),
            patience,
            arity: self.arity.unwrap_or(ARITY),
            inputs: inputs(&words),
            to: out.one()?,
        }))
    }
}

impl MergePlan {
    pub(super) fn work(&self) -> MergeWork<'_> {
        MergeWork {
            map: &*self.map,
            arity: self.arity,
            inputs: self.inputs,
            to: self.to.as_ref(),
        }
    }
}

/// Returns whether `sort` merges with these arguments, all of which are known to leave it streaming.
fn is_merging_sort(args: &[&str]) -> bool {
    let (mut args, mut merges) = (args.iter(), false);
    while let Some(&arg) = args.next() {
        let flags = is_cluster(arg, "bdfghimMnrRsuVz");
        merges |= arg == "--merge" || flags && arg.contains('m');
        let known = match arg {
            "--merge" => true,
            "-k" | "-t" => args.next().is_some(),
            _ => flags || arg.starts_with("-k") || arg.starts_with("-t"),
        };
        if !known {
            return false;
        }
    }
    merges
}

/// Returns whether `arg` is a cluster of one-letter flags, all of them in `flags`.
fn is_cluster(arg: &str, flags: &str) -> bool {
    let letters = arg.strip_prefix('-').unwrap_or_default();
    !letters.is_empty() && letters.chars().all(|letter| flags.contains(letter))
}

/// Returns what the command of these words can read: pipes, or files only.
fn inputs(words: &[OsString]) -> MergeInputs {
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let Some([program, args @ .., "{}"]) = words.as_deref() else {
        return MergeInputs::Files;
    };
    // These read each of their files once, from beginning to end, so that they can read pipes. Nobody can
    // foresee what another program does with a pipe, so it gets files.
    let streams = match *program {
        "sort" => is_merging_sort(args),
        "cat" => args.is_empty(),
        _ => false,
    };
    match streams && Path::new("/dev/fd").is_dir() {
        true => MergeInputs::Streams,
        false => MergeInputs::Files,
    }
}

fn arity(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok();
    number
        .filter(|n: &NonZeroUsize| (2..=4096).contains(&n.get()))
        .ok_or_else(|| "expected a number from 2 to 4096".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kill_after_is_how_long_a_merge_has_to_end() {
        let args = MergeArgs {
            merge: Some("cat {}".into()),
            arity: Some(NonZeroUsize::MIN),
        };
        let patience = |said| {
            let plan = args.plan(false, &OutArgs::default(), said).expect("cat is there");
            plan.expect("a merge was asked for").patience
        };
        let said = Duration::from_secs(30);
        assert_eq!(patience(Some(said)), said);
        assert_eq!(patience(None), Duration::from_secs(10));
    }
}
