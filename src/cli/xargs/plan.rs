//! The plan of a run of xargs: which words go into one command, and how commands run.
//!
//! It does not know how options are spelled.

use super::options::{Options, Share};
use crate::plan::{
    ArgSpace, Batch, BatchLimit, BatchSplit, BatchWait, Blanks, Empty, FailurePlan, FailureStyle, HaltAt,
    InputSizes, Inputs, NameUse, Order, Partial, Plan, ProgressPlan, Schedule, SignalAction, Tag, Unit,
    WordList, WordSyntax,
};
use crate::process::{Capture, ChildStdin, ChildVar, CommandPlan, OnClosedStdout, Trace};
use crate::sys::{self, ProcessGroupOf};
use crate::template::Template;
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::time::Duration;

/// Returns the command line with its holes: where `-I` says, or at its end.
pub(super) fn template(command: &[OsString], share: &Share) -> Result<Template> {
    let hole = share.hole();
    if hole.is_some_and(OsStr::is_empty) && command.len() > 1 {
        bail!("command too long");
    }
    Ok(Template::from_words(command, hole))
}

/// What GNU xargs says when a command is too long before it has any word.
const NO_ROOM: &str = "cannot fit single argument within argument list size limit";

/// Returns the room for words in commands of at most `chars` bytes, and the longest that the first word and any
/// later one may be.
fn room(template: &Template, share: &Share, chars: usize) -> Result<(ArgSpace, [usize; 2])> {
    let mut lengths = template.lengths();
    let program = lengths.next().map_or(0, |(length, _)| length + 1);
    if share.hole().is_none() {
        let fixed: usize = lengths
            .filter(|&(_, holes)| holes == 0)
            .map(|(length, _)| length + 1)
            .sum();
        let total = chars.checked_sub(program + fixed).context(NO_ROOM)?;
        return Ok((ArgSpace::from_total(total), [total.saturating_sub(1); 2]));
    }
    // GNU xargs reads the first line before it looks at the command.
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
        // GNU xargs keeps two bytes free beside an argument.
        let left = chars.checked_sub(length + 2);
        let most = left.map_or(0, |left| left.checked_div(holes).unwrap_or(room.longest));
        room.longest = room.longest.min(most);
    }
    Ok((room, longest))
}

/// Returns the plan, for commands of at most `chars` bytes. It has no state.
pub(super) fn plan(options: &Options, command: &CommandPlan, chars: usize) -> Result<Plan> {
    let (room, longest) = room(&command.template, &options.share, chars)?;
    let words = WordList {
        file: options.file.clone(),
        syntax: syntax(options),
        longest,
    };
    let may_be_empty = options.not_empty || options.share.hole().is_some();
    Ok(Plan {
        inputs: Inputs::Words(words),
        unit: Unit::File,
        batch: batch(options, room, command.arg_space(u64::MAX, NonZeroUsize::MIN)),
        schedule: Schedule::Order,
        workers: options.procs.unwrap_or(NonZeroUsize::MAX),
        signals: SignalAction::Workers,
        order: if options.keep_order {
            Order::Input
        } else {
            Order::Finish
        },
        tag: if options.tag { Tag::Input } else { Tag::Off },
        partial: Partial::Discard,
        first: None,
        memory: sys::available_memory() / 4,
        tmpdir: std::env::temp_dir(),
        failures: FailurePlan {
            retries: options.retries,
            delay: Duration::ZERO,
            halt: HaltAt::Fatal,
            style: FailureStyle::Commands,
            list: None,
        },
        patience: command.kill_after,
        state: None,
        joblog: None,
        settling_time: Duration::ZERO,
        progress: ProgressPlan::None,
        counts_bytes: false,
        sizes: InputSizes::Looked,
        names: NameUse::Files,
        shard: None,
        deadline: None,
        side_files: Vec::new(),
        save: None,
        done: BTreeSet::new(),
        empty: if may_be_empty {
            Empty::Allowed
        } else {
            Empty::OneJob
        },
    })
}

/// Returns which words go into one command.
fn batch(options: &Options, room: ArgSpace, system: ArgSpace) -> Batch {
    let most = match options.share {
        Share::All => BatchLimit::Any,
        Share::Words(most) => BatchLimit::Inputs(most),
        Share::Lines(most) => BatchLimit::Lines(most),
        Share::Replace(_) => BatchLimit::Inputs(NonZeroUsize::MIN),
    };
    let strict = options.exit || matches!(options.share, Share::Lines(_) | Share::Replace(_));
    Batch::Xargs {
        most,
        room,
        system,
        split: match options.share {
            Share::All => BatchSplit::Allowed,
            _ if strict => BatchSplit::Refused,
            _ => BatchSplit::Allowed,
        },
        waiting: if strict { BatchWait::Drop } else { BatchWait::Run },
    }
}

fn syntax(options: &Options) -> WordSyntax {
    match options.ended_by {
        Some(byte) => WordSyntax::Ended(byte),
        None => WordSyntax::Quoted {
            blanks: match options.share {
                Share::Replace(_) => Blanks::Belong,
                _ => Blanks::Separate,
            },
            end: options.end.clone(),
        },
    }
}

/// Returns how each command runs.
pub(super) fn command(options: &Options, template: Template) -> CommandPlan {
    let stdin = match &options.file {
        _ if options.open_tty => ChildStdin::Terminal,
        Some(_) => ChildStdin::Inherited,
        None => ChildStdin::Null,
    };
    let whole = options.group || options.keep_order || options.tag;
    CommandPlan {
        capture: if whole { Capture::Whole } else { Capture::Inherit },
        unread: OnClosedStdout::Fails,
        timeout: options.timeout,
        trace: match (options.interactive, options.verbose) {
            (true, _) => Trace::Ask,
            (_, true) => Trace::Direct,
            _ => Trace::Off,
        },
        variables: options
            .slot_var
            .iter()
            .map(|name| (name.clone(), ChildVar::Index))
            .collect(),
        // A command may want to read from the terminal, so it stays in our process group. With --timeout
        // it gets its own, so that everything it started can be ended.
        group_of: if options.timeout.is_some() {
            ProcessGroupOf::Itself
        } else {
            ProcessGroupOf::Fanfold
        },
        ..CommandPlan::unresolved(template, stdin)
    }
}
