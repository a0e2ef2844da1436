//! A record as names and values, in bytes: what a stage gives when a record's fields are not known before it is read,
//! or when values must keep their kinds.
//!
//! It does not know which fields there are, nor how they are printed.

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any bytes.
    Text,
    /// A number, a boolean, an object or an array, as JSON writes it.
    Json,
    /// JSON's null.
    Null,
}

/// Returns the byte that marks a value of this kind, or a missing one. It is less than a tab, so that marked values have
/// the order of those without marks; of equal ones, numbers come before text.
pub(super) fn mark(kind: Option<Kind>) -> u8 {
    match kind {
        None => 1,
        Some(Kind::Null) => 2,
        Some(Kind::Json) => 3,
        Some(Kind::Text) => 4,
    }
}

/// Returns the value before the mark behind it, and its kind; a value without a mark is text.
pub(crate) fn unmark(marked: &[u8]) -> (Option<Kind>, &[u8]) {
    match marked {
        [value @ .., 1] => (None, value),
        [value @ .., 2] => (Some(Kind::Null), value),
        [value @ .., 3] => (Some(Kind::Json), value),
        [value @ .., 4] => (Some(Kind::Text), value),
        value => (Some(Kind::Text), value),
    }
}

/// Appends a name and its value to a record.
pub(super) fn put_pair(out: &mut Vec<u8>, name: &[u8], kind: Kind, value: &[u8]) {
    out.push(kind as u8);
    for part in [name, value] {
        out.extend_from_slice(&(part.len() as u32).to_le_bytes());
        out.extend_from_slice(part);
    }
}

/// Returns the names of a record and their values, in order.
pub(crate) fn pairs(mut record: &[u8]) -> impl Iterator<Item = (&[u8], Kind, &[u8])> {
    std::iter::from_fn(move || {
        let (&kind, rest) = record.split_first()?;
        let (name, rest) = part(rest)?;
        let (value, rest) = part(rest)?;
        record = rest;
        let kind = [Kind::Text, Kind::Json, Kind::Null]
            .into_iter()
            .find(|known| *known as u8 == kind)?;
        Some((name, kind, value))
    })
}

/// Tells whether a record of pairs has this name: where all fields are selected, a field may come twice.
pub(super) fn has_name(record: &[u8], name: &[u8]) -> bool {
    pairs(record).any(|(known, ..)| known == name)
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_kinds() {
        for kind in [None, Some(Kind::Null), Some(Kind::Json), Some(Kind::Text)] {
            assert_eq!(unmark(&[b'4', mark(kind)]), (kind, &b"4"[..]));
        }
    }

    #[test]
    fn pairs_come_back() {
        let mut record = Vec::new();
        put_pair(&mut record, b"a", Kind::Text, b"\xff");
        put_pair(&mut record, b"", Kind::Json, b"1.0");
        put_pair(&mut record, b"c", Kind::Null, b"");
        let want = [
            (&b"a"[..], Kind::Text, &b"\xff"[..]),
            (b"", Kind::Json, b"1.0"),
            (b"c", Kind::Null, b""),
        ];
        assert_eq!(pairs(&record).collect::<Vec<_>>(), want);
    }
}
