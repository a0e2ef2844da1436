//! Grammars that are built when their command is the one that was typed: building all of them would
//! cost more than the start of a short job.
//!
//! It does not know any of them.

use clap::error::Error;
use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The arguments of a command whose grammar is built late. What is said about the command stands
/// where it is named, so that a list of commands needs no grammar.
#[derive(Debug)]
pub struct Deferred<T>(Box<T>);

impl<T> From<T> for Deferred<T> {
    fn from(typed: T) -> Self {
        Deferred(Box::new(typed))
    }
}

impl<T> Deferred<T> {
    /// What was typed.
    pub fn typed(&self) -> &T {
        &self.0
    }
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| {
            let about = command.get_about().cloned().unwrap_or_default();
            T::augment_args(command).about(about)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(|typed| Deferred(Box::new(typed)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
