//! Directories and patterns, as one walk of the tree: names in byte order of the whole path.
//!
//! It does not know who else named the same files.

use super::error::SourceError;
use super::exclude::Exclude;
use super::glob::{Glob, is_pattern};
use crate::plan::{Hidden, Links, WalkPlan};
use crate::sys::{await_files, is_out_of_files, raise_file_limit};
use memchr::memrchr;
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use walkdir::{DirEntry, WalkDir};

/// The files below a directory, or those that a pattern matches. Directories, FIFOs, sockets and
/// devices are left out. Memory is that of the names of one directory on each level.
pub struct Walk {
    /// The walk, and above it what is listed anew, each with how deep it begins.
    levels: Vec<(Entries, usize)>,
    filter: Arc<Filter>,
    links: Links,
    scarcity: Scarcity,
    root: PathBuf,
    of: Of,
    /// The prefix that was typed: `logs/` and `logs` both give `logs/a`, and `*.gz` gives no `./`.
    bare: bool,
    /// Entries above this depth are only on the way.
    depth: usize,
    matcher: Option<Glob>,
    first: Option<Result<OsString, SourceError>>,
}

type Entries = Box<dyn Iterator<Item = walkdir::Result<DirEntry>> + Send>;

/// What was done about directories for which there is no descriptor.
#[derive(Debug, Default)]
struct Scarcity {
    /// Since when there is none, and as many are allowed as can be.
    since: Option<Instant>,
    /// Whether [`SourceError::OutOfDescriptors`] was given.
    told: bool,
}

/// How long descriptors may be scarce before a directory is done without.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a walk was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Directory,
    Pattern,
}

/// What decides whether an entry is descended into or given.
struct Filter {
    hidden: Hidden,
    exclude: Exclude,
    /// The pattern's components below the root, where none of them is `**`.
    components: Option<Vec<Component>>,
}

struct Component {
    glob: Glob,
    dot: bool,
}

impl Walk {
    /// Every regular file below a directory.
    pub fn directory(root: &Path, plan: &WalkPlan) -> Self {
        Walk::new(root.to_owned(), Of::Directory, None, None, plan)
    }

    /// Every file that the pattern matches.
    pub fn pattern(pattern: &OsStr, plan: &WalkPlan) -> Self {
        let (root, rest) = split(pattern);
        let bare = root.as_os_str().is_empty();
        let deep = rest.iter().any(|c| c.as_bytes() == b"**");
        let (components, matcher) = if deep {
            (None, Some(Glob::new(pattern)))
        } else {
            (Some(rest.iter().map(|c| Component::new(c)).collect()), None)
        };
        let root = if bare { PathBuf::from(".") } else { root };
        Walk {
            bare,
            ..Walk::new(root, Of::Pattern, components, matcher, plan)
        }
    }

    fn new(
        root: PathBuf,
        of: Of,
        components: Option<Vec<Component>>,
        matcher: Option<Glob>,
        plan: &WalkPlan,
    ) -> Self {
        // Not walkdir's min_depth: it would descend into what the filter refuses.
        let depth = components.as_ref().map_or(1, Vec::len);
        let filter = Arc::new(Filter {
            hidden: plan.hidden,
            exclude: Exclude::new(&plan.exclude),
            components,
        });
        Walk {
            levels: vec![(entries(&root, 0, plan.links, &filter), 0)],
            filter,
            links: plan.links,
            scarcity: Scarcity::default(),
            root,
            of,
            bare: false,
            depth,
            matcher,
            first: None,
        }
    }

    /// Whether there is anything to give. What is found is kept and given by `next`.
    pub fn probe(&mut self) -> bool {
        if self.first.is_none() {
            self.first = self.next();
        }
        self.first.is_some()
    }

    /// Whether the directory before a pattern's first wildcard does not exist: nothing matches. One that
    /// can't be read may hold what does.
    fn is_no_match(&self, depth: usize, error: &walkdir::Error) -> bool {
        let absent = |cause: &io::Error| {
            matches!(
                cause.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            )
        };
        self.of == Of::Pattern && depth == 0 && error.io_error().is_some_and(absent)
    }

