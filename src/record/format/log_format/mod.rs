//! `--log-format`: lines as nginx's `log_format` or Apache's `LogFormat` writes them.
//!
//! The string is compiled to a list of variables, each with the text that follows it, and a line is cut at these
//! texts. Escapes in values (`\"`, `\x22`) are left as they are. A line is bad when a text is not where it must
//! be, or a number is none.

mod apache;
mod joint;
mod nginx;
mod piece;
mod string;

use super::clf::parts_of_request;
use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict};
use crate::record::field::FieldSource;
use crate::record::plan_error::RecordPlanError;
use crate::record::suggest::quoted;
use joint::Joint;
use memchr::memmem::Finder;
use memchr::{memchr, memchr2, memrchr};
use piece::{Piece, Shape};
use std::sync::Arc;

/// A compiled log format.
#[derive(Debug, Clone)]
pub struct LogFormat(Arc<Layout>);

#[derive(Debug)]
struct Layout {
    /// The text before the first variable.
    before: Vec<u8>,
    variables: Vec<Variable>,
    /// The index of the variable that is a whole request, if its parts have no variables of their own.
    request: Option<usize>,
}

/// A variable and the text after it.
#[derive(Debug, Clone)]
struct Variable {
    /// The name of the field.
    name: String,
    /// The name in the string that was typed, which is also understood.
    typed: String,
    shape: Shape,
    /// True between quotes.
    is_quoted: bool,
    after: Finder<'static>,
    /// How the next variable begins, when no text is between.
    joint: Option<Joint>,
}

/// The names of the parts of a request.
const PARTS: [&str; 3] = ["method", "path", "protocol"];

impl LogFormat {
    /// Compiles a string of nginx or Apache, as it stands in their configuration.
    ///
    /// # Errors
    /// When the string has no variable, or two with nothing between.
    pub fn parse(text: &str) -> Result<LogFormat, RecordPlanError> {
        let in_option = |cause: String| RecordPlanError::new(format!("in --log-format: {cause}"));
        let text = string::unwrapped(text);
        let pieces = match nginx::is_nginx(&text) {
            true => nginx::pieces(&text),
            false => apache::pieces(&text),
        };
        let layout = Layout::new(pieces.map_err(in_option)?).map_err(in_option)?;
        Ok(LogFormat(Arc::new(layout)))
    }

    /// Returns the names of the fields: of the variables in their order, then of the parts of a request.
    pub fn names(&self) -> Vec<&str> {
        let variables = self.0.variables.iter().map(|variable| &variable.name[..]);
        let parts = PARTS.iter().copied().filter(|_| self.0.request.is_some());
        variables.chain(parts).collect()
    }

    /// Returns the number of variables, which are the first fields.
    pub fn variables(&self) -> usize {
        self.0.variables.len()
    }

    /// Returns the number of the field that has this name in the string.
    pub fn number_as_typed(&self, name: &str) -> Option<usize> {
        let found = self
            .0
            .variables
            .iter()
            .position(|variable| variable.typed == name);
        found.map(|index| index + 1)
    }
}

impl Layout {
    fn new(pieces: Vec<Piece>) -> Result<Layout, String> {
        let mut layout = Layout {
            before: Vec::new(),
            variables: Vec::new(),
            request: None,
        };
        let mut text = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(more) => text.extend_from_slice(&more),
                Piece::Variable(name, typed, shape) => {
                    let mut is_quoted = text.last() == Some(&b'"');
                    if let Some(before) = layout.variables.last_mut()
                        && text.is_empty()
                    {
                        let joint = Joint::between(&before.typed, &typed);
                        before.joint = Some(joint.ok_or_else(|| {
                            let (a, b) = (quoted(&before.typed), quoted(&typed));
                            format!("nothing between {a} and {b} tells where one ends")
                        })?);
                        is_quoted = before.is_quoted;
                    } else {
                        layout.end_text(&mut text);
                    }
                    let known = layout.variables.iter().any(|variable| variable.name == name);
                    layout.variables.push(Variable {
                        name: if known { typed.clone() } else { name },
                        typed,
                        shape,
                        is_quoted,
                        after: Finder::new(b"").into_owned(),
                        joint: None,
                    });
                }
            }
        }
        if layout.variables.is_empty() {
            return Err("the string has no variable: $name of nginx, or %h of Apache".to_owned());
        }
        layout.end_text(&mut text);
        let has = |name: &str| layout.variables.iter().any(|variable| variable.name == name);
        if !PARTS.iter().any(|part| has(part)) {
            let request = |variable: &Variable| variable.name == "request";
            layout.request = layout.variables.iter().position(request);
        }
        Ok(layout)
    }

    /// Takes the text before the first variable or after the last one so far.
    fn end_text(&mut self, text: &mut Vec<u8>) {
        match self.variables.last_mut() {
            None => self.before = std::mem::take(text),
            Some(variable) => {
                variable.is_quoted &= text.first() == Some(&b'"');
                variable.after = Finder::new(&std::mem::take(text)).into_owned();
            }
        }
    }
}

