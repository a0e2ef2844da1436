//! `--first`: the first rows of what is printed, when only so many are wanted.
//!
//! It does not know where rows come from.

use crate::plan::{FirstRows, RowEnd, Tag};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::memchr;

/// Counts the rows that pass and cuts after the last that is wanted.
#[derive(Debug)]
pub(crate) struct RowLimit {
    left: Option<u64>,
    /// Finds the ends of rows, when a newline may be inside of one.
    csv: Option<Box<Reader>>,
    tag: Tag,
    /// Whether lines are tagged and the next byte belongs to a tag, which is no part of any row.
    within_tag: bool,
    /// Whether a row has begun and not ended.
    open: bool,
}

impl RowLimit {
    /// Returns a limit that lets everything pass.
    pub(crate) fn all() -> Self {
        RowLimit {
            left: None,
            csv: None,
            tag: Tag::Off,
            within_tag: false,
            open: false,
        }
    }

    /// Tells whether everything passes.
    pub(crate) fn is_all(&self) -> bool {
        self.left.is_none()
    }

    /// Returns a limit that lets so many rows pass, each line of which may have a tag.
    pub(crate) fn rows(wanted: FirstRows, tag: Tag) -> Self {
        RowLimit {
            left: Some(wanted.rows),
            csv: match wanted.end {
                RowEnd::Newline => None,
                RowEnd::Csv(delimiter) => Some(Box::new(ReaderBuilder::new().delimiter(delimiter).build())),
            },
            tag,
            within_tag: tag != Tag::Off,
            open: false,
        }
    }

    /// Returns the part of `bytes` that is wanted, and whether no more is.
    pub(crate) fn cut<'b>(&mut self, bytes: &'b [u8]) -> (&'b [u8], bool) {
        let Some(mut left) = self.left else {
            return (bytes, false);
        };
        let mut at = 0;
        while left > 0 {
            let end = match &mut self.csv {
                Some(reader) if self.tag != Tag::Off => {
                    tagged_row_end(reader, &mut self.within_tag, &bytes[at..])
                }
                Some(reader) => row_end(reader, &bytes[at..]),
                None => memchr(b'\n', &bytes[at..]).map(|end| end + 1),
            };
            let Some(end) = end else {
                self.open |= at < bytes.len();
                break;
            };
            self.open = false;
            at += end;
            left -= 1;
        }
        self.left = Some(left);
        if left == 0 {
            (&bytes[..at], true)
        } else {
            (bytes, false)
        }
    }

    /// Ends a job's output, and with it a row whose quotes were never closed.
    pub(crate) fn end_job(&mut self) {
        if std::mem::take(&mut self.open) {
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        if let Some(reader) = &mut self.csv {
            reader.reset();
        }
        self.within_tag = self.tag != Tag::Off;
    }
}

/// As [`row_end`], when each line begins with a name and a tab, also within a row. The part of a name behind
/// a tab of its own is taken for a part of the row.
fn tagged_row_end(reader: &mut Reader, within_tag: &mut bool, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        if *within_tag {
            at += memchr(b'\t', &bytes[at..])? + 1;
            *within_tag = false;
        }
        let newline = memchr(b'\n', &bytes[at..]);
        let line = newline.map_or(&bytes[at..], |newline| &bytes[at..=at + newline]);
        let end = row_end(reader, line);
        at += end.unwrap_or(line.len());
        *within_tag = newline.is_some() && end.is_none_or(|end| end == line.len());
        if end.is_some() {
            return Some(at);
        }
        newline?;
    }
}

/// Returns where the row ends that `bytes` begin or go on with, if it ends there.
fn row_end(reader: &mut Reader, bytes: &[u8]) -> Option<usize> {
    // Nobody needs the values.
    let (mut values, mut ends) = ([0; 512], [0; 32]);
    let mut at = 0;
    // The reader takes an empty block for the end of the input.
    while at < bytes.len() {
        let (result, taken, ..) = reader.read_record(&bytes[at..], &mut values, &mut ends);
        at += taken;
        if result == ReadRecordResult::Record {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(rows: u64, end: RowEnd) -> RowLimit {
        RowLimit::rows(FirstRows { rows, end }, Tag::Off)
    }

    #[test]
    fn cut_ends_after_the_wanted_lines() {
        let mut first = first(3, RowEnd::Newline);
        assert_eq!(first.cut(b"a\nb"), (&b"a\nb"[..], false));
        assert_eq!(first.cut(b"\nc\nd\n"), (&b"\nc\n"[..], true));
        assert_eq!(first.cut(b"e\n"), (&b""[..], true));
        assert_eq!(RowLimit::all().cut(b"a\n"), (&b"a\n"[..], false));
    }

    #[test]
    fn quotes_that_are_never_closed_end_with_their_job() {
        let mut first = first(2, RowEnd::Csv(b','));
        assert_eq!(first.cut(b"1,\"a\n"), (&b"1,\"a\n"[..], false));
        first.end_job();
        assert_eq!(first.cut(b"2,b\n3,c\n"), (&b"2,b\n"[..], true));
    }

    /// Checks that wherever the bytes are cut, the wanted rows are those before `rest`.
    fn cut_anywhere(rows: &str, first: impl Fn() -> RowLimit, rest: &str) {
        let wanted = rows.find(rest).expect("it is there");
        for cut in 0..rows.len() {
            let mut first = first();
            let (before, after) = rows.as_bytes().split_at(cut);
            let (mut got, mut enough) = first.cut(before);
            let mut printed = got.to_vec();
            if !enough {
                (got, enough) = first.cut(after);
                printed.extend_from_slice(got);
            }
            assert!(enough && printed == rows.as_bytes()[..wanted], "cut at {cut}");
        }
    }

    #[test]
    fn a_newline_between_quotes_ends_no_row() {
        let rows = format!("1,\"a\n\"\"b\n\"\n2,{}\n3,x\n", "long,".repeat(400));
        cut_anywhere(&rows, || first(2, RowEnd::Csv(b',')), "3,x");
    }

    #[test]
    fn tags_are_no_part_of_a_row() {
        let wanted = FirstRows {
            rows: 1,
            end: RowEnd::Csv(b','),
        };
        let rows = "a\"b\t\"x\na\"b\ty\",1\na\"b\t\"z\"\n";
        cut_anywhere(rows, || RowLimit::rows(wanted, Tag::Input), "a\"b\t\"z");
    }
}
