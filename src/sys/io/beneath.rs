//! Finding a file strictly beneath a directory: no `..` and no symbolic link leads out of it.
//!
//! It does not know why names are bounded.

use super::super::limits::retry_open;
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use rustix::io::Errno;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// How often a look-up is tried again that a rename elsewhere disturbed.
const MOST_TRIES: usize = 100;

/// A directory that names are bound to.
#[derive(Debug)]
pub(crate) struct BoundDirectory {
    directory: OwnedFd,
    /// Without symbolic links.
    path: PathBuf,
}

impl BoundDirectory {
    /// Opens a directory.
    ///
    /// # Errors
    /// It is none, or can't be opened.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = retry_open(|| Ok(open(path, flags, Mode::empty())?))?;
        Ok(BoundDirectory {
            directory,
            path: fs::canonicalize(path)?,
        })
    }

    /// Returns the path of the directory, absolute and without symbolic links.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that a name, relative to the directory, is that of something beneath it. Symbolic links are followed as long
    /// as they stay beneath; those to an absolute path do not.
    ///
    /// # Errors
    /// [`io::ErrorKind::CrossesDevices`] when it leads out, and those of opening.
    pub(crate) fn check(&self, name: &Path) -> io::Result<()> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let find = || Ok(openat2(&self.directory, name, flags, Mode::empty(), resolve)?);
        for _ in 0..MOST_TRIES {
            let found: io::Result<OwnedFd> = retry_open(find);
            match found {
                Ok(_) => return Ok(()),
                Err(cause) => match Errno::from_io_error(&cause) {
                    Some(Errno::AGAIN) => {}
                    // An old kernel does not know the call, and the filter of a container may forbid it.
                    Some(Errno::NOSYS | Errno::PERM) => return self.check_by_path(name),
                    _ => return Err(cause),
                },
            }
        }
        Err(Errno::AGAIN.into())
    }

    /// Checks the same by the path without symbolic links. Here a link to an absolute path beneath the directory is followed.
    fn check_by_path(&self, name: &Path) -> io::Result<()> {
        let found = fs::canonicalize(self.path.join(name))?;
        match found.starts_with(&self.path) {
            true => Ok(()),
            false => Err(Errno::XDEV.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_leads_out_of_the_directory_is_refused_with_and_without_the_system_call() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str| fs::write(dir.path().join(name), "x").expect("it is ours");
        fs::create_dir_all(dir.path().join("root/in")).expect("it is ours");
        file("root/in/a");
        file("outside");
        for (target, link) in [
            ("in/a", "within"),
            ("../outside", "out"),
            ("/etc", "etc"),
            ("loop", "loop"),
        ] {
            symlink(target, dir.path().join("root").join(link)).expect("it is ours");
        }
        let root = BoundDirectory::open(&dir.path().join("root")).expect("it is there");
        let by_call = |name: &str| root.check(Path::new(name));
        let by_path = |name: &str| root.check_by_path(Path::new(name));
        type Way<'a> = &'a dyn Fn(&str) -> io::Result<()>;
        let ways: [Way<'_>; 2] = [&by_call, &by_path];
        for check in ways {
            for name in ["in/a", "within", "in/../in/a"] {
                check(name).expect(name);
            }
            for name in [
                "out",
                "etc/passwd",
                "../outside",
                "in/../../outside",
                "/etc/passwd",
            ] {
                let cause = check(name).expect_err(name);
                assert_eq!(cause.kind(), io::ErrorKind::CrossesDevices, "{name}");
            }
            let missing = check("in/b").expect_err("it is not there");
            assert_eq!(missing.kind(), io::ErrorKind::NotFound);
            check("loop").expect_err("it has no end");
        }
        let none = BoundDirectory::open(&dir.path().join("outside"));
        none.expect_err("it is a file");
    }
}