    /// What to say of a directory, or of an entry, that the walk does without.
    fn unreadable(&self, depth: usize, error: walkdir::Error) -> SourceError {
        let name = match error.path() {
            Some(path) if depth > 0 => self.name(path.to_owned()),
            // Without the slash that stood before a wildcard.
            _ => self.root.components().as_path().as_os_str().to_owned(),
        };
        let cause = error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("symbolic link leads back to a directory above it"));
        SourceError::Input { name, cause }
    }

    /// What to do about a directory for which there is no descriptor: it is listed anew when more are
    /// allowed, and then whenever it may be that others have given theirs back. Before that is waited
    /// for, who asks is told.
    fn scarce(&mut self, depth: usize, error: walkdir::Error) -> Option<SourceError> {
        let scarce = error.io_error().is_some_and(is_out_of_files);
        // Listed anew it would not be known which directories are above it, so links could not be followed.
        let Some(path) = error.path().filter(|_| scarce && self.links == Links::Skip) else {
            return Some(self.unreadable(depth, error));
        };
        let again = (entries(path, depth, self.links, &self.filter), depth);
        let Some(since) = self.scarcity.since else {
            raise_file_limit();
            self.scarcity.since = Some(Instant::now());
            self.levels.push(again);
            return None;
        };
        if !self.scarcity.told {
            self.scarcity.told = true;
            self.levels.push(again);
            return Some(SourceError::OutOfDescriptors);
        }
        if since.elapsed() > PATIENCE {
            return Some(self.unreadable(depth, error));
        }
        await_files();
        self.levels.push(again);
        None
    }

    fn name(&self, path: PathBuf) -> OsString {
        if !self.bare {
            return path.into_os_string();
        }
        match path.strip_prefix(&self.root) {
            Ok(rest) => rest.as_os_str().to_owned(),
            _ => path.into_os_string(),
        }
    }

    fn given(&self, depth: usize, entry: DirEntry) -> Option<Result<OsString, SourceError>> {
        if depth < self.depth {
            return None;
        }
        let kind = entry.file_type();
        if kind.is_symlink() {
            // A dangling link is given: opening it tells what is wrong.
            if std::fs::metadata(entry.path()).is_ok_and(|found| !found.is_file()) {
                return None;
            }
        } else if !kind.is_file() {
            return None;
        }
        let name = self.name(entry.into_path());
        self.matcher
            .as_ref()
            .is_none_or(|glob| glob.matches(&name))
            .then_some(Ok(name))
    }
}

impl Iterator for Walk {
    type Item = Result<OsString, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let (entries, above) = self.levels.last_mut()?;
            let above = *above;
            match entries.next() {
                None => {
                    self.levels.pop();
                }
                Some(Ok(entry)) => {
                    self.scarcity.since = None;
                    if let Some(found) = self.given(above + entry.depth(), entry) {
                        return Some(found);
                    }
                }
                Some(Err(error)) => {
                    let depth = above + error.depth();
                    if !self.is_no_match(depth, &error)
                        && let Some(missing) = self.scarce(depth, error)
                    {
                        return Some(Err(missing));
                    }
                }
            }
        }
    }
}

/// What is below a directory that is this deep itself.
fn entries(root: &Path, above: usize, links: Links, filter: &Arc<Filter>) -> Entries {
    let mut walk = WalkDir::new(root)
        .min_depth(1)
        .follow_links(links == Links::Follow);
    if let Some(components) = &filter.components {
        walk = walk.max_depth(components.len() - above);
    }
    let filter = Arc::clone(filter);
    let entries = walk
        .sort_by(path_order)
        .into_iter()
        .filter_entry(move |e| e.depth() == 0 || filter.admits(above + e.depth(), e));
    Box::new(entries)
}

