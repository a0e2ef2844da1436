//! Big plain files, cut into ranges of bytes, so that one file uses all workers.
//!
//! It reads the first bytes of big files only, and not where their lines begin: who reads a range
//! finds out.

use super::Found;
use crate::codec;
use crate::job::Input;
use crate::plan::Unit;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;

/// The bytes of a part. Measured on 1.9 GB of logs with two workers, 4 to 64 MiB take the same time;
/// smaller parts spread better over many workers, larger ones cost fewer events.
const PART: u64 = 16 << 20;

/// Inputs, with each big plain file replaced by its parts, in order.
pub struct Cut<I> {
    found: I,
    /// How large a part is; `None`: nothing is cut.
    part: Option<u64>,
    rest: Option<Rest>,
}

/// What is left of a file that is being cut.
struct Rest {
    name: OsString,
    start: u64,
    size: u64,
}

impl<I: Iterator<Item = Found>> Cut<I> {
    /// Cuts what `found` gives, where a map can do with lines.
    pub fn new(found: I, unit: Unit) -> Self {
        Cut {
            found,
            part: (unit == Unit::Lines).then_some(PART),
            rest: None,
        }
    }
}

impl<I: Iterator<Item = Found>> Iterator for Cut<I> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let Some(part) = self.part else {
            return self.found.next();
        };
        if self.rest.is_none() {
            match self.found.next()? {
                Ok(Input::File(name)) => match size_to_cut(&name, 2 * part) {
                    Some(size) => self.rest = Some(Rest { name, start: 0, size }),
                    None => return Some(Ok(Input::File(name))),
                },
                other => return Some(other),
            }
        }
        let mut rest = self.rest.take()?;
        let start = rest.start;
        if rest.size - start <= part + part / 2 {
            // To the end, wherever that is by the time when it is read.
            return Some(Ok(Input::Range {
                name: rest.name,
                start,
                end: u64::MAX,
            }));
        }
        rest.start += part;
        let (name, end) = (rest.name.clone(), rest.start);
        self.rest = Some(rest);
        Some(Ok(Input::Range { name, start, end }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.part {
            Some(_) => (0, None),
            None => self.found.size_hint(),
        }
    }
}

/// The size of a plain file of more than `bound` bytes. None for any other, and for one that can't be
/// read: whoever reads it says why.
fn size_to_cut(name: &OsStr, bound: u64) -> Option<u64> {
    let size = fs::metadata(name).ok().filter(|found| found.is_file())?.len();
    if size <= bound {
        return None;
    }
    let mut head = Vec::new();
    let magic = codec::MAGIC as u64;
    File::open(name).ok()?.take(magic).read_to_end(&mut head).ok()?;
    (codec::of(&head).name == "plain").then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(name: &OsStr, part: u64) -> Vec<Input> {
        let found = std::iter::once(Ok(Input::File(name.to_owned())));
        let mut cut = Cut::new(found, Unit::Lines);
        cut.part = Some(part);
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
}
