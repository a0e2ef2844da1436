//! One JSON object per line; fields are keys, or paths of keys and array indexes joined by dots.
//!
//! One pass over the line checks it whole and finds the values that are selected. Nothing is built, and only strings
//! with escapes are copied.

use super::json_scanner::{JsonScanner, JsonString};
use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, SpanBase, TakePair};
use crate::record::field::FieldSource;
use crate::record::named_values::Kind;
use std::borrow::Cow;
use std::ops::Range;
use std::str;

#[derive(Debug)]
pub(in crate::record) struct Json {
    paths: Vec<Path>,
    decoded: Vec<u8>,
    /// What is left of the paths, for each container that the scanner is in: a stack.
    rests: Vec<Rest>,
}

impl Json {
    pub fn new(sources: &[FieldSource]) -> Json {
        Json {
            paths: sources.iter().map(Path::new).collect(),
            decoded: Vec::new(),
            rests: Vec::new(),
        }
    }
}

impl LineSplitter for Json {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        if line.iter().all(u8::is_ascii_whitespace) {
            return LineVerdict::Dropped;
        }
        self.decoded.clear();
        self.rests.clear();
        let whole = |slot| Rest { slot, from: 0 };
        self.rests.extend((0..self.paths.len()).map(whole));
        let mut json = JsonScanner::new(line);
        let mut search = Search {
            line,
            paths: &self.paths,
            rests: &mut self.rests,
            spans,
            decoded: &mut self.decoded,
        };
        let all = 0..self.paths.len();
        let read = search.object(&mut json, all).and_then(|()| json.end());
        // Whether a line is bad must not depend on the values that are selected: all of it is checked.
        if read.is_some() && (json.is_ascii() || str::from_utf8(line).is_ok()) {
            LineVerdict::Read
        } else {
            LineVerdict::Bad
        }
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        let mut json = JsonScanner::new(line);
        // The line was read, so that this does not fail.
        json.members(|json, key| {
            let first = json.peek()?;
            let value = json.value()?;
            let text = &line[value];
            let (kind, text) = match first {
                b'n' => (Kind::Null, Cow::Borrowed(&b""[..])),
                b'"' => (Kind::Text, unescaped(&text[1..text.len() - 1])?),
                _ => (Kind::Json, Cow::Borrowed(text)),
            };
            take(&unescaped(&line[key.range])?, kind, &text);
            Some(())
        });
    }

    fn decoded(&self) -> &[u8] {
        &self.decoded
    }
}

/// What is left of a path that leads into a container.
#[derive(Debug, Clone, Copy)]
struct Rest {
    /// The field that the path selects.
    slot: usize,
    /// Where the rest begins: a byte of a dotted path, or one of the keys.
    from: usize,
}

/// The search for the values at some paths in one line.
struct Search<'a> {
    line: &'a [u8],
    paths: &'a [Path],
    rests: &'a mut Vec<Rest>,
    spans: &'a mut [FieldSpan],
    decoded: &'a mut Vec<u8>,
}