impl Variable {
    /// Returns where the value that begins at `start` ends.
    fn end(&self, line: &[u8], start: usize) -> Option<usize> {
        let after = self.after.needle();
        let rest = &line[start..];
        let length = match after {
            [] => rest.trim_ascii_end().len(),
            _ if self.is_quoted => end_of_quoted(rest)?,
            [b' ', ..] => self.words(rest)?,
            [b':', ..] if self.shape == Shape::Address => {
                memrchr(b':', &rest[..memchr(b' ', rest).unwrap_or(rest.len())])?
            }
            _ => self.after.find(rest)?,
        };
        let fits = rest[length..].starts_with(after) && self.accepts(&rest[..length]);
        fits.then_some(start + length)
    }

    /// Returns the length of a value that a blank ends.
    fn words(&self, rest: &[u8]) -> Option<usize> {
        let mut left = match self.shape {
            Shape::Any => return self.after.find(rest),
            Shape::Words(words) => words,
            _ => 1,
        };
        let mut at = 0;
        loop {
            let Some(length) = memchr(b' ', &rest[at..]) else {
                // The line's end was trimmed of the blank that ends the string.
                return (left == 1).then_some(rest.len());
            };
            at += length;
            if self.shape == Shape::Upstream && rest[at..].starts_with(b" : ") {
                at += 3;
                continue;
            }
            if at == 0 || rest[at - 1] != b',' {
                left -= 1;
            }
            if left == 0 {
                return Some(at);
            }
            at += 1;
        }
    }

    fn accepts(&self, value: &[u8]) -> bool {
        let of = |test: fn(&u8) -> bool| value == b"-" || (!value.is_empty() && value.iter().all(test));
        match self.shape {
            Shape::Integer => of(u8::is_ascii_digit),
            Shape::Decimal => of(|byte| byte.is_ascii_digit() || *byte == b'.'),
            Shape::Words(_) | Shape::Address | Shape::Any | Shape::Upstream => true,
        }
    }
}

/// Returns the offset of the first quote that no backslash escapes.
fn end_of_quoted(text: &[u8]) -> Option<usize> {
    let mut end = 0;
    loop {
        end += memchr2(b'"', b'\\', text.get(end..)?)?;
        if text[end] == b'"' {
            return Some(end);
        }
        end += 2;
    }
}

/// Cuts lines at the texts of a log format.
#[derive(Debug)]
pub(in crate::record) struct LogFormatSplitter {
    layout: Arc<Layout>,
    /// The slots of each field, the parts of the request last.
    slots: Vec<Vec<usize>>,
}

impl LogFormatSplitter {
    pub fn new(format: &LogFormat, sources: &[FieldSource]) -> LogFormatSplitter {
        let mut slots = vec![Vec::new(); format.0.variables.len() + PARTS.len()];
        for (slot, source) in sources.iter().enumerate() {
            if let FieldSource::Number(n) = source
                && let Some(slots) = slots.get_mut(n - 1)
            {
                slots.push(slot);
            }
        }
        LogFormatSplitter {
            layout: Arc::clone(&format.0),
            slots,
        }
    }

    fn put(&self, spans: &mut [FieldSpan], field: usize, start: usize, end: usize) {
        for &slot in &self.slots[field] {
            spans[slot] = FieldSpan::from_line(start, end);
        }
    }

    fn read(&self, line: &[u8], spans: &mut [FieldSpan]) -> Option<()> {
        let layout = &*self.layout;
        let mut at = layout.before.len();
        line.starts_with(&layout.before).then_some(())?;
        let mut first = 0;
        for (index, variable) in layout.variables.iter().enumerate() {
            if variable.joint.is_some() {
                continue;
            }
            let end = variable.end(line, at)?;
            let mut start = at;
            for joined in first..index {
                let joint = layout.variables[joined].joint?;
                let length = joint.find(&line[start..end])?;
                self.put(spans, joined, start, start + length);
                start += length;
            }
            self.put(spans, index, start, end);
            if layout.request == Some(index) {
                self.request(line, spans, start, end);
            }
            at = end + variable.after.needle().len();
            first = index + 1;
        }
        line[at..].iter().all(|byte| *byte == b' ').then_some(())
    }

    fn request(&self, line: &[u8], spans: &mut [FieldSpan], start: usize, end: usize) {
        let Some((method, path, protocol)) = parts_of_request(&line[start..end]) else {
            return;
        };
        let first = self.layout.variables.len();
        self.put(spans, first, start, start + method);
        self.put(spans, first + 1, start + method + 1, start + path);
        if start + protocol < end {
            self.put(spans, first + 2, start + protocol, end);
        }
    }
}

impl LineSplitter for LogFormatSplitter {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        match self.read(line, spans) {
            Some(()) => LineVerdict::Read,
            None => LineVerdict::Bad,
        }
    }
}

#[cfg(test)]
mod tests;
