//! Reads lists of words as xargs does: with quotes, one a line, or separated by a given byte.
//!
//! The syntax is specified by POSIX under "xargs", INPUT FILES; what POSIX leaves open is done as GNU xargs
//! does it. This file does not know how many words make a command line.

use super::error::XargsError;
use crate::job::Input;
use crate::plan::{Blanks, WordList as Plan, WordSyntax};
use crate::source::error::{InputResult, SourceError};
use crate::sys;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;

/// Reads the words of one list.
pub struct WordReader<R> {
    from: R,
    plan: Plan,
    /// The longest word that is accepted now.
    longest: usize,
    /// Whether the next word is the first on its line.
    first: bool,
    /// Whether reading is over: at the end, at the logical end, or after an error.
    over: bool,
    /// Whether a quoted word held a NUL.
    nul: bool,
    /// Whether that was reported.
    warned: bool,
    /// The item that follows the report.
    held: Option<InputResult>,
}

/// The position of the reader of quoted words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a word.
    Between,
    /// In a word.
    Within,
    /// In a word, between two of this quote.
    Quoted(u8),
    /// In a word, after a backslash.
    Escaped,
}

/// What ends a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// A blank; the line goes on.
    Blank,
    /// A newline; after a blank as its last byte, the line goes on in the next one.
    Newline { goes_on: bool },
    /// The end of the input.
    Input,
}

/// The words of a file or of standard input. If the words end before the file does, its position is left
/// behind the last word, so that a child can read on from there.
pub struct ListedWords {
    words: WordReader<BufReader<File>>,
}

impl ListedWords {
    /// Opens the list that `plan` names.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn open(plan: &Plan) -> io::Result<Self> {
        let file = match &plan.file {
            Some(name) => File::open(name)?,
            None => sys::Stdin::new().as_fd().try_clone_to_owned()?.into(),
        };
        let from = BufReader::with_capacity(1 << 16, file);
        Ok(ListedWords {
            words: WordReader::new(from, plan.clone()),
        })
    }
}

impl Iterator for ListedWords {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        let found = self.words.next();
        if self.words.over {
            // In a pipe this fails, and nobody can read on there anyway.
            let unread = self.words.from.buffer().len() as i64;
            let _ = self.words.from.get_ref().seek(SeekFrom::Current(-unread));
        }
        found
    }
}

impl<R: BufRead> WordReader<R> {
    /// Reads words from `from`.
    pub fn new(from: R, plan: Plan) -> Self {
        WordReader {
            from,
            longest: plan.longest[0],
            plan,
            first: true,
            over: false,
            nul: false,
            warned: false,
            held: None,
        }
    }

    /// Returns the next word of a list whose words end with `end`; `None` at the end.
    fn next_ended(&mut self, end: u8) -> Result<Option<Input>, XargsError> {
        let mut word = Vec::new();
        let most = (self.longest as u64).saturating_add(1);
        let read = self.from.by_ref().take(most).read_until(end, &mut word);
        read.map_err(XargsError::Unreadable)?;
        self.over = word.pop_if(|last| *last == end).is_none();
        self.fits(&word)?;
        if self.over && word.is_empty() {
            return Ok(None);
        }
        // A word with a NUL ends there, as an argument does; GNU xargs does not warn of it here.
        Ok(Some(input(word, true)))
    }

    /// Returns the next word of a quoted list; `None` at the end.
    fn next_quoted(&mut self, blanks: Blanks, end: Option<&[u8]>) -> Result<Option<Input>, XargsError> {
        let mut word = Vec::new();
        let ended = self.quoted_word(blanks, &mut word);
        self.nul |= memchr::memchr(0, &word).is_some();
        let ended = ended?;
        self.over = ended == End::Input;
        let first = std::mem::replace(&mut self.first, ended != End::Blank);
        // On a last line without a newline, the end string is an ordinary word unless it is the first.
        let counts = first || ended != End::Input;
        if self.over && word.is_empty() {
            return Ok(None);
        }
        if counts && end == Some(before_nul(&word)) {
            self.over = true;
            return Ok(None);
        }
        Ok(Some(input(
            word,
            matches!(ended, End::Newline { goes_on: false }),
        )))
    }

    fn quoted_word(&mut self, blanks: Blanks, word: &mut Vec<u8>) -> Result<End, XargsError> {
        let separate = blanks == Blanks::Separate;
        let (mut state, mut before) = (State::Between, b'\n');
        loop {
            let byte = self.from.by_ref().bytes().next().transpose();
            let byte = byte.map_err(XargsError::Unreadable)?;
            self.fits(word)?;
            let Some(byte) = byte else {
                return match state {
                    // An open quote around nothing is ignored at the end of the input.
                    State::Quoted(quote) if !word.is_empty() => Err(XargsError::UnmatchedQuote(quote)),
                    _ => Ok(End::Input),
                };
            };
            state = match (state, byte) {
                (State::Between, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => {
                    // Empty lines are skipped, and so is the newline of a line that goes on.
                    State::Between
                }
                (State::Within, b'\n') => {
                    let goes_on = is_blank(before);
                    return Ok(End::Newline { goes_on });
                }
                (State::Within, b) if separate && is_blank(b) => {
                    return Ok(End::Blank);
                }
                (State::Between | State::Within, b'\\') => State::Escaped,
                (State::Between | State::Within, b @ (b'\'' | b'"')) => State::Quoted(b),
                (State::Quoted(quote), b'\n') => return Err(XargsError::UnmatchedQuote(quote)),
                (State::Quoted(quote), b) if b == quote => State::Within,
                (State::Quoted(_), b) => {
                    word.push(b);
                    state
                }
                (_, b) => {
                    word.push(b);
                    State::Within
                }
            };
            before = byte;
        }
    }

    fn fits(&self, word: &[u8]) -> Result<(), XargsError> {
        match word.len() <= self.longest {
            true => Ok(()),
            false => Err(XargsError::WordTooLong),
        }
    }
}

impl<R: BufRead> Iterator for WordReader<R> {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        if self.over {
            return None;
        }
        let found = match &self.plan.syntax {
            WordSyntax::Ended(end) => self.next_ended(*end),
            WordSyntax::Quoted { blanks, end } => {
                let (blanks, end) = (*blanks, end.clone());
                self.next_quoted(blanks, end.as_deref())
            }
        };
        self.over |= found.is_err();
        self.longest = self.plan.longest[1];
        let found = found.map_err(SourceError::Malformed).transpose();
        if self.nul && !std::mem::replace(&mut self.warned, true) {
            self.held = found;
            return Some(Err(SourceError::AfterNul));
        }
        found
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn input(word: Vec<u8>, ends_line: bool) -> Input {
    Input::Word {
        word: OsString::from_vec(word),
        ends_line,
    }
}

fn before_nul(word: &[u8]) -> &[u8] {
    &word[..memchr::memchr(0, word).unwrap_or(word.len())]
}

#[cfg(test)]
mod tests;
