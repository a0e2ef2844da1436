//! Modifiers of a field's value: the table of named ones, steps of times, and byte slices.

use super::json_path::{self, JsonValue};
use super::measure::{bytes, seconds};
use super::notes::NoteKind;
use super::plan_error::RecordPlanError;
use super::suggest::{quoted, unknown};
use super::time::{Cut, TimeReader, stamp};

/// One row of the table of modifiers.
#[derive(Debug)]
pub struct ModifierEntry {
    /// The name that users type after a colon.
    pub name: &'static str,
    /// One line of help: the result.
    pub help: &'static str,
    action: Action,
}

/// What a modifier does to a value.
#[derive(Debug, Clone, Copy)]
enum Action {
    /// Leaves as many bytes of its beginning.
    Shorten(fn(&[u8]) -> usize),
    /// Changes it.
    Change(fn(&mut Vec<u8>)),
    /// Changes it when it is of the kind that the modifier reads, and returns false otherwise.
    Convert(fn(&mut Vec<u8>) -> bool),
    /// Reads a time and makes something of it.
    Cut(Cut),
    /// Reads JSON.
    Json,
}

/// What a modifier made of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Text.
    Text,
    /// A value of JSON that is no string, as it is written.
    Json,
    /// JSON's null.
    Null,
    /// Nothing: the value has no such part.
    Missing,
    /// Nothing: the value is of another kind than the modifier reads.
    Misfit,
}

const fn entry(name: &'static str, action: Action, help: &'static str) -> ModifierEntry {
    ModifierEntry { name, help, action }
}

/// The known modifiers.
pub(crate) static MODIFIERS: &[ModifierEntry] = &[
    entry(
        "noquery",
        Action::Shorten(|value| memchr::memchr(b'?', value).unwrap_or(value.len())),
        "a path or address without what begins at '?'",
    ),
    entry(
        "lower",
        Action::Change(|value| value.make_ascii_lowercase()),
        "ASCII letters in lower case",
    ),
    entry(
        "minute",
        Action::Cut(Cut::Minute),
        "a time to the minute, by its own clock: 2012-01-31T23:59",
    ),
    entry(
        "hour",
        Action::Cut(Cut::Hour),
        "a time to the hour, by its own clock: 2012-01-31T23",
    ),
    entry(
        "day",
        Action::Cut(Cut::Day),
        "a time's day, by its own clock: 2012-01-31",
    ),
    entry(
        "week",
        Action::Cut(Cut::Week),
        "a time's week of ISO 8601: 2012-W05",
    ),
    entry("month", Action::Cut(Cut::Month), "a time's month: 2012-01"),
    entry("year", Action::Cut(Cut::Year), "a time's year: 2012"),
    entry("dow", Action::Cut(Cut::Weekday), "a time's day of the week: Tue"),
    entry(
        "hod",
        Action::Cut(Cut::HourOfDay),
        "a time's hour of day, by its own clock: 23",
    ),
    entry(
        STEP,
        Action::Cut(Cut::Minute),
        "a time to the beginning of its 5 minutes; 1s to 30d, counted from 1970-01-01: 2012-01-31T23:55",
    ),
    entry(
        "epoch",
        Action::Cut(Cut::Epoch),
        "a time as seconds since 1970 in UTC, with its fraction: 1328054398.5",
    ),
    entry(
        "duration",
        Action::Convert(seconds),
        "a duration in seconds: 1.5s, 120ms, 2m3s, 5us, 1h",
    ),
    entry(
        "size",
        Action::Convert(bytes),
        "a size in bytes: 1.5K is 1500, 1.5Ki is 1536, 3MiB",
    ),
    entry(
        JSON,
        Action::Json,
        "the JSON in a value's text, and with a path a value in it: log:json.level",
    ),
];

/// The row that stands for all steps.
const STEP: &str = "5m";

/// The modifier that a path may follow: `log:json.level`.
const JSON: &str = "json";

