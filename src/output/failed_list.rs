//! `--failed FILE`: the inputs that failed, for a run that does only them.

use crate::message;
use anyhow::Context;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The file, if one was asked for.
pub struct FailedList {
    to: Option<(PathBuf, u8, File)>,
}

impl FailedList {
    /// Makes the file, empty. Each name in it will end with the given byte.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new(asked: Option<&(PathBuf, u8)>) -> anyhow::Result<Self> {
        let to = match asked {
            Some((path, end)) => {
                let file =
                    File::create(path).with_context(|| message::shown(path.as_os_str()).into_owned())?;
                Some((path.clone(), *end, file))
            }
            None => None,
        };
        Ok(FailedList { to })
    }

    /// Adds names, at once: the list is right whenever the run ends.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn add(&mut self, names: &[OsString]) -> io::Result<()> {
        let Some((_, end, file)) = &mut self.to else {
            return Ok(());
        };
        let mut lines = Vec::new();
        for name in names {
            lines.extend_from_slice(name.as_bytes());
            lines.push(*end);
        }
        file.write_all(&lines)
    }

    /// The file's name, for messages.
    pub fn shown(&self) -> String {
        self.to.as_ref().map_or_else(String::new, |(path, ..)| {
            message::shown(path.as_os_str()).into_owned()
        })
    }
}
