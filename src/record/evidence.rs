//! Whether an input is of its format: it is when one of its lines is. And what an input is that is not.
//!
//! It does not know filters: a file is of a format whichever lines are asked for.

use super::format::{Clf, LineSplitter as _, LineVerdict};
use super::suggest::quoted;
use memchr::memchr_iter;

/// How much of a bad line is looked at.
const HEAD: usize = 512;
/// The longest beginning of a line that is shown.
const SHOWN: usize = 40;

/// Whether any line of a job is of the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// One is, or the format takes every line.
    Readable,
    /// None is so far. Why the input is none of the format, once a line is not and is not blank.
    Lacking(Option<String>),
}

impl Evidence {
    /// Returns what is known before the first line; `checks` says that lines may be of another format.
    pub(super) fn at_start(checks: bool) -> Evidence {
        match checks {
            true => Evidence::Lacking(None),
            false => Evidence::Readable,
        }
    }

    /// Returns true when a line is of the format, or any would be.
    #[inline]
    pub(crate) fn is_readable(&self) -> bool {
        matches!(self, Evidence::Readable)
    }

    /// Takes note of a line.
    pub(super) fn add(&mut self, verdict: LineVerdict, format: &str, line: &[u8]) {
        match (verdict, &mut *self) {
            (LineVerdict::Read, _) => *self = Evidence::Readable,
            (LineVerdict::Bad, Evidence::Lacking(first @ None)) => {
                *first = Some(unlike(format, &line[..line.len().min(HEAD)]));
            }
            _ => {}
        }
    }
}

/// Returns why an input is none of a format, by the beginning of its first line that is not blank.
fn unlike(format: &str, line: &[u8]) -> String {
    let text = line.trim_ascii_start();
    let is = match resemblance(format, text) {
        Some(what) => what,
        None => format!("the first begins {}", quoted(&beginning(text))),
    };
    format!("no line could be read as {format}: {is}")
}

fn beginning(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).trim_end().to_owned();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Returns what a line looks like.
fn resemblance(format: &str, text: &[u8]) -> Option<String> {
    let begins = |what: &str| {
        let head = text.get(..what.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(what.as_bytes()))
    };
    let says = |what: &str| Some(what.to_owned());
    if text.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31)) {
        return says("it is binary data");
    }
    if begins("<!doctype html") || begins("<html") {
        return says("it is an HTML page");
    }
    if begins("<?xml") || text.first() == Some(&b'<') && format == "json" {
        return says("it is XML");
    }
    match (format, text.first()) {
        ("json", Some(b'[')) => {
            return says("begins with '[': one JSON array; jq -c '.[]' makes lines of it");
        }
        ("json", Some(b'{')) => {
            return says("begins with '{': a JSON document over several lines; jq -c . makes a line of it");
        }
        (_, Some(b'{')) if format != "json" => {
            return says("begins with '{': it looks like JSON (-i json)");
        }
        _ => {}
    }
    if format != "clf" && Clf::new(&[]).split(text.trim_ascii_end(), &mut []) == LineVerdict::Read {
        return says("it looks like a web server's log (-i clf)");
    }
    [(b'\t', "tsv"), (b',', "csv"), (b';', "csv -d ';'")]
        .into_iter()
        .find(|(delimiter, _)| memchr_iter(*delimiter, text).count() >= 2)
        .map(|(_, name)| {
            format!(
                "the first begins {} and looks like {name} (-i {name})",
                quoted(&beginning(text))
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_input_looks_like_is_said() {
        for (format, line, want) in [
            (
                "json",
                "[{\"a\": 1},",
                "begins with '[': one JSON array; jq -c '.[]' makes lines of it",
            ),
            ("json", "  {", "a JSON document over several lines"),
            ("json", "<!DOCTYPE html>", "an HTML page"),
            ("clf", "{\"a\": 1}", "(-i json)"),
            (
                "clf",
                "id,host,status",
                "begins 'id,host,status' and looks like csv (-i csv)",
            ),
            ("clf", "\u{1}\u{2}", "binary data"),
            (
                "json",
                "h - - [01/Jan/2012:00:00:09 -0500] \"GET / HTTP/1.1\" 200 5",
                "(-i clf)",
            ),
            (
                "json",
                "level=error at the café",
                "the first begins 'level=error at the café'",
            ),
        ] {
            let said = unlike(format, line.as_bytes());
            assert!(
                said.starts_with("no line could be read as ") && said.contains(want),
                "{said}"
            );
        }
    }
}
