//! The options for how many inputs each command gets.

use crate::plan::Batch;
use crate::process::CommandPlan;
use clap::Args;
use std::num::NonZeroUsize;

/// How many inputs each command gets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Commands")]
pub(super) struct BatchArgs {
    /// Give each command N inputs, or as many as a command line holds: {} becomes N arguments
    #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one, conflicts_with = "batch")]
    max_args: Option<NonZeroUsize>,

    /// Give each command as many inputs as a command line holds, spread evenly over the workers
    #[arg(short = 'X', long)]
    batch: bool,
}

impl BatchArgs {
    pub(super) fn is_of_several(&self) -> bool {
        self.batch || self.max_args.is_some_and(|most| most > NonZeroUsize::MIN)
    }

    pub(super) fn plan(&self, command: &CommandPlan, memory: u64, workers: NonZeroUsize) -> Batch {
        let room = || command.arg_space(memory, workers);
        match (self.max_args, self.batch) {
            (Some(NonZeroUsize::MIN), _) | (None, false) => Batch::One,
            (Some(most), _) => Batch::Count { most, room: room() },
            (None, true) => Batch::Fill {
                room: room(),
                spread: workers,
            },
        }
    }
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a number from 1".into())
}
