//! The first rows of what is printed, where only some are wanted.

use crate::plan::{RowEnd, Wanted};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Counts the rows that pass and cuts after the last that is wanted.
#[derive(Debug)]
pub struct First {
    left: Option<u64>,
    /// Finds the ends of rows, where a newline may be inside of one.
    csv: Option<Box<Reader>>,
    /// Whether a row has begun and not ended.
    open: bool,
}

impl First {
    /// Lets everything pass.
    pub fn all() -> Self {
        First {
            left: None,
            csv: None,
            open: false,
        }
    }

    /// Lets so many rows pass.
    pub fn rows(wanted: Wanted) -> Self {
        First {
            left: Some(wanted.rows),
            csv: match wanted.end {
                RowEnd::Newline => None,
                RowEnd::Csv(delimiter) => Some(Box::new(ReaderBuilder::new().delimiter(delimiter).build())),
            },
            open: false,
        }
    }

    /// The part of `bytes` that is wanted, and whether that was the last of it.
    pub fn cut<'b>(&mut self, bytes: &'b [u8]) -> (&'b [u8], bool) {
        let Some(mut left) = self.left else {
            return (bytes, false);
        };
        let mut at = 0;
        while left > 0 {
            let end = match &mut self.csv {
                Some(reader) => row_end(reader, &bytes[at..]),
                None => memchr::memchr(b'\n', &bytes[at..]).map(|end| end + 1),
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
}

impl First {
    /// A job's output ends, and with it a row whose quotes were never closed.
    pub fn end_job(&mut self) {
        if std::mem::take(&mut self.open) {
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        if let Some(reader) = &mut self.csv {
            reader.reset();
        }
    }
}

/// Where the row ends that `bytes` begin or go on with, if it ends there.
fn row_end(reader: &mut Reader, bytes: &[u8]) -> Option<usize> {
    // The values themselves are of no use.
    let (mut values, mut ends) = ([0; 512], [0; 32]);
    let mut at = 0;
    // Fed nothing, the reader would take it for the end of all.
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

    fn first(rows: u64, end: RowEnd) -> First {
        First::rows(Wanted { rows, end })
    }

    #[test]
    fn cut_ends_after_the_wanted_lines() {
        let mut first = first(3, RowEnd::Newline);
        assert_eq!(first.cut(b"a\nb"), (&b"a\nb"[..], false));
        assert_eq!(first.cut(b"\nc\nd\n"), (&b"\nc\n"[..], true));
        assert_eq!(first.cut(b"e\n"), (&b""[..], true));
        assert_eq!(First::all().cut(b"a\n"), (&b"a\n"[..], false));
    }

    #[test]
    fn quotes_that_are_never_closed_end_with_their_job() {
        let mut first = first(2, RowEnd::Csv(b','));
        assert_eq!(first.cut(b"1,\"a\n"), (&b"1,\"a\n"[..], false));
        first.end_job();
        assert_eq!(first.cut(b"2,b\n3,c\n"), (&b"2,b\n"[..], true));
    }

    #[test]
    fn a_newline_between_quotes_ends_no_row() {
        let rows = format!("1,\"a\n\"\"b\n\"\n2,{}\n3,x\n", "long,".repeat(400));
        let two = rows.find("3,x").expect("it is there");
        for cut in 0..rows.len() {
            let mut first = first(2, RowEnd::Csv(b','));
            let (before, after) = rows.as_bytes().split_at(cut);
            let (mut got, mut enough) = first.cut(before);
            let mut printed = got.to_vec();
            if !enough {
                (got, enough) = first.cut(after);
                printed.extend_from_slice(got);
            }
            assert!(enough && printed == rows.as_bytes()[..two], "cut at {cut}");
        }
    }
}
