//! The replacement strings of `--plus`: how they are spelled, and what they stand for.
//!
//! It does not know the values.

use super::substitution::{Replacement, Substitution};
use super::{LinePiece, ValuePart, Which};

/// Returns what `--plus` makes of the text between braces.
pub(super) fn part(inner: &[u8]) -> Option<ValuePart> {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<usize>().ok();
    let part = match inner {
        b".." => ValuePart::Stem(2),
        b"..." => ValuePart::Stem(3),
        b"/.." => ValuePart::BaseStem(2),
        b"/..." => ValuePart::BaseStem(3),
        b"+/" => ValuePart::Parents,
        b"+." => ValuePart::Extension(1),
        b"+.." => ValuePart::Extension(2),
        b"+..." => ValuePart::Extension(3),
        [b':', b'-', text @ ..] if !text.is_empty() => ValuePart::Default(text.to_vec()),
        [b':', numbers @ ..] => {
            let mut numbers = numbers.splitn(2, |&b| b == b':');
            let from = number(numbers.next()?)?;
            ValuePart::Slice(
                from,
                numbers.next().map(number).map_or(Some(None), |n| n.map(Some))?,
            )
        }
        _ => ValuePart::Substituted(substitution(inner)?),
    };
    Some(part)
}

/// Reads `%END`, `#START`, `/FROM/TO`, `^UPPER` and their kind, as bash has them, with regular expressions.
fn substitution(inner: &[u8]) -> Option<Substitution> {
    let text = |text: &[u8]| {
        String::from_utf8(text.to_vec())
            .ok()
            .filter(|text| !text.is_empty())
    };
    let of = |pattern: String, with, each| Substitution::new(&pattern, with, each);
    let nothing = || Replacement::Text(Vec::new());
    match inner {
        [b'%', b'%', end @ ..] if !end.is_empty() => of(format!("(?:{})$", text(end)?), nothing(), false),
        [b'%', end @ ..] => of(format!("(.*)(?U:{})$", text(end)?), Replacement::Group, false),
        [b'#', b'#', start @ ..] => of(format!("^(?:{})", text(start)?), nothing(), false),
        [b'#', start @ ..] => of(format!("^(?U:{})", text(start)?), nothing(), false),
        [b'^', b'^', all @ ..] if !all.is_empty() => of(text(all)?, Replacement::Upper, true),
        [b'^', first @ ..] => of(format!("^(?:{})", text(first)?), Replacement::Upper, false),
        [b',', b',', all @ ..] if !all.is_empty() => of(text(all)?, Replacement::Lower, true),
        [b',', first @ ..] => of(format!("^(?:{})", text(first)?), Replacement::Lower, false),
        [b'/', rest @ ..] => {
            let (kind, rest) = match rest {
                [kind @ (b'/' | b'#' | b'%'), rest @ ..] => (Some(kind), rest),
                _ => (None, rest),
            };
            let slash = memchr::memchr(b'/', rest)?;
            let (from, to) = (
                text(&rest[..slash])?,
                Replacement::Text(rest[slash + 1..].to_vec()),
            );
            match kind {
                Some(b'#') => of(format!("^(?:{from})"), to, false),
                Some(b'%') => of(format!("(?:{from})$"), to, false),
                kind => of(from, to, kind.is_some()),
            }
        }
        _ => None,
    }
}

/// Returns what `--plus` makes of the text between braces when it is about the job: `total` is how many jobs there
/// are, if that is known, and how many run at a time.
pub(super) fn job_piece(inner: &[u8], total: Option<(usize, usize)>) -> Option<LinePiece> {
    let (jobs, slots) = total.unwrap_or((1, 1));
    let width = |count: usize| count.max(1).ilog10() as usize + 1;
    Some(match inner {
        b"##" => LinePiece::Total(jobs),
        b"0#" => LinePiece::Job(width(jobs)),
        b"0%" => LinePiece::Slot(width(slots)),
        b"slot" => LinePiece::Slot(1),
        _ => return None,
    })
}

/// Returns whether a text has a replacement string of `--plus` that tells how many jobs there are.
pub(super) fn needs_total(text: &[u8]) -> bool {
    [&b"{##}"[..], b"{0#}", b"{0%}"]
        .iter()
        .any(|hole| memchr::memmem::find(text, hole).is_some())
}

/// Returns the piece of a part of all values.
pub(super) fn of_all(part: ValuePart) -> LinePiece {
    LinePiece::Value(Which::All, part)
}
