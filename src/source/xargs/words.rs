//! Lists of words as xargs reads them: with quotes, a line each, or between a given byte.
//!
//! POSIX says it under "xargs", INPUT FILES; what it leaves open is done as GNU does it. It does
//! not know how many words make a command line.

use super::error::XargsError;
use crate::job::Input;
use crate::plan::{Blanks, WordList as Plan, WordSyntax};
use crate::source::error::{InputResult, SourceError};
use crate::source::list::is_complete;
use crate::sys;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek as _, SeekFrom};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;

/// The words of one reader.
pub struct WordReader<R> {
    from: R,
    plan: Plan,
    /// The longest word that is taken now.
    longest: usize,
    /// Whether the next word is the first of its line.
    first: bool,
    /// Nothing more is read: the end, the logical end, or something malformed.
    over: bool,
    /// Whether there was a NUL in a quoted word.
    nul: bool,
    /// Whether that was told.
    warned: bool,
    /// What comes next, after what was told of it.
    held: Option<InputResult>,
}

/// Where the reader of quoted words is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a word.
    Between,
    /// In a word.
    Within,
    /// In a word, after this quote.
    Quoted(u8),
    /// In a word, after a backslash.
    Escaped,
}

/// What ended a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// A blank: the line goes on.
    Blank,
    /// A newline; a line whose last byte is a blank goes on after it.
    Newline { goes_on: bool },
    /// The end of the input.
    Input,
}

/// The words of a file or of standard input. Where they end before it does, it is left there for
/// who reads on.
pub struct ListedWords {
    words: WordReader<BufReader<File>>,
}

impl ListedWords {
    /// The words of the list that `plan` names.
    ///
    /// # Errors
    /// What the system said to opening it.
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

    /// Whether reading may have to wait for someone who writes.
    pub fn may_wait(&self) -> bool {
        !is_complete(self.words.from.get_ref().metadata())
    }
}

impl Iterator for ListedWords {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        let found = self.words.next();
        if self.words.over {
            // What can't be sought in was not someone else's to read on in.
            let unread = self.words.from.buffer().len() as i64;
            let _ = self.words.from.get_ref().seek(SeekFrom::Current(-unread));
        }
        found
    }
}

impl<R: BufRead> WordReader<R> {
    /// The words of `from`.
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

    /// The next byte, if there is one.
    fn byte(&mut self) -> Result<Option<u8>, XargsError> {
        loop {
            match self.from.fill_buf() {
                Ok(buffer) => {
                    let byte = buffer.first().copied();
                    self.from.consume(usize::from(byte.is_some()));
                    return Ok(byte);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(XargsError::Unreadable(cause)),
            }
        }
    }

    /// Takes bytes into `word` up to the next that is `special`.
    fn take_plain(&mut self, word: &mut Vec<u8>, special: impl Fn(u8) -> bool) {
        // Whatever keeps it from being read is told to who asks for the next byte.
        while let Ok(buffer) = self.from.fill_buf()
            && !buffer.is_empty()
            && word.len() <= self.longest
        {
            let plain = buffer.iter().position(|&b| special(b));
            let taken = plain.unwrap_or(buffer.len());
            word.extend_from_slice(&buffer[..taken]);
            self.from.consume(taken);
            if plain.is_some() {
                return;
            }
        }
    }

    /// The next word of a list whose words end with `end`; none at the end.
    fn ended(&mut self, end: u8) -> Result<Option<Input>, XargsError> {
        let mut word = Vec::new();
        self.take_plain(&mut word, |b| b == end);
        let last = self.byte()?;
        self.fits(&word)?;
        self.over = last.is_none();
        if self.over && word.is_empty() {
            return Ok(None);
        }
        // A word that holds a NUL ends there, as an argument does, and nobody is told.
        Ok(Some(input(word, true)))
    }

    /// The next word of a quoted list; none at its end.
    fn quoted(&mut self, blanks: Blanks, end: Option<&[u8]>) -> Result<Option<Input>, XargsError> {
        let mut word = Vec::new();
        let ended = self.quoted_word(blanks, &mut word);
        if ended.is_err() {
            // What is beyond it is not looked at.
            word.truncate(self.longest + 1);
        }
        self.nul |= memchr::memchr(0, &word).is_some();
        let ended = ended?;
        self.over = ended == End::Input;
        let first = std::mem::replace(&mut self.first, ended != End::Blank);
        // Without a newline, an end that is not alone on the last line is a word like others.
        let counts = first || ended != End::Input;
        if self.over && word.is_empty() {
            return Ok(None);
        }
        if counts && end == Some(cut_at_nul(&word)) {
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
            if state == State::Within {
                let from = word.len();
                self.take_plain(word, |b| match b {
                    b'\n' | b'\'' | b'"' | b'\\' => true,
                    b' ' | b'\t' => separate,
                    _ => false,
                });
                before = word[from..].last().copied().unwrap_or(before);
            }
            let byte = self.byte()?;
            self.fits(word)?;
            let Some(byte) = byte else {
                return match state {
                    // A quote with nothing after it is as good as nothing.
                    State::Quoted(quote) if !word.is_empty() => Err(XargsError::UnmatchedQuote(quote)),
                    _ => Ok(End::Input),
                };
            };
            state = match (state, byte) {
                (State::Between, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => {
                    // A line without a word is none, and a line that goes on has a next one.
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
            WordSyntax::Ended(end) => self.ended(*end),
            WordSyntax::Quoted { blanks, end } => {
                let (blanks, end) = (*blanks, end.clone());
                self.quoted(blanks, end.as_deref())
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

fn cut_at_nul(word: &[u8]) -> &[u8] {
    &word[..memchr::memchr(0, word).unwrap_or(word.len())]
}

#[cfg(test)]
mod tests;
