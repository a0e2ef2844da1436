//! Big files, cut into parts, so that one file uses all workers: plain ones into ranges of bytes,
//! compressed ones where a member or a frame begins.
//!
//! It reads the first bytes of big files, and the headers within them, and not where their lines begin:
//! who reads a part finds out.

use super::error::InputResult;
use super::last_stat::LastStat;
use crate::codec::{self, Chain};
use crate::job::{Input, SplitOutcome, SplitPart};
use crate::plan::Unit;
use crate::sys;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};

/// The bytes of a part of a plain file. Measured on 1.9 GB of logs with two workers, 4 to 64 MiB take the
/// same time; smaller parts spread better over many workers, larger ones cost fewer events.
const PART: u64 = 16 << 20;
/// The least bytes of a part of a compressed file: some tens of MiB of plain ones.
const PACKED: u64 = 4 << 20;
/// The most parts of one compressed file: they are all remembered until the last has ended.
const MOST: u64 = 1 << 16;

/// Inputs, with each big file that can be cut replaced by its parts, in order.
pub struct Splitter<I> {
    found: I,
    /// How large parts of plain files are, and the least of parts of compressed ones; `None`: they are
    /// not cut.
    plain: Option<u64>,
    packed: Option<u64>,
    rest: Option<FileRest>,
    glance: Option<LastStat>,
}

/// What is left of a file that is being cut.
struct FileRest {
    name: OsString,
    start: u64,
    size: u64,
    part: u64,
    packed: Option<MemberRest>,
}

/// What is needed to go on cutting a compressed file.
struct MemberRest {
    file: File,
    chain: Chain,
    /// Where the part that comes next ends; it is known one part ahead.
    end: u64,
    index: u64,
    fate: SplitOutcome,
}

impl<I: Iterator<Item = InputResult>> Splitter<I> {
    /// Cuts what `found` gives, where a map can do with lines. What it sees of each file is left in
    /// `glance`.
    pub fn new(found: I, unit: Unit, glance: Option<LastStat>) -> Self {
        Splitter {
            found,
            plain: (unit != Unit::File).then_some(PART),
            packed: (unit == Unit::Lines).then_some(PACKED),
            rest: None,
            glance,
        }
    }

    /// What is to be cut of the file of this name; none where it stays whole, also because it can't be
    /// read: whoever reads it says why.
    fn begin(&self, name: &OsStr) -> Option<FileRest> {
        let least = self.plain.into_iter().chain(self.packed).min()?;
        let found = std::fs::metadata(name).ok()?;
        if let Some(glance) = &self.glance {
            glance.note(name, &found);
        }
        let found = Some(found).filter(Metadata::is_file)?;
        let size = found.len();
        if size <= 2 * least {
            return None;
        }
        let file = File::open(name).ok()?;
        let mut head = Vec::new();
        (&file)
            .take(Chain::HEAD_LENGTH as u64)
            .read_to_end(&mut head)
            .ok()?;
        let mut rest = FileRest {
            name: name.to_owned(),
            start: 0,
            size,
            part: 0,
            packed: None,
        };
        if codec::from_head(&head).name == "plain" {
            rest.part = self.plain?;
            return (size > 2 * rest.part).then_some(rest);
        }
        rest.part = self.packed?.max(size / MOST);
        let mut packed = MemberRest {
            file,
            chain: Chain::from_head(&head)?,
            end: 0,
            index: 0,
            fate: SplitOutcome::default(),
        };
        packed.end = packed.next(&rest)?;
        rest.packed = Some(packed);
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
        let rest = self.rest.take()?;
        let (input, rest) = rest.part();
        self.rest = rest;
        Some(Ok(input))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.plain {
            Some(_) => (0, None),
            None => self.found.size_hint(),
        }
    }
}

