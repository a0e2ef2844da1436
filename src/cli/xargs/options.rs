//! The options of `fanfold xargs`, read in order: a later option may undo an earlier one.
//!
//! It does not know what a run makes of them.

use super::delimiter;
use super::getopt::{self, Spec, Value};
use super::number::{self, Bounds};
use crate::cli::option_value::{file_name, retries, time_limit};
use crate::cli::usage_error::UsageError;
use crate::message;
use anyhow::{Result, anyhow, bail};
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// The options by their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Null,
    ArgFile,
    Delimiter,
    /// `-E END`
    End,
    /// `-e[END]`
    EndOrNone,
    /// `-I R`
    Replace,
    /// `-i[R]`
    ReplaceOrBraces,
    /// `-L N`
    Lines,
    /// `-l[N]`
    LinesOrOne,
    Args,
    OpenTty,
    Interactive,
    NotEmpty,
    Chars,
    Verbose,
    Limits,
    Exit,
    Procs,
    SlotVar,
    Version,
    Help,
    Group,
    KeepOrder,
    Tag,
    Timeout,
    Retries,
    State,
}

/// The options, in the order in which getopt_long(3) lists them when a name is ambiguous.
const SPECS: &[Spec<Name>] = &[
    Spec::new(Name::Null, Some('0'), Some("null"), Value::None),
    Spec::new(Name::ArgFile, Some('a'), Some("arg-file"), Value::Required),
    Spec::new(Name::Delimiter, Some('d'), Some("delimiter"), Value::Required),
    Spec::new(Name::EndOrNone, Some('e'), Some("eof"), Value::Optional),
    Spec::new(Name::End, Some('E'), None, Value::Required),
    Spec::new(Name::ReplaceOrBraces, Some('i'), Some("replace"), Value::Optional),
    Spec::new(Name::Replace, Some('I'), None, Value::Required),
    Spec::new(Name::LinesOrOne, Some('l'), Some("max-lines"), Value::Optional),
    Spec::new(Name::Lines, Some('L'), None, Value::Required),
    Spec::new(Name::Args, Some('n'), Some("max-args"), Value::Required),
    Spec::new(Name::OpenTty, Some('o'), Some("open-tty"), Value::None),
    Spec::new(Name::Interactive, Some('p'), Some("interactive"), Value::None),
    Spec::new(Name::NotEmpty, Some('r'), Some("no-run-if-empty"), Value::None),
    Spec::new(Name::Chars, Some('s'), Some("max-chars"), Value::Required),
    Spec::new(Name::Verbose, Some('t'), Some("verbose"), Value::None),
    Spec::new(Name::Limits, None, Some("show-limits"), Value::None),
    Spec::new(Name::Exit, Some('x'), Some("exit"), Value::None),
    Spec::new(Name::Procs, Some('P'), Some("max-procs"), Value::Required),
    Spec::new(Name::SlotVar, None, Some("process-slot-var"), Value::Required),
    Spec::new(Name::Version, None, Some("version"), Value::None),
    Spec::new(Name::Help, None, Some("help"), Value::None),
    own(Name::Group, "group", Value::None),
    own(Name::KeepOrder, "keep-order", Value::None),
    own(Name::Tag, "tag", Value::None),
    own(Name::Timeout, "timeout", Value::Required),
    own(Name::Retries, "retries", Value::Required),
    own(Name::State, "state", Value::Required),
];

/// Returns an option that GNU xargs does not have. It can't be cut short, so that each shortened name means what
/// it means to GNU xargs.
const fn own(name: Name, long: &'static str, value: Value) -> Spec<Name> {
    Spec {
        name,
        short: None,
        long: Some(long),
        value,
        shortens: false,
    }
}

/// What the options ask for.
pub(super) enum Flags {
    /// A run: the options, and how many words they take.
    Run(Box<Options>, usize),
    /// The help.
    Help,
    /// The version.
    Version,
}

