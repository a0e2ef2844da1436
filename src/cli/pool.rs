//! The options of a pool: one long-lived process of the command for each worker.

use super::canonical_args::CanonicalArgs;
use super::usage_error::UsageError;
use crate::plan::Revocable;
use crate::process::{CommandPlan, PoolPlan, Reply};
use clap::{Args, ValueEnum};

/// Whether there is a pool, and what its processes reply.
#[derive(Debug, Args)]
#[command(next_help_heading = "Commands")]
pub(super) struct PoolArgs {
    /// Start COMMAND once per worker: it reads names, one a line (NUL with -0), and answers each with one line. An answer that begins with the value of $FANFOLD_FAILURE fails its job, and what follows is the cause
    #[arg(long, conflicts_with_all = ["decompress", "stdin", "ungroup", "dry_run", "max_args", "batch"])]
    pub(super) pool: bool,

    /// What a pool's COMMAND answers: one line, or any bytes up to a NUL [default: line]
    #[arg(long, value_name = "KIND", value_enum, requires = "pool")]
    reply: Option<ReplyArg>,
}

/// [`Reply`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReplyArg {
    /// A line
    Line,
    /// Bytes up to a NUL
    Nul,
}

impl PoolArgs {
    /// Returns what a state keeps of the options. `name_end` ends each name that a process reads.
    pub(super) fn key(&self, name_end: u8) -> Vec<u8> {
        let reply = matches!(self.reply, Some(ReplyArg::Nul)).then_some("nul");
        let pool = CanonicalArgs::default().flag("--pool", self.pool);
        let pool = pool.flag("--null", self.pool && name_end == 0);
        pool.values("--reply", reply).text()
    }

    /// Returns the pool's plan, if a pool was asked for. `name_end` ends each name that a process reads.
    pub(super) fn plan(
        &self,
        command: &CommandPlan,
        name_end: u8,
        revocable: Revocable,
    ) -> Result<Option<PoolPlan>, UsageError> {
        if !self.pool {
            return Ok(None);
        }
        if command.template.varies_by_job() {
            let what = "with --pool COMMAND starts before its first job: it can have {%}, but not {} or {#} ({{} \
                        stands for a literal {})";
            return Err(UsageError(what.into()));
        }
        Ok(Some(PoolPlan {
            command: command.clone(),
            name_end,
            reply: match self.reply {
                None | Some(ReplyArg::Line) => Reply::Line,
                Some(ReplyArg::Nul) => Reply::Nul,
            },
            failure_mark: PoolPlan::new_failure_mark(),
            revocable,
        }))
    }
}
