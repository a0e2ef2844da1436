//! The options of a merge: a command that makes one of several outputs.

use super::exit_code::Usage;
use super::out::OutArgs;
use crate::codec::Decoder;
use crate::map::{Map, StartMap};
use crate::memory::Budget;
use crate::process::ChildStdin;
use crate::process::{Command, CommandPlan};
use crate::run::{MergeDestination, MergeInputs, MergeWork};
use crate::template::Template;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Whether outputs are merged, by what, and how many at a time.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Workers and output")]
pub struct MergeArgs {
    /// Merge the jobs' outputs by CMD, which is given files as {} and prints one output, until one is left: 'sort -m {}'. Words are split as a shell would; no shell runs. 'sort -m {}' and 'cat {}' may be given pipes from other merges, as /dev/fd/N; others are given files
    #[arg(long, value_name = "CMD", conflicts_with_all = ["unordered", "line_buffer", "tag", "first", "state"])]
    merge: Option<OsString>,

    /// How many outputs each merge takes, neighbours in input order [default: 16]
    #[arg(long, value_name = "N", value_parser = arity, requires = "merge")]
    arity: Option<NonZeroUsize>,
}

/// How many each takes where that is not said.
const ARITY: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not 0");

/// A merge, as it was decided.
#[derive(Debug)]
pub struct MergePlan {
    command: Arc<CommandPlan>,
    arity: NonZeroUsize,
    inputs: MergeInputs,
    to: Option<MergeDestination>,
    /// Nothing is fed, so nothing is decoded: no memory is ever asked for.
    budget: Budget,
}

impl MergeArgs {
    /// Whether outputs are merged.
    pub fn is_asked(&self) -> bool {
        self.merge.is_some()
    }

    /// The merge, if one was asked for; `folded` is whether the outputs are folded, `out` where the last one
    /// goes, `kill_after` how long a command has from TERM to KILL where that was said.
    ///
    /// # Errors
    /// [`Usage`] when it can't be understood, or stands beside a fold; when the program is not found, or
    /// can't be executed.
    pub fn plan(
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
                "--merge and a fold (--count, --unique, --by, --agg) both bring outputs together: use one";
            return Err(Usage(what.into()).into());
        }
        let words = words(typed)?;
        let template = Template::parse(&words);
        let template = template.map_err(|_| Usage("--merge: no command was given".into()))?;
        if template.has_hole_in_script() {
            let what =
                "--merge: a script takes one file where '{}' stands: write sh -c 'sort -m \"$@\"' sh {}";
            return Err(Usage(what.into()).into());
        }
        let mut command = CommandPlan::new(template, ChildStdin::Null)?;
        command.kill_after = kill_after.unwrap_or(command.kill_after);
        Ok(Some(MergePlan {
            command: Arc::new(command),
            arity: self.arity.unwrap_or(ARITY),
            inputs: inputs(&words),
            to: out.one()?,
            budget: Budget::new(0),
        }))
    }
}

impl MergePlan {
    /// How long a merge may take to end once it was asked to.
    pub fn patience(&self) -> Duration {
        self.command.kill_after
    }

    /// A worker's map.
    pub fn start(&self) -> Box<dyn Map> {
        let decoder = Decoder::new(self.budget.clone(), None);
        Box::new(Command::new(Arc::clone(&self.command), decoder))
    }

    /// The merge, by maps that `map` makes.
    pub fn work<'a>(&'a self, map: &'a StartMap<'a>) -> MergeWork<'a> {
        MergeWork {
            map,
            arity: self.arity,
            inputs: self.inputs,
            to: self.to.as_ref(),
        }
    }
}

/// What is known of a program that reads each file it is given once, from its beginning to its end.
struct Streaming {
    program: &'static str,
    /// Whether it does with these arguments.
    reads_once: fn(&[&str]) -> bool,
}

/// All that are known. What another program does with a pipe can't be foreseen, so it is given files.
const STREAMING: &[Streaming] = &[
    Streaming {
        program: "sort",
        reads_once: is_merging_sort,
    },
    Streaming {
        program: "cat",
        reads_once: |args| args.is_empty(),
    },
];

/// Whether `sort` with these arguments merges, and does nothing else that is to be known of.
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

/// Whether an argument is a cluster of flags of one letter, all of which are these.
fn is_cluster(arg: &str, flags: &str) -> bool {
    let letters = arg.strip_prefix('-').unwrap_or_default();
    !letters.is_empty() && letters.chars().all(|letter| flags.contains(letter))
}

/// What a command of these words can be given.
fn inputs(words: &[OsString]) -> MergeInputs {
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let Some([program, args @ .., "{}"]) = words.as_deref() else {
        return MergeInputs::Files;
    };
    let is_known = |known: &Streaming| known.program == *program && (known.reads_once)(args);
    match STREAMING.iter().any(is_known) && Path::new("/dev/fd").is_dir() {
        true => MergeInputs::Streams,
        false => MergeInputs::Files,
    }
}

/// The words of a command line, quoted as for a shell.
fn words(line: &OsStr) -> Result<Vec<OsString>, Usage> {
    let words = shlex::bytes::split(line.as_bytes());
    let words = words.ok_or_else(|| Usage("--merge: a quote is not closed".into()))?;
    Ok(words.into_iter().map(OsString::from_vec).collect())
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
    fn a_merge_has_as_long_to_end_as_was_said() {
        let args = MergeArgs {
            merge: Some("cat {}".into()),
            arity: Some(NonZeroUsize::MIN),
        };
        let patience = |said| {
            let plan = args.plan(false, &OutArgs::default(), said).expect("cat is there");
            plan.expect("a merge was asked for").patience()
        };
        let said = Duration::from_secs(30);
        assert_eq!(patience(Some(said)), said);
        assert_eq!(patience(None), Duration::from_secs(10));
    }
}
