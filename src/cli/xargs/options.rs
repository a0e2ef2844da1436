//! The options of `fanfold xargs`, read in order: a later option may undo an earlier one.
//!
//! It does not know what a run makes of them.

use super::delimiter;
use super::getopt::{self, Spec, Takes};
use super::help;
use super::number::{self, NumberError};
use crate::cli::option_value::{file_name, retries, time_limit};
use crate::cli::usage_error::UsageError;
use crate::message;
use Takes::{Nothing, Optional, Required};
use anyhow::{Result, anyhow, bail};
use std::ffi::{OsStr, OsString};
use std::mem;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// The options, in the order in which getopt_long(3) lists them when a name is ambiguous.
const SPECS: &[Spec<Options>] = &[
    Spec::new("0", "null", Nothing(|o| o.ended_by = Some(0))),
    Spec::new(
        "a",
        "arg-file",
        Required(|o, file| set(&mut o.file, Ok(Some(file.into())))),
    ),
    Spec::new(
        "d",
        "delimiter",
        Required(|o, t| set(&mut o.ended_by, delimiter::read(t).map(Some))),
    ),
    Spec::new(
        "e",
        "eof",
        Optional(|o, end| set(&mut o.end, Ok(end.and_then(end_word)))),
    ),
    Spec::new("E", "", Required(|o, end| set(&mut o.end, Ok(end_word(end))))),
    Spec::new(
        "i",
        "replace",
        Optional(|o, hole| o.replace(hole.unwrap_or("{}".as_ref()))),
    ),
    Spec::new("I", "", Required(Options::replace)),
    Spec::new(
        "l",
        "max-lines",
        Optional(|o, n| o.lines(n.unwrap_or("1".as_ref()), 'l', "--max-lines/-l")),
    ),
    Spec::new("L", "", Required(|o, n| o.lines(n, 'L', "-L"))),
    Spec::new("n", "max-args", Required(Options::args)),
    Spec::new("o", "open-tty", Nothing(|o| o.open_tty = true)),
    Spec::new("p", "interactive", Nothing(|o| o.interactive = true)),
    Spec::new("r", "no-run-if-empty", Nothing(|o| o.not_empty = true)),
    Spec::new(
        "s",
        "max-chars",
        Required(|o, n| set(&mut o.chars, chars(n, o.most_chars).map(Some))),
    ),
    Spec::new("t", "verbose", Nothing(|o| o.verbose = true)),
    Spec::new("", "show-limits", Nothing(|o| o.limits = true)),
    Spec::new("x", "exit", Nothing(|o| o.exit = true)),
    Spec::new("P", "max-procs", Required(|o, n| set(&mut o.procs, procs(n)))),
    Spec::new(
        "",
        "process-slot-var",
        Required(|o, name| set(&mut o.slot_var, slot_var(name).map(Some))),
    ),
    Spec::new(
        "",
        "version",
        Nothing(|o| o.print = o.print.or(Some(help::version))),
    ),
    Spec::new("", "help", Nothing(|o| o.print = o.print.or(Some(help::text)))),
    own("group", Nothing(|o| o.group = true)),
    own("keep-order", Nothing(|o| o.keep_order = true)),
    own("tag", Nothing(|o| o.tag = true)),
    own(
        "timeout",
        Required(|o, t| {
            set(
                &mut o.timeout,
                shared("timeout", t, time_limit(&t.to_string_lossy())).map(Some),
            )
        }),
    ),
    own(
        "retries",
        Required(|o, t| {
            set(
                &mut o.retries,
                shared("retries", t, retries(&t.to_string_lossy())),
            )
        }),
    ),
    own(
        "state",
        Required(|o, t| set(&mut o.state, shared("state", t, file_name(t)).map(Some))),
    ),
];

/// Returns an option that GNU xargs does not have. It can't be cut short, so that each shortened name means what
/// it means to GNU xargs.
const fn own(long: &'static str, takes: Takes<Options>) -> Spec<Options> {
    Spec {
        shortens: false,
        ..Spec::new("", long, takes)
    }
}

/// What all options say together.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// `--help`, `--version`: returns the text to print in place of a run.
    pub(super) print: Option<fn() -> String>,
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
    /// The largest value of `-s`.
    most_chars: usize,
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
    pub(super) limits: bool,
    pub(super) slot_var: Option<String>,
    pub(super) group: bool,
    pub(super) keep_order: bool,
    pub(super) tag: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: u32,
    /// `--state`: the file that remembers which commands succeeded.
    pub(super) state: Option<PathBuf>,
}

