//! A command, decided: what is the same for all of its jobs.
//!
//! It does not know the jobs, nor what becomes of a child.

use super::median_limit::MedianLimit;
use super::resolve::{ProgramError, resolve_program, seek_program};
use super::start_gate::StartGate;
use crate::job::Job;
use crate::sys::arguments::Arguments;
use crate::sys::{Launcher, ProcessGroupOf};
use crate::template::{Line, Template, with_job};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the standard input of a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChildStdin {
    /// Nothing: `/dev/null`.
    Null,
    /// The bytes of the input files, decompressed.
    Decompressed,
    /// The bytes of the input files as they are.
    Raw,
    /// The bytes of blocks.
    Blocks,
    /// The file of the plan, from its beginning.
    Spooled,
    /// Our own.
    Inherited,
    /// The terminal.
    Terminal,
}

impl ChildStdin {
    /// Returns whether we write it.
    pub(super) fn is_fed(self) -> bool {
        matches!(
            self,
            ChildStdin::Decompressed | ChildStdin::Raw | ChildStdin::Blocks
        )
    }
}

/// Where the output of a child goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capture {
    /// Through pipes, to what the job's map emits to.
    Whole,
    /// Directly to our own stdout and stderr.
    Inherit,
}

/// How to treat a failed command that writes directly to our stdout when the reader of stdout is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnClosedStdout {
    /// The run ends.
    Ends,
    /// The job has failed, as for any other reason.
    Fails,
}

/// Whether and where each command is shown as it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    /// It is not shown.
    Off,
    /// On the standard output of the job, as people type it.
    Stdout,
    /// On the standard error of the job, as people type it.
    Stderr,
    /// On our own standard error at once, as people type it.
    StderrAtOnce,
    /// On our own standard error, quoted as GNU programs do.
    Direct,
    /// As [`Trace::Direct`], and it starts only when the user agrees at the terminal.
    Ask,
}

/// When the file that the program's name stands for is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgramLookup {
    /// It was found before the first job.
    Done,
    /// As the first command of a worker starts. A file that is no program is run by `sh`, as execvp(3) does.
    AtStart,
}

/// What a variable of its environment tells a child about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChildVar {
    /// The number of the job, from 1.
    Job,
    /// The slot of the worker, from 1.
    Slot,
    /// The slot of the worker, from 0.
    Index,
    /// The number of the try at the job, from 1.
    Try,
    /// This number.
    Fixed(u32),
}

/// Everything about a command that is the same for all jobs.
#[derive(Debug, Clone)]
pub(crate) struct CommandPlan {
    /// The command line.
    pub(crate) template: Template,
    /// The file that the program's name stands for.
    pub(crate) program: PathBuf,
    /// The standard input of the child.
    pub(crate) feed: ChildStdin,
    /// What every child reads, when that is a file.
    pub(crate) spool: Option<Arc<File>>,
    /// The output of the child.
    pub(crate) capture: Capture,
    /// How a failure is treated when nobody reads that output.
    pub(crate) unread: OnClosedStdout,
    /// How long a try may take.
    pub(crate) timeout: Option<Duration>,
    /// How long a try may take, by what others took.
    pub(crate) median: Option<MedianLimit>,
    /// The grace between TERM and KILL.
    pub(crate) kill_after: Duration,
    /// Whether and where each command is shown as it starts.
    pub(crate) trace: Trace,
    /// The exit statuses that count as success.
    pub(crate) ok_exit: Vec<i32>,
    /// What a child is told about itself, by the names of the variables.
    pub(crate) variables: Vec<(String, ChildVar)>,
    /// Whose process group the child belongs to.
    pub(crate) group_of: ProcessGroupOf,
    /// When the program is looked for.
    pub(crate) lookup: ProgramLookup,
    /// What lines are tagged with; `None`: the name of the first input.
    pub(crate) label: Option<Line>,
    /// How soon one command may start after another.
    pub(crate) gate: StartGate,
}