/// What all options say together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    /// `-a`: the file of words.
    pub(super) file: Option<OsString>,
    /// `-0`, `-d`: the byte that ends a word; none: blanks and newlines do.
    pub(super) ended_by: Option<u8>,
    /// `-E`, `-e`: the word that ends the list.
    pub(super) end: Option<Vec<u8>>,
    /// `-n`, `-L`, `-l`, `-I`, `-i`: what goes into one command.
    pub(super) share: Share,
    /// `-s`: the longest command line; none: the usual length.
    pub(super) chars: Option<usize>,
    /// `-x`: whether a command line that gets too long ends the run.
    pub(super) exit: bool,
    /// `-P`: how many commands run at a time; none: as many as possible.
    pub(super) procs: Option<NonZeroUsize>,
    /// `-r`: whether nothing runs without words.
    pub(super) not_empty: bool,
    /// `-o`: whether commands read from the terminal.
    pub(super) open_tty: bool,
    /// `-p`: whether the user is asked before each command.
    pub(super) interactive: bool,
    /// `-t`: whether each command is printed.
    pub(super) verbose: bool,
    /// `--show-limits`
    pub(super) limits: bool,
    /// `--process-slot-var`
    pub(super) slot_var: Option<String>,
    /// `--group`
    pub(super) group: bool,
    /// `--keep-order`
    pub(super) keep_order: bool,
    /// `--tag`
    pub(super) tag: bool,
    /// `--timeout`
    pub(super) timeout: Option<Duration>,
    /// `--retries`
    pub(super) retries: u32,
    /// `--state`: the file that remembers which commands succeeded.
    pub(super) state: Option<PathBuf>,
}

/// What goes into one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Share {
    /// As many words as fit.
    All,
    /// At most this many words.
    Words(NonZeroUsize),
    /// The words of this many lines.
    Lines(NonZeroUsize),
    /// One line as a word, in each place of this string.
    Replace(OsString),
}

impl Default for Options {
    fn default() -> Self {
        Options {
            file: None,
            ended_by: None,
            end: None,
            share: Share::All,
            chars: None,
            exit: false,
            procs: NonZeroUsize::new(1),
            not_empty: false,
            open_tty: false,
            interactive: false,
            verbose: false,
            limits: false,
            slot_var: None,
            group: false,
            keep_order: false,
            tag: false,
            timeout: None,
            retries: 0,
            state: None,
        }
    }
}

/// Reads the options at the beginning of `words`, and prints warnings about them. No command line may be longer
/// than `most`.
///
/// # Errors
/// The first thing that is wrong with them; [`UsageError`] when reading the help may help.
pub(super) fn read(words: &[OsString], most: usize) -> Result<Flags> {
    let (typed, end) = getopt::options(SPECS, words);
    let mut options = Options::default();
    for (name, value) in typed {
        match name {
            Name::Help => return Ok(Flags::Help),
            Name::Version => return Ok(Flags::Version),
            _ => options.take(name, value, most)?,
        }
    }
    let words = end.map_err(|error| UsageError(error.to_string()))?;
    if options.end.is_some() && options.ended_by.is_some() {
        message::say("warning: the -E option has no effect if -0 or -d is used.\n");
    }
    Ok(Flags::Run(Box::new(options), words))
}

impl Options {
    fn take(&mut self, name: Name, value: Option<OsString>, most: usize) -> Result<()> {
        let given = value.clone().unwrap_or_default();
        let text = given.to_string_lossy();
        match name {
            Name::Null => self.ended_by = Some(0),
            Name::Delimiter => self.ended_by = Some(delimiter::read(&given)?),
            Name::ArgFile => self.file = value,
            Name::End | Name::EndOrNone => {
                self.end = Some(given.into_vec()).filter(|end| !end.is_empty());
            }
            Name::Replace => self.replace(given),
            Name::ReplaceOrBraces => self.replace(value.unwrap_or_else(|| "{}".into())),
            Name::Lines => self.lines(&given, 'L', "-L")?,
            Name::LinesOrOne => {
                self.lines(&value.unwrap_or_else(|| "1".into()), 'l', "--max-lines/-l")?;
            }
            Name::Args => self.args(&given)?,
            Name::Chars => self.chars = Some(chars(&given, most)?),
            Name::Procs => self.procs = procs(&given)?,
            Name::Exit => self.exit = true,
            Name::NotEmpty => self.not_empty = true,
            Name::OpenTty => self.open_tty = true,
            Name::Interactive => self.interactive = true,
            Name::Verbose => self.verbose = true,
            Name::Limits => self.limits = true,
            Name::SlotVar => self.slot_var = Some(slot_var(&given)?),
            Name::Group => self.group = true,
            Name::KeepOrder => self.keep_order = true,
            Name::Tag => self.tag = true,
            Name::Timeout => self.timeout = Some(shared("--timeout", &given, time_limit(&text))?),
            Name::Retries => self.retries = shared("--retries", &given, retries(&text))?,
            Name::State => self.state = Some(shared("--state", &given, file_name(&given))?),
            Name::Help | Name::Version => {}
        }
        Ok(())
    }

