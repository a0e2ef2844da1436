//! The options that `map` and `run` share: inputs, workers, order and memory.

use super::awk_program;
use super::canonical_args::CanonicalArgs;
use super::out::OutArgs;
use super::progress::ProgressArgs;
use super::remote_name;
use super::usage_error::UsageError;
use crate::message;
use crate::plan::{Dash, Empty, Hidden, Inputs, Links, NameLists, Order, Schedule, Shard, Tag, WalkPlan};
use crate::source::Exclude;
use crate::sys;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

/// Where inputs come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Inputs")]
pub(super) struct InputArgs {
    /// Files, directories, or patterns that fanfold expands itself; without any, names from standard input, one a line.
    /// A file that grows meanwhile is read to the size that it had when it was opened
    #[arg(value_name = "INPUT")]
    inputs: Vec<OsString>,

    /// End names in lists with NUL instead of a newline
    #[arg(short = '0', long)]
    null: bool,

    /// Take names from FILE (repeatable) instead of standard input
    #[arg(short = 'a', long, value_name = "FILE", conflicts_with = "inputs")]
    arg_file: Vec<OsString>,

    /// Take hidden files and directories too
    #[arg(long)]
    hidden: bool,

    /// Follow symbolic links to directories
    #[arg(long)]
    follow: bool,

    /// Leave out names that match GLOB (repeatable): the base name or the whole path
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<OsString>,

    /// Take only share I of N: every N-th input, in input order. I is from 0 to N, and 0 and N are the same share; all machines must list the same inputs
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,

    /// Accept that there is no input at all
    #[arg(long)]
    allow_empty: bool,
}

/// How results are printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Workers and output")]
pub(super) struct OutputArgs {
    /// Which files start first; the order of the output stays the same [default: largest for a fold or --fn of at most 10000 named files, else order]
    #[arg(long, value_name = "WHICH", value_enum)]
    schedule: Option<ScheduleArg>,

    /// Print each job's output whole when the job finishes, not in input order
    #[arg(long)]
    unordered: bool,

    /// Print lines whole as they come, from all jobs
    #[arg(long, conflicts_with = "unordered")]
    line_buffer: bool,

    /// Prefix each line with its input (of several, the first) and a tab
    #[arg(long)]
    tag: bool,

    #[command(flatten)]
    pub(super) out: OutArgs,

    #[command(flatten)]
    pub(super) progress: ProgressArgs,

    #[command(flatten)]
    pub(super) resources: ResourceArgs,
}

/// What a run may use, and how much it says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Workers and output")]
pub(super) struct ResourceArgs {
    /// Workers: N, N% of the cores, or +N or -N, more or fewer than the cores [default: one a core]
    #[arg(short, long, visible_short_alias = 'P', value_name = "N", allow_hyphen_values = true, value_parser = workers)]
    jobs: Option<usize>,

    /// Print no notes on standard error: what was left out, and hints. Errors are printed
    #[arg(short, long)]
    quiet: bool,

    /// Memory for buffers and folds, as 512MiB or 2G [default: a quarter of what there is]. What --out compresses takes
    /// memory beside it: 32 MB a worker for .xz, 8 MB for .bz2
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,

    /// The directory for temporary files [default: $TMPDIR or /tmp]
    #[arg(long, value_name = "DIR")]
    tmpdir: Option<PathBuf>,
}

/// Whether notes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verbosity {
    /// They are.
    Notes,
    /// Only errors are.
    Errors,
}

/// [`Schedule`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScheduleArg {
    /// In input order
    Order,
    /// The largest first, if there are at most 100000
    Largest,
}

/// How many inputs `--schedule largest` looks at before the first job starts. The number is well below the
/// window of jobs that may be ahead of the lowest unprinted one, so the run can't get stuck.
const SCHEDULED: usize = 100_000;

/// How many shards there may be.
const MOST_SHARDS: u64 = 1_000_000;

impl InputArgs {
    /// Returns the inputs. `dash` says what `-` means.
    pub(super) fn plan(&self, dash: Dash) -> Result<Inputs, UsageError> {
        let of_awk = |name| {
            (dash == Dash::Stdin)
                .then(|| awk_program::refusal(name))
                .flatten()
        };
        let refusal = |name| remote_name::refusal(name, dash).or_else(|| of_awk(name));
        match self.inputs.iter().find_map(|name| refusal(name)) {
            Some(what) => Err(UsageError(what)),
            None => self.plan_of(dash, dash == Dash::Stdin),
        }
    }