impl Component {
    fn new(pattern: &OsStr) -> Self {
        Component {
            glob: Glob::new(pattern),
            dot: pattern.as_bytes().starts_with(b"."),
        }
    }
}

impl Filter {
    fn admits(&self, depth: usize, entry: &DirEntry) -> bool {
        let name = OsStr::from_bytes(base(entry));
        let component = self.components.as_ref().and_then(|c| c.get(depth - 1));
        let hidden = name.as_bytes().starts_with(b".");
        if hidden && self.hidden == Hidden::Skip && !component.is_some_and(|c| c.dot) {
            return false;
        }
        if self.exclude.has_either(name, entry.path().as_os_str()) {
            return false;
        }
        component.is_none_or(|c| c.glob.matches(name))
    }
}

/// Splits a pattern into the directory before its first wildcard and the components after it.
fn split(pattern: &OsStr) -> (PathBuf, Vec<OsString>) {
    let bytes = pattern.as_bytes();
    let mut literal = 0;
    for (at, _) in bytes.iter().enumerate().filter(|&(_, &b)| b == b'/') {
        if is_pattern(OsStr::from_bytes(&bytes[..at])) {
            break;
        }
        literal = at + 1;
    }
    let rest = bytes[literal..].split(|&b| b == b'/').filter(|c| !c.is_empty());
    let root = PathBuf::from(OsString::from_vec(bytes[..literal].to_vec()));
    (root, rest.map(|c| OsStr::from_bytes(c).to_owned()).collect())
}

/// Byte order of whole paths: a directory sorts as its name and a slash, since that is what stands
/// in the paths below it (`a-b/x` before `a/x`).
fn path_order(left: &DirEntry, right: &DirEntry) -> Ordering {
    let (l, r) = (base(left), base(right));
    let common = l.len().min(r.len());
    let slash = |e: &DirEntry| e.file_type().is_dir().then_some(b'/');
    l[..common].cmp(&r[..common]).then_with(|| {
        let rest = |name: &[u8], e| name.get(common).copied().or(slash(e));
        rest(l, left).cmp(&rest(r, right))
    })
}

/// As [`DirEntry::file_name`], which takes the whole path apart: what a directory gives ends with one
/// name.
fn base(entry: &DirEntry) -> &[u8] {
    let path = entry.path().as_os_str().as_bytes();
    memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(walk: Walk) -> Vec<String> {
        walk.map(|found| found.expect("readable").to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn names_come_in_byte_order_of_the_whole_path() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in ["a/x", "a-b/x", "a.log", ".hidden/x", "b/.h"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("has one")).expect("made");
            std::fs::write(path, "").expect("written");
        }
        let below = |list: &[&str]| -> Vec<String> {
            list.iter()
                .map(|n| format!("{}/{n}", dir.path().display()))
                .collect()
        };
        let plan = WalkPlan::default();
        assert_eq!(
            names(Walk::directory(dir.path(), &plan)),
            below(&["a-b/x", "a.log", "a/x"])
        );
        let pattern = dir.path().join("*/x");
        assert_eq!(
            names(Walk::pattern(pattern.as_os_str(), &plan)),
            below(&["a-b/x", "a/x"])
        );
        let pattern = dir.path().join("**/x");
        assert_eq!(
            names(Walk::pattern(pattern.as_os_str(), &plan)),
            below(&["a-b/x", "a/x"])
        );
        let plan = WalkPlan {
            hidden: Hidden::Take,
            ..plan
        };
        assert_eq!(
            names(Walk::directory(dir.path(), &plan)),
            below(&[".hidden/x", "a-b/x", "a.log", "a/x", "b/.h"])
        );
    }

    #[test]
    fn split_stops_before_the_first_wildcard() {
        let (root, rest) = split(OsStr::new("/var/log/a*/b.gz"));
        assert_eq!(
            (root, rest),
            (PathBuf::from("/var/log/"), vec!["a*".into(), "b.gz".into()])
        );
        assert_eq!(split(OsStr::new("*.gz")), (PathBuf::new(), vec!["*.gz".into()]));
    }
}
