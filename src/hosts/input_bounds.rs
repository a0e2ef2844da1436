//! Which names a worker takes from a queue: those that its own command line could have given, and no others.
//!
//! Names are compared, and not what they lead to: a symbolic link that is covered is read. Only below a `--root` does it matter
//! where a link leads. It does not read the queue.

use crate::message;
use crate::queue::{QueuedInput, QueuedJob};
use crate::source::expand_braces;
use crate::sys::BoundDirectory;
use glob::{MatchOptions, Pattern};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// A `*` of a pattern stands for no slash, as in the walk.
const SLASHES: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// The names that a worker takes.
#[derive(Debug)]
pub(crate) enum InputBounds {
    /// All of them: the leader's own worker, which is of its command line.
    Any,
    /// What these INPUTs could give: a name, what lies below a directory, what matches a pattern.
    Inputs(Vec<OsString>),
    /// What lies below the working directory.
    WorkingDirectory,
    /// What lies strictly beneath this directory.
    Root(RootDirectory),
}

/// The directory of `--root`.
#[derive(Debug)]
pub(crate) struct RootDirectory {
    directory: BoundDirectory,
    /// Its path as typed, made absolute.
    typed: PathBuf,
}

impl RootDirectory {
    /// Opens the directory.
    ///
    /// # Errors
    /// It is none, or can't be opened.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(RootDirectory {
            directory: BoundDirectory::open(path)?,
            typed: std::path::absolute(path)?,
        })
    }

    /// Returns why a name, as it would be opened, is not that of something beneath the directory; `None` when it is.
    fn refusal(&self, name: &Path) -> Option<String> {
        let outside = || Some("not beneath the --root of this host's worker".to_owned());
        if !has_no_parent(name) {
            return outside();
        }
        let Ok(path) = std::path::absolute(name) else {
            return outside();
        };
        let tops = [&self.typed, self.directory.path()];
        let rest = tops.iter().find_map(|top| path.strip_prefix(top).ok());
        let Some(rest) = rest.filter(|rest| *rest != Path::new("")) else {
            return outside();
        };
        match self.directory.check(rest) {
            Ok(()) => None,
            Err(cause) if cause.kind() == io::ErrorKind::CrossesDevices => {
                Some("leads out of the --root of this host's worker".to_owned())
            }
            Err(cause) => Some(message::cause(&cause)),
        }
    }
}

impl InputBounds {
    /// Returns the first input of a job that is not covered, and why it is not.
    pub(super) fn refusal(&self, queued: &QueuedJob) -> Option<(OsString, String)> {
        let names = || queued.inputs.iter().map(QueuedInput::name);
        if let InputBounds::Root(root) = self {
            return names().find_map(|name| Some((name.to_owned(), root.refusal(Path::new(name))?)));
        }
        let name = names().find(|name| !self.covers(name))?;
        let why = match self {
            InputBounds::WorkingDirectory => "not below the working directory of this host's worker",
            _ => "not covered by the INPUTs of this host's worker",
        };
        Some((name.to_owned(), why.to_owned()))
    }

    fn covers(&self, name: &OsStr) -> bool {
        match self {
            InputBounds::Any => true,
            InputBounds::Root(root) => root.refusal(Path::new(name)).is_none(),
            InputBounds::WorkingDirectory => {
                let here = std::env::current_dir();
                let path = Path::new(name);
                let beneath = match path.is_absolute() {
                    true => here.is_ok_and(|here| path.starts_with(here)),
                    false => true,
                };
                beneath && has_no_parent(path)
            }
            InputBounds::Inputs(inputs) => inputs.iter().any(|input| gives(input, name)),
        }
    }
}

/// Returns whether an INPUT could give a name.
fn gives(input: &OsStr, name: &OsStr) -> bool {
    if input == name {
        return true;
    }
    let (of, path) = (Path::new(input), Path::new(name));
    if is_below(of, path) {
        return true;
    }
    let Some(text) = name.to_str() else {
        return false;
    };
    let expanded = expand_braces(input);
    // A pattern may match a directory, of which all is read.
    let mut above = Some(Path::new(text));
    while let Some(path) = above {
        let matches = |pattern: &OsString| {
            let compiled = pattern.to_str().and_then(|pattern| Pattern::new(pattern).ok());
            compiled.is_some_and(|pattern| pattern.matches_path_with(path, SLASHES))
        };
        if path.as_os_str().as_bytes() != b"" && expanded.iter().any(matches) {
            return has_no_parent(Path::new(text));
        }
        above = path.parent();
    }
    false
}

/// Returns whether a path lies below another one.
fn is_below(of: &Path, path: &Path) -> bool {
    let rest = match of.as_os_str().as_bytes() {
        b"." if path.is_relative() => Some(path),
        _ => path.strip_prefix(of).ok(),
    };
    rest.is_some_and(|rest| has_no_parent(rest) && rest != Path::new(""))
}

fn has_no_parent(path: &Path) -> bool {
    !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(inputs: &[&str], name: &str) -> bool {
        let inputs = inputs.iter().map(OsString::from).collect();
        InputBounds::Inputs(inputs).covers(OsStr::new(name))
    }

    #[test]
    fn a_name_is_covered_by_itself_a_directory_above_it_or_a_pattern() {
        assert!(covers(&["a", "logs"], "a") && covers(&["logs"], "logs/b/c") && covers(&["logs/"], "logs/b"));
        assert!(covers(&["logs/*.gz"], "logs/a.gz") && covers(&["/d/{x,y}/*"], "/d/y/z"));
        assert!(covers(&["l*"], "logs/b/c"), "a directory that a pattern matches");
        assert!(covers(&["."], "./a") && covers(&[".."], "../a"));
        for other in [
            "logsx",
            "log",
            "other",
            "logs/../etc/passwd",
            "/etc/passwd",
            "../logs/a",
        ] {
            assert!(!covers(&["logs", "x*/*.gz"], other), "{other}");
        }
        assert!(!covers(&["logs/*.gz"], "logs/b/a.gz") && !covers(&["l*"], "logs/../../etc/passwd"));
        assert!(!covers(&["."], "../a") && !covers(&["."], "/etc/passwd"));
    }

    #[test]
    fn without_inputs_what_lies_below_the_working_directory_is_covered() {
        let covers = |name: &str| InputBounds::WorkingDirectory.covers(OsStr::new(name));
        let here = std::env::current_dir().expect("it is there");
        assert!(covers("a/b") && covers(here.join("x").to_str().expect("UTF-8")));
        assert!(!covers("../a") && !covers("/etc/passwd") && !covers("a/../../b"));
    }
}