impl FileRest {
    /// The next part, and what is left after it. The last part goes to the end of the file, wherever that
    /// is by the time when it is read.
    fn part(mut self) -> (Input, Option<FileRest>) {
        let (name, start) = (self.name.clone(), self.start);
        let Some(mut packed) = self.packed.take() else {
            if self.size - start <= self.part + self.part / 2 {
                let end = u64::MAX;
                return (Input::Range { name, start, end }, None);
            }
            self.start += self.part;
            let end = self.start;
            return (Input::Range { name, start, end }, Some(self));
        };
        let end = packed.end;
        let link = SplitPart {
            index: packed.index,
            last: end == u64::MAX,
            fate: packed.fate.clone(),
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
        packed.index += 1;
        packed.end = packed.next(&self).unwrap_or(u64::MAX);
        self.packed = Some(packed);
        (part, Some(self))
    }
}

impl MemberRest {
    /// Where the part that begins at `rest.start` ends. None where it is the last: little is left, or it
    /// can't be told where the next member begins.
    fn next(&self, rest: &FileRest) -> Option<u64> {
        if rest.size - rest.start <= rest.part + rest.part / 2 {
            return None;
        }
        // The headers lie some KiB apart: reading only them from a disk would take far longer. And a
        // worker reads it all soon after.
        sys::will_read(&self.file, rest.start, 2 * rest.part);
        let end = self.find(rest.start, rest.start + rest.part).ok()??;
        (end < rest.size).then_some(end)
    }

    /// Where the first member that begins at `least` or behind begins.
    fn find(&self, mut at: u64, least: u64) -> io::Result<Option<u64>> {
        while at < least {
            match self.chain.next(&self.file, at)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        // Something must begin there, and not only end.
        let begins = self.chain.next(&self.file, at)?.is_some();
        Ok(begins.then_some(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn cut(name: &OsStr, part: u64) -> Vec<Input> {
        let found = std::iter::once(Ok(Input::File(name.to_owned())));
        let mut cut = Splitter::new(found, Unit::Lines, None);
        cut.plain = Some(part);
        cut.packed = Some(part);
        cut.map(|found| found.expect("found")).collect()
    }

    fn ends(inputs: &[Input]) -> Vec<(u64, u64)> {
        let ends = |input: &Input| match input {
            Input::Range { start, end, .. } => (*start, *end),
            _ => (0, 0),
        };
        inputs.iter().map(ends).collect()
    }

    #[test]
    fn parts_follow_each_other_and_the_last_goes_to_the_end() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), [b'x'; 100]).expect("written");
        let name = file.path().as_os_str();
        assert_eq!(ends(&cut(name, 30)), [(0, 30), (30, 60), (60, u64::MAX)]);
        assert_eq!(ends(&cut(name, 49)), [(0, 49), (49, u64::MAX)]);
    }

    #[test]
    fn small_compressed_and_missing_files_stay_whole() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let name = file.path().as_os_str();
        let whole = [Input::File(name.to_owned())];
        fs::write(name, [b'x'; 100]).expect("written");
        assert_eq!(cut(name, 50), whole);
        fs::write(name, [&[0x1f, 0x8b, 8, 0, 0, 0][..], &[b'x'; 100]].concat()).expect("written");
        assert_eq!(cut(name, 10), whole);
        let gone = OsStr::new("/nowhere/at/all");
        assert_eq!(cut(gone, 10), [Input::File(gone.to_owned())]);
        assert_eq!(cut(OsStr::new("/dev/null"), 0), [Input::File("/dev/null".into())]);
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
    fn compressed_files_are_cut_where_members_begin() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let name = file.path().as_os_str();
        fs::write(name, bgzf(10)).expect("written");
        let parts = [(0, 84, false, 0), (84, 168, false, 1), (168, u64::MAX, true, 2)];
        assert_eq!(links(&cut(name, 80)), parts);
        // Where the headers are no longer to be understood, the rest stays in one.
        fs::write(name, [bgzf(4), vec![b'x'; 500], bgzf(9)].concat()).expect("written");
        assert_eq!(
            links(&cut(name, 80)),
            [(0, 84, false, 0), (84, u64::MAX, true, 1)]
        );
        let frame = b"\x28\xb5\x2f\xfd\x20\x01\x09\0\0x";
        fs::write(name, frame.repeat(9)).expect("written");
        assert_eq!(
            links(&cut(name, 41)),
            [(0, 50, false, 0), (50, u64::MAX, true, 1)]
        );
    }

    #[test]
    fn a_file_of_one_member_or_frame_stays_whole() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let name = file.path().as_os_str();
        for packed in [bgzf(1), b"\x28\xb5\x2f\xfd\x20\x01\x09\0\0x".to_vec()] {
            fs::write(name, packed).expect("written");
            assert_eq!(cut(name, 2), [Input::File(name.to_owned())]);
        }
    }
}
