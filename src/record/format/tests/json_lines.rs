//! JSON lines, right and wrong ones, against serde_json.

use super::*;
use crate::record::named_values::Kind;
use fastrand::Rng;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The members of an object, or the elements of an array by their index, with what stands there.
struct Members<'a>(Vec<(String, &'a RawValue)>);

struct TakeMembers;

impl<'de> Visitor<'de> for TakeMembers {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            members.push((text(key.get()).0, value));
        }
        Ok(Members(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(value) = seq.next_element::<&RawValue>()? {
            members.push((members.len().to_string(), value));
        }
        Ok(Members(members))
    }
}

/// Returns the text of a value, and what it is. The lines of the tests have no escapes of lone surrogates.
fn text(raw: &str) -> (String, Kind) {
    match raw {
        "null" => (String::new(), Kind::Null),
        _ if raw.starts_with('"') => (serde_json::from_str(raw).expect("it was checked"), Kind::Text),
        _ => (raw.to_owned(), Kind::Json),
    }
}

/// Finds the last value at a dotted path.
fn find(members: Members<'_>, path: &str, found: &mut Option<(String, Kind)>) {
    for (key, value) in members.0 {
        let Some(rest) = path.strip_prefix(&key) else {
            continue;
        };
        if rest.is_empty() {
            *found = Some(text(value.get()));
        } else if let (Some(rest), true) = (rest.strip_prefix('.'), value.get().starts_with(['{', '['])) {
            let mut json = serde_json::Deserializer::from_str(value.get());
            let members = json.deserialize_any(TakeMembers).expect("it was checked");
            find(members, rest, found);
        }
    }
}

/// What serde_json finds at the paths in a line; `None` when the line is bad.
fn expected(line: &[u8], paths: &[&str]) -> Option<Vec<Option<(String, Kind)>>> {
    let line = str::from_utf8(line).ok()?;
    serde_json::from_str::<&RawValue>(line).ok()?;
    let values = paths.iter().map(|path| {
        let mut json = serde_json::Deserializer::from_str(line);
        let mut found = None;
        find(json.deserialize_map(TakeMembers).ok()?, path, &mut found);
        Some(found)
    });
    values.collect()
}

/// What the splitter finds.
fn actual(line: &[u8], paths: &[&str]) -> Option<Vec<Option<(String, Kind)>>> {
    let mut json = Json::new(&resolved(&Format::Json, paths));
    let mut spans = vec![FieldSpan::default(); paths.len()];
    if json.split(line, &mut spans) != LineVerdict::Read {
        return None;
    }
    let value = |span: &FieldSpan| {
        let (base, kind) = match span.base {
            SpanBase::Missing => return None,
            SpanBase::Null => (line, Kind::Null),
            SpanBase::Json => (line, Kind::Json),
            SpanBase::Decoded => (json.decoded(), Kind::Text),
            _ => (line, Kind::Text),
        };
        let bytes = base[span.start..span.end].to_vec();
        Some((String::from_utf8(bytes).expect("it was checked"), kind))
    };
    Some(spans.iter().map(value).collect())
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

/// Appends a random value, with blanks where they may be.
fn put_value(rng: &mut Rng, depth: u32, out: &mut String) {
    const TEXTS: [&str; 9] = [
        "",
        "x",
        "a longer text",
        "12345678",
        "tab\\tend",
        "\\\"",
        "é\\u00e9",
        "\\ud83d\\ude00",
        "back\\\\",
    ];
    const WORDS: [&str; 12] = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.50",
        "-12e3",
        "1E+400",
        "0.1e-7",
        "123456789012345678901234567890",
        "7",
        "[]",
    ];
    out.push_str(pick(rng, &["", "", "", " ", "\t \r"]));
    match rng.u32(..if depth > 3 { 2 } else { 4 }) {
        0 => out.push_str(&format!("\"{}\"", pick(rng, &TEXTS))),
        1 => out.push_str(pick(rng, &WORDS)),
        kind => {
            out.push(if kind == 2 { '{' } else { '[' });
            for at in 0..rng.u32(..4) {
                if at > 0 {
                    out.push(',');
                }
                if kind == 2 {
                    let key = pick(rng, &["a", "b", "a.b", "\\u0061", "c", "é", "0", "", "b\\n"]);
                    out.push_str(&format!("{}\"{key}\" :", pick(rng, &["", " "])));
                }
                put_value(rng, depth + 1, out);
            }
            out.push_str(pick(rng, &["", " "]));
            out.push(if kind == 2 { '}' } else { ']' });
        }
    }
    out.push_str(pick(rng, &["", "", " "]));
}

