//! What the options of `fanfold parallel` say together.
//!
//! It does not know what a run makes of them.

use super::value::{self, Timeout};
use crate::cli::usage_error::UsageError;
use crate::plan::{BlockCut, BlockPlan, HaltAt, RecordSeparator, Trim};
use crate::process::StartCondition;
use crate::template::{Hole, Holes, Repeat};
use anyhow::Result;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// How many jobs share blocks at most.
const MOST_SHARED: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// The options, read in order.
#[derive(Debug)]
pub(super) struct Options {
    /// `--help`, `--version` and the like: the text to print in place of a run.
    pub(super) print: Option<fn() -> String>,
    /// The profiles that options are read from first.
    pub(super) profiles: Vec<OsString>,
    /// Whether kept options are left out.
    pub(super) plain: bool,
    pub(super) inputs: InputOptions,
    pub(super) command: CommandOptions,
    pub(super) output: OutputOptions,
    pub(super) running: RunningOptions,
    pub(super) pipe: PipeOptions,
}

/// Where values come from, and how many a job gets.
#[derive(Debug)]
pub(super) struct InputOptions {
    pub(super) files: Vec<OsString>,
    pub(super) terminator: Vec<u8>,
    pub(super) separator: OsString,
    pub(super) file_separator: OsString,
    pub(super) columns: Option<String>,
    /// The pattern of a heading: of values, a line of names; of blocks, what each of them gets.
    pub(super) header: Option<String>,
    /// Whether the first line of each source is left out.
    pub(super) skips_first: bool,
    pub(super) linked: bool,
    pub(super) end: Option<Vec<u8>>,
    pub(super) skips_blank: bool,
    /// Where blanks are removed; by default only around columns.
    pub(super) trim: Option<Trim>,
    pub(super) shuffled: bool,
    /// `-n`: the most records of a job; 0: one that is not seen.
    pub(super) args: Option<usize>,
    /// `-N`: the same, with words that are repeated.
    pub(super) replaced_args: Option<usize>,
    /// `-L`, `-l`: the most lines of a job.
    pub(super) lines: Option<usize>,
    /// Whether a line that ends with a blank goes on.
    pub(super) continued: bool,
    /// `-X`, `-m`, `--xargs`.
    pub(super) fill: Option<Fill>,
    pub(super) chars: Option<usize>,
}

/// As many values as fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    /// Whether what is left at the end is spread over the jobs that run at a time.
    pub(super) spreads: bool,
    pub(super) repeat: Repeat,
}

/// How the command line is read.
#[derive(Debug)]
pub(super) struct CommandOptions {
    pub(super) holes: Holes,
    pub(super) quote: bool,
    /// `-L`: whether words are repeated for each line.
    pub(super) repeats_words: bool,
    pub(super) dry_run: bool,
    /// Whether values alone are printed, quoted.
    pub(super) shell_quotes: usize,
    /// The variable that tells a command its slot.
    pub(super) slot_variable: Option<String>,
    pub(super) wd: Option<OsString>,
}

/// What becomes of output.
#[derive(Debug, Default)]
pub(super) struct OutputOptions {
    pub(super) keep_order: bool,
    pub(super) group: bool,
    pub(super) ungroup: bool,
    pub(super) lines: bool,
    pub(super) tag: bool,
    pub(super) tag_string: Option<OsString>,
    pub(super) verbose: bool,
    pub(super) trace: bool,
    pub(super) results: Option<OsString>,
    /// Whether output stays in files whose names are printed.
    pub(super) files: bool,
    pub(super) tmpdir: Option<PathBuf>,
    pub(super) out: Option<OsString>,
    pub(super) progress: bool,
}

/// How jobs are run.
#[derive(Debug)]
pub(super) struct RunningOptions {
    pub(super) jobs: NonZeroUsize,
    pub(super) delay: Duration,
    /// The most tries; 0: without end.
    pub(super) tries: u32,
    pub(super) timeout: Option<Timeout>,
    /// What the machine must have before a job starts.
    pub(super) conditions: Vec<StartCondition>,
    pub(super) kill_after: Duration,
    pub(super) halt: HaltAt,
    pub(super) nice: Option<i32>,
    pub(super) joblog: Option<PathBuf>,
    /// Whether the job log keeps the lines it has.
    pub(super) joblog_grows: bool,
    pub(super) resume: Option<Resume>,
    pub(super) state: Option<PathBuf>,
    pub(super) memory: Option<u64>,
    pub(super) ok_exit: Vec<i32>,
}

/// Which jobs of an earlier run are not run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resume {
    /// All that are in the job log.
    Logged,
    /// Those that succeeded.
    Succeeded,
    /// The same, and the commands are those of the log.
    Failed,
}

/// Standard input cut into blocks.
#[derive(Debug, Default)]
pub(super) struct PipeOptions {
    pub(super) on: bool,
    /// The size of a block; below 0: of so many for each slot.
    pub(super) block: Option<i64>,
    pub(super) start: Option<Vec<u8>>,
    pub(super) end: Option<Vec<u8>>,
    pub(super) is_pattern: bool,
    pub(super) removes_separators: bool,
    pub(super) record_lines: Option<usize>,
    /// Whether jobs share all blocks.
    pub(super) is_shared: bool,
    /// Whether files are cut, which need not be read to the end for that.
    pub(super) is_part: bool,
    /// Whether each job gets all of standard input.
    pub(super) tee: bool,
    /// What a command reads in place of standard input.
    pub(super) file: Option<PipeFile>,
}