/// One step from a field's value to the value that is asked for.
#[derive(Debug, Clone)]
pub enum Modifier {
    /// A modifier of the table.
    Named(&'static ModifierEntry),
    /// The beginning of the step of time, such as five minutes, in which a time lies.
    Step(Cut),
    /// The bytes from one offset to another, clipped to the value.
    Slice(usize, usize),
    /// What lies at a path in the JSON that the value's text is.
    JsonPath(String),
    /// The point in time that a value is, before its text; a value that is no time stays as it is. Nobody types it.
    Stamp,
}

impl PartialEq for Modifier {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Modifier::Named(a), Modifier::Named(b)) => a.name == b.name,
            (Modifier::Step(a), Modifier::Step(b)) => a == b,
            (Modifier::Slice(a, b), Modifier::Slice(c, d)) => (a, b) == (c, d),
            (Modifier::JsonPath(a), Modifier::JsonPath(b)) => a == b,
            (Modifier::Stamp, Modifier::Stamp) => true,
            _ => false,
        }
    }
}

impl Modifier {
    /// Splits `SOURCE[:NAME|[FROM:TO]]…` into the source's text and the modifiers in their order.
    pub(super) fn split(text: &str) -> Result<(&str, Vec<Modifier>), RecordPlanError> {
        let (mut source, mut modifiers) = (text, Vec::new());
        loop {
            if let Some((before, slice)) = slice(source)? {
                modifiers.push(slice);
                source = before;
            } else if let Some((before, name)) = source.rsplit_once(':') {
                match name.strip_prefix(JSON).and_then(|path| path.strip_prefix('.')) {
                    Some(path) => modifiers.push(Modifier::JsonPath(path.to_owned())),
                    None => modifiers.push(Modifier::parse(name)?),
                }
                source = before;
            } else {
                modifiers.reverse();
                return Ok((source, modifiers));
            }
        }
    }

    fn parse(name: &str) -> Result<Modifier, RecordPlanError> {
        if let Some(entry) = MODIFIERS.iter().find(|entry| entry.name == name && name != STEP) {
            return Ok(Modifier::Named(entry));
        }
        if let Some(step) = Cut::step(name) {
            return Ok(Modifier::Step(step));
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) && name.ends_with(['s', 'm', 'h', 'd']) {
            return Err(RecordPlanError::new(format!(
                "step {} is not 1s to 30d, in s, m, h or d",
                quoted(name)
            )));
        }
        let known: Vec<_> = MODIFIERS.iter().map(|entry| entry.name).collect();
        Err(unknown("modifier", name, &known))
    }

    /// Returns what is made of a time, if the modifier reads one.
    pub(super) fn cut(&self) -> Option<Cut> {
        match self {
            Modifier::Named(ModifierEntry {
                action: Action::Cut(cut),
                ..
            })
            | Modifier::Step(cut) => Some(*cut),
            _ => None,
        }
    }

    /// Returns the note on values of another kind than the modifier reads, if it reads one kind only.
    pub(super) fn expected(&self) -> Option<NoteKind> {
        match self {
            Modifier::Step(_) => Some(NoteKind::NoTime),
            Modifier::JsonPath(_) => Some(NoteKind::NoJson),
            Modifier::Named(entry) => match entry.action {
                Action::Cut(_) => Some(NoteKind::NoTime),
                Action::Convert(_) => Some(NoteKind::NoNumber),
                Action::Json => Some(NoteKind::NoJson),
                Action::Shorten(_) | Action::Change(_) => None,
            },
            Modifier::Slice(..) | Modifier::Stamp => None,
        }
    }

    /// Returns true when the result is always a subslice of the value.
    pub(super) fn keeps_bytes(&self) -> bool {
        match self {
            Modifier::Named(entry) => matches!(entry.action, Action::Shorten(_)),
            Modifier::Slice(..) => true,
            Modifier::Step(_) | Modifier::JsonPath(_) | Modifier::Stamp => false,
        }
    }

