//! What a file's decompressed bytes are: lines of text, which are passed on as UTF-8 without a byte-order mark,
//! or something that is no log.
//!
//! It does not know how the bytes were compressed, only by which codec.

use super::foreign::{self, Verdict};
use super::marked_text::MarkedText;
use crate::job::Trust;
use std::ops::ControlFlow;

/// What the reader of a file wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Its bytes, whatever they are.
    Bytes,
    /// Lines of text.
    Lines,
}

/// Why a file is not read.
#[derive(Debug)]
pub(super) struct NoLog {
    /// What it is, with an article.
    pub what: &'static str,
    /// The command that prints what is in it; `{}` is its name.
    pub unpack: String,
}

/// Looks at the first bytes of a file and decodes the rest accordingly.
pub(super) struct ContentSink<'a> {
    pub wanted: Wanted,
    /// The name of the codec that the bytes come from.
    pub codec: &'static str,
    /// Whether what is no log is told.
    pub checks: bool,
    /// Returns the name of the codec of compressed data that begin so.
    pub recognise: fn(&[u8]) -> Option<&'static str>,
    pub out: &'a mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    pub state: State,
    pub no_log: Option<NoLog>,
}

/// How far a file was looked at.
pub(super) enum State {
    /// Its first bytes do not tell yet what it is.
    Head(Vec<u8>),
    /// It is passed on as it is.
    Plain,
    /// Its lines are.
    Text(MarkedText),
}

impl ContentSink<'_> {
    /// Takes the next bytes of the file.
    pub fn give(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        match &mut self.state {
            State::Plain => (self.out)(block, trust),
            State::Text(text) => text.give(block, trust, self.out),
            State::Head(head) if head.is_empty() => self.begin(block, false, trust),
            State::Head(head) => {
                head.extend_from_slice(block);
                let head = std::mem::take(head);
                self.begin(&head, false, trust)
            }
        }
    }

    /// Ends the file. Returns a warning about it.
    pub fn end(&mut self) -> Option<&'static str> {
        match &mut self.state {
            State::Plain => None,
            State::Head(head) => {
                let head = std::mem::take(head);
                if self.no_log.is_none() && !head.is_empty() {
                    let _ = self.begin(&head, true, Trust::Provisional);
                    return self.end();
                }
                None
            }
            State::Text(text) => text.end(self.out),
        }
    }

    /// Decides by the first bytes, when they are enough or all of the file, and passes them on.
    fn begin(&mut self, head: &[u8], ended: bool, trust: Trust) -> ControlFlow<()> {
        if self.checks {
            let seen = &head[..head.len().min(foreign::HEAD)];
            match self.judge(seen, ended) {
                Ok(no_log) => {
                    self.no_log = Some(no_log);
                    return ControlFlow::Break(());
                }
                Err(Verdict::Maybe) if seen.len() < foreign::HEAD => return self.wait(head),
                Err(_) => {}
            }
        }
        self.state = match self.wanted {
            Wanted::Lines => State::Text(MarkedText::new()),
            Wanted::Bytes => State::Plain,
        };
        self.give(head, trust)
    }

    fn wait(&mut self, head: &[u8]) -> ControlFlow<()> {
        self.state = State::Head(head.to_vec());
        ControlFlow::Continue(())
    }

    /// Returns why the file is no log, or whether it may still be none.
    fn judge(&self, head: &[u8], ended: bool) -> Result<NoLog, Verdict> {
        let is_nested = self.codec != "plain";
        if self.wanted == Wanted::Lines
            && is_nested
            && let Some(inner) = (self.recognise)(head)
        {
            return Ok(NoLog {
                what: match inner {
                    "gzip" => "gzip data inside another compression",
                    _ => "compressed data inside another compression",
                },
                unpack: format!("{} -dc {{}}", self.codec),
            });
        }
        let foreign = foreign::find(head, ended)?;
        if self.wanted == Wanted::Bytes && (is_nested || !foreign.is_packed) {
            return Err(Verdict::No);
        }
        let (codec, unpack) = (self.codec, foreign.unpack);
        let flag = match codec {
            "gzip" => "z",
            "bzip2" => "j",
            "xz" => "J",
            _ => "",
        };
        let unpack = match (unpack, codec) {
            (_, "plain") => unpack.to_owned(),
            ("tar -xOf {}", "gzip" | "bzip2" | "xz") => format!("tar -x{flag}Of {{}}"),
            ("tar -xOf {}", _) => format!("{codec} -dc {{}} | tar -xOf -"),
            _ => format!("{codec} -dc {{}} > FILE; {}", unpack.replace("{}", "FILE")),
        };
        let what = foreign.what;
        Ok(NoLog { what, unpack })
    }
}
