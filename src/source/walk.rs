//! Directories and patterns, as one walk of the tree that yields names in byte order of the whole path.
//!
//! It does not know whether another input names the same files.

use super::error::SourceError;
use super::exclude::Exclude;
use super::glob::{Glob, is_pattern};
use crate::plan::{Hidden, Links, WalkPlan};
use crate::sys::{is_out_of_files, pause_for_files, raise_file_limit};
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
/// devices are skipped. The walk keeps the names of one directory for each level in memory.
pub struct Walk {
    /// The walk, and above it the walks of directories that are listed again, each with the depth of its root.
    levels: Vec<(Entries, usize)>,
    filter: Arc<Filter>,
    links: Links,
    /// Since when no file descriptor is available, although the limit was raised as far as possible.
    scarce_since: Option<Instant>,
    root: PathBuf,
    origin: Origin,
    /// Whether the pattern has no directory before its first wildcard: names get no `./` in front.
    bare: bool,
    /// Entries above this depth are not results.
    depth: usize,
    matcher: Option<Glob>,
}

type Entries = Box<dyn Iterator<Item = walkdir::Result<DirEntry>> + Send>;

/// How long the walk waits for a descriptor before it reports a directory as unreadable.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a walk was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Directory,
    Pattern,
}

/// Decides which entries are descended into or yielded.
struct Filter {
    hidden: Hidden,
    exclude: Exclude,
    /// The components of the pattern below the root, if none of them is `**`.
    components: Option<Vec<Component>>,
}

/// One component of a pattern.
struct Component {
    glob: Glob,
    /// Whether it begins with a dot, so that it matches hidden names.
    dot: bool,
}

impl Walk {
    /// Walks every regular file below a directory.
    pub fn directory(root: &Path, plan: &WalkPlan) -> Self {
        Walk::new(root.to_owned(), Origin::Directory, None, None, plan)
    }

    /// Walks every file that the pattern matches.
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
            ..Walk::new(root, Origin::Pattern, components, matcher, plan)
        }
    }

    fn new(
        root: PathBuf,
        origin: Origin,
        components: Option<Vec<Component>>,
        matcher: Option<Glob>,
        plan: &WalkPlan,
    ) -> Self {
        // Not walkdir's min_depth, which descends into directories that the filter refuses.
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
            scarce_since: None,
            root,
            origin,
            bare: false,
            depth,
            matcher,
        }
    }

    /// Returns whether the directory before a pattern's first wildcard does not exist, so that nothing
    /// matches. A directory that exists and can't be read is an error: it may hold matches.
    fn is_no_match(&self, depth: usize, error: &walkdir::Error) -> bool {
        let absent = |cause: &io::Error| {
            matches!(
                cause.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            )
        };
        self.origin == Origin::Pattern && depth == 0 && error.io_error().is_some_and(absent)
    }

    /// Describes a directory or an entry that the walk skips.
    fn unreadable(&self, depth: usize, error: walkdir::Error) -> SourceError {
        let name = match error.path() {
            Some(path) if depth > 0 => self.name(path.to_owned()),
            // The components drop the slash before a wildcard.
            _ => self.root.components().as_path().as_os_str().to_owned(),
        };
        let cause = error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("symbolic link leads back to a directory above it"));
        SourceError::Input { name, cause }
    }

    /// Handles a directory that can't be listed. If no descriptor was available, the walk raises the limit
    /// and lists the directory again; if that is not enough, it waits until others have closed theirs.
    fn unlisted(&mut self, depth: usize, error: walkdir::Error) -> Option<SourceError> {
        let scarce = error.io_error().is_some_and(is_out_of_files);
        // A new walk does not know the directories above its root, so it can't detect loops of links.
        let Some(path) = error.path().filter(|_| scarce && self.links == Links::Skip) else {
            return Some(self.unreadable(depth, error));
        };
        match self.scarce_since {
            None => {
                raise_file_limit();
                self.scarce_since = Some(Instant::now());
            }
            Some(since) if since.elapsed() > PATIENCE => return Some(self.unreadable(depth, error)),
            Some(_) => pause_for_files(),
        }
        let again = entries(path, depth, self.links, &self.filter);
        self.levels.push((again, depth));
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

    /// Returns the name of an entry that is a result.
    fn result(&self, depth: usize, entry: DirEntry) -> Option<Result<OsString, SourceError>> {
        if depth < self.depth {
            return None;
        }
        let kind = entry.file_type();
        if kind.is_symlink() {
            // A dangling link is yielded: opening it reports what is wrong.
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
        loop {
            let (entries, above) = self.levels.last_mut()?;
            let above = *above;
            match entries.next() {
                None => {
                    self.levels.pop();
                }
                Some(Ok(entry)) => {
                    self.scarce_since = None;
                    if let Some(found) = self.result(above + entry.depth(), entry) {
                        return Some(found);
                    }
                }
                Some(Err(error)) => {
                    let depth = above + error.depth();
                    if !self.is_no_match(depth, &error)
                        && let Some(missing) = self.unlisted(depth, error)
                    {
                        return Some(Err(missing));
                    }
                }
            }
        }
    }
}

/// Walks what is below `root`, which is `above` levels below the root of the whole walk.
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
    /// Returns whether the entry, `depth` levels below the root, is descended into or yielded.
    fn admits(&self, depth: usize, entry: &DirEntry) -> bool {
        let name = OsStr::from_bytes(base(entry));
        let component = self.components.as_ref().and_then(|c| c.get(depth - 1));
        let hidden = name.as_bytes().starts_with(b".");
        if hidden && self.hidden == Hidden::Skip && !component.is_some_and(|c| c.dot) {
            return false;
        }
        if self.exclude.matches_either(name, entry.path().as_os_str()) {
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

/// Compares by the byte order of whole paths: a directory sorts as its name and a slash, because the paths
/// below it begin so (`a-b/x` before `a/x`).
fn path_order(left: &DirEntry, right: &DirEntry) -> Ordering {
    let (l, r) = (base(left), base(right));
    let common = l.len().min(r.len());
    let slash = |e: &DirEntry| e.file_type().is_dir().then_some(b'/');
    l[..common].cmp(&r[..common]).then_with(|| {
        let rest = |name: &[u8], e| name.get(common).copied().or(slash(e));
        rest(l, left).cmp(&rest(r, right))
    })
}

/// Returns the last component of the path. [`DirEntry::file_name`] does the same but parses the whole path;
/// the path of an entry always ends with a single name.
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
    fn names_are_in_byte_order_of_the_whole_path() {
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