    /// Returns the part of a value that the modifier leaves; all of it when the modifier does not keep its bytes.
    #[inline]
    pub(super) fn part<'a>(&self, value: &'a [u8]) -> &'a [u8] {
        match self {
            Modifier::Named(ModifierEntry {
                action: Action::Shorten(length),
                ..
            }) => &value[..length(value)],
            Modifier::Slice(from, to) => {
                let value = &value[..(*to).min(value.len())];
                &value[(*from).min(value.len())..]
            }
            _ => value,
        }
    }

    /// Changes a value that earlier modifiers made.
    pub(crate) fn apply_after(&self, made: Outcome, value: &mut Vec<u8>, times: &mut TimeReader) -> Outcome {
        match made {
            Outcome::Misfit => Outcome::Misfit,
            Outcome::Null | Outcome::Missing if self.expected().is_some() => Outcome::Misfit,
            Outcome::Null | Outcome::Missing => made,
            Outcome::Text | Outcome::Json => self.apply(value, times),
        }
    }

    /// Changes a value.
    pub(crate) fn apply(&self, value: &mut Vec<u8>, times: &mut TimeReader) -> Outcome {
        let is_read = |is_read: bool| if is_read { Outcome::Text } else { Outcome::Misfit };
        if let Some(cut) = self.cut() {
            let time = times.read_loosely(value);
            value.clear();
            let put = time.and_then(|time| cut.put(&time, times.zone(), value));
            return is_read(put.is_some());
        }
        match self {
            Modifier::Named(entry) => match entry.action {
                Action::Shorten(length) => value.truncate(length(value)),
                Action::Change(apply) => apply(value),
                Action::Convert(convert) => return is_read(convert(value)),
                Action::Json => return at_path(value, ""),
                Action::Cut(_) => {}
            },
            Modifier::Slice(from, to) => {
                value.truncate(*to);
                value.drain(..(*from).min(value.len()));
            }
            Modifier::Step(_) => {}
            Modifier::JsonPath(path) => return at_path(value, path),
            Modifier::Stamp => stamp(value, times),
        }
        Outcome::Text
    }
}

/// Splits `[FROM:TO]`, in which both numbers are optional, off the end of a text.
fn slice(text: &str) -> Result<Option<(&str, Modifier)>, RecordPlanError> {
    let Some((before, inside)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) else {
        return Ok(None);
    };
    let Some((from, to)) = inside.split_once(':') else {
        return Ok(None);
    };
    let offset = |text: &str, missing| {
        if text.is_empty() {
            Ok(missing)
        } else {
            text.parse()
        }
    };
    match (offset(from, 0), offset(to, usize::MAX)) {
        (Ok(from), Ok(to)) if from <= to => Ok(Some((before, Modifier::Slice(from, to)))),
        _ => Err(RecordPlanError::new(format!(
            "slice {} is not [FROM:TO], two byte offsets from 0",
            quoted(&format!("[{inside}]"))
        ))),
    }
}

/// Replaces a JSON text by the value at a path in it, and what is none by nothing.
fn at_path(value: &mut Vec<u8>, path: &str) -> Outcome {
    let found = str::from_utf8(value)
        .ok()
        .and_then(|text| json_path::find(text, path));
    value.clear();
    let (outcome, text) = match found {
        Some(JsonValue::String(text)) => (Outcome::Text, text),
        Some(JsonValue::Other(text)) => (Outcome::Json, text),
        Some(JsonValue::Null) => return Outcome::Null,
        Some(JsonValue::Missing) => return Outcome::Missing,
        None => return Outcome::Misfit,
    };
    value.extend_from_slice(text.as_bytes());
    outcome
}

#[cfg(test)]
mod tests {
    use super::super::time::TimePlan;
    use super::*;

    /// Returns what the modifiers make of a value in Paris: `-` when one of them can't read it, and `(Null)` or
    /// `(Missing)` for nothing.
    fn modified(field: &str, value: &str) -> String {
        let (_, modifiers) = Modifier::split(field).expect(field);
        let mut plan = TimePlan::default();
        plan.set_zone("Europe/Paris").expect("a zone");
        let mut times = TimeReader::new(&plan);
        let mut value = value.as_bytes().to_vec();
        let made = modifiers.iter().fold(Outcome::Text, |made, modifier| {
            modifier.apply_after(made, &mut value, &mut times)
        });
        match made {
            Outcome::Text | Outcome::Json => String::from_utf8(value).expect("text"),
            Outcome::Misfit => "-".to_owned(),
            nothing => format!("({nothing:?})"),
        }
    }

