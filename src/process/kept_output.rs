//! A command whose output is kept in files, each job's in its own: they grow while it writes, and stay however it
//! ends.
//!
//! It does not know why the output is kept.

use super::child_emit;
use super::command::Command;
use super::result_table::{Ran, ResultForm};
use crate::control::WorkerHandle;
use crate::job::{Failure, Input, Job, Trust};
use crate::map::{ChildEmit, Emit, Latency, Map, OutOfBand};
use crate::merge::PipeJob;
use crate::message;
use crate::record::NoteKind;
use crate::template::{Line, with_job};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// How long the name of a directory may be, in bytes.
const LONGEST_NAME: usize = 255;

/// What the files are called.
#[derive(Debug, Clone)]
pub(crate) enum KeptNames {
    /// `stdout`, `stderr` and `seq` in a directory below this one, with two levels for each value: the name of its
    /// source and the value.
    Tree(PathBuf, Vec<Vec<u8>>),
    /// As the line says: `FILE`, `FILE.err` and `FILE.seq`; or the three of a tree, when it ends with a slash.
    Line(Line),
    /// Both streams in files that nobody sees, in this directory, of which a row is printed.
    Rows(ResultForm, PathBuf),
    /// Standard output alone, in a new file in this directory, whose name is printed.
    New(PathBuf),
}

/// Where output is kept.
#[derive(Debug)]
pub(crate) struct KeptPlan {
    /// What the files are called.
    pub(crate) names: KeptNames,
    /// Whether a job whose output is there already is not run.
    pub(crate) skips_done: bool,
}

/// The map that runs a command and keeps its output.
pub(crate) struct KeptCommand {
    command: Command,
    plan: Arc<KeptPlan>,
}

impl KeptCommand {
    /// Makes the map of a worker.
    pub(crate) fn new(command: Command, plan: Arc<KeptPlan>) -> Self {
        KeptCommand { command, plan }
    }
}

impl Map for KeptCommand {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let slot = emit.worker().slot;
        if self.plan.skips_done && self.plan.names.is_there(job, slot) {
            return Ok(());
        }
        let (out, err, name) = self.plan.names.create(job, slot)?;
        let (clock, copies) = (
            (SystemTime::now(), Instant::now()),
            [Some(&out), err.as_ref()].map(copy),
        );
        let inner = child_emit(emit);
        let mut kept = KeptEmit {
            inner: &mut *inner,
            out,
            err,
            given: 0,
            failure: None,
        };
        let end = self.command.run(job, &mut kept);
        let (given, failure) = (kept.given, kept.failure);
        if let KeptNames::Rows(form, _) = &self.plan.names
            && !matches!(end, Err(Failure::Stopped))
        {
            let [out, err] = copies.map(|file| file.and_then(read_again));
            let (out, err) = (out.map_err(own_output)?, err.map_err(own_output)?);
            let row = form.row(
                job,
                &Ran {
                    started: clock.0,
                    took: clock.1.elapsed(),
                    failure: end.as_ref().err(),
                    command: &self.command.describe(job, slot),
                    out: &out,
                    err: &err,
                },
            );
            let _ = inner.take(&row, Trust::Final);
            return failure.map_or(end, Err);
        }
        inner.note_given(given);
        if let Some(name) = name {
            let line = [name.as_os_str().as_bytes(), b"\n"].concat();
            let _ = inner.take(&line, Trust::Final);
        }
        failure.map_or(end, Err)
    }

    fn label(&self, job: &Job, slot: usize) -> Vec<u8> {
        self.command.label(job, slot)
    }

    fn describe(&self, job: &Job, slot: usize) -> Vec<u8> {
        self.command.describe(job, slot)
    }
}

/// Returns another handle of an open file.
fn copy(file: Option<&File>) -> io::Result<File> {
    file.ok_or(io::ErrorKind::NotFound)?.try_clone()
}