    /// Returns the inputs when their names are taken as they are.
    pub(super) fn plan_literal(&self) -> Result<Inputs, UsageError> {
        self.plan_of(Dash::Name, false)
    }

    /// Returns the inputs; `may_be_data` says that a list may turn out to be data.
    fn plan_of(&self, dash: Dash, may_be_data: bool) -> Result<Inputs, UsageError> {
        if let Some(pattern) = Exclude::malformed(&self.exclude) {
            let pattern = message::display_name(pattern);
            return Err(UsageError(format!(
                "--exclude: '{pattern}' is not a pattern: a '[' is not closed, or a '**' is not alone between slashes"
            )));
        }
        if !self.inputs.is_empty() {
            let walk = WalkPlan {
                hidden: if self.hidden { Hidden::Take } else { Hidden::Skip },
                links: if self.follow { Links::Follow } else { Links::Skip },
                exclude: self.exclude.clone(),
                dash,
            };
            return Ok(Inputs::Named(self.inputs.clone(), walk));
        }
        if self.arg_file.is_empty() && sys::Stdin::new().as_fd().is_terminal() {
            let what = "no INPUT, and standard input is a terminal: name files, directories or patterns, \
                        or pipe names in (see --help)";
            return Err(UsageError(what.into()));
        }
        Ok(Inputs::Listed(NameLists {
            files: self.arg_file.clone(),
            terminator: self.terminator(),
            exclude: self.exclude.clone(),
            may_be_data: may_be_data && self.arg_file.is_empty() && !self.null,
        }))
    }

    /// Returns the INPUTs as typed.
    #[cfg(feature = "queue")]
    pub(super) fn words(&self) -> &[OsString] {
        &self.inputs
    }

    /// Returns whether the run takes a share of the inputs.
    pub(super) fn has_shard(&self) -> bool {
        self.shard.is_some()
    }

    /// Returns the byte that ends a name in lists.
    pub(super) fn terminator(&self) -> u8 {
        if self.null { 0 } else { b'\n' }
    }

    /// Returns the share of the inputs that the run takes. `wanted` says whether `--first` limits its rows.
    pub(super) fn shard(&self, inputs: &Inputs, wanted: bool) -> Result<Option<Shard>, UsageError> {
        let has_data = |typed: &[OsString], walk: &WalkPlan| {
            walk.dash == Dash::Stdin && typed.iter().any(|name| name == "-")
        };
        let what = match inputs {
            _ if self.shard.is_none() => return Ok(None),
            Inputs::Named(typed, walk) if has_data(typed, walk) => {
                "--shard takes a share of names, and '-' is standard input as data: name files"
            }
            _ if wanted => {
                "--first cannot be combined with --shard: which records are the first depends on all shards"
            }
            _ => return Ok(self.shard),
        };
        Err(UsageError(what.into()))
    }

    /// Returns what a state keeps of the options: a share of the inputs is a job list of its own.
    pub(super) fn key(&self) -> (&'static str, Vec<u8>) {
        let shard = self
            .shard
            .map(|shard| format!("{}/{}", shard.first(), shard.count));
        ("shard", CanonicalArgs::default().values("--shard", shard).text())
    }

    pub(super) fn empty(&self) -> Empty {
        if self.allow_empty {
            Empty::Allowed
        } else {
            Empty::Refused
        }
    }
}

impl ResourceArgs {
    pub(super) fn workers(&self) -> NonZeroUsize {
        self.jobs.and_then(NonZeroUsize::new).unwrap_or_else(sys::cores)
    }

    /// Returns whether there are to be no workers: -j0, which only a leader may be asked for.
    pub(super) fn has_no_workers(&self) -> bool {
        self.jobs == Some(0)
    }

    /// Refuses -j0.
    pub(super) fn check_workers(&self) -> Result<(), UsageError> {
        match self.has_no_workers() {
            true => Err(UsageError(
                "-j0: expected 1 to 10000 workers (with --queue, -j0 only leads)".into(),
            )),
            false => Ok(()),
        }
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        if self.quiet {
            Verbosity::Errors
        } else {
            Verbosity::Notes
        }
    }

    pub(super) fn memory(&self) -> u64 {
        self.memory.unwrap_or_else(|| sys::available_memory() / 4)
    }

    pub(super) fn tmpdir(&self) -> PathBuf {
        self.tmpdir.clone().unwrap_or_else(std::env::temp_dir)
    }

    pub(super) fn is_noting(&self) -> bool {
        self.verbosity() == Verbosity::Notes
    }
}

