//! The options of a pool: a command that lives from job to job.

use super::canonical_args::CanonicalArgs;
use super::exit_code::Usage;
use crate::plan::Revocable;
use crate::process::{CommandPlan, PoolPlan, Reply};
use clap::{Args, ValueEnum};

/// Whether there is a pool, and what its replies are.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Commands")]
pub struct PoolArgs {
    /// Start COMMAND once per worker: it reads a name a line (NUL with -0) and answers each with one line
    #[arg(long, conflicts_with_all = ["decompress", "stdin", "ungroup", "dry_run", "max_args", "batch"])]
    pub pool: bool,

    /// What a pool's COMMAND answers: one line, or any bytes up to a NUL [default: line]
    #[arg(long, value_name = "KIND", value_enum, requires = "pool")]
    reply: Option<ReplyArg>,
}

/// As [`Reply`], as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReplyArg {
    /// A line
    Line,
    /// Bytes up to a NUL
    Nul,
}

impl PoolArgs {
    /// What the options mean for a job whose names are ended by `name_end`.
    pub fn meaning(&self, name_end: u8) -> Vec<u8> {
        let reply = matches!(self.reply, Some(ReplyArg::Nul)).then_some("nul");
        let pool = CanonicalArgs::default().flag("--pool", self.pool);
        let pool = pool.flag("--null", self.pool && name_end == 0);
        pool.values("--reply", reply).text()
    }

    /// The pool's plan, with names that end with `name_end`; None where there is no pool.
    ///
    /// # Errors
    /// [`Usage`] when the command has a replacement string that differs from job to job.
    pub fn plan(
        &self,
        command: &CommandPlan,
        name_end: u8,
        revocable: Revocable,
    ) -> Result<Option<PoolPlan>, Usage> {
        if !self.pool {
            return Ok(None);
        }
        if command.template.is_of_a_job() {
            let what = "with --pool the command is started before it is told a name: it can have {%}, but no {} \
                        and no {#} ({{} stands for a literal {})";
            return Err(Usage(what.into()));
        }
        Ok(Some(PoolPlan {
            command: command.clone(),
            name_end,
            reply: match self.reply {
                None | Some(ReplyArg::Line) => Reply::Line,
                Some(ReplyArg::Nul) => Reply::Nul,
            },
            revocable,
        }))
    }
}
