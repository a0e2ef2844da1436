//! Lists of names: one a line, or terminated by NUL; raw bytes without a quoting language.
//!
//! It does not know whether the names are those of files.

use super::error::{InputResult, SourceError};
use super::exclude::Exclude;
use crate::job::Input;
use crate::plan::NameLists;
use crate::sys;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

/// Reads the names of one list.
struct NameReader<R> {
    from: R,
    name: OsString,
    terminator: u8,
    /// Whether reading failed, which ends the list.
    over: bool,
}

impl<R: BufRead> NameReader<R> {
    /// Reads names from `from`, each ended by `terminator` or by the end; `name` is the list's, for messages.
    pub fn new(from: R, name: OsString, terminator: u8) -> Self {
        NameReader {
            from,
            name,
            terminator,
            over: false,
        }
    }
}

impl<R: BufRead> Iterator for NameReader<R> {
    type Item = InputResult;

    /// Returns the next name, skipping empty ones: no file has an empty name. A read error ends the list.
    fn next(&mut self) -> Option<InputResult> {
        while !self.over {
            let mut name = Vec::new();
            match self.from.read_until(self.terminator, &mut name) {
                Ok(0) => return None,
                Ok(_) => {
                    if name.last() == Some(&self.terminator) {
                        name.pop();
                    }
                    if !name.is_empty() {
                        return Some(Ok(Input::File(OsString::from_vec(name))));
                    }
                }
                Err(cause) => {
                    self.over = true;
                    return Some(Err(SourceError::List {
                        name: self.name.clone(),
                        cause,
                    }));
                }
            }
        }
        None
    }
}

/// Iterates over the names in each of the files, or on standard input when there is none, without those that
/// are left out.
pub fn read_names(lists: &NameLists) -> Box<dyn Iterator<Item = InputResult> + Send> {
    Exclude::new(&lists.exclude).filter(all_names(lists.files.clone(), lists.terminator))
}

fn all_names(files: Vec<OsString>, terminator: u8) -> Box<dyn Iterator<Item = InputResult> + Send> {
    if files.is_empty() {
        // A small buffer: it is filled with zeroes before the first read.
        let from = BufReader::new(sys::Stdin::new());
        return Box::new(NameReader::new(from, "standard input".into(), terminator));
    }
    Box::new(
        files
            .into_iter()
            .flat_map(move |name| -> Box<dyn Iterator<Item = InputResult> + Send> {
                match File::open(&name) {
                    Ok(file) => Box::new(NameReader::new(BufReader::new(file), name, terminator)),
                    Err(cause) => Box::new(std::iter::once(Err(SourceError::List { name, cause }))),
                }
            }),
    )
}

/// Returns whether reading these lists, or standard input when there is none, may have to wait for a writer.
pub fn may_wait(files: &[OsString]) -> bool {
    if files.is_empty() {
        let stdin = sys::Stdin::new().as_fd().try_clone_to_owned();
        return !is_complete(stdin.and_then(|stdin| File::from(stdin).metadata()));
    }
    !files.iter().all(|name| is_complete(std::fs::metadata(name)))
}

/// Returns whether reading never waits for a writer: for a regular file and the null device.
pub fn is_complete(found: io::Result<Metadata>) -> bool {
    let is_null = |found: &Metadata| {
        let null = std::fs::metadata("/dev/null");
        found.file_type().is_char_device() && null.is_ok_and(|null| null.rdev() == found.rdev())
    };
    found.is_ok_and(|found| found.is_file() || is_null(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bytes: &[u8], terminator: u8) -> Vec<Input> {
        NameReader::new(bytes, "list".into(), terminator)
            .map(|n| n.expect("readable"))
            .collect()
    }

    #[test]
    fn reading_files_and_the_null_device_never_waits() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let may_wait = |names: &[&std::path::Path]| {
            let names: Vec<_> = names.iter().map(|name| name.as_os_str().to_owned()).collect();
            super::may_wait(&names)
        };
        assert!(!may_wait(&[file.path(), "/dev/null".as_ref()]));
        assert!(may_wait(&[file.path(), "/dev/tty".as_ref()]));
        assert!(may_wait(&["/dev/zero".as_ref()]));
    }

    #[test]
    fn names_are_raw_bytes_between_terminators() {
        let file = |bytes: &[u8]| Input::File(OsString::from_vec(bytes.to_vec()));
        assert_eq!(
            names(b"a b\n\n'c\"\\\xff\nlast", b'\n'),
            [file(b"a b"), file(b"'c\"\\\xff"), file(b"last")]
        );
        assert_eq!(names(b"a\nb\0c\0", 0), [file(b"a\nb"), file(b"c")]);
    }
}