impl Search<'_> {
    /// Takes an object, in which some of the rests are to be found.
    fn object(&mut self, json: &mut JsonScanner<'_>, wanted: Range<usize>) -> Option<()> {
        let line = self.line;
        json.members(|json, JsonString { range, is_escaped }| match is_escaped {
            false => self.value(json, &line[range], wanted.clone()),
            true => self.value(json, &unescaped(&line[range])?, wanted.clone()),
        })
    }

    /// Takes an array, in which some of the rests are to be found by their index.
    fn array(&mut self, json: &mut JsonScanner<'_>, wanted: Range<usize>) -> Option<()> {
        json.elements(|json, index| self.value(json, index.to_string().as_bytes(), wanted.clone()))
    }

    /// Takes the value of a key, stores it in the slots that select it, and follows longer paths into it.
    #[inline]
    fn value(&mut self, json: &mut JsonScanner<'_>, key: &[u8], wanted: Range<usize>) -> Option<()> {
        let below = self.rests.len();
        let mut is_selected = false;
        for at in wanted.clone() {
            let Rest { slot, from } = self.rests[at];
            match self.paths[slot].after(from, key) {
                After::Other => {}
                After::Value => is_selected = true,
                After::Rest(from) => self.rests.push(Rest { slot, from }),
            }
        }
        let longer = below..self.rests.len();
        if !is_selected && longer.is_empty() {
            return json.value().map(|_| ());
        }
        let first = json.peek()?;
        let start = json.position();
        match first {
            b'{' if !longer.is_empty() => self.object(json, longer)?,
            b'[' if !longer.is_empty() => self.array(json, longer)?,
            _ => _ = json.value()?,
        }
        self.rests.truncate(below);
        if is_selected {
            let span = self.span(first, start..json.position())?;
            for at in wanted {
                let Rest { slot, from } = self.rests[at];
                if let After::Value = self.paths[slot].after(from, key) {
                    self.spans[slot] = span;
                }
            }
        }
        Some(())
    }

    /// Returns the span of a value that begins with this byte, decoded when it has escapes.
    fn span(&mut self, first: u8, range: Range<usize>) -> Option<FieldSpan> {
        let (start, end) = (range.start, range.end);
        let span = match first {
            b'n' => FieldSpan::NULL,
            b'"' if !self.line[range].contains(&b'\\') => FieldSpan::from_line(start + 1, end - 1),
            b'"' => {
                let decoded = self.decoded.len();
                self.decoded
                    .extend_from_slice(&unescaped(&self.line[start + 1..end - 1])?);
                FieldSpan::from_decoded(decoded, self.decoded.len())
            }
            _ => FieldSpan {
                base: SpanBase::Json,
                start,
                end,
            },
        };
        Some(span)
    }
}

/// Where a field of an object leads.
#[derive(Debug, Clone)]
enum Path {
    /// Keys joined by dots; a key may have dots in it, too.
    Dotted(String),
    /// Keys as they are.
    Keys(Vec<String>),
}

/// What a key leaves of a path.
enum After {
    /// The path begins with another key.
    Other,
    /// Nothing: it leads to the key's value.
    Value,
    /// What begins here.
    Rest(usize),
}

impl Path {
    fn new(source: &FieldSource) -> Path {
        match source {
            FieldSource::Name(name) => Path::Dotted(name.clone()),
            FieldSource::Path(keys) => Path::Keys(keys.clone()),
            _ => Path::Keys(Vec::new()),
        }
    }

    /// Takes a key off the rest of the path that begins at `from`.
    #[inline]
    fn after(&self, from: usize, key: &[u8]) -> After {
        match self {
            Path::Dotted(path) => {
                let rest = &path.as_bytes()[from..];
                // Most keys are told apart without comparing them.
                match rest.get(key.len()) {
                    _ if rest.first() != key.first() && !key.is_empty() => After::Other,
                    None if rest == key => After::Value,
                    Some(b'.') if rest.starts_with(key) => After::Rest(from + key.len() + 1),
                    _ => After::Other,
                }
            }
            Path::Keys(keys) => match &keys[from.min(keys.len())..] {
                [first, rest @ ..] if first.as_bytes() == key => match rest {
                    [] => After::Value,
                    _ => After::Rest(from + 1),
                },
                _ => After::Other,
            },
        }
    }
}

/// Returns what stands between the quotes of a string without its escapes; `None` when it is not UTF-8.
fn unescaped(inside: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !inside.contains(&b'\\') {
        return Some(Cow::Borrowed(inside));
    }
    let quoted = format!("\"{}\"", str::from_utf8(inside).ok()?);
    let text = serde_json::from_str::<String>(&quoted)
        .or_else(|_| serde_json::from_str::<String>(&without_lone_surrogates(&quoted)));
    Some(Cow::Owned(text.ok()?.into_bytes()))
}

/// Returns the text of a string with U+FFFD for escapes of surrogates that are no pair. JSON allows them (RFC 8259,
/// section 8.2), and a value that nobody selects may have them too.
fn without_lone_surrogates(text: &str) -> String {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(length) = text[at..].find('\\') {
        out.push_str(&text[at..at + length]);
        at += length;
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push('\u{fffd}');
                at += 6;
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        out.push_str(&text[at..at + length]);
        at += length;
    }
    out + &text[at..]
}
