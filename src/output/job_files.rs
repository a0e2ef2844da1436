//! The file of each job, for `--out`: what it is called, and how it appears whole or not at all.
//!
//! It does not know what is written to the files, nor whether two jobs' files have the same name.

use super::resolve_link::{SPECIAL, directory, resolve_link};
use crate::codec::Encoder;
use crate::job::{Failure, Input, Job};
use crate::message;
use crate::sys::retry_open;
use crate::template::Template;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

/// How many bytes of a name the temporary name begins with: with what stands around them it is no longer
/// than a name may be (255 bytes).
const PREFIX: usize = 235;

/// The files of all jobs.
#[derive(Debug)]
pub struct JobFiles {
    template: Template,
    /// Whether a file is compressed when its name says so.
    compresses: bool,
    /// The temporary files that exist now.
    unfinished: Unfinished,
}

#[derive(Debug, Clone, Default)]
struct Unfinished(Arc<Mutex<BTreeSet<PathBuf>>>);

/// The file of one try at a job. It gets its name when it is committed; dropped before, it leaves nothing.
#[derive(Debug)]
pub(crate) struct NewFile {
    unfinished: Unfinished,
    name: PathBuf,
    compresses: bool,
    /// What compresses it, once it was created.
    encoder: Option<Encoder>,
    file: Option<NamedTempFile>,
    /// What the name stands for: a link stays, and the file is made where it leads.
    target: PathBuf,
}

impl JobFiles {
    /// Names each job's file by the template.
    ///
    /// # Errors
    /// What is wrong with a template that gives all jobs one name, or whose names would depend on
    /// which worker runs the job.
    pub fn new(template: &OsStr) -> Result<Self, &'static str> {
        let template = Template::single(template);
        if template.has_slot() {
            return Err("{%} cannot be in a file's name: any worker may run a job");
        }
        if !template.has_replacement() {
            return Err("a replacement string is needed, as in 'out/{/}', so that each job has a file");
        }
        Ok(JobFiles {
            template,
            compresses: false,
            unfinished: Unfinished::default(),
        })
    }

    /// Has files be compressed as the endings of their names say.
    pub(crate) fn compressed(self) -> Self {
        JobFiles {
            compresses: true,
            ..self
        }
    }

    /// Returns the name of a job's file: what the template makes of its first input.
    pub(crate) fn name(&self, job: &Job) -> PathBuf {
        let names: Vec<&OsStr> = job.inputs.iter().map(Input::name).collect();
        PathBuf::from(self.template.render_single(&names, job.number, 0))
    }

    /// Returns the file of a try at the job. The file is created when the first bytes come.
    pub(crate) fn start(&self, job: &Job) -> NewFile {
        NewFile {
            unfinished: self.unfinished.clone(),
            name: self.name(job),
            compresses: self.compresses,
            encoder: None,
            file: None,
            target: PathBuf::new(),
        }
    }

    /// Removes unfinished files, for a process that ends without its workers.
    pub(crate) fn abandon(&self) {
        self.unfinished.remove();
    }
}

impl Unfinished {
    fn names(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        // A panic leaves a set of names whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self) {
        for name in std::mem::take(&mut *self.names()) {
            // The file may have been finished or removed just now.
            let _ = fs::remove_file(name);
        }
    }
}

impl NewFile {
    /// Returns a file with this name that belongs to no job.
    pub(crate) fn named(name: &Path) -> Self {
        NewFile {
            unfinished: Unfinished::default(),
            name: name.to_owned(),
            compresses: false,
            encoder: None,
            file: None,
            target: PathBuf::new(),
        }
    }

    /// Returns another try at the same file.
    pub(crate) fn anew(&self) -> Self {
        NewFile {
            unfinished: self.unfinished.clone(),
            name: self.name.clone(),
            compresses: self.compresses,
            encoder: None,
            file: None,
            target: PathBuf::new(),
        }
    }

    /// Returns the file as it is now, if it was created: others may write there too.
    pub(crate) fn as_file(&self) -> Option<&File> {
        self.file.as_ref().map(NamedTempFile::as_file)
    }

    /// Removes what exists of all tries, for a process that ends without its workers.
    pub(crate) fn abandon(&self) {
        self.unfinished.remove();
    }

    /// Adds bytes. An empty block creates the file too.
    ///
    /// # Errors
    /// `Own`, with the file's name.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write_encoded(bytes).map_err(|cause| self.failed(cause))
    }

    /// Gives the file its name, for good: when this returns, the file outlasts a loss of power. A file that
    /// it replaces hands its permissions on; what is no regular file is not replaced.
    ///
    /// # Errors
    /// `Own`, with the file's name. Then the name stands for what it stood for before; when only the
    /// directory could not be synced, it stands for the new file.
    pub(crate) fn commit(mut self) -> Result<(), Failure> {
        self.publish().map_err(|cause| self.failed(cause))
    }

    fn write_encoded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file()?;
        match (&mut self.encoder, &mut self.file) {
            (Some(encoder), Some(file)) => encoder.write(bytes, file.as_file_mut()),
            _ => self.file()?.write_all(bytes),
        }
    }

    fn publish(&mut self) -> io::Result<()> {
        self.file()?;
        if let Some(encoder) = self.encoder.take() {
            encoder.end(self.file()?)?;
        }
        self.file()?.sync_all()?;
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let temporary = file.path().to_owned();
        let renamed = file.persist(&self.target).map_err(|refused| refused.error);
        self.unfinished.names().remove(&temporary);
        renamed?;
        sync_directory(directory(&self.target))
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                self.target = resolve_link(&self.name)?;
                let file = temporary(&self.target)?;
                self.unfinished.names().insert(file.path().to_owned());
                if self.compresses {
                    self.encoder = Encoder::for_name(self.name.as_os_str())?;
                }
                file
            }
        };
        Ok(self.file.insert(file).as_file_mut())
    }

    fn failed(&self, cause: io::Error) -> Failure {
        let what = message::display_name(self.name.as_os_str()).into_owned();
        Failure::Own { what, cause }
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            self.unfinished.names().remove(file.path());
        }
    }
}

