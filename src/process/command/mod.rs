//! A child command as a map: its inputs are arguments or standard input, its output is what it
//! writes.
//!
//! No thread for a child, no shell, no temporary file. It does not know what becomes of the
//! output, nor which jobs there are.

mod arg_limit;
mod outcome;
mod spawn;
mod stdin;
mod supervise;
mod trace;

pub use super::{ProgramError, resolve_program};

use super::{ActivityGuard, seek_program};
use crate::codec::{DecodeError, Decoder};
use crate::job::{Failure, Job, Trust};
use crate::map::{Emit, Map};
use crate::sys::arguments::Arguments;
use crate::sys::{Family, Launcher};
use crate::template::{Template, shell_quote};
use outcome::StopReason;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stdin::Input;
use supervise::Supervision;
use trace::announce;

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
    /// Through pipes, to the job's [`Emit`].
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
    pub(crate) family: Family,
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
            family: Family::Own,
            lookup: Lookup::AtStart,
        }
    }

    /// What starts the program, which is looked for if that was not done.
    fn launcher(&self) -> io::Result<Launcher> {
        let found = match self.lookup {
            Lookup::Done => None,
            Lookup::AtStart => Some(seek_program(self.template.program())?),
        };
        let names: Vec<_> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        let launcher = Launcher::new(found.as_ref().unwrap_or(&self.program), &names)?;
        Ok(launcher.family(self.family))
    }

    /// What the child of a job is told of itself.
    fn facts(&self, job: &Job, emit: &dyn Emit) -> impl Iterator<Item = (&str, String)> {
        let (number, slot, attempt) = (job.seq + 1, emit.worker().slot as u64, emit.attempt());
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

/// The map that runs a command for each job.
#[derive(Debug)]
pub struct Command {
    plan: Arc<CommandPlan>,
    launcher: Option<Launcher>,
    decoder: Decoder,
    buffer: Vec<u8>,
}

/// How much is read at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// What a child is told of itself.
const VARIABLES: [(&str, ChildVar); 3] = [
    ("FANFOLD_JOB", ChildVar::Job),
    ("FANFOLD_SLOT", ChildVar::Slot),
    ("FANFOLD_TRY", ChildVar::Try),
];

impl Command {
    /// A worker's instance; `decoder` reads what is fed decompressed.
    pub fn new(plan: Arc<CommandPlan>, decoder: Decoder) -> Self {
        Command {
            plan,
            launcher: None,
            decoder,
            buffer: Vec::new(),
        }
    }

    /// Gives every input to the child. What is wrong with one is a reason to stop the child: it
    /// must not take a part for the whole.
    fn feed(
        &mut self,
        job: &Job,
        mut first: Option<Input>,
        child: &mut Supervision<'_>,
    ) -> Result<(), Failure> {
        for input in &job.inputs {
            let name = input.name();
            let unreadable = |cause| unreadable(name, cause);
            let input = match first.take() {
                Some(input) => input,
                None => Input::open(name).map_err(unreadable)?,
            };
            let shared = RefCell::new(&mut *child);
            let mut reader = input.reader(&shared);
            let mut warnings = Vec::new();
            let end = match self.plan.feed {
                ChildStdin::Raw => feed_raw(&mut reader, &shared).map_err(unreadable),
                _ => self.feed_decoded(name, input.size(), &mut reader, &shared, &mut warnings),
            };
            let unwanted = reader.unwanted;
            for what in warnings {
                child.warn(name, &what);
            }
            if unwanted {
                return Ok(());
            }
            end?;
            child.trust(Trust::Final);
        }
        Ok(())
    }

    fn feed_decoded(
        &mut self,
        name: &OsStr,
        size: Option<u64>,
        reader: &mut dyn Read,
        child: &RefCell<&mut Supervision<'_>>,
        warnings: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let mut warn = |what: &str| warnings.push(what.to_owned());
        let mut out = |block: &[u8], trust| child.borrow_mut().feed(block, trust);
        let end = self.decoder.decode(reader, size, &mut warn, &mut out);
        end.map_err(|e| match e {
            DecodeError::Read(cause) => unreadable(name, cause),
            DecodeError::Corrupt(what) => Failure::Corrupt {
                name: name.to_os_string(),
                what,
            },
        })
    }

    fn supervised(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let plan = Arc::clone(&self.plan);
        if !announce(&plan, job, emit)? {
            return Ok(());
        }
        let feeders = emit.feeders();
        let (first, mut group, mut pipes) = self.start(job, &feeders, emit)?;
        let fed = self.feed_it(&feeders, &group, &pipes, emit);
        let fed = fed.map_err(|cause| self.not_started(cause, emit.worker()))?;
        // Its reader and its writer alone have each pipe from now on.
        drop(feeders);
        pipes.release();
        let mut buffer = std::mem::take(&mut self.buffer);
        if plan.capture == Capture::Whole {
            // Made only now, while the first child starts.
            buffer.resize(BLOCK, 0);
        }
        let mut child = Supervision::new(&mut group, fed, pipes, &plan, job, &mut buffer, emit);
        if plan.feed.is_fed()
            && let Err(failure) = self.feed(job, first, &mut child)
        {
            child.stop(StopReason::BadInput(failure));
        }
        let end = child.finish();
        self.buffer = buffer;
        end
    }
}

impl Map for Command {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let _busy = ActivityGuard::on(emit.worker());
        self.supervised(job, emit)
    }

    fn describe(&self, job: &Job, slot: usize) -> Vec<u8> {
        shell_quote(self.plan.args(job, slot).iter())
    }
}

fn unreadable(name: &OsStr, cause: io::Error) -> Failure {
    Failure::Unreadable {
        name: name.to_os_string(),
        cause,
    }
}

fn feed_raw(input: &mut dyn Read, child: &RefCell<&mut Supervision<'_>>) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        match input.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                if child.borrow_mut().feed(&block[..n], Trust::Final).is_break() {
                    return Ok(());
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Whether a callback's answer is to go on.
fn go_on(more: bool) -> ControlFlow<()> {
    if more {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

#[cfg(test)]
mod tests;
