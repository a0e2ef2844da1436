//! One JSON object per line; fields are keys, or paths of keys and array indexes joined by dots.
//!
//! Values that are not selected are validated and skipped, not built.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, SpanBase, TakePair};
use crate::record::field::FieldSource;
use crate::record::named_values::Kind;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

#[derive(Debug)]
pub(in crate::record) struct Json {
    paths: Vec<FieldSource>,
    decoded: Vec<u8>,
}

impl Json {
    pub fn new(sources: &[FieldSource]) -> Json {
        Json {
            paths: sources.to_vec(),
            decoded: Vec::new(),
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
        let wanted: Vec<_> = self.paths.iter().map(Path::new).enumerate().collect();
        // Whether a line is bad must not depend on the values that are selected: a deserializer of bytes checks
        // only those.
        let Ok(line) = std::str::from_utf8(line) else {
            return LineVerdict::Bad;
        };
        let mut json = serde_json::Deserializer::from_str(line);
        let level = Level {
            wanted: &wanted,
            spans,
            decoded: &mut self.decoded,
            root: true,
        };
        match level.deserialize(&mut json).and_then(|()| json.end()) {
            Ok(()) => LineVerdict::Read,
            Err(_) => LineVerdict::Bad,
        }
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        if let Ok(line) = std::str::from_utf8(line) {
            let mut json = serde_json::Deserializer::from_str(line);
            // The line was read, so that this does not fail.
            let _ = json.deserialize_map(Pairs(take));
        }
    }

    fn decoded(&self) -> &[u8] {
        &self.decoded
    }
}

/// Gives the pairs of an object to a function.
struct Pairs<'a, 'b>(&'a mut TakePair<'b>);

impl<'de> Visitor<'de> for Pairs<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            let key = unescaped(key.get()).map_err(A::Error::custom)?;
            let text = unescaped(value.get()).map_err(A::Error::custom)?;
            let kind = match value.get() {
                "null" => Kind::Null,
                value if value.starts_with('"') => Kind::Text,
                _ => Kind::Json,
            };
            let text = if kind == Kind::Null { "" } else { &*text };
            (self.0)(key.as_bytes(), kind, text.as_bytes());
        }
        Ok(())
    }
}

/// One object or array, and the rest of the paths to find in it, each with its slot.
struct Level<'a> {
    wanted: &'a [(usize, Path<'a>)],
    spans: &'a mut [FieldSpan],
    decoded: &'a mut Vec<u8>,
    root: bool,
}

impl Level<'_> {
    /// Stores a value in the slots that select it, and follows longer paths into it.
    fn value(&mut self, key: &Match<'_>, raw: &RawValue) -> Result<(), serde_json::Error> {
        let text = raw.get();
        for &slot in &key.here {
            if text == "null" {
                self.spans[slot] = FieldSpan::NULL;
                continue;
            }
            let start = self.decoded.len();
            self.decoded.extend_from_slice(unescaped(text)?.as_bytes());
            let span = FieldSpan::from_decoded(start, self.decoded.len());
            self.spans[slot] = match text.starts_with('"') {
                true => span,
                false => FieldSpan {
                    base: SpanBase::Json,
                    ..span
                },
            };
        }
        if !key.below.is_empty() && text.starts_with(['{', '[']) {
            let level = Level {
                wanted: &key.below,
                spans: self.spans,
                decoded: self.decoded,
                root: false,
            };
            level.deserialize(&mut serde_json::Deserializer::from_str(text))?;
        }
        Ok(())
    }
}

/// Returns a string unescaped, and any other value as it is written.
fn unescaped(text: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    Ok(
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(inside) if !inside.contains('\\') => inside.into(),
            Some(_) => match serde_json::from_str::<String>(text) {
                Ok(text) => text.into(),
                Err(_) => serde_json::from_str::<String>(&without_lone_surrogates(text))?.into(),
            },
            None => text.into(),
        },
    )
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

/// What is left of a path to a value.
#[derive(Clone, Copy)]
enum Path<'a> {
    /// Keys joined by dots; a key may have dots in it, too.
    Dotted(&'a str),
    /// Keys as they are.
    Keys(&'a [String]),
}

impl<'a> Path<'a> {
    fn new(source: &'a FieldSource) -> Path<'a> {
        match source {
            FieldSource::Name(name) => Path::Dotted(name),
            FieldSource::Path(keys) => Path::Keys(keys),
            _ => Path::Keys(&[]),
        }
    }

    /// Returns what is left after this key, which may be nothing; `None` when the path begins with another one.
    fn after(self, key: &str) -> Option<Option<Path<'a>>> {
        match self {
            Path::Dotted(path) => match path.strip_prefix(key)? {
                "" => Some(None),
                rest => Some(Some(Path::Dotted(rest.strip_prefix('.')?))),
            },
            Path::Keys(keys) => match keys.split_first()? {
                (first, _) if first != key => None,
                (_, []) => Some(None),
                (_, rest) => Some(Some(Path::Keys(rest))),
            },
        }
    }
}

/// The slots that select a key, and the rest of longer paths below it.
#[derive(Default)]
struct Match<'a> {
    here: Vec<usize>,
    below: Vec<(usize, Path<'a>)>,
}

impl<'a> Match<'a> {
    fn find(key: &str, wanted: &[(usize, Path<'a>)]) -> Option<Match<'a>> {
        let mut found = None;
        for &(slot, path) in wanted {
            match path.after(key) {
                None => {}
                Some(None) => found.get_or_insert_with(Match::default).here.push(slot),
                Some(Some(rest)) => found.get_or_insert_with(Match::default).below.push((slot, rest)),
            }
        }
        found
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if self.root {
            json.deserialize_map(self)
        } else {
            json.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&RawValue>()? {
            let key = unescaped(key.get()).map_err(A::Error::custom)?;
            match Match::find(&key, self.wanted) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(key) => {
                    let raw: &RawValue = map.next_value()?;
                    self.value(&key, raw).map_err(A::Error::custom)?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0usize;
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            if let Some(key) = Match::find(&index.to_string(), self.wanted) {
                self.value(&key, raw).map_err(A::Error::custom)?;
            }
            index += 1;
        }
        Ok(())
    }
}
