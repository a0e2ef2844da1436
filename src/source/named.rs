//! The inputs that were named on the command line: files, directories, patterns, standard input.
//!
//! It does not know the files that a list names, nor which of the files will be read.

use super::braces;
use super::error::{InputResult, SourceError};
use super::exclude::Exclude;
use super::glob;
use super::walk::Walk;
use crate::job::Input;
use crate::message;
use crate::plan::{Dash, Empty, WalkPlan};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, RandomState};
use std::iter::Peekable;
use std::path::Path;

/// What one INPUT turned out to be.
enum Meaning {
    File(OsString),
    Stdin,
    Walk(Box<Peekable<Walk>>),
    Missing(SourceError),
}

/// The inputs that were named on the command line, in order. A file that several of them name is given
/// once, when one of them is a directory or a pattern.
pub struct NamedInputs {
    meanings: std::vec::IntoIter<Meaning>,
    walk: Option<Box<Peekable<Walk>>>,
    /// Hashes of the names given so far; `None` when no name can come twice from a directory or a pattern.
    seen: Option<(RandomState, HashSet<u128>)>,
}

/// A pattern that matches no file.
#[derive(Debug)]
pub struct NoMatch {
    /// The pattern as typed.
    pub pattern: OsString,
}

impl NamedInputs {
    /// Finds out what each INPUT is. A name that exists is a file or a directory, even if it looks like a
    /// pattern. In any other name, alternatives in braces are expanded. When having no input is refused, each pattern is searched for its first match.
    ///
    /// # Errors
    /// [`NoMatch`] for the first pattern that matches nothing.
    pub fn new(typed: &[OsString], plan: &WalkPlan, empty: Empty) -> Result<Self, NoMatch> {
        let mut meanings = Vec::with_capacity(typed.len());
        let exclude = Exclude::new(&plan.exclude);
        for name in typed {
            for meaning in meanings_of(name, plan, empty)? {
                match meaning {
                    Meaning::File(name) if exclude.matches(&name) => {}
                    meaning => meanings.push(meaning),
                }
            }
        }
        let walks = meanings.iter().any(|m| matches!(m, Meaning::Walk(_)));
        let seen = (walks && meanings.len() > 1).then(|| (RandomState::new(), HashSet::new()));
        Ok(NamedInputs {
            meanings: meanings.into_iter(),
            walk: None,
            seen,
        })
    }

    /// Returns whether the name is new, and remembers it. 128 bits of a keyed hash stand for the name, to
    /// save memory: among a million names, two collide with a probability of 10^-27.
    fn is_new(&mut self, name: &OsStr) -> bool {
        let Some((keys, seen)) = &mut self.seen else {
            return true;
        };
        let hash = u128::from(keys.hash_one(name)) << 64 | u128::from(keys.hash_one((name, 1u8)));
        seen.insert(hash)
    }
}

/// Returns what each of the names is that a typed one stands for.
fn meanings_of(typed: &OsStr, plan: &WalkPlan, empty: Empty) -> Result<Vec<Meaning>, NoMatch> {
    let names = braces::expand(typed);
    if names.len() == 1 || std::fs::metadata(typed).is_ok() {
        return Ok(vec![meaning(typed, plan, empty)?]);
    }
    let all = names.iter().map(|name| meaning(name, plan, Empty::Allowed));
    let mut all: Vec<Meaning> = all.collect::<Result<_, _>>()?;
    let is_nothing = |meaning: &mut Meaning| match meaning {
        Meaning::Walk(walk) => walk.peek().is_none(),
        _ => false,
    };
    match empty == Empty::Refused && all.iter_mut().all(is_nothing) {
        true => Err(NoMatch {
            pattern: typed.to_owned(),
        }),
        false => Ok(all),
    }
}

fn meaning(name: &OsStr, plan: &WalkPlan, empty: Empty) -> Result<Meaning, NoMatch> {
    if plan.dash == Dash::Stdin && name == "-" {
        return Ok(Meaning::Stdin);
    }
    match std::fs::metadata(name) {
        Ok(found) if found.is_dir() => {
            let walk = Walk::directory(Path::new(name), plan);
            return Ok(Meaning::Walk(Box::new(walk.peekable())));
        }
        Ok(_) => return Ok(Meaning::File(name.to_owned())),
        Err(cause) if !glob::is_pattern(name) => {
            return Ok(Meaning::Missing(SourceError::Input {
                name: name.to_owned(),
                cause,
            }));
        }
        Err(_) => {}
    }
    let mut walk = Walk::pattern(name, plan).peekable();
    if empty == Empty::Refused && walk.peek().is_none() {
        return Err(NoMatch {
            pattern: name.to_owned(),
        });
    }
    Ok(Meaning::Walk(Box::new(walk)))
}

/// Returns the names as they were typed, without those that are left out.
pub fn literal_names(
    typed: &[OsString],
    plan: &WalkPlan,
) -> impl Iterator<Item = InputResult> + Send + use<> {
    let names: Vec<_> = typed.iter().cloned().map(|name| Ok(Input::File(name))).collect();
    Exclude::new(&plan.exclude).filter(names.into_iter())
}

impl Iterator for NamedInputs {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        loop {
            if let Some(walk) = &mut self.walk {
                match walk.next() {
                    Some(Ok(name)) if self.is_new(&name) => return Some(Ok(Input::File(name))),
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => return Some(Err(error)),
                    None => self.walk = None,
                }
            }
            match self.meanings.next()? {
                Meaning::Walk(walk) => self.walk = Some(walk),
                Meaning::Stdin => return Some(Ok(Input::Stdin)),
                Meaning::Missing(error) => return Some(Err(error)),
                Meaning::File(name) => {
                    self.is_new(&name);
                    return Some(Ok(Input::File(name)));
                }
            }
        }
    }
}

impl std::fmt::Display for NoMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: no file matches (--allow-empty makes this no error)",
            message::display_name(&self.pattern)
        )
    }
}

impl std::error::Error for NoMatch {}
