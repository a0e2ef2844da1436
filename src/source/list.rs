//! Lists of names: one a line, or terminated by NUL; raw bytes without a quoting language.
//!
//! It does not know whether the names are those of files.

use super::error::{InputResult, SourceError};
use super::exclude::Exclude;
use crate::job::Input;
use crate::plan::NameLists;
use crate::sys;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStringExt;

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
    Exclude::new(&lists.exclude).filter(all_names(lists.files.clone(), lists.terminator))
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