/// What a command reads in place of standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PipeFile {
    Regular,
    Fifo,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            print: None,
            profiles: Vec::new(),
            plain: false,
            inputs: InputOptions {
                files: Vec::new(),
                terminator: b"\n".to_vec(),
                separator: ":::".into(),
                file_separator: "::::".into(),
                columns: None,
                header: None,
                skips_first: false,
                linked: false,
                end: None,
                skips_blank: false,
                trim: None,
                shuffled: false,
                args: None,
                replaced_args: None,
                lines: None,
                continued: false,
                fill: None,
                chars: None,
            },
            command: CommandOptions {
                holes: Holes::default(),
                quote: false,
                repeats_words: false,
                dry_run: false,
                shell_quotes: 0,
                slot_variable: None,
                wd: None,
            },
            output: OutputOptions::default(),
            running: RunningOptions {
                jobs: crate::sys::cores(),
                delay: Duration::ZERO,
                tries: 1,
                timeout: None,
                conditions: Vec::new(),
                kill_after: value::KILL_AFTER,
                halt: HaltAt::Never,
                nice: None,
                joblog: None,
                joblog_grows: false,
                resume: None,
                state: None,
                memory: None,
                ok_exit: vec![0],
            },
            pipe: PipeOptions::default(),
        }
    }
}

impl OutputOptions {
    /// Returns the directory for temporary files.
    pub(super) fn directory(&self) -> PathBuf {
        self.tmpdir.clone().unwrap_or_else(std::env::temp_dir)
    }
}

impl InputOptions {
    /// Returns the most records of a job, if an option says it; 0: one that is not seen. Which option comes first
    /// is no matter: `-N` counts before `-n`, and that before `-L`.
    pub(super) fn most(&self) -> Option<usize> {
        let some_args = self.args.filter(|&args| args > 0);
        self.replaced_args.or(some_args).or(self.lines).or(self.args)
    }
}

impl Options {
    /// Has jobs get as many values as fit. Of several such options, each counts.
    pub(super) fn fill(&mut self, spreads: bool, repeat: Repeat) {
        let before = self.inputs.fill;
        let repeats_words = before.is_some_and(|fill| fill.repeat == Repeat::Word);
        self.inputs.fill = Some(Fill {
            spreads: spreads || before.is_some_and(|fill| fill.spreads),
            repeat: match repeats_words {
                true => Repeat::Word,
                false => repeat,
            },
        });
    }

    /// Has jobs get lines: words of the command are repeated for each.
    pub(super) fn lines(&mut self) {
        self.inputs.continued = true;
        self.command.repeats_words = true;
    }

    pub(super) fn respell(&mut self, hole: Hole, text: &OsStr) {
        self.command.holes.respell(hole, text.as_bytes());
    }

    /// Returns how standard input is cut, if it is.
    pub(super) fn blocks(&self) -> Option<BlockPlan> {
        let (pipe, inputs) = (&self.pipe, &self.inputs);
        if !pipe.on || pipe.tee {
            return None;
        }
        let end = match (&pipe.end, &pipe.start) {
            (Some(end), _) => end.clone(),
            (None, Some(_)) => Vec::new(),
            (None, None) => b"\n".to_vec(),
        };
        Some(BlockPlan {
            files: self.inputs.files.clone(),
            size: self.block_size().max(1),
            cut: match pipe.is_part {
                true => BlockCut::Behind,
                false => BlockCut::Before,
            },
            records: inputs
                .replaced_args
                .or(inputs.args)
                .filter(|&records| records > 0),
            record_lines: pipe.record_lines,
            separator: RecordSeparator {
                start: pipe.start.clone().unwrap_or_default(),
                end,
                is_pattern: pipe.is_pattern,
            },
            removes_separators: pipe.removes_separators,
            heading: self.inputs.header.clone(),
            shared_by: pipe.is_shared.then_some(self.running.jobs.min(MOST_SHARED)),
        })
    }

    fn block_size(&self) -> usize {
        match self.pipe.block {
            Some(size @ 0..) => usize::try_from(size).unwrap_or(usize::MAX),
            Some(parts) => {
                let lengths = self
                    .inputs
                    .files
                    .iter()
                    .filter_map(|file| std::fs::metadata(file).ok());
                let length: u64 = lengths.map(|found| found.len()).sum();
                let parts = self
                    .running
                    .jobs
                    .get()
                    .saturating_mul(parts.unsigned_abs() as usize);
                usize::try_from(length).unwrap_or(usize::MAX) / parts
            }
            None => 1 << 20,
        }
    }

    /// Checks what no option can check alone.
    pub(super) fn check(&self) -> Result<()> {
        let output = &self.output;
        let running = &self.running;
        let conflict = if output.group && output.ungroup {
            "Error: --group cannot be combined with --ungroup."
        } else if running.resume.is_some() && running.joblog.is_none() && output.results.is_none() {
            "Error: --resume and --resume-failed require --joblog or --results."
        } else if running.state.is_some() && (output.ungroup || self.inputs.shuffled || self.pipe.on) {
            "Error: --state cannot be combined with --ungroup, --shuf or --pipe."
        } else if self.pipe.on && self.inputs.fill.is_some() {
            "Error: --pipe cannot be combined with -X, -m or --xargs here."
        } else if self.pipe.is_part && self.inputs.files.is_empty() {
            "Error: --pipepart needs -a FILE."
        } else if self.pipe.block.is_some_and(|size| size < 0) && !self.pipe.is_part {
            "Error: --block with a number below 0 needs --pipepart."
        } else if output.results.is_some() && output.files {
            "Error: --results cannot be combined with --files here."
        } else if output.out.is_some() && (output.ungroup || output.results.is_some()) {
            "Error: --out cannot be combined with --ungroup or --results."
        } else {
            return Ok(());
        };
        Err(UsageError(conflict.into()).into())
    }
}
