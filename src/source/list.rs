//! Lists of names: one a line, or terminated by NUL; raw bytes without a quoting language.
//!
//! It does not know whether the names are those of files.

use super::error::{InputResult, SourceError};
use super::exclude::Exclude;
use crate::job::Input;
use crate::plan::NameLists;
use crate::sys;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// Returns the names of one list, each ended by `terminator` or by the end, without empty ones: no file has an
/// empty name. `list` is the list's name, for messages. A read error ends the list.
fn names(
    from: impl BufRead + Send + 'static,
    list: OsString,
    terminator: u8,
) -> Box<dyn Iterator<Item = InputResult> + Send> {
    let mut failed = false;
    let names = from
        .split(terminator)
        .take_while(move |read| !std::mem::replace(&mut failed, read.is_err()))
        .filter(|read| read.as_ref().map_or(true, |name| !name.is_empty()))
        .map(move |read| match read {
            Ok(name) => Ok(Input::File(OsString::from_vec(name))),
            Err(cause) => Err(SourceError::List {
                name: list.clone(),
                cause,
            }),
        });
    Box::new(names)
}

/// Iterates over the names in each of the files, or on standard input when there is none, without those that
/// are left out.
pub fn read_names(lists: &NameLists) -> Box<dyn Iterator<Item = InputResult> + Send> {
    let names = all_names(lists.files.clone(), lists.terminator);
    let exclude = Exclude::new(&lists.exclude);
    match lists.may_be_data {
        true => exclude.filter(DataCheck {
            names,
            missing: Some(0),
        }),
        false => exclude.filter(names),
    }
}

/// How many names are missing, from the first on, in a list that is taken for data.
const MISSING: u32 = 3;

/// The names of a list, which ends with an error when the first ones are names of nothing.
struct DataCheck<I> {
    names: I,
    /// How many came so far, all of them missing; `None` once a name exists, or the error was given.
    missing: Option<u32>,
}

impl<I: Iterator<Item = InputResult>> Iterator for DataCheck<I> {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        match self.missing {
            Some(MISSING) => {
                self.missing = Some(MISSING + 1);
                return Some(Err(SourceError::Data));
            }
            Some(MISSING..) => return None,
            _ => {}
        }
        let found = self.names.next()?;
        if let (Some(missing), Ok(Input::File(name))) = (self.missing, &found) {
            // A list with the line ends of Windows is told name by name.
            let is_missing = is_missing(name) && without_return(name).is_none_or(is_missing);
            self.missing = is_missing.then_some(missing + 1);
        }
        Some(found)
    }
}

fn is_missing(name: &OsStr) -> bool {
    std::fs::symlink_metadata(name).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Returns a name that ends with a carriage return without it.
fn without_return(name: &OsStr) -> Option<&OsStr> {
    name.as_bytes().strip_suffix(b"\r").map(OsStr::from_bytes)
}

fn all_names(files: Vec<OsString>, terminator: u8) -> impl Iterator<Item = InputResult> + Send {
    let stdin = files.is_empty().then(|| {
        let from = BufReader::new(sys::Stdin::new());
        names(from, "standard input".into(), terminator)
    });
    let listed = move |name: OsString| match File::open(&name) {
        Ok(file) => names(BufReader::new(file), name, terminator),
        Err(cause) => Box::new(std::iter::once(Err(SourceError::List { name, cause }))),
    };
    stdin
        .into_iter()
        .flatten()
        .chain(files.into_iter().flat_map(listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bytes: &'static [u8], terminator: u8) -> Vec<Input> {
        super::names(bytes, "list".into(), terminator)
            .map(|n| n.expect("readable"))
            .collect()
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
