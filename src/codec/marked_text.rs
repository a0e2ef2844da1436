//! Text whose first bytes say how it is encoded: passed on as UTF-8 without a byte-order mark.
//!
//! It does not know where the bytes come from.

use crate::job::Trust;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};
use std::mem;
use std::ops::ControlFlow;

/// Takes blocks of UTF-8.
pub(crate) type TakeText<'a> = dyn FnMut(&[u8], Trust) -> ControlFlow<()> + 'a;

/// How far a text was looked at.
pub(crate) enum MarkedText {
    /// Its first bytes do not tell yet whether it has a mark.
    Head(Vec<u8>),
    /// It is passed on as it is.
    Plain,
    /// It is UTF-16.
    Utf16(Box<Utf16>),
}

/// A decoder of UTF-16.
pub(crate) struct Utf16 {
    decoder: Decoder,
    text: Vec<u8>,
    is_faulty: bool,
}

impl MarkedText {
    /// Begins a text.
    pub fn new() -> MarkedText {
        MarkedText::Head(Vec::new())
    }

    /// Takes the next bytes.
    pub fn give(&mut self, block: &[u8], trust: Trust, out: &mut TakeText<'_>) -> ControlFlow<()> {
        match self {
            MarkedText::Plain => out(block, trust),
            MarkedText::Utf16(utf16) => utf16.decode(block, false, trust, out),
            MarkedText::Head(head) if head.is_empty() => self.begin(block, false, trust, out),
            MarkedText::Head(head) => {
                head.extend_from_slice(block);
                let head = mem::take(head);
                self.begin(&head, false, trust, out)
            }
        }
    }

    /// Ends the text. Returns a warning about it.
    pub fn end(&mut self, out: &mut TakeText<'_>) -> Option<&'static str> {
        if let MarkedText::Head(head) = self {
            let head = mem::take(head);
            if !head.is_empty() {
                let _ = self.begin(&head, true, Trust::Provisional, out);
            }
        }
        let MarkedText::Utf16(utf16) = self else {
            return None;
        };
        let _ = utf16.decode(b"", true, Trust::Provisional, out);
        let what = "its UTF-16 is faulty: what is no character is read as U+FFFD";
        utf16.is_faulty.then_some(what)
    }

    /// Decides by the first bytes, when they are enough or all there are, and passes them on.
    fn begin(&mut self, head: &[u8], ended: bool, trust: Trust, out: &mut TakeText<'_>) -> ControlFlow<()> {
        let encoding = |encoding| MarkedText::Utf16(Box::new(Utf16::new(encoding)));
        let (mark, text) = match *head {
            [0xef, 0xbb, 0xbf, ..] => (3, MarkedText::Plain),
            [0xff, 0xfe, ..] => (2, encoding(UTF_16LE)),
            [0xfe, 0xff, ..] => (2, encoding(UTF_16BE)),
            [0xef] | [0xef, 0xbb] | [0xff] | [0xfe] if !ended => (0, MarkedText::Head(head.to_vec())),
            _ => (0, MarkedText::Plain),
        };
        *self = text;
        match head.len() > mark && !matches!(self, MarkedText::Head(_)) {
            true => self.give(&head[mark..], trust, out),
            false => ControlFlow::Continue(()),
        }
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
        out: &mut TakeText<'_>,
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
