//! The values of one source: what stands between separators, cut into columns.
//!
//! It does not know the other sources.

use super::record::{Record, RecordResult};
use crate::plan::{ArgumentOrigin, ArgumentSource, ArgumentSources, BlankValue, Trim};
use crate::source::SourceError;
use crate::sys;
use regex::bytes::{Regex, RegexBuilder};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::unix::ffi::OsStrExt as _;

/// Yields the values of a source, each as its columns.
pub(super) struct Values {
    from: Box<dyn BufRead + Send>,
    name: OsString,
    terminator: Vec<u8>,
    columns: Option<Regex>,
    end: Option<Vec<u8>>,
    blank: BlankValue,
    trim: Trim,
    continued: bool,
    ended: bool,
}

impl Values {
    /// Opens a source.
    ///
    /// # Errors
    /// When it can't be opened, with its name.
    pub(super) fn open(
        sources: &ArgumentSources,
        source: &ArgumentSource,
    ) -> Result<Self, (OsString, io::Error)> {
        let (name, from) = open(sources, source)?;
        let columns = sources
            .columns
            .as_deref()
            .map(|columns| column_pattern(columns).expect("the command line checked it"));
        Ok(Values {
            from,
            name,
            terminator: sources.terminator.clone(),
            columns,
            end: sources.end.clone(),
            blank: sources.blank,
            trim: sources.trim,
            continued: sources.continued,
            ended: false,
        })
    }

    /// Returns the next value as it stands.
    fn read(&mut self) -> Option<Result<Vec<u8>, SourceError>> {
        let mut value = Vec::new();
        let read = read_to(&mut self.from, &self.terminator, &mut value);
        match read {
            Ok(true) => Some(Ok(value)),
            Ok(false) => None,
            Err(cause) => {
                self.ended = true;
                let name = self.name.clone();
                Some(Err(SourceError::List { name, cause }))
            }
        }
    }

    fn columns(&self, value: &[u8]) -> Record {
        let trimmed = |value: &[u8]| {
            let is_kept = |byte: &u8| !is_blank(*byte);
            let first = value.iter().position(is_kept).unwrap_or(value.len());
            let value = if self.trim.left { &value[first..] } else { value };
            let end = value.iter().rposition(is_kept).map_or(0, |last| last + 1);
            match self.trim.right {
                true => value[..end].to_vec(),
                false => value.to_vec(),
            }
        };
        match &self.columns {
            Some(separator) => split(separator, value)
                .iter()
                .map(|value| trimmed(value))
                .collect(),
            None => vec![trimmed(value)],
        }
    }
}

/// Returns whether a byte is a blank to Perl, to which the vertical tab is one too.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// Returns the pattern that separates columns.
///
/// # Errors
/// When it is none.
pub(crate) fn column_pattern(text: &str) -> Result<Regex, regex::Error> {
    // Bytes, as in Perl: `.` is one of them.
    RegexBuilder::new(text).unicode(false).build()
}

/// Splits a value at a separator; what its groups match are columns too.
fn split<'v>(separator: &Regex, value: &'v [u8]) -> Vec<&'v [u8]> {
    let (mut columns, mut start) = (Vec::new(), 0);
    for found in separator.captures_iter(value) {
        let whole = found.get(0).expect("the whole match");
        if whole.is_empty() && (whole.start() == start || whole.end() == value.len()) {
            continue;
        }
        columns.push(&value[start..whole.start()]);
        columns.extend(
            found
                .iter()
                .skip(1)
                .map(|group| group.map_or(&b""[..], |group| group.as_bytes())),
        );
        start = whole.end();
    }
    columns.push(&value[start..]);
    columns
}

impl Iterator for Values {
    type Item = RecordResult;

    fn next(&mut self) -> Option<RecordResult> {
        while !self.ended {
            let mut value = match self.read()? {
                Ok(value) => value,
                Err(error) => return Some(Err(error)),
            };
            while self.continued
                && value.last().is_some_and(u8::is_ascii_whitespace)
                && let Some(Ok(more)) = self.read()
            {
                value.extend(more);
            }
            if self.end.as_ref() == Some(&value) {
                self.ended = true;
                return None;
            }
            if self.blank == BlankValue::Skip && value.trim_ascii().is_empty() {
                continue;
            }
            return Some(Ok(self.columns(&value)));
        }
        None
    }
}

