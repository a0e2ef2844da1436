//! The command line of the jobs: its template, and how each is run.
//!
//! It does not know where values come from.

use super::options::Options;
use super::pipe_file;
use super::shell::{direct_program, shell};
use super::value::Timeout;
use crate::process::{
    Capture, ChildStdin, ChildVar, CommandPlan, MedianLimit, OnClosedStdout, StartGate, Trace,
};
use crate::sys::ProcessGroupOf;
use crate::template::{Holes, Line, LineQuoting, Repeat, Template};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// Returns the command line, in which `holes` are filled.
pub(super) fn line(command: &[OsString], holes: &Holes, options: &Options) -> Line {
    let repeat = repeat(options);
    if options.command.shell_quotes > 0 {
        let words: Vec<_> = command
            .iter()
            .map(|word| word.as_bytes())
            .chain([&b"{}"[..]])
            .collect();
        let line = Line::new(&words, &Holes::default(), LineQuoting::Values, Repeat::Value);
        return line.quoted_times(options.command.shell_quotes);
    }
    if command.is_empty() {
        // Values are commands.
        return Line::new(&[b"{}"], &Holes::default(), LineQuoting::Nothing, Repeat::Value);
    }
    let words: Vec<_> = command.iter().map(|word| word.as_bytes()).collect();
    if let Some(file) = options.pipe.file {
        let script = pipe_file::script(file, &words.join(&b' '), &options.output.directory());
        return Line::new(&[&script], holes, LineQuoting::Values, repeat);
    }
    let quoting = match (options.command.quote, options.inputs.most()) {
        (true, _) => LineQuoting::Words,
        // The values are empty, and leave nothing behind.
        (false, Some(0)) => LineQuoting::Nothing,
        (false, _) if begins_with_hole(words[0], holes) => LineQuoting::Nothing,
        (false, _) => LineQuoting::Values,
    };
    let mut line = Line::new(&words, holes, quoting, repeat);
    let is_unseen = options.inputs.most() == Some(0) && options.command.quote;
    if !line.has_hole() && !is_unseen && !options.pipe.on {
        line.append_values(repeat);
    }
    line
}

/// Returns what is repeated for each of several values.
fn repeat(options: &Options) -> Repeat {
    let inputs = &options.inputs;
    match inputs.fill {
        // With `-N`, words are repeated even where another option says that values are.
        _ if inputs.replaced_args.is_some() => Repeat::Word,
        Some(fill) => fill.repeat,
        None if options.command.repeats_words || inputs.most() == Some(0) => Repeat::Word,
        None => Repeat::Value,
    }
}

/// Returns whether a command begins with a value: then values are commands, or begin them.
fn begins_with_hole(word: &[u8], holes: &Holes) -> bool {
    let begins = |end: usize| {
        let line = Line::new(&[&word[..=end]], holes, LineQuoting::Nothing, Repeat::Value);
        line.has_hole()
    };
    let is_brace = word.first() == Some(&b'{');
    is_brace && memchr::memchr(b'}', word).is_some_and(begins)
}

/// Returns how each command runs.
pub(super) fn plan(line: Line, holes: &Holes, options: &Options) -> CommandPlan {
    let output = &options.output;
    let text =
        |text: &OsStr, holes: &Holes, quoting| Line::new(&[text.as_bytes()], holes, quoting, Repeat::Value);
    let directory = options.command.wd.as_deref();
    let directory = directory
        .filter(|wd| *wd != ".")
        .map(|wd| text(wd, holes, LineQuoting::Words));
    let shell = shell();
    let template = match direct_program(&line, &shell).filter(|_| directory.is_none()) {
        Some(program) => Template::direct_line(&program, line),
        None => Template::script_line(&shell, line, directory),
    };
    let label = match &output.tag_string {
        Some(tag) => {
            let words = [tag.as_bytes()];
            Some(Line::new(&words, holes, LineQuoting::Nothing, repeat(options)))
        }
        None => output
            .tag
            .then(|| text(OsStr::new("{}"), &Holes::default(), LineQuoting::Nothing)),
    };
    let stdin = match (options.pipe.on, options.pipe.tee) {
        (_, true) => ChildStdin::Spooled,
        (true, false) => ChildStdin::Blocks,
        (false, false) => ChildStdin::Null,
    };
    let variables = [
        ("PARALLEL_SEQ", ChildVar::Job),
        ("PARALLEL_JOBSLOT", ChildVar::Slot),
        ("PARALLEL_PID", ChildVar::Fixed(std::process::id())),
    ];
    let variables = variables.map(|(name, var)| (name.to_owned(), var)).into_iter();
    let slot_variable = options.command.slot_variable.clone();
    let variables = variables.chain(slot_variable.map(|name| (name, ChildVar::Index)));
    let (timeout, median) = match options.running.timeout {
        Some(Timeout::After(time)) => (Some(time), None),
        Some(Timeout::Medians(factor)) => (None, Some(MedianLimit::new(factor))),
        None => (None, None),
    };
    CommandPlan {
        capture: if output.ungroup && output.results.is_none() && !output.files {
            Capture::Inherit
        } else {
            Capture::Whole
        },
        unread: OnClosedStdout::Ends,
        timeout,
        median,
        kill_after: options.running.kill_after,
        trace: match (output.verbose, output.trace) {
            (true, _) => Trace::Stdout,
            (_, true) => Trace::StderrAtOnce,
            _ => Trace::Off,
        },
        ok_exit: options.running.ok_exit.clone(),
        variables: variables.collect(),
        group_of: ProcessGroupOf::Itself,
        label,
        gate: StartGate::new(options.running.delay, options.running.conditions.clone()),
        ..CommandPlan::unresolved(template, stdin)
    }
}
