//! The inputs that were named on the command line.

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
use std::path::Path;

/// One INPUT as typed, and what it turned out to be.
enum Meaning {
    Literal(OsString),
    Stdin,
    Walk(Box<Walk>),
    Nothing(SourceError),
}

/// The inputs that were named on the command line, in order.
pub struct Named {
    meanings: std::vec::IntoIter<Meaning>,
    walk: Option<Box<Walk>>,
    /// Hashes of the names given so far, kept only where several INPUTs could repeat one.
    given: Option<(RandomState, HashSet<u128>)>,
}

/// A pattern that matches no file.
#[derive(Debug)]
pub struct NoMatch {
    /// The pattern, as typed.
    pub pattern: OsString,
}

impl Named {
    /// Finds out what each INPUT is: an existing name is taken literally before it is taken as a
    /// pattern. Where having no input is refused, each pattern is asked
    /// for its first match.
    ///
    /// # Errors
    /// [`NoMatch`] for the first pattern that matches nothing.
    pub fn new(typed: &[OsString], plan: &WalkPlan, empty: Empty) -> Result<Self, NoMatch> {
        let mut meanings = Vec::with_capacity(typed.len());
        let exclude = Exclude::new(&plan.exclude);
        for name in typed {
            match meaning(name, plan, empty)? {
                Meaning::Literal(name) if exclude.has(&name) => {}
                meaning => meanings.push(meaning),
            }
        }
        let walks = meanings.iter().any(|m| matches!(m, Meaning::Walk(_)));
        let given = (walks && meanings.len() > 1).then(|| (RandomState::new(), HashSet::new()));
        Ok(Named {
            meanings: meanings.into_iter(),
            walk: None,
            given,
        })
    }

    /// Whether the name is new; remembers it. 128 bits of a keyed hash stand for the name, so
    /// that memory stays small: two names of a million collide with a chance of 10^-27.
    fn is_new(&mut self, name: &OsStr) -> bool {
        let Some((keys, seen)) = &mut self.given else {
            return true;
        };
        let hash = u128::from(keys.hash_one(name)) << 64 | u128::from(keys.hash_one((name, 1u8)));
        seen.insert(hash)
    }
}

fn meaning(name: &OsStr, plan: &WalkPlan, empty: Empty) -> Result<Meaning, NoMatch> {
    if plan.dash == Dash::Stdin && name == "-" {
        return Ok(Meaning::Stdin);
    }
    match std::fs::metadata(name) {
        Ok(found) if found.is_dir() => return Ok(walked(Walk::directory(Path::new(name), plan))),
        Ok(_) => return Ok(Meaning::Literal(name.to_owned())),
        Err(cause) if !glob::is_pattern(name) => {
            return Ok(Meaning::Nothing(SourceError::Input {
                name: name.to_owned(),
                cause,
            }));
        }
        Err(_) => {}
    }
    let mut walk = Walk::pattern(name, plan);
    if empty == Empty::Refused && !walk.probe() {
        return Err(NoMatch {
            pattern: name.to_owned(),
        });
    }
    Ok(walked(walk))
}

fn walked(walk: Walk) -> Meaning {
    Meaning::Walk(Box::new(walk))
}

impl Iterator for Named {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        loop {
            if let Some(walk) = &mut self.walk {
                match walk.next() {
                    Some(Ok(name)) if self.is_new(&name) => return Some(Ok(Input::File(name))),
                    Some(Ok(_)) => continue,
                    Some(Err(missing)) => return Some(Err(missing)),
                    None => self.walk = None,
                }
            }
            match self.meanings.next()? {
                Meaning::Walk(walk) => self.walk = Some(walk),
                Meaning::Stdin => return Some(Ok(Input::Stdin)),
                Meaning::Nothing(missing) => return Some(Err(missing)),
                Meaning::Literal(name) => {
                    self.is_new(&name);
                    return Some(Ok(Input::File(name)));
                }
            }
        }
    }

    /// Exact where every INPUT is one file.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let walks = |meaning: &Meaning| matches!(meaning, Meaning::Walk(_));
        match self.walk.is_some() || self.meanings.as_slice().iter().any(walks) {
            true => (0, None),
            false => self.meanings.size_hint(),
        }
    }
}

impl std::fmt::Display for NoMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: no file matches (--allow-empty makes this no error)",
            message::shown(&self.pattern)
        )
    }
}

impl std::error::Error for NoMatch {}
