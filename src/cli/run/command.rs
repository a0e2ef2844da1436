//! The command of `fanfold run` as it was typed: what is wrong with it, and how it runs.
//!
//! It does not know inputs, records or states.

use super::RunArgs;
use crate::cli::foreign_command;
use crate::cli::missing_separator;
use crate::cli::options::Verbosity;
use crate::cli::usage_error::UsageError;
use crate::message;
use crate::process::{Capture, CommandPlan, Trace};
use crate::run::Summary;
use crate::template::{Template, foreign_replacement, pastes_into_script};
use anyhow::bail;
use std::ffi::OsString;

impl RunArgs {
    fn template(&self) -> anyhow::Result<Template> {
        for word in self.command.iter().skip(1) {
            if let Some(instead) = foreign_replacement(word) {
                let word = message::display_name(word);
                bail!(
                    "'{word}' would reach the command as it is: the input is {instead} (see --help), and {word} inside a longer word is text"
                );
            }
        }
        Template::parse(&self.command)
    }

    /// Returns a hint about a command that pastes names into a script.
    pub(super) fn hint(&self) -> Option<&'static str> {
        pastes_into_script(&self.command).then_some(
            "{} inside a script of a shell breaks on names with quotes or blanks: use --shell 'SCRIPT with \"$1\"', or sh -c '… \"$1\"' sh {}",
        )
    }

    /// Returns a hint about a command that failed only where it said no.
    pub(super) fn hint_after(&self, summary: &Summary) -> Option<String> {
        let said_no = summary.failed > 0 && summary.exits_with_1 == summary.failed;
        let words: Vec<OsString> = self.command.iter().chain(&self.child.shell).cloned().collect();
        let is_asked = self.output.verbosity() == Verbosity::Notes && self.child.ok_exit.is_none();
        foreign_command::whose_no_is_1(&words).filter(|_| said_no && is_asked)
    }

    /// Returns how the command runs.
    ///
    /// # Errors
    /// When it is none, or cannot be found; the error says what to type.
    pub(super) fn command(&self) -> anyhow::Result<CommandPlan> {
        let child = &self.child;
        let stdin = child.stdin(self.pool.pool);
        if let Some(what) = foreign_command::of_parallel(&self.command) {
            return Err(UsageError(what).into());
        }
        let template = match &child.shell {
            Some(script) if self.pool.pool => Template::script(script),
            Some(script) if foreign_command::has_replacement(script) => {
                return Err(UsageError(foreign_command::REPLACEMENT_IN_SCRIPT.into()).into());
            }
            Some(script) => Template::shell(script),
            None if self.command.is_empty() => return Err(UsageError(missing_separator::message()).into()),
            None => self
                .template()
                .map_err(|error| UsageError(format!("{error:#}")))?,
        };
        if self.batch.is_of_several() && template.has_hole_in_script() {
            let what = "'{}' inside a script stands for one input only, and with -n or -X there are several: use \
                        --shell 'SCRIPT with \"$@\"'";
            return Err(UsageError(what.into()).into());
        }
        let plan = CommandPlan::new(template, stdin).map_err(|error| {
            match foreign_command::in_one_word(&self.command) {
                Some(what) => anyhow::Error::new(error).context(what),
                None => error.into(),
            }
        })?;
        Ok(CommandPlan {
            capture: if self.ungroup {
                Capture::Inherit
            } else {
                Capture::Whole
            },
            timeout: child.timeout,
            kill_after: child.kill_after.unwrap_or(plan.kill_after),
            ok_exit: child.ok_exit().to_vec(),
            trace: match (child.trace, self.err.is_asked()) {
                (false, _) => Trace::Off,
                (true, false) => Trace::Stderr,
                (true, true) => Trace::StderrAtOnce,
            },
            ..plan
        })
    }
}
