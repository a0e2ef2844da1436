//! Who has a path, so that no file is written twice, or read and written.
//!
//! Different names of one file are the same path: `out/a`, `out//a`, `./out/../out/a`, names through
//! links. This file does not know what the files are for.

use super::conflicts::JobStream;
use super::resolve_link::{SPECIAL, resolve_link};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A name in a directory, as 128 bits of a keyed hash: among a million names, two have the same hash
/// with a chance of 10^-27.
type Place = [u64; 2];

/// Who writes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The run itself: the file with this index among those that options name.
    Run(usize),
    /// The job with this number, for one of its streams.
    Job(u64, JobStream),
}

/// Why a path cannot be claimed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Another owner has it.
    Taken(Owner),
    /// No file can be made there.
    Unusable(io::Error),
}

/// Paths that were claimed, each with its owner.
#[derive(Debug, Default, Clone)]
pub(super) struct PathSet {
    keys: RandomState,
    /// A number for each directory, by its name as it was typed.
    typed: HashMap<PathBuf, u64>,
    /// The same, by its true name.
    resolved: HashMap<PathBuf, u64>,
    owners: HashMap<Place, Owner>,
    /// The directories that claimed files are in, by number; and the places of those and of the
    /// directories above them.
    enclosing: HashSet<u64>,
    above: HashSet<Place>,
    /// The claimed files that exist already, by device and inode.
    existing: HashMap<(u64, u64), Owner>,
}

impl PathSet {
    /// Claims a name for a file that will be made and, when the name is a link, what it leads to.
    ///
    /// # Errors
    /// [`Refusal::Taken`] when the file has an owner. [`Refusal::Unusable`] when no file can be made by that
    /// name: there is a directory or a device, another claimed file needs the path as a directory, or
    /// the path lies below a claimed file.
    pub(super) fn claim(&mut self, name: &Path, owner: Owner) -> Result<(), Refusal> {
        let unusable = |kind: io::ErrorKind| Refusal::Unusable(kind.into());
        let place = self.place(name).ok_or(unusable(io::ErrorKind::IsADirectory))?;
        if self.above.contains(&place) {
            let what = "another output needs this path as a directory";
            return Err(Refusal::Unusable(io::Error::other(what)));
        }
        self.enclose(name.parent().unwrap_or(Path::new("")))
            .map_err(Refusal::Unusable)?;
        if let Some(&other) = self.owners.get(&place) {
            return Err(Refusal::Taken(other));
        }
        self.owners.insert(place, owner);
        match fs::symlink_metadata(name) {
            Ok(found) if found.is_symlink() => {
                let file = resolve_link(name).map_err(Refusal::Unusable)?;
                self.claim(&file, owner)
            }
            Ok(found) if found.is_dir() => Err(unusable(io::ErrorKind::IsADirectory)),
            Ok(found) if !found.is_file() => Err(Refusal::Unusable(io::Error::other(SPECIAL))),
            Ok(found) => match *self.existing.entry((found.dev(), found.ino())).or_insert(owner) {
                other @ Owner::Run(_) if other != owner => Err(Refusal::Taken(other)),
                // A job replaces a name, and leaves other names of the file as they are.
                _ => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }

    /// Returns who has the file with this name, which may have been claimed by another name.
    pub(super) fn owner(&mut self, name: &Path) -> Option<Owner> {
        let by_name = self.place(name).and_then(|place| self.owners.get(&place));
        // Only a file that existed before can have two names.
        if by_name.is_some() || self.existing.is_empty() {
            return by_name.copied();
        }
        let found = fs::metadata(name).ok()?;
        self.existing.get(&(found.dev(), found.ino())).copied()
    }

    /// Returns the place of a name; `None` for one that can only be a directory's.
    fn place(&mut self, name: &Path) -> Option<Place> {
        if name.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return None;
        }
        let base = name.file_name()?;
        let directory = self.directory(name.parent()?);
        Some(self.place_in(directory, base))
    }

    fn place_in(&self, directory: u64, base: &OsStr) -> Place {
        [0u8, 1].map(|half| self.keys.hash_one((directory, base, half)))
    }

    fn directory(&mut self, typed: &Path) -> u64 {
        if let Some(&number) = self.typed.get(typed) {
            return number;
        }
        let number = self.number(resolve(typed));
        self.typed.insert(typed.to_owned(), number);
        number
    }

    fn number(&mut self, resolved: PathBuf) -> u64 {
        let next = self.resolved.len() as u64;
        *self.resolved.entry(resolved).or_insert(next)
    }

    /// Records that a path and all paths above it are directories.
    fn enclose(&mut self, directory: &Path) -> io::Result<()> {
        let number = self.directory(directory);
        if !self.enclosing.insert(number) {
            return Ok(());
        }
        let mut at = resolve(directory);
        while let (Some(above), Some(base)) = (at.parent(), at.file_name()) {
            let number = self.number(above.to_owned());
            let place = self.place_in(number, base);
            if self.owners.contains_key(&place) {
                return Err(io::Error::other("another output needs its directory as a file"));
            }
            if !self.above.insert(place) {
                break;
            }
            at.pop();
        }
        Ok(())
    }
}

/// Returns the true name of a directory that need not exist yet: what is missing of it will be made, and
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
        // The name ends with two dots.
        None => {
            found.pop();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Owner = Owner::Job(0, JobStream::Out);

    /// Claims a name for a job; whether it was free.
    fn claim(paths: &mut PathSet, name: &Path) -> bool {
        match paths.claim(name, JOB) {
            Ok(()) => true,
            Err(Refusal::Taken(JOB)) => false,
            Err(refusal) => panic!("{}: {refusal:?}", name.display()),
        }
    }

    #[test]
    fn one_file_has_one_owner_whatever_it_is_called() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| PathBuf::from(format!("{}/{name}", dir.path().display()));
        fs::create_dir(at("real")).expect("made");
        std::os::unix::fs::symlink("real", at("link")).expect("made");
        let mut paths = PathSet::default();
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
            assert_eq!(claim(&mut paths, &at(name)), free, "{name}");
        }
        assert_eq!(paths.owner(&at("link/../new/deep/a")), Some(JOB));
        assert_eq!(paths.owner(&at("new/deep/b")), None);
    }

    #[test]
    fn a_file_is_no_directory_of_another_whichever_is_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let claim = |names: [&str; 2]| {
            let mut paths = PathSet::default();
            names.map(|name| paths.claim(&dir.path().join(name), JOB).is_ok())
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
    fn an_existing_file_is_known_by_its_links() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        for name in ["a", "other"] {
            fs::write(at(name), "").expect("made");
        }
        fs::hard_link(at("a"), at("hard")).expect("made");
        std::os::unix::fs::symlink("a", at("soft")).expect("made");
        let mut paths = PathSet::default();
        let run = Owner::Run(7);
        paths.claim(&at("a"), run).expect("free");
        assert_eq!(
            ["hard", "soft", "other"].map(|name| paths.owner(&at(name))),
            [Some(run), Some(run), None]
        );
        for name in ["hard", "soft"] {
            let refusal = paths.claim(&at(name), JOB);
            assert!(matches!(refusal, Err(Refusal::Taken(Owner::Run(7)))), "{name}");
        }
    }

    #[test]
    fn directories_are_no_files() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut paths = PathSet::default();
        for name in [dir.path(), Path::new("x/"), Path::new(".."), Path::new("")] {
            assert!(paths.claim(name, JOB).is_err(), "{}", name.display());
        }
    }
}