/// Changes a line at some places.
fn mutate(rng: &mut Rng, line: &mut Vec<u8>) {
    const BYTES: &[u8] = b"{}[],:\"\\ \t\x00\x1f\x7f\x80\xff0-.eEu/ntf1";
    for _ in 0..rng.usize(1..3) {
        let at = rng.usize(..line.len().max(1));
        match rng.u32(..5) {
            0 if at < line.len() => _ = line.remove(at),
            1 => line.truncate(at),
            2 => line.insert(at.min(line.len()), BYTES[rng.usize(..BYTES.len())]),
            3 => line.push(BYTES[rng.usize(..BYTES.len())]),
            _ if at < line.len() => line[at] = BYTES[rng.usize(..BYTES.len())],
            _ => {}
        }
    }
}

#[test]
fn random_lines_are_read_as_by_serde_json() {
    let paths = [
        "a", "b", "a.b", "a.b.a", "a.0", "b.1.a", "c", "é", "0.a", "a.b.0.b",
    ];
    let mut rng = Rng::with_seed(16);
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..5000 {
        let mut text = String::new();
        while !text.trim_ascii_start().starts_with('{') {
            text.clear();
            put_value(&mut rng, 0, &mut text);
        }
        let mut line = text.into_bytes();
        if rng.bool() {
            mutate(&mut rng, &mut line);
        }
        if line.iter().all(u8::is_ascii_whitespace) || line.windows(3).any(|three| three == b"\\ud") {
            continue;
        }
        let want = expected(&line, &paths);
        *(if want.is_some() { &mut right } else { &mut wrong }) += 1;
        assert_eq!(
            actual(&line, &paths),
            want,
            "{:?}",
            String::from_utf8_lossy(&line)
        );
    }
    assert!(right > 500 && wrong > 500, "{right} {wrong}");
}

#[test]
fn a_value_is_skipped_whatever_its_depth() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"b\":[1,", "]}]")] {
        let deep = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
        let line = format!("{{\"x\":{deep},\"y\":2}}");
        assert_eq!(json(&["y"], &line).expect("right"), ["2"]);
        assert_eq!(json(&["x"], &line).expect("right"), [deep]);
        assert_eq!(
            json(&["y"], &line.replace("1]", "1,]").replace("1}", "1,}")),
            Err(LineVerdict::Bad)
        );
    }
}

#[test]
fn a_control_character_or_a_wrong_escape_makes_a_line_bad_at_any_place() {
    for length in 0..40 {
        let filler = "x".repeat(length);
        for inside in ["\u{1}", "\\x", "\\u12", "\\u12g4", "\u{1f}", "\\"] {
            for text in [format!("{filler}{inside}"), format!("{inside}{filler}")] {
                let line = format!("{{\"b\":\"{text}\",\"a\":1}}");
                assert_eq!(json(&["a"], &line), Err(LineVerdict::Bad), "{line:?}");
            }
        }
        for inside in ["\u{7f}", "é", "\\u0041", "\\/", "\u{80}"] {
            let line = format!("{{\"b\":\"{filler}{inside}{filler}\",\"a\":1}}");
            assert_eq!(json(&["a"], &line).expect("right"), ["1"], "{line:?}");
        }
    }
}