    fn replace(&mut self, hole: OsString) {
        match self.share {
            Share::Words(_) => self.undo("--max-args", "--replace/-I/-i"),
            Share::Lines(_) => self.undo("--max-lines", "--replace/-I/-i"),
            Share::All | Share::Replace(_) => {}
        }
        self.share = Share::Replace(hole);
    }

    fn args(&mut self, typed: &OsStr) -> Result<()> {
        let most = at_least_one(typed, 'n')?;
        match self.share {
            // A replacement takes one word anyway.
            Share::Replace(_) if most == NonZeroUsize::MIN => return Ok(()),
            Share::Replace(_) => self.undo("--replace", "--max-args/-n"),
            Share::Lines(_) => self.undo("--max-lines", "--max-args/-n"),
            Share::All | Share::Words(_) => {}
        }
        self.share = Share::Words(most);
        Ok(())
    }

    fn lines(&mut self, typed: &OsStr, letter: char, shown: &str) -> Result<()> {
        let most = at_least_one(typed, letter)?;
        match self.share {
            Share::Words(_) => self.undo("--max-args", shown),
            Share::Replace(_) => self.undo("--replace", shown),
            Share::All | Share::Lines(_) => {}
        }
        self.share = Share::Lines(most);
        Ok(())
    }

    fn undo(&self, earlier: &str, later: &str) {
        message::say(format_args!(
            "warning: options {earlier} and {later} are mutually exclusive, ignoring previous {earlier} value"
        ));
    }
}

fn at_least_one(typed: &OsStr, letter: char) -> Result<NonZeroUsize> {
    let most = i64::MAX;
    let number = number::read(typed, letter, Bounds { least: 1, most })?;
    let number = number.map_err(|beyond| UsageError(beyond.what))?;
    Ok(NonZeroUsize::new(number.unsigned_abs() as usize).unwrap_or(NonZeroUsize::MIN))
}

/// Parses the value of `-s`. Prints a warning about one that is out of bounds, and takes the nearest.
fn chars(typed: &OsStr, most: usize) -> Result<usize> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let number = number::read(typed, 's', Bounds { least: 1, most })?.unwrap_or_else(|beyond| {
        message::say(&beyond.what);
        beyond.nearest
    });
    Ok(number.unsigned_abs() as usize)
}

/// The largest value of `-P`.
pub(super) const MOST_PROCS: i32 = i32::MAX;

fn procs(typed: &OsStr) -> Result<Option<NonZeroUsize>> {
    let most = i64::from(MOST_PROCS);
    let number = number::read(typed, 'P', Bounds { least: 0, most })?;
    let number = number.map_err(|beyond| UsageError(beyond.what))?;
    Ok(NonZeroUsize::new(number.unsigned_abs() as usize))
}

fn slot_var(typed: &OsStr) -> Result<String> {
    let refused = |why: &str| {
        let what = format!(
            "failed to unset environment variable {}: {why}",
            message::display_name(typed)
        );
        Err(anyhow!(what))
    };
    match typed.to_str() {
        Some("") => refused("Invalid argument"),
        Some(name) if name.contains('=') => {
            bail!("option --process-slot-var may not be set to a value which includes `='")
        }
        Some(name) => Ok(name.to_owned()),
        None => refused("not valid UTF-8"),
    }
}

/// Names the option in the error of a parser that fanfold's own command line has too.
fn shared<T>(option: &str, typed: &OsStr, parsed: Result<T, String>) -> Result<T, UsageError> {
    let shown = message::display_name(typed);
    parsed.map_err(|why| UsageError(format!("invalid value '{shown}' for '{option}': {why}")))
}