/// Creates a temporary file beside the one with this name: `.NAME.fanfold-` and six random characters, with
/// the permissions of that file, or those that any new file gets. Creates missing directories, which stay.
fn temporary(name: &Path) -> io::Result<NamedTempFile> {
    let before = fs::symlink_metadata(name).ok();
    if before
        .as_ref()
        .is_some_and(|found| !found.is_file() && !found.is_dir())
    {
        return Err(io::Error::other(SPECIAL));
    }
    let file = beside(name)?;
    if let Some(before) = before {
        // Drops setuid and setgid: the owner may be another one now.
        let mode = before.permissions().mode() & 0o777;
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
    }
    Ok(file)
}

fn beside(name: &Path) -> io::Result<NamedTempFile> {
    let base = name.file_name().unwrap_or_default().as_bytes();
    let mut prefix = OsString::from(".");
    prefix.push(OsStr::from_bytes(&base[..base.len().min(PREFIX)]));
    prefix.push(".fanfold-");
    let directory = directory(name);
    // Waits for a free descriptor in here: `make_in` hides which error it was.
    let open = |path: &Path| {
        let mut options = File::options();
        options.create_new(true).read(true).write(true).mode(0o666);
        retry_open(|| options.open(path))
    };
    let make = || tempfile::Builder::new().prefix(&prefix).make_in(directory, open);
    match make() {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            make_directories(directory)?;
            make()
        }
        made => made,
    }
}

/// Creates the directory and those above it that are missing, for good.
fn make_directories(directory: &Path) -> io::Result<()> {
    let made = match fs::create_dir(directory) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let above = directory.parent().ok_or(cause)?;
            make_directories(above)?;
            fs::create_dir(directory)
        }
        made => made,
    };
    match made {
        Ok(()) => sync_directory(self::directory(directory)),
        // Another worker was faster, or there is a link to a directory.
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Makes the names in a directory outlast a loss of power.
fn sync_directory(directory: &Path) -> io::Result<()> {
    match retry_open(|| File::open(directory))?.sync_all() {
        // Some file systems cannot sync directories.
        Err(cause) if cause.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str) -> Job {
        let inputs = vec![Input::File(name.into())];
        Job {
            seq: 6,
            number: 7,
            inputs,
        }
    }

    fn outputs(template: impl AsRef<OsStr>) -> JobFiles {
        JobFiles::new(template.as_ref()).expect("a template")
    }

    fn entries(dir: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(dir).expect("a directory").flatten();
        entries.map(|entry| entry.file_name()).collect()
    }

    #[test]
    fn a_file_has_its_name_only_once_it_was_committed() {
        let dir = tempfile::tempdir().expect("a directory");
        let outputs = outputs(dir.path().join("{/.}.txt"));
        let name = dir.path().join("a.txt");
        fs::write(&name, "old").expect("written");
        let mut file = outputs.start(&job("in/a.wav"));
        file.write(b"ne").expect("written");
        file.write(b"w").expect("written");
        let unfinished: Vec<_> = outputs.unfinished.names().iter().cloned().collect();
        let base = unfinished[0].file_name().expect("a name").to_string_lossy();
        assert!(base.starts_with(".a.txt.fanfold-"), "{base}");
        assert_eq!(fs::read(&name).expect("readable"), b"old");
        file.commit().expect("renamed");
        assert_eq!(fs::read(&name).expect("readable"), b"new");
        assert_eq!(entries(dir.path()), ["a.txt"]);
        assert!(outputs.unfinished.names().is_empty());
    }

    #[test]
    fn a_link_stays_and_permissions_too() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("real")).expect("made");
        fs::write(at("real/a"), "old").expect("written");
        fs::set_permissions(at("real/a"), Permissions::from_mode(0o4640)).expect("ours");
        for (link, to) in [("one", "real/a"), ("two", "one"), ("new", "real/b")] {
            std::os::unix::fs::symlink(to, at(link)).expect("made");
        }
        for (name, real) in [("two", "real/a"), ("new", "real/b")] {
            let mut file = NewFile::named(&at(name));
            file.write(name.as_bytes()).expect("written");
            file.commit().expect("renamed");
            assert_eq!(fs::read(at(real)).expect("readable"), name.as_bytes());
            assert!(fs::symlink_metadata(at(name)).expect("there").is_symlink());
        }
        let mode = fs::metadata(at("real/a")).expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(entries(&at("real")).len(), 2);
    }

    #[test]
    fn what_was_not_committed_leaves_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let outputs = outputs(dir.path().join("{}"));
        let mut dropped = outputs.start(&job("a"));
        dropped.write(b"x").expect("written");
        drop(dropped);
        assert!(outputs.unfinished.names().is_empty());
        let mut abandoned = outputs.start(&job("b"));
        abandoned.write(b"x").expect("written");
        outputs.abandon();
        assert_eq!(entries(dir.path()), [""; 0]);
    }

    #[test]
    fn names_depend_on_the_job_alone() {
        assert_eq!(outputs("o/{/}-{#}").name(&job("in/a")), Path::new("o/a-7"));
        assert!(JobFiles::new("o/{%}-{}".as_ref()).is_err());
        assert!(JobFiles::new("o/x{{}".as_ref()).is_err());
    }
}
