//! Which file the name of a program stands for, looked up once and not for each job.
//!
//! It does not start anything.

use crate::message;
use crate::sys::{check_executable, error_number};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Why a command can't be run at all.
#[derive(Debug)]
pub(crate) enum ProgramError {
    /// There is no file of that name; for a name without a slash, in no directory of PATH.
    NotFound(OsString),
    /// A file that can't be executed.
    NotExecutable(OsString, io::Error),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramError::NotFound(program) => write!(f, "'{}' not found", message::display_name(program)),
            ProgramError::NotExecutable(program, cause) => {
                let (program, cause) = (message::display_name(program), message::cause(cause));
                write!(f, "'{program}' can't be executed: {cause}")
            }
        }
    }
}

impl std::error::Error for ProgramError {}

/// Returns the file that `program` stands for, as execvp(3) finds it: a name with a slash is a path, any other is
/// looked for in the directories of PATH.
///
/// # Errors
/// When there is no such file, or only files that can't be executed.
pub(crate) fn resolve_program(program: &OsStr) -> Result<PathBuf, ProgramError> {
    // execvp(3) falls back to this.
    let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    resolve_in(program, &path)
}

/// Returns the file as [`resolve_program`] does, for a program that is about to be started: a file whose name has a
/// slash is not looked at, as the start tells what is wrong with it.
///
/// # Errors
/// What execvp(3) would say.
pub(super) fn seek_program(program: &OsStr) -> io::Result<PathBuf> {
    if program.is_empty() || program.as_bytes().contains(&b'/') {
        return Ok(program.into());
    }
    resolve_program(program).map_err(|error| match error {
        ProgramError::NotFound(_) => io::Error::from_raw_os_error(error_number::ENOENT),
        ProgramError::NotExecutable(_, cause) if cause.raw_os_error().is_none() => {
            io::Error::from_raw_os_error(error_number::EACCES)
        }
        ProgramError::NotExecutable(_, cause) => cause,
    })
}

fn resolve_in(program: &OsStr, path: &OsStr) -> Result<PathBuf, ProgramError> {
    let candidates: Vec<PathBuf> = if program.as_bytes().contains(&b'/') {
        vec![PathBuf::from(program)]
    } else {
        env::split_paths(path)
            .map(|dir| in_directory(&dir, program))
            .collect()
    };
    let mut unfit = None;
    for candidate in candidates {
        match check(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(e) if is_absence(&e) => {}
            Err(e) => unfit = unfit.or(Some(e)),
        }
    }
    Err(match unfit {
        Some(cause) => ProgramError::NotExecutable(program.to_os_string(), cause),
        None => ProgramError::NotFound(program.to_os_string()),
    })
}

/// Returns the path of a program in a directory of PATH. An empty entry means the current directory, and its slash
/// keeps the name from being looked for in PATH again.
fn in_directory(dir: &Path, program: &OsStr) -> PathBuf {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    dir.join(program)
}

fn check(file: &Path) -> io::Result<()> {
    if std::fs::metadata(file)?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    check_executable(file)
}

fn is_absence(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn file(path: &Path, mode: u32) {
        fs::write(path, "").expect("the temporary directory can be written");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("own file");
    }

    #[test]
    fn the_first_executable_of_path_wins_and_the_reason_is_told() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        for dir in [&one, &two] {
            fs::create_dir(dir).expect("a fresh directory");
        }
        file(&one.join("tool"), 0o644);
        file(&two.join("tool"), 0o755);
        file(&one.join("plain"), 0o644);
        fs::create_dir(one.join("dir")).expect("a fresh directory");
        let path = env::join_paths([&one, &two]).expect("no colon in the names");
        let look = |name: &str| resolve_in(name.as_ref(), &path);
        assert_eq!(look("tool").expect("in two"), two.join("tool"));
        for name in ["plain", "dir"] {
            assert!(
                matches!(look(name), Err(ProgramError::NotExecutable(..))),
                "{name}"
            );
        }
        assert!(matches!(look("missing"), Err(ProgramError::NotFound(_))));
        let direct = one.join("tool");
        let refused = resolve_in(direct.as_os_str(), OsStr::new(""));
        assert!(
            matches!(refused, Err(ProgramError::NotExecutable(..))),
            "mode 644"
        );
    }
}
