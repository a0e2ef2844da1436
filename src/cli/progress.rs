//! The options that say how standard error shows how far a run is.
//!
//! It does not know what is shown.

use super::usage_error::UsageError;
use crate::plan::ProgressPlan;
use crate::{progress, sys};
use clap::{Args, ValueEnum};

/// How far a run is, for people and programs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Workers and output")]
pub(super) struct ProgressArgs {
    /// Show on standard error how far the run is: a bar on a terminal (bar), a line every 30 seconds (plain), or JSON
    /// objects, one a line (json) [default: auto: a bar, when standard output is no terminal or nothing is printed before
    /// the end]
    #[arg(long, value_name = "HOW", value_enum)]
    progress: Option<ProgressArg>,

    /// As --progress bar
    #[arg(long, hide = true, conflicts_with = "progress")]
    bar: bool,

    /// As --progress bar
    #[arg(long, hide = true, conflicts_with = "progress")]
    eta: bool,
}

/// [`ProgressPlan`] as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProgressArg {
    /// A bar on a terminal where it is in the way of nothing, and otherwise nothing
    Auto,
    /// A bar on a terminal where it is in the way of nothing, and otherwise a line every 30 seconds
    Bar,
    /// A line every 30 seconds
    Plain,
    /// JSON objects, one a line; messages and what commands write to standard error are objects, too
    Json,
    /// Nothing
    None,
}

/// When a run prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Printing {
    /// Nothing before its end.
    AtEnd,
    /// As it goes on.
    Meanwhile,
    /// Commands print themselves.
    ByCommands,
}

impl ProgressArgs {
    /// Has standard error be JSON, when that is asked for.
    ///
    /// # Errors
    /// When commands write there themselves.
    pub(super) fn begin(&self, printing: Printing) -> Result<(), UsageError> {
        if self.progress != Some(ProgressArg::Json) {
            return Ok(());
        }
        progress::begin_json();
        match printing {
            Printing::ByCommands => Err(UsageError(
                "--progress json cannot be combined with --ungroup: what commands write to standard error would \
                 stand among the objects"
                    .into(),
            )),
            Printing::AtEnd | Printing::Meanwhile => Ok(()),
        }
    }

    /// Returns how progress is shown. Without notes it is shown only when it is asked for.
    pub(super) fn plan(&self, printing: Printing, notes: bool) -> ProgressPlan {
        let asked = match (self.progress, self.bar || self.eta) {
            (Some(asked), _) => asked,
            (None, true) => ProgressArg::Bar,
            (None, false) if notes => ProgressArg::Auto,
            (None, false) => ProgressArg::None,
        };
        match asked {
            ProgressArg::Auto if has_place(printing) => ProgressPlan::Bar,
            ProgressArg::Bar => bar_or_lines(printing),
            ProgressArg::Plain => ProgressPlan::Lines,
            ProgressArg::Json => ProgressPlan::Json,
            ProgressArg::Auto | ProgressArg::None => ProgressPlan::None,
        }
    }
}

/// Returns how progress is shown when a bar is asked for.
pub(super) fn bar_or_lines(printing: Printing) -> ProgressPlan {
    match has_place(printing) {
        true => ProgressPlan::Bar,
        false => ProgressPlan::Lines,
    }
}

/// Returns whether a bar would be in the way of nothing.
fn has_place(printing: Printing) -> bool {
    let is_free = match printing {
        Printing::AtEnd => true,
        Printing::Meanwhile => !sys::stdout_is_terminal(),
        Printing::ByCommands => false,
    };
    let can_draw = || std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    is_free && sys::stderr_is_terminal() && can_draw()
}
