//! `fanfold xargs`: the command line of GNU xargs, and its words and exit codes.
//!
//! What its options mean is said by the plan; the run does not know that it is xargs.

mod delimiter;
mod getopt;
mod help;
mod limits;
mod number;
mod options;
mod state;

use crate::codec::Decoder;
use crate::job::{ChildOutcome, Failure};
use crate::map::Map;
use crate::memory::{Budget, Memory};
use crate::message;
use crate::plan::{
    ArgSpace, Batch, BatchLimit, BatchSplit, BatchWait, Blanks, Empty, FailureStyle, Failures, HaltAt,
    Inputs, Order, Partial, Plan, Schedule, SignalAction, Syntax, Tag, Unit, WordList,
};
use crate::process::{Capture, ChildStdin, ChildVar, OnClosedStdout, Trace};
use crate::process::{Command, CommandPlan};
use crate::run::{Destination, Summary, Work, run};
use crate::state::{StateError, StateErrorKind};
use crate::sys::{self, Family, guardian, share_heap, signals};
use crate::template::Template;
use limits::Limits;
use options::{Flags, Options, Share};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// Something is wrong that is no command's fault.
const WRONG: u8 = 1;
/// A command exited with a status from 1 to 254.
const FAILED: u8 = 123;
/// A command exited with 255.
const ABORTED: u8 = 124;
/// A command was killed by a signal.
const KILLED: u8 = 125;
/// The state is in use.
const IN_USE: u8 = 6;
/// The command can't be run.
const NOT_RUN: u8 = 126;
/// The command is not found.
const NOT_FOUND: u8 = 127;

/// What keeps a run from beginning.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    what: String,
    /// Whether reading the help may help.
    usage: bool,
    code: u8,
}

impl Refusal {
    fn plain(what: String) -> Self {
        Refusal {
            what,
            usage: false,
            code: WRONG,
        }
    }

    fn usage(what: String) -> Self {
        Refusal {
            usage: true,
            ..Refusal::plain(what)
        }
    }

    /// Of what kept a run from beginning.
    fn of(error: &anyhow::Error) -> Self {
        let state = error.downcast_ref::<StateError>();
        let in_use = state.is_some_and(|error| error.kind == StateErrorKind::InUse);
        Refusal {
            code: if in_use { IN_USE } else { WRONG },
            ..Refusal::plain(format!("{error:#}"))
        }
    }
}

/// Does what these words say, as the program `name`, and gives the exit code; does not return
/// where a signal ended the run.
pub fn main(name: String, words: &[OsString]) -> u8 {
    message::go_by(name);
    match follow(words) {
        Ok(code) => code,
        Err(Refusal { what, usage, code }) => {
            message::say(what);
            if usage {
                let name = message::name();
                let _ = writeln!(io::stderr(), "Try '{name} --help' for more information.");
            }
            code
        }
    }
}

fn follow(words: &[OsString]) -> Result<u8, Refusal> {
    let limits = Limits::here();
    let (options, taken) = match options::read(words, limits.longest)? {
        Flags::Run(options, taken) => (options, taken),
        Flags::Help => return print(&help::text()),
        Flags::Version => return print(&format!("xargs (fanfold) {}\n", env!("CARGO_PKG_VERSION"))),
    };
    let echo = [OsString::from("echo")];
    let command = match &words[taken..] {
        [] => &echo[..],
        command => command,
    };
    let chars = options.chars.unwrap_or(limits.usual);
    if options.limits {
        limits.show(chars, &options, &command[0]);
    }
    let template = template(command, &options.share)?;
    let plan = Plan {
        state: state::plan(&options, command)?,
        ..plan(&options, &template, chars)?
    };
    go(&plan, &Arc::new(options.command(template)))
}

fn print(text: &str) -> Result<u8, Refusal> {
    let printed = sys::Output::stdout().write_all(text.as_bytes());
    printed.map_err(|cause| Refusal::plain(format!("write error: {}", message::system(&cause))))?;
    Ok(0)
}

