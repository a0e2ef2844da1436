//! The files that a run writes beside its output. None of them is an input of it, or written for two
//! purposes: where that shows up front the run is refused, and where it shows on the way the file is
//! left out.

use super::Work;
use super::conflicts::Conflict;
use crate::job::Input;
use crate::output::{PathSet, resolve_link};
use crate::plan::{Inputs, Plan};
use crate::record::OnBadLine;
use crate::source::{InputResult, SourceError};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What SQLite puts beside a state.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The files, none of which need be there yet.
#[derive(Default, Clone)]
pub struct ReservedFiles {
    claims: PathSet,
    /// Each with the option that names it.
    files: Vec<(&'static str, PathBuf)>,
    /// The last parts of their names, and of the names of what they lead to where they are links.
    bases: HashSet<OsString>,
    /// Those that have further names, by device and inode.
    several: HashSet<(u64, u64)>,
}

impl ReservedFiles {
    /// The files that the plan names. Nothing is made yet.
    ///
    /// # Errors
    /// For one that is named twice, or is an INPUT or a list of inputs.
    pub fn of(plan: &Plan, work: &Work<'_>) -> Result<Self, Conflict> {
        let mut own = ReservedFiles {
            files: files(plan, work),
            ..ReservedFiles::default()
        };
        for (option, file) in &own.files {
            // Devices and pipes can be anybody's too, and what is wrong with a directory is said later.
            let found = fs::metadata(file).ok();
            if let Some(found) = found
                .as_ref()
                .filter(|found| found.is_file() && found.nlink() > 1)
            {
                own.several.insert((found.dev(), found.ino()));
            }
            let names = [Some(file.clone()), resolve_link(file).ok()];
            let bases = names.iter().flatten().filter_map(|name| name.file_name());
            own.bases.extend(bases.map(OsStr::to_owned));
            let is_file = found.is_none_or(|found| found.is_file());
            if is_file && own.claims.claim(file).is_ok_and(|free| !free) {
                return Err(Conflict::of_own(file, option, "of another option"));
            }
        }
        if own.files.is_empty() {
            return Ok(own);
        }
        for (name, what) in inputs(&plan.inputs) {
            if let Some(option) = own.option(&name) {
                return Err(Conflict::of_own(&name, option, what));
            }
        }
        Ok(own)
    }

    /// The option that names this file, by this name or another.
    pub fn option(&mut self, name: &Path) -> Option<&'static str> {
        if !self.claims.has(name) {
            return None;
        }
        let is_it = |&(_, file): &&(&str, PathBuf)| same(file, name);
        let found = self.files.iter().find(is_it);
        Some(found.map_or("--state", |(option, _)| option))
    }

    /// Leaves these files out of a walk, and makes errors of them in a list.
    pub fn left_out<I>(self, found: I, where_from: WhereFrom) -> LeftOut<I> {
        LeftOut {
            found,
            own: self,
            where_from,
        }
    }

    fn has(&mut self, name: &OsStr) -> bool {
        let name = Path::new(name);
        // Most names can be told from them at once.
        let is_base = name.file_name().is_some_and(|base| self.bases.contains(base));
        let further = !self.several.is_empty()
            && fs::metadata(name).is_ok_and(|found| self.several.contains(&(found.dev(), found.ino())));
        further || (is_base && self.claims.has(name))
    }
}

/// Each with the option that names it.
fn files(plan: &Plan, work: &Work<'_>) -> Vec<(&'static str, PathBuf)> {
    let mut files = Vec::new();
    files.extend(
        plan.failures
            .list
            .iter()
            .map(|(file, _)| ("--failed", file.clone())),
    );
    files.extend(plan.joblog.iter().map(|file| ("--joblog", file.clone())));
    let merged = work.merge.as_ref().and_then(|merge| merge.to);
    files.extend(merged.map(|to| ("--out", to.name.clone())));
    if let Some(OnBadLine::Keep(file)) = work.records.map(|records| &records.on_bad_line) {
        files.push(("--bad", file.clone()));
    }
    if let Some(state) = &plan.state {
        files.push(("--state", state.file.clone()));
        // They stand beside the file itself, and not beside a link to it.
        let file = resolve_link(&state.file).unwrap_or_else(|_| state.file.clone());
        files.extend(BESIDE.map(|end| {
            let mut name = file.clone().into_os_string();
            name.push(end);
            ("--state", name.into())
        }));
    }
    files
}

/// What is read and known up front, and what each is.
pub(super) fn inputs(inputs: &Inputs) -> Vec<(PathBuf, &'static str)> {
    match inputs {
        Inputs::Named(names, _) => {
            let input = |name: &OsString| match name == "-" {
                true => (PathBuf::from("/dev/stdin"), "standard input"),
                false => (name.into(), "an input"),
            };
            names.iter().map(input).collect()
        }
        Inputs::Listed(lists) if lists.files.is_empty() => {
            vec![("/dev/stdin".into(), "the list of inputs on standard input")]
        }
        Inputs::Listed(lists) => {
            let list = |name: &OsString| (name.into(), "a list of inputs");
            lists.files.iter().map(list).collect()
        }
        Inputs::Words(_) => Vec::new(),
    }
}

fn same(one: &Path, other: &Path) -> bool {
    let mut claims = PathSet::default();
    claims.claim(one).is_ok() && claims.has(other)
}

/// How a name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhereFrom {
    /// In a directory or by a pattern: nobody asked for this one file.
    Walk,
    /// In a list.
    List,
}

/// Inputs without the files that the run writes.
pub struct LeftOut<I> {
    found: I,
    own: ReservedFiles,
    where_from: WhereFrom,
}

impl<I: Iterator<Item = InputResult>> Iterator for LeftOut<I> {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        loop {
            match self.found.next()? {
                Ok(Input::File(name)) if self.own.has(&name) => {
                    if self.where_from == WhereFrom::List {
                        let cause = io::Error::other("it is written by this run");
                        return Some(Err(SourceError::Input { name, cause }));
                    }
                }
                found => return Some(found),
            }
        }
    }

    /// As it was: where it is exact, every input was looked at up front.
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.found.size_hint()
    }
}