impl CommandPlan {
    /// Returns the plan of `template` with every other choice at its default. When the template has no replacement
    /// string and the child is fed nothing, the input is appended.
    ///
    /// # Errors
    /// When the program is not found, or can't be executed.
    pub(crate) fn new(mut template: Template, feed: ChildStdin) -> Result<Self, ProgramError> {
        if feed == ChildStdin::Null && !template.has_replacement() {
            template.append_input();
        }
        let program = resolve_program(template.program())?;
        let plan = CommandPlan::unresolved(template, feed);
        Ok(CommandPlan {
            program,
            lookup: ProgramLookup::Done,
            ..plan
        })
    }

    /// Returns the plan of `template` as it is, whose program is looked for when it is started.
    pub(crate) fn unresolved(template: Template, feed: ChildStdin) -> Self {
        CommandPlan {
            program: template.program().into(),
            template,
            feed,
            spool: None,
            capture: Capture::Whole,
            unread: OnClosedStdout::Ends,
            timeout: None,
            median: None,
            kill_after: Duration::from_secs(10),
            trace: Trace::Off,
            ok_exit: vec![0],
            variables: VARIABLES.map(|(name, var)| (name.to_owned(), var)).to_vec(),
            group_of: ProcessGroupOf::Itself,
            lookup: ProgramLookup::AtStart,
            label: None,
            gate: StartGate::default(),
        }
    }

    /// Returns what starts the program, which is looked for if that was not done.
    ///
    /// # Errors
    /// When it is not found, as execvp(3) would say.
    pub(super) fn launcher(&self) -> io::Result<Launcher> {
        let found = match self.lookup {
            ProgramLookup::Done => None,
            ProgramLookup::AtStart => Some(seek_program(self.template.program())?),
        };
        let names: Vec<_> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        let launcher = Launcher::new(found.as_ref().unwrap_or(&self.program), &names)?;
        Ok(launcher.in_group_of(self.group_of))
    }

    /// Returns what the child of a job is told about itself.
    pub(super) fn variables_of(
        &self,
        job: &Job,
        slot: usize,
        attempt: u32,
    ) -> impl Iterator<Item = (&str, String)> {
        let (number, slot) = (job.number, slot as u64);
        let value = move |var| match var {
            ChildVar::Job => number,
            ChildVar::Slot => slot + 1,
            ChildVar::Index => slot,
            ChildVar::Try => attempt.into(),
            ChildVar::Fixed(number) => number.into(),
        };
        let variables = self.variables.iter();
        variables.map(move |(name, var)| (name.as_str(), value(*var).to_string()))
    }

    /// Returns what the lines of a job in the worker with this slot (from 0) are tagged with.
    pub(super) fn label(&self, job: &Job, slot: usize) -> Vec<u8> {
        let inputs: Vec<&OsStr> = job.inputs.iter().map(|input| input.name()).collect();
        match &self.label {
            Some(label) => with_job(&inputs, job.number, slot + 1, |job| label.fill(job)),
            None => job.name().as_encoded_bytes().to_vec(),
        }
    }

    /// Returns the command line of a job in the worker with this slot (from 0), as people type it.
    pub(crate) fn show(&self, job: &Job, slot: usize) -> Vec<u8> {
        let inputs: Vec<&OsStr> = job.inputs.iter().map(|input| input.name()).collect();
        self.template.show(&inputs, job.number, slot + 1)
    }

    /// Returns the arguments of a job in the worker with this slot (from 0).
    pub(crate) fn args(&self, job: &Job, slot: usize) -> Arguments {
        let inputs: Vec<&OsStr> = job.inputs.iter().map(|input| input.name()).collect();
        self.template.render(&inputs, job.number, slot + 1)
    }
}

/// What a child is told about itself by default.
const VARIABLES: [(&str, ChildVar); 3] = [
    ("FANFOLD_JOB", ChildVar::Job),
    ("FANFOLD_SLOT", ChildVar::Slot),
    ("FANFOLD_TRY", ChildVar::Try),
];