fn template(command: &[OsString], share: &Share) -> Result<Template, Refusal> {
    let hole = match share {
        Share::Replace(hole) => Some(hole.as_os_str()),
        _ => None,
    };
    if hole.is_some_and(OsStr::is_empty) && command.len() > 1 {
        return Err(Refusal::plain("command too long".into()));
    }
    Template::of_words(command, hole).map_err(|error| Refusal::plain(format!("{error:#}")))
}

/// What is said of a command that is too long before it has words.
const NO_ROOM: &str = "cannot fit single argument within argument list size limit";

/// The room for words, and the longest that one may be, in commands of at most `chars` bytes.
fn room(template: &Template, share: &Share, chars: usize) -> Result<(ArgSpace, [usize; 2]), Refusal> {
    let mut lengths = template.lengths();
    let program = lengths.next().map_or(0, |(length, _)| length + 1);
    let refused = || Refusal::plain(NO_ROOM.into());
    if !matches!(share, Share::Replace(_)) {
        let fixed: usize = lengths
            .filter(|&(_, holes)| holes == 0)
            .map(|(length, _)| length + 1)
            .sum();
        let total = chars.checked_sub(program + fixed).ok_or_else(refused)?;
        return Ok((ArgSpace::from_total(total), [total.saturating_sub(1); 2]));
    }
    // The first line is read before the command is looked at.
    let longest = [chars - 1, chars.saturating_sub(program + 1)];
    let Some(total) = chars.checked_sub(program) else {
        return Ok((ArgSpace::from_total(0), longest));
    };
    let mut room = ArgSpace {
        total,
        longest: usize::MAX - 1,
        each: 0,
        times: 0,
    };
    for (length, holes) in lengths {
        room.each += length + 1;
        room.times += holes;
        // An argument and two bytes have to fit.
        let left = chars.checked_sub(length + 2);
        let most = left.map_or(0, |left| left.checked_div(holes).unwrap_or(room.longest));
        room.longest = room.longest.min(most);
    }
    Ok((room, longest))
}

fn plan(options: &Options, template: &Template, chars: usize) -> Result<Plan, Refusal> {
    let (room, longest) = room(template, &options.share, chars)?;
    let most = match options.share {
        Share::All => BatchLimit::Any,
        Share::Words(most) => BatchLimit::Inputs(most),
        Share::Lines(most) => BatchLimit::Lines(most),
        Share::Replace(_) => BatchLimit::Inputs(NonZeroUsize::MIN),
    };
    let split = match options.share {
        Share::Lines(_) | Share::Replace(_) => BatchSplit::Refused,
        Share::Words(_) if options.exit => BatchSplit::Refused,
        _ => BatchSplit::Allowed,
    };
    let waiting = match options.share {
        Share::Lines(_) | Share::Replace(_) => BatchWait::GivenUp,
        _ if options.exit => BatchWait::GivenUp,
        _ => BatchWait::Given,
    };
    let words = WordList {
        file: options.file.clone(),
        syntax: options.syntax(),
        longest,
    };
    let empty = match options.share {
        Share::Replace(_) => Empty::Allowed,
        _ if options.not_empty => Empty::Allowed,
        _ => Empty::OneJob,
    };
    Ok(Plan {
        inputs: Inputs::Words(words),
        unit: Unit::File,
        batch: Batch::Xargs {
            most,
            room,
            split,
            waiting,
        },
        schedule: Schedule::Order,
        workers: options.procs.unwrap_or(NonZeroUsize::MAX).into(),
        signals: SignalAction::Workers,
        order: if options.keep_order {
            Order::Input
        } else {
            Order::Finish
        },
        tag: if options.tag { Tag::Input } else { Tag::Off },
        partial: Partial::Discard,
        first: None,
        memory: Memory::Quarter,
        tmpdir: std::env::temp_dir(),
        failures: Failures {
            retries: options.retries,
            delay: Duration::ZERO,
            halt: HaltAt::Fatal,
            told: FailureStyle::Commands,
            listed: None,
        },
        patience: PATIENCE,
        state: None,
        joblog: None,
        empty,
    })
}

