//! What a replacement string takes of a value, by the rules of GNU parallel.
//!
//! These differ from those of fanfold's own replacement strings: `{.}` of `.hid` is empty. This file does not know
//! how a replacement string is spelled.

use super::substitution::Substitution;

/// What is taken of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuePart {
    /// All of it.
    Whole,
    /// What is left without this many extensions.
    Stem(usize),
    /// What comes after the last slash.
    Base,
    /// The same without this many extensions.
    BaseStem(usize),
    /// The directory, as dirname(1) has it.
    Directory,
    /// What comes before the last slash, or nothing.
    Parents,
    /// This many extensions, without the dot before them.
    Extension(usize),
    /// This text where the value is empty or `0`.
    Default(Vec<u8>),
    /// The bytes from this one on, or so many of them.
    Slice(usize, Option<usize>),
    /// What a substitution makes of it.
    Substituted(Substitution),
}

impl ValuePart {
    /// Returns this part of `value`.
    pub fn select(&self, value: &[u8]) -> Vec<u8> {
        match self {
            ValuePart::Whole => value.to_vec(),
            ValuePart::Stem(count) => stem(value, *count).to_vec(),
            ValuePart::Base => base(value),
            ValuePart::BaseStem(count) => stem(&base(value), *count).to_vec(),
            ValuePart::Directory => directory(value).to_vec(),
            ValuePart::Parents => {
                let slash = memchr::memrchr(b'/', value);
                value[..slash.unwrap_or(0)].to_vec()
            }
            ValuePart::Extension(count) => match stem(value, *count) {
                all if all.len() == value.len() => Vec::new(),
                stem => value[stem.len() + 1..].to_vec(),
            },
            ValuePart::Default(text) if value.is_empty() || value == b"0" => text.clone(),
            ValuePart::Default(_) => value.to_vec(),
            ValuePart::Slice(from, length) => {
                let rest = value.get(*from..).unwrap_or_default();
                rest[..length.unwrap_or(usize::MAX).min(rest.len())].to_vec()
            }
            ValuePart::Substituted(substitution) => substitution.apply(value),
        }
    }
}

/// Returns `value` without so many extensions, or all of it when it has not so many.
fn stem(value: &[u8], count: usize) -> &[u8] {
    let mut rest = value;
    for _ in 0..count {
        match memchr::memrchr2(b'.', b'/', rest) {
            Some(dot) if rest[dot] == b'.' => rest = &rest[..dot],
            _ => return value,
        }
    }
    rest
}

/// Returns `value` without what comes before the last slash in the first line that has one.
fn base(value: &[u8]) -> Vec<u8> {
    let Some(first) = memchr::memchr(b'/', value) else {
        return value.to_vec();
    };
    let start = memchr::memrchr(b'\n', &value[..first]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &value[first..]).map_or(value.len(), |at| first + at);
    let slash = memchr::memrchr(b'/', &value[..end]).unwrap_or(first);
    [&value[..start], &value[slash + 1..]].concat()
}

fn directory(value: &[u8]) -> &[u8] {
    let trimmed = |value: &[u8]| value.iter().rposition(|&b| b != b'/').map_or(0, |at| at + 1);
    let name = &value[..trimmed(value)];
    match memchr::memrchr(b'/', name) {
        _ if name.is_empty() && !value.is_empty() => b"/",
        None => b".",
        Some(slash) => match trimmed(&name[..slash]) {
            0 => b"/",
            end => &name[..end],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(part: &ValuePart, values: &[&str]) -> Vec<String> {
        let text = |value: &&str| String::from_utf8(part.select(value.as_bytes())).expect("text");
        values.iter().map(text).collect()
    }

    #[test]
    fn parts_are_those_of_gnu_parallel() {
        let values = [
            ".hid", "dots.", "a.b/c", "dir/", "plain", "/top", "/", "a/.b", "a..b", "a/b/", "",
        ];
        for (part, expected) in [
            (
                ValuePart::Stem(1),
                [
                    "", "dots", "a.b/c", "dir/", "plain", "/top", "/", "a/", "a.", "a/b/", "",
                ],
            ),
            (
                ValuePart::Base,
                [".hid", "dots.", "c", "", "plain", "top", "", ".b", "a..b", "", ""],
            ),
            (
                ValuePart::BaseStem(1),
                ["", "dots", "c", "", "plain", "top", "", "", "a.", "", ""],
            ),
            (
                ValuePart::Directory,
                [".", ".", "a.b", ".", ".", "/", "/", "a", ".", "a", "."],
            ),
            (
                ValuePart::Parents,
                ["", "", "a.b", "dir", "", "", "", "a", "", "a/b", ""],
            ),
        ] {
            assert_eq!(parts(&part, &values), expected, "{part:?}");
        }
        let plus = |text: &str| super::super::plus::part(text.as_bytes()).expect("a part");
        let values = ["d/a.b.c.d", "plain"];
        for (part, expected) in [
            (ValuePart::Stem(2), ["d/a.b", "plain"]),
            (ValuePart::BaseStem(2), ["a.b", "plain"]),
            (ValuePart::Extension(1), ["d", ""]),
            (ValuePart::Extension(2), ["c.d", ""]),
            (plus("%\\.d"), ["d/a.b.c", "plain"]),
            (plus("%\\..*"), ["d/a.b.c", "plain"]),
            (plus("%%\\..*"), ["d/a", "plain"]),
            (plus("#d/"), ["a.b.c.d", "plain"]),
            (plus("##[^.]*"), [".b.c.d", ""]),
            (plus("/[.]/-"), ["d/a-b.c.d", "plain"]),
            (plus("//[.]/-"), ["d/a-b-c-d", "plain"]),
            (plus("/#d/x"), ["x/a.b.c.d", "plain"]),
            (plus("/%d/x"), ["d/a.b.c.x", "plain"]),
            (plus("^[a-z]"), ["D/a.b.c.d", "Plain"]),
            (plus("^^[a-b]"), ["d/A.B.c.d", "plAin"]),
            (plus(",,D"), ["d/a.b.c.d", "plain"]),
            (ValuePart::Slice(2, None), ["a.b.c.d", "ain"]),
            (ValuePart::Slice(1, Some(2)), ["/a", "la"]),
        ] {
            assert_eq!(parts(&part, &values), expected, "{part:?}");
        }
    }
}
