//! A command, decided: what is the same for all of its jobs.
//!
//! It does not know the jobs, nor what becomes of a child.

use super::resolve::{ProgramError, resolve_program, seek_program};
use crate::job::Job;
use crate::sys::arguments::Arguments;
use crate::sys::{Launcher, ProcessGroupOf};
use crate::template::Template;
use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What the child's standard input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildStdin {
    /// Nothing: `/dev/null`.
    Null,
    /// The input files' bytes, decompressed.
    Decompressed,
    /// The input files' bytes as they are.
    Raw,
    /// Our own.
    Inherited,
    /// The terminal.
    Terminal,
}

impl ChildStdin {
    /// Whether we write it.
    pub(super) fn is_fed(self) -> bool {
        matches!(self, ChildStdin::Decompressed | ChildStdin::Raw)
    }
}

/// Where the child's output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capture {
    /// Through pipes, to the job's [`crate::map::Emit`].
    Whole,
    /// Straight to fanfold's own stdout and stderr.
    Inherit,
}

/// What it is that a command failed whose output goes straight to our own, which nobody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnClosedStdout {
    /// The end of the run.
    Ends,
    /// A failure like any other.
    Fails,
}

/// Whether each command is shown as it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// It isn't.
    Off,
    /// On the job's standard error, quoted for a shell.
    Stderr,
    /// On our own, quoted as GNU programs do.
    Direct,
    /// As [`Trace::Direct`], and it starts only where the terminal's user agrees.
    Ask,
}

/// When the file is looked for that the program's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// It was found before the first job.
    Done,
    /// As a worker's first command starts; and a file that is no program is run by `sh`: as
    /// execvp(3) does.
    AtStart,
}

/// What a child is told of itself by a variable of its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildVar {
    /// The job's number, from 1.
    Job,
    /// The worker's slot, from 1.
    Slot,
    /// The worker's slot, from 0.
    Index,
    /// Which try at the job it is, from 1.
    Try,
}

/// Everything about a command that is the same for all jobs.
#[derive(Debug, Clone)]
pub struct CommandPlan {
    /// The command line.
    pub template: Template,
    /// The file that the program's name stands for.
    pub program: PathBuf,
    /// The child's standard input.
    pub feed: ChildStdin,
    /// The child's output.
    pub capture: Capture,
    /// What its failure is where nobody reads that output.
    pub unread: OnClosedStdout,
    /// How long a try may take.
    pub timeout: Option<Duration>,
    /// The grace between TERM and KILL.
    pub kill_after: Duration,
    /// Whether each command is shown as it starts.
    pub trace: Trace,
    /// The exit statuses that count as success.
    pub ok_exit: Vec<i32>,
    /// What a child is told of itself, by the variables' names.
    pub variables: Vec<(String, ChildVar)>,
    /// Whose process group the child belongs to.
    pub(crate) group_of: ProcessGroupOf,
    /// When the program is looked for.
    pub lookup: Lookup,
}

impl CommandPlan {
    /// The plan of `template` with every other choice at its default. Where nothing is to be
    /// replaced and nothing is fed, the input is appended.
    ///
    /// # Errors
    /// When the program is not found, or can't be executed.
    pub fn new(mut template: Template, feed: ChildStdin) -> Result<Self, ProgramError> {
        if feed == ChildStdin::Null && !template.has_replacement() {
            template.append_input();
        }
        let program = resolve_program(template.program())?;
        let plan = CommandPlan::unresolved(template, feed);
        Ok(CommandPlan {
            program,
            lookup: Lookup::Done,
            ..plan
        })
    }

    /// The plan of `template` as it is, whose program is looked for when it is started.
    pub fn unresolved(template: Template, feed: ChildStdin) -> Self {
        CommandPlan {
            program: template.program().into(),
            template,
            feed,
            capture: Capture::Whole,
            unread: OnClosedStdout::Ends,
            timeout: None,
            kill_after: Duration::from_secs(10),
            trace: Trace::Off,
            ok_exit: vec![0],
            variables: VARIABLES.map(|(name, fact)| (name.to_owned(), fact)).to_vec(),
            group_of: ProcessGroupOf::Itself,
            lookup: Lookup::AtStart,
        }
    }

    /// What starts the program, which is looked for if that was not done.
    pub(super) fn launcher(&self) -> io::Result<Launcher> {
        let found = match self.lookup {
            Lookup::Done => None,
            Lookup::AtStart => Some(seek_program(self.template.program())?),
        };
        let names: Vec<_> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        let launcher = Launcher::new(found.as_ref().unwrap_or(&self.program), &names)?;
        Ok(launcher.in_group_of(self.group_of))
    }

    /// What the child of a job is told of itself.
    pub(super) fn variables_of(
        &self,
        job: &Job,
        slot: usize,
        attempt: u32,
    ) -> impl Iterator<Item = (&str, String)> {
        let (number, slot) = (job.seq + 1, slot as u64);
        let value = move |fact| match fact {
            ChildVar::Job => number,
            ChildVar::Slot => slot + 1,
            ChildVar::Index => slot,
            ChildVar::Try => attempt.into(),
        };
        let variables = self.variables.iter();
        variables.map(move |(name, fact)| (name.as_str(), value(*fact).to_string()))
    }

    /// The arguments of a job in the worker with this slot (from 0), as for `--dry-run`.
    pub(crate) fn args(&self, job: &Job, slot: usize) -> Arguments {
        let inputs: Vec<&OsStr> = job.inputs.iter().map(|input| input.name()).collect();
        self.template.render(&inputs, job.seq + 1, slot + 1)
    }
}

/// What a child is told of itself.
const VARIABLES: [(&str, ChildVar); 3] = [
    ("FANFOLD_JOB", ChildVar::Job),
    ("FANFOLD_SLOT", ChildVar::Slot),
    ("FANFOLD_TRY", ChildVar::Try),
];