/// From TERM to KILL, for a command that is to end.
const PATIENCE: Duration = Duration::from_secs(10);

impl Options {
    fn syntax(&self) -> Syntax {
        match self.ended_by {
            Some(byte) => Syntax::Ended(byte),
            None => Syntax::Quoted {
                blanks: match self.share {
                    Share::Replace(_) => Blanks::Belong,
                    _ => Blanks::Separate,
                },
                end: self.end.clone(),
            },
        }
    }

    fn command(&self, template: Template) -> CommandPlan {
        let feed = match &self.file {
            _ if self.open_tty => ChildStdin::Terminal,
            Some(_) => ChildStdin::Inherited,
            None => ChildStdin::Null,
        };
        let held = self.group || self.keep_order || self.tag;
        CommandPlan {
            capture: if held { Capture::Whole } else { Capture::Inherit },
            unread: OnClosedStdout::Fails,
            timeout: self.timeout,
            kill_after: PATIENCE,
            trace: match (self.interactive, self.verbose) {
                (true, _) => Trace::Ask,
                (_, true) => Trace::Direct,
                _ => Trace::Off,
            },
            variables: self
                .slot_var
                .iter()
                .map(|name| (name.clone(), ChildVar::Index))
                .collect(),
            // A command may want to read from the terminal. One that is to be ended has to be
            // ended as a whole.
            family: if self.timeout.is_some() {
                Family::Own
            } else {
                Family::Ours
            },
            ..CommandPlan::unresolved(template, feed)
        }
    }
}

fn go(plan: &Plan, command: &Arc<CommandPlan>) -> Result<u8, Refusal> {
    share_heap();
    if command.family == Family::Own {
        guardian::start().map_err(|cause| Refusal::of(&cause.into()))?;
    }
    let budget = Budget::new(plan.memory);
    let start = |_slot| -> Box<dyn Map> {
        Box::new(Command::new(
            Arc::clone(command),
            Decoder::new(budget.clone(), None),
        ))
    };
    let work = Work {
        map: &start,
        records: None,
        fold: None,
        to: Destination::Stdout,
        merge: None,
        give_up,
    };
    let summary = run(plan, &work).map_err(|error| Refusal::of(&error))?;
    Ok(code(&summary))
}

/// Ends the process where a worker can't be waited for.
fn give_up(summary: &Summary) -> ! {
    std::process::exit(i32::from(code(summary)))
}

/// The exit code. That any command failed in an ordinary way counts for more than what ended the
/// run, as with GNU xargs.
fn code(summary: &Summary) -> u8 {
    if let Some(signal) = summary.signal {
        signals::die_by_signal(signal);
    }
    let of_command = |failure: &&Failure| matches!(failure, Failure::Command { .. });
    let fatal = summary.fatal.iter().filter(of_command).count() as u64;
    if summary.failed > fatal {
        return FAILED;
    }
    match summary.fatal.first() {
        Some(Failure::Command { cause, .. }) => match cause {
            ChildOutcome::Exit(_) => ABORTED,
            ChildOutcome::Signal(_) | ChildOutcome::OutOfMemory => KILLED,
            ChildOutcome::NotStarted(cause) => match cause.kind() {
                io::ErrorKind::NotFound => NOT_FOUND,
                io::ErrorKind::ArgumentListTooLong => WRONG,
                _ => NOT_RUN,
            },
            ChildOutcome::TimedOut(_) => FAILED,
        },
        Some(_) => WRONG,
        None if summary.malformed || summary.damaged || summary.own_failures > 0 => WRONG,
        None => 0,
    }
}