/// Returns all that was written to a file.
fn read_again(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn own_output(cause: io::Error) -> Failure {
    let what = "the job's output".to_owned();
    Failure::Own { what, cause }
}

/// The open files of a job: standard output, standard error if it is kept, and the name that is printed.
type KeptFiles = (File, Option<File>, Option<PathBuf>);

impl KeptNames {
    /// Returns what the names of a job's files begin with: a directory when it ends with a slash.
    fn prefix(&self, job: &Job, slot: usize) -> OsString {
        let values: Vec<&OsStr> = job.inputs.iter().map(Input::name).collect();
        match self {
            KeptNames::Line(line) => {
                OsString::from_vec(with_job(&values, job.number, slot + 1, |job| line.fill(job)))
            }
            KeptNames::Tree(top, sources) => {
                let mut prefix = top.clone();
                for values in values.chunks(sources.len().max(1)) {
                    for at in in_order(&sources[..values.len().min(sources.len())]) {
                        prefix.push(OsStr::from_bytes(&sources[at]));
                        prefix.push(OsString::from_vec(escaped(values[at].as_bytes())));
                    }
                }
                prefix.push("");
                prefix.into_os_string()
            }
            KeptNames::New(directory) | KeptNames::Rows(_, directory) => directory.clone().into_os_string(),
        }
    }

    fn is_there(&self, job: &Job, slot: usize) -> bool {
        let prefix = self.prefix(job, slot);
        match self {
            KeptNames::New(_) | KeptNames::Rows(..) => false,
            _ => with_ending(&prefix, "stdout", "").exists(),
        }
    }

    fn create(&self, job: &Job, slot: usize) -> Result<KeptFiles, Failure> {
        let prefix = self.prefix(job, slot);
        if let KeptNames::New(directory) = self {
            let make = || {
                tempfile::Builder::new()
                    .prefix("par")
                    .suffix(".par")
                    .tempfile_in(directory)?
                    .keep()
                    .map_err(io::Error::from)
            };
            let (file, path) = make().map_err(|cause| own(directory, cause))?;
            return Ok((file, None, Some(path)));
        }
        if let KeptNames::Rows(_, directory) = self {
            let make = || tempfile::tempfile_in(directory).map_err(|cause| own(directory, cause));
            return Ok((make()?, Some(make()?), None));
        }
        let create = |path: PathBuf| {
            let make = || {
                if let Some(directory) = path.parent() {
                    fs::create_dir_all(directory)?;
                }
                File::create(&path)
            };
            make().map_err(|cause| own(&path, cause))
        };
        let out = create(with_ending(&prefix, "stdout", ""))?;
        let err = create(with_ending(&prefix, "stderr", ".err"))?;
        let seq = with_ending(&prefix, "seq", ".seq");
        let written = create(seq.clone())?.write_all((job.number).to_string().as_bytes());
        written.map_err(|cause| own(&seq, cause))?;
        Ok((out, Some(err), None))
    }
}

/// Returns the indexes of these names in the order of their numbers and letters.
fn in_order(names: &[Vec<u8>]) -> Vec<usize> {
    let number = |name: &[u8]| {
        let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(&name[..digits])
            .ok()
            .and_then(|digits| digits.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let mut indexes: Vec<_> = (0..names.len()).collect();
    indexes.sort_by_key(|&at| (number(&names[at]), &names[at]));
    indexes
}

/// Returns a value as the name of a directory.
fn escaped(value: &[u8]) -> Vec<u8> {
    let escape = |&byte: &u8| match byte {
        b'\\' => b"\\\\".to_vec(),
        b'\t' => b"\\t".to_vec(),
        0 => b"\\0".to_vec(),
        b'/' => b"\\_".to_vec(),
        byte => vec![byte],
    };
    let mut name: Vec<u8> = value.iter().flat_map(escape).collect();
    name.truncate(LONGEST_NAME);
    name
}

/// Returns the name of one of the files: `within` a directory, or else with an ending.
fn with_ending(prefix: &OsStr, within: &str, ending: &str) -> PathBuf {
    let mut name = prefix.to_owned();
    name.push(match prefix.as_bytes().ends_with(b"/") {
        true => within,
        false => ending,
    });
    name.into()
}

fn own(path: &Path, cause: io::Error) -> Failure {
    let what = message::display_name(path.as_os_str()).into_owned();
    Failure::Own { what, cause }
}

/// Writes what a command emits to files.
struct KeptEmit<'a> {
    inner: &'a mut dyn ChildEmit,
    out: File,
    err: Option<File>,
    given: u64,
    /// Why a file could not be written.
    failure: Option<Failure>,
}

impl KeptEmit<'_> {
    fn check(&mut self, written: io::Result<()>) -> ControlFlow<()> {
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(cause) => {
                self.failure.get_or_insert(own_output(cause));
                ControlFlow::Break(())
            }
        }
    }
}

impl Emit for KeptEmit<'_> {
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.take(block, trust)
    }

    fn err(&mut self, block: &[u8]) {
        match &mut self.err {
            Some(file) => {
                let written = file.write_all(block);
                let _ = self.check(written);
            }
            None => self.inner.err(block),
        }
    }

    fn warn(&mut self, name: &OsStr, what: &str) {
        self.inner.warn(name, what);
    }

    fn note(&mut self, kind: NoteKind, name: &OsStr) {
        self.inner.note(kind, name);
    }

    fn worker(&self) -> &WorkerHandle {
        self.inner.worker()
    }

    fn latency(&mut self, latency: Latency) {
        self.inner.latency(latency);
    }

    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        Some(self)
    }
}

impl ChildEmit for KeptEmit<'_> {
    fn take(&mut self, block: &[u8], _trust: Trust) -> ControlFlow<()> {
        self.given += block.len() as u64;
        let written = self.out.write_all(block);
        self.check(written)
    }

    fn attempt(&self) -> u32 {
        self.inner.attempt()
    }

    fn out_of_band(&mut self, message: OutOfBand<'_>) {
        self.inner.out_of_band(message);
    }

    fn flush(&mut self) {
        self.inner.flush();
    }

    fn is_full(&self) -> bool {
        self.inner.is_full()
    }

    fn output_file(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn take_feeders(&mut self) -> Vec<PipeJob> {
        self.inner.take_feeders()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_directories() {
        let input = |word: &str| Input::Word {
            word: word.into(),
            ends_line: false,
        };
        let job = Job {
            seq: 0,
            number: 1,
            inputs: ["a/b", "c\\d"].map(input).to_vec(),
        };
        let prefix = |names: &[&str]| {
            let names = names.iter().map(|name| name.as_bytes().to_vec()).collect();
            KeptNames::Tree("r".into(), names)
                .prefix(&job, 0)
                .into_string()
                .expect("text")
        };
        assert_eq!(prefix(&["1", "2"]), "r/1/a\\_b/2/c\\\\d/");
        assert_eq!(prefix(&["y", "x"]), "r/x/c\\\\d/y/a\\_b/");
        assert_eq!(prefix(&["n"]), "r/n/a\\_b/n/c\\\\d/");
    }
}