/// What goes into one command.
#[derive(Debug, Default)]
pub(super) enum Share {
    /// As many words as fit.
    #[default]
    All,
    /// At most this many words.
    Words(NonZeroUsize),
    /// The words of this many lines.
    Lines(NonZeroUsize),
    /// One line as a word, in each place of this string.
    Replace(OsString),
}

/// Reads the options at the beginning of `words`, and prints warnings about them. Returns the words after them
/// too. No command line may be longer than `most_chars`.
pub(super) fn read(words: &[OsString], most_chars: usize) -> Result<(Options, &[OsString])> {
    let mut options = Options {
        procs: NonZeroUsize::new(1),
        most_chars,
        ..Options::default()
    };
    let read = getopt::read(SPECS, words, &mut options);
    if options.print.is_some() {
        // What comes after --help or --version does not count, right or wrong.
        return Ok((options, &[]));
    }
    let command = read?;
    if options.end.is_some() && options.ended_by.is_some() {
        message::say("warning: the -E option has no effect if -0 or -d is used.\n");
    }
    Ok((options, command))
}

impl Share {
    /// Returns the string that a line takes the place of.
    pub(super) fn hole(&self) -> Option<&OsStr> {
        match self {
            Share::Replace(hole) => Some(hole),
            _ => None,
        }
    }
}

impl Options {
    fn replace(&mut self, hole: &OsStr) -> Result<()> {
        self.share(Share::Replace(hole.to_owned()), "--replace/-I/-i");
        Ok(())
    }

    fn args(&mut self, typed: &OsStr) -> Result<()> {
        let most = at_least_one(typed, 'n')?;
        // A replacement takes one word anyway.
        if most > NonZeroUsize::MIN || !matches!(self.share, Share::Replace(_)) {
            self.share(Share::Words(most), "--max-args/-n");
        }
        Ok(())
    }

    fn lines(&mut self, typed: &OsStr, letter: char, shown: &str) -> Result<()> {
        self.share(Share::Lines(at_least_one(typed, letter)?), shown);
        Ok(())
    }

    /// Sets what goes into one command. Prints a warning when this undoes an earlier option of another kind.
    fn share(&mut self, share: Share, shown: &str) {
        let earlier = match self.share {
            Share::All => None,
            Share::Words(_) => Some("--max-args"),
            Share::Lines(_) => Some("--max-lines"),
            Share::Replace(_) => Some("--replace"),
        };
        if let Some(earlier) = earlier
            && mem::discriminant(&self.share) != mem::discriminant(&share)
        {
            message::say(format_args!(
                "warning: options {earlier} and {shown} are mutually exclusive, ignoring previous {earlier} value"
            ));
        }
        self.share = share;
    }
}

fn set<T>(place: &mut T, value: Result<T>) -> Result<()> {
    *place = value?;
    Ok(())
}

fn end_word(word: &OsStr) -> Option<Vec<u8>> {
    Some(word.as_bytes().to_vec()).filter(|word| !word.is_empty())
}

fn at_least_one(typed: &OsStr, letter: char) -> Result<NonZeroUsize, UsageError> {
    let number = number::read(typed, letter, 1, i64::MAX as usize)?;
    Ok(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN))
}

/// Parses the value of `-s`. Prints a warning about one that is out of bounds, and takes the nearest.
fn chars(typed: &OsStr, most: usize) -> Result<usize> {
    match number::read(typed, 's', 1, most) {
        Err(NumberError {
            what,
            nearest: Some(nearest),
        }) => {
            message::say(what);
            Ok(nearest)
        }
        read => Ok(read.map_err(UsageError::from)?),
    }
}

/// The largest value of `-P`.
pub(super) const MOST_PROCS: i32 = i32::MAX;

fn procs(typed: &OsStr) -> Result<Option<NonZeroUsize>> {
    let number = number::read(typed, 'P', 0, MOST_PROCS as usize);
    Ok(NonZeroUsize::new(number.map_err(UsageError::from)?))
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
fn shared<T>(long: &str, typed: &OsStr, parsed: Result<T, String>) -> Result<T> {
    let shown = message::display_name(typed);
    parsed.map_err(|why| UsageError(format!("invalid value '{shown}' for '--{long}': {why}")).into())
}
