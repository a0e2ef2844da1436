//! What a file's decompressed bytes are: lines of text, which are passed on as UTF-8 without a byte-order mark,
//! or something that is no log.
//!
//! It does not know how the bytes were compressed, only by which codec.

use super::foreign::{self, Verdict};
use crate::job::Trust;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};
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
    /// It is UTF-16.
    Utf16(Box<Utf16>),
}

/// A decoder of UTF-16.
pub(super) struct Utf16 {
    decoder: Decoder,
    text: Vec<u8>,
    is_faulty: bool,
}

impl ContentSink<'_> {
    /// Takes the next bytes of the file.
    pub fn give(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        match &mut self.state {
            State::Plain => (self.out)(block, trust),
            State::Utf16(utf16) => utf16.decode(block, false, trust, self.out),
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
            State::Utf16(utf16) => {
                let _ = utf16.decode(b"", true, Trust::Provisional, self.out);
                let what = "its UTF-16 is faulty: what is no character is read as U+FFFD";
                utf16.is_faulty.then_some(what)
            }
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
        if self.wanted == Wanted::Lines {
            let encoding = |encoding: &'static Encoding| State::Utf16(Box::new(Utf16::new(encoding)));
            let (mark, state) = match *head {
                [0xef, 0xbb, 0xbf, ..] => (3, State::Plain),
                [0xff, 0xfe, ..] => (2, encoding(UTF_16LE)),
                [0xfe, 0xff, ..] => (2, encoding(UTF_16BE)),
                [0xef] | [0xef, 0xbb] | [0xff] | [0xfe] if !ended => return self.wait(head),
                _ => (0, State::Plain),
            };
            self.state = state;
            return match head.len() > mark {
                true => self.give(&head[mark..], trust),
                false => ControlFlow::Continue(()),
            };
        }
        self.state = State::Plain;
        (self.out)(head, trust)
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

impl Utf16 {
    fn new(encoding: &'static Encoding) -> Self {
        Utf16 {
            decoder: encoding.new_decoder_without_bom_handling(),
            text: vec![0; 64 << 10],
            is_faulty: false,
        }
    }

    fn decode(
        &mut self,
        mut block: &[u8],
        last: bool,
        trust: Trust,
        out: &mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        loop {
            let (result, read, written, is_faulty) = self.decoder.decode_to_utf8(block, &mut self.text, last);
            self.is_faulty |= is_faulty;
            block = &block[read..];
            if written > 0 {
                out(&self.text[..written], trust)?;
            }
            if result == CoderResult::InputEmpty {
                return ControlFlow::Continue(());
            }
        }
    }
}
