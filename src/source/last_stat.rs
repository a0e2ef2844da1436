//! The result of the last stat(2), so that it need not be called again when the same file is needed next.
//!
//! It does not know what the metadata is used for.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::sync::{Arc, Mutex};

/// The metadata of the file that was looked at last. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct LastStat(Arc<Mutex<Option<(OsString, Metadata)>>>);

impl LastStat {
    /// Stores the metadata of the file `name` in place of the file before.
    pub fn store(&self, name: &OsStr, metadata: &Metadata) {
        if let Ok(mut last) = self.0.lock() {
            *last = Some((name.to_owned(), metadata.clone()));
        }
    }

    /// Returns the metadata of the file `name`, if that was stored last, and forgets it either way.
    pub fn take(&self, name: &OsStr) -> Option<Metadata> {
        let (last, metadata) = self.0.lock().ok()?.take()?;
        (last == name).then_some(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_file_is_kept_and_taken_once() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let found = file.as_file().metadata().expect("the file exists");
        let last = LastStat::default();
        last.store("a".as_ref(), &found);
        last.store("b".as_ref(), &found);
        assert!(last.take("b".as_ref()).is_some());
        assert!(last.take("b".as_ref()).is_none());
        last.store("a".as_ref(), &found);
        assert!(last.take("b".as_ref()).is_none());
    }
}
