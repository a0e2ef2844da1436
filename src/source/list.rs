//! NameLists of names: one a line, or NUL-terminated; raw bytes, no quoting language.

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

/// The names in one reader.
struct NameReader<R> {
    from: R,
    name: OsString,
    terminator: u8,
    /// It could not be read on.
    over: bool,
}

impl<R: BufRead> NameReader<R> {
    /// NameReader from `from`, each ended by `terminator` or by the end; `name` is for messages.
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

    /// The next name that is not empty: no file has an empty name. What can't be read ends the list.
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

/// The names in each of the files, or on standard input where there is none, without those that are left out.
pub fn read_names(lists: &NameLists) -> Box<dyn Iterator<Item = InputResult> + Send> {
    Exclude::new(&lists.exclude).of(all_names(lists.files.clone(), lists.terminator))
}

fn all_names(files: Vec<OsString>, terminator: u8) -> Box<dyn Iterator<Item = InputResult> + Send> {
    if files.is_empty() {
        // It is filled with zeroes before it is read into, so it is a small one.
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

/// Whether reading these lists, or standard input where there is none, may have to wait for someone
/// who writes.
pub fn may_wait(files: &[OsString]) -> bool {
    if files.is_empty() {
        let stdin = sys::Stdin::new().as_fd().try_clone_to_owned();
        return !is_there(stdin.and_then(|stdin| File::from(stdin).metadata()));
    }
    !files.iter().all(|name| is_there(std::fs::metadata(name)))
}

/// Whether all that can be read is there: it is a file, or the null device.
pub(super) fn is_there(found: io::Result<Metadata>) -> bool {
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
    fn files_and_the_null_device_are_not_waited_for() {
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
