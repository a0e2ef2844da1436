//! What was seen of a file on the way, for those who come to look at the same one next.
//!
//! It does not know what they look for.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::sync::{Arc, Mutex};

/// What was seen of the file that was looked at last.
#[derive(Debug, Clone, Default)]
pub struct LastStat(Arc<Mutex<Option<(OsString, Metadata)>>>);

impl LastStat {
    /// Leaves what was seen.
    pub fn note(&self, name: &OsStr, found: &Metadata) {
        if let Ok(mut seen) = self.0.lock() {
            *seen = Some((name.to_owned(), found.clone()));
        }
    }

    /// What was seen of the file of this name, if it was looked at last and nobody has asked since.
    pub fn take(&self, name: &OsStr) -> Option<Metadata> {
        let (of, found) = self.0.lock().ok()?.take()?;
        (of == name).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_of_the_last_file_and_asked_once() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let found = file.as_file().metadata().expect("it is there");
        let glance = LastStat::default();
        glance.note("a".as_ref(), &found);
        glance.note("b".as_ref(), &found);
        assert!(glance.take("b".as_ref()).is_some());
        assert!(glance.take("b".as_ref()).is_none());
        glance.note("a".as_ref(), &found);
        assert!(glance.take("b".as_ref()).is_none());
    }
}
