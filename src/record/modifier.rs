//! Modifiers of a field's value: the table of named ones, and byte slices.

use super::plan_error::RecordPlanError;
use super::suggest::{quoted, unknown};
use super::time::Time;

/// One row of the table of modifiers.
#[derive(Debug)]
pub struct ModifierEntry {
    /// The name that users type after a colon.
    pub name: &'static str,
    /// One line of help: the result.
    pub help: &'static str,
    apply: fn(&mut Vec<u8>),
    /// True when the result is always a subslice of the value.
    keeps_bytes: bool,
}

/// The known modifiers.
pub(crate) static MODIFIERS: &[ModifierEntry] = &[
    ModifierEntry {
        name: "noquery",
        help: "a path or address without what begins at '?'",
        apply: |value| value.truncate(memchr::memchr(b'?', value).unwrap_or(value.len())),
        keeps_bytes: true,
    },
    ModifierEntry {
        name: "lower",
        help: "ASCII letters in lower case",
        apply: |value| value.make_ascii_lowercase(),
        keeps_bytes: false,
    },
    ModifierEntry {
        name: "minute",
        help: "a time to the minute, by its own clock: 2012-01-31T23:59",
        apply: |value| clock(value, 5),
        keeps_bytes: false,
    },
    ModifierEntry {
        name: "hour",
        help: "a time to the hour, by its own clock: 2012-01-31T23",
        apply: |value| clock(value, 4),
        keeps_bytes: false,
    },
    ModifierEntry {
        name: "day",
        help: "a time's day, by its own clock: 2012-01-31",
        apply: |value| clock(value, 3),
        keeps_bytes: false,
    },
    ModifierEntry {
        name: "hod",
        help: "a time's hour of day, by its own clock: 23",
        apply: hour_of_day,
        keeps_bytes: false,
    },
];

/// One step from a field's value to the value that is asked for.
#[derive(Debug, Clone)]
pub enum Modifier {
    /// A modifier of the table.
    Named(&'static ModifierEntry),
    /// The bytes from one offset to another, clipped to the value.
    Slice(usize, usize),
}

impl PartialEq for Modifier {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Modifier::Named(a), Modifier::Named(b)) => a.name == b.name,
            (Modifier::Slice(a, b), Modifier::Slice(c, d)) => (a, b) == (c, d),
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
                let Some(entry) = MODIFIERS.iter().find(|entry| entry.name == name) else {
                    let known: Vec<_> = MODIFIERS.iter().map(|entry| entry.name).collect();
                    return Err(unknown("modifier", name, &known));
                };
                modifiers.push(Modifier::Named(entry));
                source = before;
            } else {
                modifiers.reverse();
                return Ok((source, modifiers));
            }
        }
    }

    /// Returns true when the result is always a subslice of the value.
    pub(super) fn keeps_bytes(&self) -> bool {
        match self {
            Modifier::Named(entry) => entry.keeps_bytes,
            Modifier::Slice(..) => true,
        }
    }

    /// Changes a value.
    pub(super) fn apply(&self, value: &mut Vec<u8>) {
        match *self {
            Modifier::Named(entry) => (entry.apply)(value),
            Modifier::Slice(from, to) => {
                value.truncate(to);
                value.drain(..from.min(value.len()));
            }
        }
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

/// Replaces a time by the first `parts` fields of its clock, and any other value by nothing.
fn clock(value: &mut Vec<u8>, parts: usize) {
    let time = Time::parse(value);
    value.clear();
    let Some(time) = time else { return };
    put(value, time.clock[0], 4);
    for (separator, number) in b"--T:".iter().zip(&time.clock[1..parts]) {
        value.push(*separator);
        put(value, *number, 2);
    }
}

fn hour_of_day(value: &mut Vec<u8>) {
    let time = Time::parse(value);
    value.clear();
    if let Some(time) = time {
        put(value, time.clock[3], 2);
    }
}

/// Appends a number with leading zeros; negative years become 0.
fn put(out: &mut Vec<u8>, number: i32, digits: u32) {
    let number = number.max(0).unsigned_abs();
    for place in (0..digits).rev() {
        out.push(b'0' + (number / 10u32.pow(place) % 10) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modified(field: &str, value: &str) -> String {
        let (_, modifiers) = Modifier::split(field).expect(field);
        let mut value = value.as_bytes().to_vec();
        modifiers.iter().for_each(|modifier| modifier.apply(&mut value));
        String::from_utf8(value).expect("text")
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
        assert_eq!(modified("t:hod", "-"), "");
    }

    #[test]
    fn malformed_modifiers_are_refused() {
        let refusal = |text| Modifier::split(text).expect_err(text).to_string();
        assert!(refusal("path:noqery").contains("did you mean 'noquery'?"));
        assert!(refusal("path[3:2]").contains("FROM:TO"));
        assert!(refusal("path[a:2]").contains("FROM:TO"));
    }
}