impl OutputArgs {
    pub(super) fn workers(&self) -> NonZeroUsize {
        self.resources.workers()
    }

    pub(super) fn verbosity(&self) -> Verbosity {
        self.resources.verbosity()
    }

    pub(super) fn memory(&self) -> u64 {
        self.resources.memory()
    }

    pub(super) fn tmpdir(&self) -> PathBuf {
        self.resources.tmpdir()
    }

    pub(super) fn order(&self) -> Order {
        match (self.unordered, self.line_buffer) {
            (true, _) => Order::Finish,
            (_, true) => Order::Lines,
            _ => Order::Input,
        }
    }

    /// Returns which job starts first: `default`, unless an option says otherwise.
    pub(super) fn schedule(&self, default: Schedule) -> Schedule {
        match self.schedule {
            None => default,
            Some(ScheduleArg::Order) => Schedule::Order,
            Some(ScheduleArg::Largest) => Schedule::Largest { most: SCHEDULED + 1 },
        }
    }

    pub(super) fn tag(&self) -> Tag {
        if self.tag { Tag::Input } else { Tag::Off }
    }

    pub(super) fn key(&self) -> [(&'static str, Vec<u8>); 2] {
        let tag = CanonicalArgs::default().flag("--tag", self.tag);
        [("tag", tag.text()), ("out", self.out.key())]
    }
}

/// Parses `N`, `N%`, `+N` or `-N`. The result is at least one worker, unless 0 is typed.
fn workers(text: &str) -> Result<usize, String> {
    let cores = || sys::cores().get();
    let number = |text: &str| {
        text.parse::<usize>()
            .map_err(|_| "expected N, N%, +N or -N".to_owned())
    };
    let count = match text.as_bytes() {
        [b'+', ..] => cores().saturating_add(number(&text[1..])?),
        [b'-', ..] => cores().saturating_sub(number(&text[1..])?).max(1),
        [.., b'%'] => (cores().saturating_mul(number(&text[..text.len() - 1])?) / 100).max(1),
        _ => number(text)?,
    };
    Some(count)
        .filter(|count| *count <= 10_000)
        .ok_or_else(|| "expected 1 to 10000 workers".into())
}

/// Parses a number of bytes with an optional binary unit: `64MiB`, `64M`, `2g`, `4096`.
/// Parses a share of the inputs.
fn shard(text: &str) -> Result<Shard, String> {
    let shard = text.split_once('/').and_then(|(index, count)| {
        let number = |text: &str| {
            text.parse()
                .ok()
                .filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
        };
        Some(Shard {
            index: number(index)?,
            count: number(count)?,
        })
    });
    match shard {
        Some(Shard { index, count }) if (1..=MOST_SHARDS).contains(&count) && index <= count => {
            Ok(Shard { index, count })
        }
        _ => Err(format!(
            "expected I/N as 3/20, with N from 1 to {MOST_SHARDS} and I from 0 to N"
        )),
    }
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.to_ascii_lowercase();
    let unit = unit.trim_end_matches("ib").trim_end_matches('b');
    let power = ["", "k", "m", "g", "t"].iter().position(|known| *known == unit);
    let (Ok(number), Some(power)) = (number.parse::<u64>(), power) else {
        return Err("expected a size as 4096, 512MiB or 2G".into());
    };
    number
        .checked_mul(1 << (10 * power))
        .ok_or_else(|| "too large".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_a_number_a_share_or_a_difference() {
        let cores = sys::cores().get();
        assert_eq!(workers("7"), Ok(7));
        assert_eq!(workers("200%"), Ok(2 * cores));
        assert_eq!(workers("+3"), Ok(cores + 3));
        assert_eq!(workers("-1000"), Ok(1));
        assert_eq!(workers("0"), Ok(0));
        assert!(workers("10001").is_err() && workers("x").is_err() && workers("").is_err());
    }

    #[test]
    fn shards_are_numbered_from_0_or_from_1() {
        assert_eq!(shard("3/20"), Ok(Shard { index: 3, count: 20 }));
        assert!(shard("0/1").is_ok() && shard("20/20").is_ok());
        for wrong in [
            "",
            "1",
            "/",
            "1/",
            "/1",
            "2/1",
            "0/0",
            "+1/2",
            "1/1000001",
            "-1/2",
            "1/2/3",
        ] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("2g"), Ok(2 << 30));
        assert_eq!(size("4096"), Ok(4096));
        assert!(size("many").is_err() && size("5 apples").is_err());
    }
}
