//! Splits big files into parts, so that one file uses all workers: plain files into ranges of bytes,
//! compressed files where a member or a frame begins.
//!
//! It reads the first bytes of big files and the headers of members. It does not know where lines begin:
//! the reader of a part finds that out.

use super::error::InputResult;
use crate::codec::{self, Chain};
use crate::job::{Input, RANGE, SplitOutcome, SplitPart};
use crate::plan::Unit;
use crate::sys;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};

/// The least size of a part of a compressed file: some tens of MiB of plain bytes.
const PACKED_PART: u64 = 4 << 20;
/// The most parts of one compressed file: all of them are remembered until the last one has ended.
const MOST_PARTS: u64 = 1 << 16;

/// Yields inputs, with each big file that can be split replaced by its parts, in order.
pub struct Splitter<I> {
    found: I,
    /// The size of parts of plain files; `None` if they are not split.
    plain: Option<u64>,
    /// The least size of parts of compressed files; `None` if they are not split.
    packed: Option<u64>,
    rest: Option<FileRest>,
}

/// The rest of a file that is being split.
struct FileRest {
    name: OsString,
    start: u64,
    size: u64,
    part: u64,
    /// `None` for a plain file.
    members: Option<MemberRest>,
}

/// What it takes to find the next part of a compressed file.
struct MemberRest {
    file: File,
    chain: Chain,
    /// The end of the next part; it is found one part ahead.
    end: u64,
    index: u64,
    fate: SplitOutcome,
}

impl<I: Iterator<Item = InputResult>> Splitter<I> {
    /// Splits the files of `found` as far as `unit` allows.
    pub fn new(found: I, unit: Unit) -> Self {
        Splitter {
            found,
            plain: (unit != Unit::File).then_some(RANGE),
            packed: (unit == Unit::Lines).then_some(PACKED_PART),
            rest: None,
        }
    }

    /// Begins to split the file. Returns `None` if it stays whole, which includes a file that can't be read:
    /// the job that reads it reports why.
    fn begin(&self, name: &OsStr) -> Option<FileRest> {
        let least = self.plain.into_iter().chain(self.packed).min()?;
        let size = std::fs::metadata(name).ok().filter(Metadata::is_file)?.len();
        if size <= 2 * least {
            return None;
        }
        let file = File::open(name).ok()?;
        let mut head = Vec::new();
        (&file)
            .take(codec::TEXT_HEAD_LENGTH as u64)
            .read_to_end(&mut head)
            .ok()?;
        let mut rest = FileRest {
            name: name.to_owned(),
            start: 0,
            size,
            part: 0,
            members: None,
        };
        if codec::is_plain(&head) {
            if !codec::is_divisible(&head) || codec::ends_as_compressed(name) {
                return None;
            }
            rest.part = self.plain?;
            return (size > 2 * rest.part).then_some(rest);
        }
        rest.part = self.packed?.max(size / MOST_PARTS);
        let mut members = MemberRest {
            file,
            chain: Chain::from_head(&head[..head.len().min(Chain::HEAD_LENGTH)])?,
            end: 0,
            index: 0,
            fate: SplitOutcome::default(),
        };
        members.end = members.next_end(&rest)?;
        let plain = codec::decoded_head(&mut File::open(name).ok()?);
        if !codec::is_divisible(&plain) {
            return None;
        }
        rest.members = Some(members);
        Some(rest)
    }
}

impl<I: Iterator<Item = InputResult>> Iterator for Splitter<I> {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        if self.rest.is_none() {
            match self.found.next()? {
                Ok(Input::File(name)) => match self.begin(&name) {
                    Some(rest) => self.rest = Some(rest),
                    None => return Some(Ok(Input::File(name))),
                },
                other => return Some(other),
            }
        }
        let (input, rest) = self.rest.take()?.split_off();
        self.rest = rest;
        Some(Ok(input))
    }
}

impl FileRest {
    /// Returns the next part and the rest after it. The last part extends to the end that the file has when
    /// it is read.
    fn split_off(mut self) -> (Input, Option<FileRest>) {
        let (name, start) = (self.name.clone(), self.start);
        let Some(mut members) = self.members.take() else {
            // The last part is not longer than the others: when the file grows, what was appended belongs to the part that
            // was the last, and to later ones.
            if self.size - self.start <= self.part {
                let end = u64::MAX;
                return (Input::Range { name, start, end }, None);
            }
            self.start += self.part;
            let end = self.start;
            return (Input::Range { name, start, end }, Some(self));
        };
        let end = members.end;
        let link = SplitPart {
            index: members.index,
            last: end == u64::MAX,
            fate: members.fate.clone(),
        };
        let last = link.last;
        let part = Input::Part {
            name,
            start,
            end,
            link,
        };
        if last {
            return (part, None);
        }
        self.start = end;
        members.index += 1;
        members.end = members.next_end(&self).unwrap_or(u64::MAX);
        self.members = Some(members);
        (part, Some(self))
    }

