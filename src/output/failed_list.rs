//! `--failed FILE`: the list of the inputs that failed, from which another run can do only them.
//!
//! It does not know why an input failed.

use crate::message;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The list, if the user asked for one.
pub(crate) struct FailedList {
    list: Option<List>,
}

struct List {
    path: PathBuf,
    terminator: u8,
    file: File,
}

impl FailedList {
    /// Creates the file, empty. Each name in it will end with the given byte.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub(crate) fn new(asked: Option<&(PathBuf, u8)>) -> io::Result<Self> {
        let create = |(path, terminator): &(PathBuf, u8)| {
            let file = File::create(path)?;
            Ok::<_, io::Error>(List {
                path: path.clone(),
                terminator: *terminator,
                file,
            })
        };
        Ok(FailedList {
            list: asked.map(create).transpose()?,
        })
    }

    /// Adds names, at once: the list is right whenever the run ends.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add(&mut self, names: &[OsString]) -> io::Result<()> {
        let Some(list) = &mut self.list else {
            return Ok(());
        };
        let mut lines = Vec::new();
        for name in names {
            lines.extend_from_slice(name.as_bytes());
            lines.push(list.terminator);
        }
        list.file.write_all(&lines)
    }

    /// Returns the file's name, for messages.
    pub(crate) fn shown(&self) -> String {
        let shown = |list: &List| message::display_name(list.path.as_os_str()).into_owned();
        self.list.as_ref().map_or_else(String::new, shown)
    }
}