    #[test]
    fn modifiers_do_what_they_say() {
        assert_eq!(modified("x:noquery", "/a?b?c"), "/a");
        assert_eq!(modified("x:noquery", "/a"), "/a");
        assert_eq!(modified("x:lower[1:3]", "ABCDÄ"), "bc");
        assert_eq!(modified("x[1:][:2]", "abcd"), "bc");
        assert_eq!(modified("x[9:]", "abcd"), "");
        let time = "[31/Jan/2012:23:59:58 -0500]";
        assert_eq!(modified("t:minute", time), "2012-01-31T23:59");
        assert_eq!(modified("t:hour", time), "2012-01-31T23");
        assert_eq!(modified("t:day", "2012-01-31T23:59:58Z"), "2012-01-31");
        assert_eq!(modified("t:hod", time), "23");
        assert_eq!(modified("t:hod", "-"), "-");
        assert_eq!(modified("t:lower[:4]:epoch", "1700"), "1700");
        assert_eq!(modified("t[:15]:hod", "Dec 10 06:55:46 host"), "06");
        assert_eq!(modified("t:hod", " \"2012-01-31 23:59:58\","), "23");
        assert_eq!(modified("t:duration", "2m3s"), "123");
        assert_eq!(modified("t:size", "1.5Ki"), "1536");
        assert_eq!(modified("t:size", "large"), "-");
        assert_eq!(modified("x:json.a.0:lower", "{\"a\":[\"X\"]}\n"), "x");
        assert_eq!(modified("x:json", "\"a\\tb\""), "a\tb");
        assert_eq!(modified("x:json.a:json.b", r#"{"a":"{\"b\":1}"}"#), "1");
        for (value, want) in [
            ("a", "-"),
            ("5", "-"),
            ("", "-"),
            ("{}", "(Missing)"),
            ("{\"a\":null}", "(Null)"),
        ] {
            assert_eq!(modified("x:json.a", value), want, "{value}");
            assert_eq!(modified("x:json.a:lower[1:]", value), want, "{value}");
            assert_eq!(modified("x:json.a:hour", value), "-", "{value}");
        }
    }

    #[test]
    fn times_are_cut_by_their_own_clock() {
        let time = "2024-03-01T23:59:58.25-05:00";
        for (cut, want) in [
            ("minute", "2024-03-01T23:59"),
            ("hour", "2024-03-01T23"),
            ("day", "2024-03-01"),
            ("week", "2024-W09"),
            ("month", "2024-03"),
            ("year", "2024"),
            ("dow", "Fri"),
            ("hod", "23"),
            ("1s", "2024-03-01T23:59:58"),
            ("90s", "2024-03-01T23:58:30"),
            ("5m", "2024-03-01T23:55"),
            ("1h", "2024-03-01T23:00"),
            ("6h", "2024-03-01T18:00"),
            ("1d", "2024-03-01T00:00"),
            // 1970-01-01 was a Thursday.
            ("7d", "2024-02-29T00:00"),
            ("30d", "2024-02-17T00:00"),
            ("epoch", "1709355598.25"),
        ] {
            assert_eq!(modified(&format!("t:{cut}"), time), want, "{cut}");
        }
        for (field, value, want) in [
            ("t:hour", "1709355598", "2024-03-02T05"),
            ("t:epoch", "2024-03-02 05:59:58", "1709355598"),
            ("t:epoch", "1709355598123", "1709355598.123"),
            ("t:epoch", "1969-12-31T23:59:58.5Z", "-1.5"),
            ("t:week", "2024-12-30", "2025-W01"),
            ("t:5m", "1969-12-31T23:59:58Z", "1969-12-31T23:55"),
            // The hour of a date alone is not known.
            ("t:hour", "2024-03-01", "-"),
            ("t:5m", "2024-03-01", "-"),
            ("t:2d", "2024-03-01", "2024-02-29T00:00"),
            ("t:day", "2024-03", "-"),
            ("t:month", "2024-03", "2024-03"),
            ("t:day", "2023-02-29", "-"),
        ] {
            assert_eq!(modified(field, value), want, "{field} {value}");
        }
    }

    #[test]
    fn malformed_modifiers_are_refused() {
        let refusal = |text| Modifier::split(text).expect_err(text).to_string();
        assert!(refusal("path:noqery").contains("did you mean 'noquery'?"));
        assert!(refusal("path[3:2]").contains("FROM:TO"));
        assert!(refusal("path[a:2]").contains("FROM:TO"));
        for step in ["t:0s", "t:31d", "t:721h", "t:99999999999d"] {
            assert!(refusal(step).contains("1s to 30d"), "{step}");
        }
    }
}
