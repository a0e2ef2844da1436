//! Which files are meant by names, so that no file is written twice, or read and written.
//!
//! Different names of one file are the same: `out/a`, `out//a`, `./out/../out/a`, names through
//! links. It does not know what the files are for.

use super::job_files::SPECIAL;
use super::resolve_link::resolve_link;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A place in a directory, by 128 bits of a keyed hash: of a million places two are taken for the
/// same with a chance of 10^-27.
type Place = u128;

/// Names that were claimed.
#[derive(Debug, Default, Clone)]
pub struct PathSet {
    keys: RandomState,
    /// A number for each directory, by its name as it was typed.
    typed: HashMap<PathBuf, u64>,
    /// The same, by its true name.
    resolved: HashMap<PathBuf, u64>,
    places: HashSet<Place>,
    /// The directories that claimed files are in, by number; and their places and those of the
    /// directories above them.
    enclosing: HashSet<u64>,
    above: HashSet<Place>,
    /// The files that are there already, by device and inode.
    there: HashSet<(u64, u64)>,
}

impl PathSet {
    /// PathSet a name for a file that will be made, and what it leads to if it is a link; whether both were
    /// still free.
    ///
    /// # Errors
    /// Where no file can be made by that name because there is a directory or a device, or will be a directory
    /// for another claimed file, or because it would be below such a file.
    pub fn claim(&mut self, name: &Path) -> io::Result<bool> {
        let place = self.place(name).ok_or(io::ErrorKind::IsADirectory)?;
        if self.above.contains(&place) {
            return Err(io::Error::other("it is to be the directory of another"));
        }
        self.enclose(name.parent().unwrap_or(Path::new("")))?;
        let free = self.places.insert(place);
        match fs::symlink_metadata(name) {
            Ok(found) if found.is_symlink() => Ok(self.claim(&resolve_link(name)?)? && free),
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => Err(io::Error::other(SPECIAL)),
            Ok(found) => {
                self.there.insert((found.dev(), found.ino()));
                Ok(free)
            }
            Err(_) => Ok(free),
        }
    }

    /// Whether the file with this name was claimed, by this name or another.
    pub fn has(&mut self, name: &Path) -> bool {
        if self.place(name).is_some_and(|place| self.places.contains(&place)) {
            return true;
        }
        // Only a file that was there before can have two names.
        !self.there.is_empty()
            && fs::metadata(name).is_ok_and(|found| self.there.contains(&(found.dev(), found.ino())))
    }

    /// Where the name stands. None for one that can only be a directory's.
    fn place(&mut self, name: &Path) -> Option<Place> {
        if name.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return None;
        }
        let base = name.file_name()?;
        let directory = self.directory(name.parent()?);
        Some(self.place_in(directory, base))
    }

    fn place_in(&self, directory: u64, base: &OsStr) -> Place {
        let hash = |half: u8| u128::from(self.keys.hash_one((directory, base, half)));
        hash(0) << 64 | hash(1)
    }

    fn directory(&mut self, typed: &Path) -> u64 {
        if let Some(&number) = self.typed.get(typed) {
            return number;
        }
        let number = self.numbered(resolve(typed));
        self.typed.insert(typed.to_owned(), number);
        number
    }

    fn numbered(&mut self, resolved: PathBuf) -> u64 {
        let next = self.resolved.len() as u64;
        *self.resolved.entry(resolved).or_insert(next)
    }

    /// Remembers a directory as one, with all above it.
    fn enclose(&mut self, directory: &Path) -> io::Result<()> {
        let number = self.directory(directory);
        if !self.enclosing.insert(number) {
            return Ok(());
        }
        let mut at = resolve(directory);
        while let (Some(above), Some(base)) = (at.parent(), at.file_name()) {
            let number = self.numbered(above.to_owned());
            let place = self.place_in(number, base);
            if self.places.contains(&place) {
                return Err(io::Error::other("its directory is to be the file of another"));
            }
            if !self.above.insert(place) {
                break;
            }
            at.pop();
        }
        Ok(())
    }
}

/// The true name of a directory that need not be there yet: what is missing of it will be made, and
/// has no links.
fn resolve(directory: &Path) -> PathBuf {
    if directory.as_os_str().is_empty() {
        return fs::canonicalize(".").unwrap_or_default();
    }
    if let Ok(found) = fs::canonicalize(directory) {
        return found;
    }
    let Some(above) = directory.parent() else {
        return directory.to_owned();
    };
    let mut found = resolve(above);
    match directory.file_name() {
        Some(base) => found.push::<&OsStr>(base),
        // It ends with two dots.
        None => {
            found.pop();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_claim_whatever_it_is_called() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| PathBuf::from(format!("{}/{name}", dir.path().display()));
        fs::create_dir(at("real")).expect("made");
        std::os::unix::fs::symlink("real", at("link")).expect("made");
        let mut claims = PathSet::default();
        for (name, free) in [
            ("real/a", true),
            ("real//a", false),
            ("real/./a", false),
            ("link/a", false),
            ("real/b", true),
            ("new/deep/a", true),
            ("new/x/../deep/a", false),
            ("real/../new/deep//a", false),
            ("a", true),
        ] {
            assert_eq!(claims.claim(&at(name)).expect("no directory"), free, "{name}");
        }
        assert!(claims.has(&at("link/../new/deep/a")) && !claims.has(&at("new/deep/b")));
    }

    #[test]
    fn a_file_is_no_directory_of_another_whichever_is_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let claim = |names: [&str; 2]| {
            let mut claims = PathSet::default();
            names.map(|name| claims.claim(&dir.path().join(name)).is_ok())
        };
        for (first, second) in [
            ("out/a", "out/a/b"),
            ("out/a", "out/x/../a/b/c"),
            ("out/a/b/c", "out/a"),
            ("out/a/b/c", "out"),
        ] {
            assert_eq!(claim([first, second]), [true, false], "{first} {second}");
        }
        assert_eq!(claim(["out/a/b", "out/a/c"]), [true; 2]);
        assert_eq!(claim(["out/a", "out/ab/c"]), [true; 2]);
    }

    #[test]
    fn a_file_that_is_there_is_known_by_its_links() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        for name in ["a", "other"] {
            fs::write(at(name), "").expect("made");
        }
        fs::hard_link(at("a"), at("hard")).expect("made");
        std::os::unix::fs::symlink("a", at("soft")).expect("made");
        let mut claims = PathSet::default();
        assert!(claims.claim(&at("a")).expect("no directory"));
        assert!(claims.has(&at("hard")) && claims.has(&at("soft")) && !claims.has(&at("other")));
    }

    #[test]
    fn directories_are_no_files() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut claims = PathSet::default();
        for name in [dir.path(), Path::new("x/"), Path::new(".."), Path::new("")] {
            assert!(claims.claim(name).is_err(), "{}", name.display());
        }
    }
}
