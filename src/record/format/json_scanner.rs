//! One pass over a JSON text (RFC 8259) that checks all of it and builds nothing.
//!
//! It does not know which values are asked for. That all of a text is UTF-8 is for its user to check, when
//! [`JsonScanner::is_ascii`] does not say so.

use std::ops::Range;

/// Reads a text from its start. Every method that takes something returns `None` when the text is not JSON there.
#[derive(Debug)]
pub(super) struct JsonScanner<'a> {
    text: &'a [u8],
    at: usize,
    /// The bytes that were looked at in strings: those that are not ASCII have set the highest bit.
    seen: u64,
    /// For each container that a skipped value is in, whether it is an object.
    enclosing: Vec<bool>,
}

/// A string: where it stands, without its quotes.
#[derive(Debug, Clone)]
pub(super) struct JsonString {
    /// The range of its bytes.
    pub range: Range<usize>,
    /// True when it has escapes.
    pub is_escaped: bool,
}

const LOW: u64 = u64::from_ne_bytes([1; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// Returns a number whose lowest set byte is the first quote, backslash or control character of these bytes; 0 when
/// they have none. Bytes above that one may be set wrongly.
#[inline(always)]
fn specials(word: u64) -> u64 {
    let quote = word ^ (LOW * u64::from(b'"'));
    let backslash = word ^ (LOW * u64::from(b'\\'));
    let found = (quote.wrapping_sub(LOW) & !quote)
        | (backslash.wrapping_sub(LOW) & !backslash)
        | (word.wrapping_sub(LOW * 0x20) & !word);
    found & HIGH
}

impl<'a> JsonScanner<'a> {
    pub fn new(text: &'a [u8]) -> JsonScanner<'a> {
        JsonScanner {
            text,
            at: 0,
            seen: 0,
            enclosing: Vec::new(),
        }
    }

    /// Returns where the scanner stands.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Returns true when all that was read is ASCII.
    pub fn is_ascii(&self) -> bool {
        self.seen & HIGH == 0
    }

    /// Skips blanks, and returns the byte after them without taking it.
    #[inline(always)]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    /// Takes this byte, which blanks may precede.
    #[inline(always)]
    pub fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Takes the rest of the text, which must be blank.
    pub fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    /// Takes the members of an object, whose bracket comes next. `member` is called after each key and takes the value.
    #[inline(always)]
    pub fn members(&mut self, mut member: impl FnMut(&mut Self, JsonString) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.take(b':')?;
            member(self, key)?;
            if self.is_closed(b'}')? {
                return Some(());
            }
        }
    }

    /// Takes the elements of an array, whose bracket comes next. `element` is called with each index and takes the value.
    pub fn elements(&mut self, mut element: impl FnMut(&mut Self, usize) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        for index in 0.. {
            element(self, index)?;
            if self.is_closed(b']')? {
                break;
            }
        }
        Some(())
    }

    /// Takes what follows a value in a container: a comma, or the bracket that closes it, which is true.
    #[inline(always)]
    fn is_closed(&mut self, bracket: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => Some(false),
            _ if byte == bracket => Some(true),
            _ => None,
        }
    }

    /// Takes a value of any kind, of any depth, and returns where it stands.
    #[inline(always)]
    pub fn value(&mut self) -> Option<Range<usize>> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' | b'[' => self.container(first == b'{')?,
            _ => self.scalar(first)?,
        }
        Some(start..self.at)
    }

    /// Takes a container, whose bracket comes next.
    fn container(&mut self, mut is_object: bool) -> Option<()> {
        debug_assert!(self.enclosing.is_empty());
        'open: loop {
            self.at += 1;
            let bracket = |is_object| if is_object { b'}' } else { b']' };
            let mut closed = self.peek()? == bracket(is_object);
            if closed {
                self.at += 1;
            }
            loop {
                while closed {
                    let Some(outer) = self.enclosing.pop() else {
                        return Some(());
                    };
                    is_object = outer;
                    closed = self.is_closed(bracket(is_object))?;
                }
                if is_object {
                    self.string()?;
                    self.take(b':')?;
                }
                let first = self.peek()?;
                if matches!(first, b'{' | b'[') {
                    self.enclosing.push(is_object);
                    is_object = first == b'{';
                    continue 'open;
                }
                self.scalar(first)?;
                closed = self.is_closed(bracket(is_object))?;
                if closed && self.enclosing.is_empty() {
                    return Some(());
                }
            }
        }
    }

    /// Takes a value that is no container, which begins with this byte.
    #[inline(always)]
    fn scalar(&mut self, first: u8) -> Option<()> {
        match first {
            b'"' => self.string().map(|_| ()),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => None,
        }
    }

    #[inline]
    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.text[self.at..]
            .starts_with(word)
            .then(|| self.at += word.len())
    }

    /// Takes a number: an integer without leading zeros, a fraction, an exponent.
    #[inline]
    fn number(&mut self) -> Option<()> {
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        match self.text.get(self.at)? {
            // A digit after it is no part of a number, nor what may follow one.
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Takes one or more digits.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Takes a string, which blanks may precede.
    #[inline]
    pub fn string(&mut self) -> Option<JsonString> {
        self.take(b'"')?;
        let start = self.at;
        let mut is_escaped = false;
        loop {
            self.find_special()?;
            match self.text[self.at] {
                b'"' => {
                    let range = start..self.at;
                    self.at += 1;
                    return Some(JsonString { range, is_escaped });
                }
                b'\\' => {
                    is_escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
    }

    /// Moves to the next quote, backslash or control character.
    #[inline(always)]
    fn find_special(&mut self) -> Option<()> {
        while let Some(bytes) = self.text[self.at..].first_chunk::<8>() {
            let word = u64::from_le_bytes(*bytes);
            self.seen |= word;
            let found = specials(word);
            if found != 0 {
                self.at += (found.trailing_zeros() / 8) as usize;
                return Some(());
            }
            self.at += 8;
        }
        let rest = &self.text[self.at..];
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
        let length = rest.iter().position(is_special)?;
        self.seen |= rest[..length]
            .iter()
            .fold(0, |seen, byte| seen | u64::from(*byte));
        self.at += length;
        Some(())
    }

    /// Takes an escape, whose backslash comes next.
    fn escape(&mut self) -> Option<()> {
        let [_, kind, after @ ..] = &self.text[self.at..] else {
            return None;
        };
        self.at += match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if after.get(..4)?.iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
        Some(())
    }
}