    /// Returns whether so little of a compressed file is left that the next part is the last.
    fn is_last(&self) -> bool {
        self.size - self.start <= self.part + self.part / 2
    }
}

impl MemberRest {
    /// Returns where the part that begins at `rest.start` ends. Returns `None` if it is the last: little is
    /// left, or the beginning of the next member can't be found.
    fn next_end(&self, rest: &FileRest) -> Option<u64> {
        if rest.is_last() {
            return None;
        }
        // The headers lie some KiB apart: reading only those from a disk would take far longer. And a worker
        // reads the bytes between them soon.
        sys::read_ahead(&self.file, rest.start, 2 * rest.part);
        let end = self.find(rest.start, rest.start + rest.part).ok()??;
        (end < rest.size).then_some(end)
    }

    /// Returns where the first member begins that begins at `least` or later, following the members from
    /// `at`.
    fn find(&self, mut at: u64, least: u64) -> io::Result<Option<u64>> {
        while at < least {
            match self.chain.next(&self.file, at)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        // A member must begin there: that another one ends there is not enough.
        let begins = self.chain.next(&self.file, at)?.is_some();
        Ok(begins.then_some(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn split(name: &OsStr, part: u64) -> Vec<Input> {
        let found = std::iter::once(Ok(Input::File(name.to_owned())));
        let mut split = Splitter::new(found, Unit::Lines);
        split.plain = Some(part);
        split.packed = Some(part);
        split.map(|found| found.expect("found")).collect()
    }

    fn ends(inputs: &[Input]) -> Vec<(u64, u64)> {
        let ends = |input: &Input| match input {
            Input::Range { start, end, .. } => (*start, *end),
            _ => (0, 0),
        };
        inputs.iter().map(ends).collect()
    }

    #[test]
    fn parts_are_consecutive_and_the_last_extends_to_the_end() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), [b'x'; 100]).expect("written");
        let name = file.path().as_os_str();
        assert_eq!(
            ends(&split(name, 30)),
            [(0, 30), (30, 60), (60, 90), (90, u64::MAX)]
        );
        assert_eq!(ends(&split(name, 49)), [(0, 49), (49, 98), (98, u64::MAX)]);
    }

    #[test]
    fn small_compressed_and_missing_files_stay_whole() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let name = file.path().as_os_str();
        let whole = [Input::File(name.to_owned())];
        fs::write(name, [b'x'; 100]).expect("written");
        assert_eq!(split(name, 50), whole);
        fs::write(name, [&[0x1f, 0x8b, 8, 0, 0, 0][..], &[b'x'; 100]].concat()).expect("written");
        assert_eq!(split(name, 10), whole);
        let gone = OsStr::new("/nowhere/at/all");
        assert_eq!(split(gone, 10), [Input::File(gone.to_owned())]);
        assert_eq!(
            split(OsStr::new("/dev/null"), 0),
            [Input::File("/dev/null".into())]
        );
    }

    fn bgzf(members: usize) -> Vec<u8> {
        // An empty member, as bgzip writes one at the end: 28 bytes.
        b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0".repeat(members)
    }

    fn links(inputs: &[Input]) -> Vec<(u64, u64, bool, u64)> {
        let link = |input: &Input| match input {
            Input::Part { start, end, link, .. } => (*start, *end, link.last, link.index),
            other => panic!("{other:?} is no part"),
        };
        inputs.iter().map(link).collect()
    }

    #[test]
    fn compressed_files_are_split_where_members_begin() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let name = file.path().as_os_str();
        fs::write(name, bgzf(10)).expect("written");
        let parts = [(0, 84, false, 0), (84, 168, false, 1), (168, u64::MAX, true, 2)];
        assert_eq!(links(&split(name, 80)), parts);
        // Beyond a header that can't be parsed, the rest stays in one part.
        fs::write(name, [bgzf(4), vec![b'x'; 500], bgzf(9)].concat()).expect("written");
        assert_eq!(
            links(&split(name, 80)),
            [(0, 84, false, 0), (84, u64::MAX, true, 1)]
        );
        let frame = b"\x28\xb5\x2f\xfd\x20\x01\x09\0\0x";
        fs::write(name, frame.repeat(9)).expect("written");
        assert_eq!(
            links(&split(name, 41)),
            [(0, 50, false, 0), (50, u64::MAX, true, 1)]
        );
    }

    #[test]
    fn a_file_of_one_member_or_frame_stays_whole() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let name = file.path().as_os_str();
        for packed in [bgzf(1), b"\x28\xb5\x2f\xfd\x20\x01\x09\0\0x".to_vec()] {
            fs::write(name, packed).expect("written");
            assert_eq!(split(name, 2), [Input::File(name.to_owned())]);
        }
    }
}
