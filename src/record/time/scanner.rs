//! Reads the pieces that times are made of: digits, names of months, clocks and offsets.
//!
//! It knows shapes only. That a month is at most 12 is none of its business.

/// A place in a text, from which pieces are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    /// The number of bytes that were read.
    pub at: usize,
}

/// A time of day as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeOfDay {
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub nanosecond: u32,
}

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

const WEEKDAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

/// The names of zones that mean one offset only: UTC, and those of RFC 2822, section 4.3. The values are hours.
const ZONES: [(&[u8], i32); 12] = [
    (b"Z", 0),
    (b"UTC", 0),
    (b"GMT", 0),
    (b"UT", 0),
    (b"EST", -5),
    (b"EDT", -4),
    (b"CST", -6),
    (b"CDT", -5),
    (b"MST", -7),
    (b"MDT", -6),
    (b"PST", -8),
    (b"PDT", -7),
];

impl<'a> Scanner<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Scanner { text, at: 0 }
    }

    /// Returns what has not been read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Returns the next byte without reading it.
    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Reads `byte`, if it is the next.
    #[inline]
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Reads `byte`, which must be the next.
    #[inline]
    pub fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Reads the next byte, if it is one of `bytes`, and returns it.
    #[inline]
    pub fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| bytes.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    /// Reads blanks and tabs, at least one.
    #[inline]
    pub fn blanks(&mut self) -> Option<()> {
        let start = self.at;
        while self.one_of(b" \t").is_some() {}
        (self.at > start).then_some(())
    }

    /// Reads digits: as many as there are, but at most `most`, and at least `least`.
    #[inline]
    pub fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let (start, mut number) = (self.at, 0u32);
        while self.at - start < most
            && let Some(digit @ b'0'..=b'9') = self.peek()
        {
            number = number * 10 + u32::from(digit - b'0');
            self.at += 1;
        }
        (self.at - start >= least).then_some(number)
    }

    /// Returns how many digits come next.
    #[inline]
    pub fn count_digits(&self) -> usize {
        self.rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    }

    /// Reads a fraction's digits and returns them as nanoseconds; what is finer is dropped.
    #[inline]
    pub fn nanoseconds(&mut self) -> Option<u32> {
        let (start, mut number) = (self.at, 0);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            if self.at - start < 9 {
                number = number * 10 + u32::from(digit - b'0');
            }
            self.at += 1;
        }
        let digits = self.at - start;
        (digits > 0).then(|| number * 10u32.pow(9u32.saturating_sub(digits as u32)))
    }

    /// Reads a month's name of three letters, or in full, and returns its number.
    #[inline]
    pub fn month(&mut self) -> Option<u32> {
        self.name(&MONTHS).map(|place| place as u32 + 1)
    }

    /// Reads a weekday's name, if it is next, with a comma and blanks after it.
    pub fn weekday(&mut self) {
        let start = *self;
        if self.name(&WEEKDAYS).is_none() {
            return;
        }
        self.eat(b',');
        if self.blanks().is_none() {
            *self = start;
        }
    }

    fn name(&mut self, names: &[&[u8; 3]]) -> Option<usize> {
        let word = self.rest();
        let start = [*word.first()? | 0x20, *word.get(1)? | 0x20, *word.get(2)? | 0x20];
        let place = names.iter().position(|name| **name == start)?;
        self.at += 3;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.at += 1;
        }
        Some(place)
    }

    /// Reads `3:04[:05[.678]]`, with a dot or a comma.
    #[inline]
    pub fn clock(&mut self) -> Option<TimeOfDay> {
        let hour = self.digits(1, 2)?;
        self.expect(b':')?;
        let minute = self.digits(1, 2)?;
        let mut time = TimeOfDay {
            hour,
            minute,
            second: 0,
            nanosecond: 0,
        };
        if self.peek() == Some(b':') && self.digit_follows() {
            self.at += 1;
            time.second = self.digits(1, 2)?;
            time.nanosecond = self.fraction();
        }
        Some(time)
    }

    /// Reads the fraction of a second, if one is next.
    #[inline]
    pub fn fraction(&mut self) -> u32 {
        if matches!(self.peek(), Some(b'.' | b',')) && self.digit_follows() {
            self.at += 1;
            return self.nanoseconds().unwrap_or(0);
        }
        0
    }

    /// Tells whether a digit stands after the next byte.
    #[inline]
    fn digit_follows(&self) -> bool {
        self.text.get(self.at + 1).is_some_and(u8::is_ascii_digit)
    }

    /// Reads an offset from UTC, if one is next: `Z`, `+02`, `+0200`, `+02:00`, a name such as `UTC`, all with or
    /// without a blank before. Returns seconds.
    #[inline]
    pub fn offset(&mut self) -> Option<i32> {
        let start = *self;
        let is_apart = self.eat(b' ');
        let offset = match self.peek() {
            Some(b'+' | b'-') => self.numeric_offset(),
            Some(b'A'..=b'Z' | b'z') => self.named_offset(),
            _ => None,
        };
        // What stands apart is a word, or a part of one that has nothing to do with the time.
        let goes_on = |byte: u8| match is_apart {
            true => !b" \t,;:|])\"'[".contains(&byte),
            false => byte.is_ascii_alphanumeric(),
        };
        if offset.is_none() || self.peek().is_some_and(goes_on) {
            *self = start;
            return None;
        }
        offset
    }

    fn numeric_offset(&mut self) -> Option<i32> {
        let sign = if self.one_of(b"+-")? == b'-' { -1 } else { 1 };
        let mut seconds = self.digits(2, 2)? * 3600;
        for unit in [60, 1] {
            let colon = self.peek() == Some(b':');
            if colon && self.digit_follows() {
                self.at += 1;
            }
            match self.count_digits() {
                0 => break,
                _ => seconds += self.digits(2, 2)? * unit,
            }
        }
        Some(sign * seconds as i32)
    }

    fn named_offset(&mut self) -> Option<i32> {
        let letters = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        let name = &self.rest()[..letters];
        let known = ZONES
            .iter()
            .find(|(zone, _)| *zone == name || (name == b"z" && *zone == b"Z"))?;
        self.at += letters;
        Some(known.1 * 3600)
    }
}