/// Opens a source, and passes over the name of its column where that can be read again.
fn open(
    sources: &ArgumentSources,
    source: &ArgumentSource,
) -> Result<(OsString, Box<dyn BufRead + Send>), (OsString, io::Error)> {
    let (name, mut from): (OsString, Box<dyn BufRead + Send>) = match &source.from {
        ArgumentOrigin::Words(words) => {
            let text: Vec<u8> = words
                .iter()
                .flat_map(|word| [word.as_bytes(), &sources.terminator].concat())
                .collect();
            ("command line".into(), Box::new(io::Cursor::new(text)))
        }
        ArgumentOrigin::Stdin => (
            "standard input".into(),
            Box::new(BufReader::new(sys::Stdin::new())),
        ),
        ArgumentOrigin::File(name) => match File::open(name) {
            Ok(file) => (name.clone(), Box::new(BufReader::new(file))),
            Err(cause) => return Err((name.clone(), cause)),
        },
    };
    if source.has_name && !is_consumed(source) {
        let passed = read_to(&mut from, &sources.terminator, &mut Vec::new());
        passed.map_err(|cause| (name.clone(), cause))?;
    }
    Ok((name, from))
}

/// Returns whether the name of the source's column was taken from it for good: a pipe gives it only once.
fn is_consumed(source: &ArgumentSource) -> bool {
    match &source.from {
        ArgumentOrigin::Words(_) => false,
        ArgumentOrigin::Stdin => true,
        ArgumentOrigin::File(name) => !std::fs::metadata(name).is_ok_and(|file| file.is_file()),
    }
}

/// Reads the names of the columns of all sources; each has one, or several with a separator of columns.
///
/// # Errors
/// When a source can't be read, with its name.
pub(crate) fn take_names(sources: &ArgumentSources) -> Result<Record, (OsString, io::Error)> {
    let mut names = Vec::new();
    for source in &sources.sources {
        let without_name = ArgumentSource {
            has_name: false,
            ..source.clone()
        };
        let mut values = Values::open(sources, &without_name)?;
        if is_consumed(source) {
            // Byte by byte, so that what comes after it is still to be read.
            values.from = match &source.from {
                ArgumentOrigin::File(name) => Box::new(BufReader::with_capacity(
                    1,
                    File::open(name).map_err(|cause| (name.clone(), cause))?,
                )),
                _ => Box::new(BufReader::with_capacity(1, sys::Stdin::new())),
            };
        }
        match values.next() {
            Some(Ok(record)) => names.extend(record),
            Some(Err(SourceError::List { name, cause })) => return Err((name, cause)),
            Some(Err(_)) | None => names.push(Vec::new()),
        }
    }
    Ok(names)
}

/// Reads up to a terminator, which is removed, or to the end. Returns whether there was anything.
fn read_to(from: &mut dyn BufRead, terminator: &[u8], value: &mut Vec<u8>) -> io::Result<bool> {
    let Some(&last) = terminator.last() else {
        return Ok(from.read_to_end(value)? > 0);
    };
    loop {
        if from.read_until(last, value)? == 0 {
            return Ok(!value.is_empty());
        }
        if value.ends_with(terminator) {
            value.truncate(value.len() - terminator.len());
            return Ok(true);
        }
        if value.last() != Some(&last) {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_between_terminators_of_any_length() {
        for (text, terminator, expected) in [
            ("a\n\nb", "\n", &["a", "", "b"][..]),
            ("a,b,c\n", ",", &["a", "b", "c\n"]),
            ("aXXbXcXX", "XX", &["a", "bXc"]),
            ("", "\n", &[]),
        ] {
            let mut from = text.as_bytes();
            let mut values = Vec::new();
            loop {
                let mut value = Vec::new();
                if !read_to(&mut from, terminator.as_bytes(), &mut value).expect("memory") {
                    break;
                }
                values.push(String::from_utf8(value).expect("text"));
            }
            assert_eq!(values, expected, "{text:?}");
        }
    }

    #[test]
    fn columns_are_split_as_perl_does() {
        for (separator, value, expected) in [
            (",", "a,,b,", &["a", "", "b", ""][..]),
            (",+", "a,,b", &["a", "b"]),
            ("(,)", "a,b", &["a", ",", "b"]),
            ("", "abc", &["a", "b", "c"]),
        ] {
            let separator = Regex::new(separator).expect("a pattern");
            let columns = split(&separator, value.as_bytes());
            let expected: Vec<_> = expected.iter().map(|column| column.as_bytes()).collect();
            assert_eq!(columns, expected, "{value}");
        }
    }
}
