//! A run with a queue, as a leader or as a worker.
//!
//! It does not know how the run goes on, nor what is said to the server.

use super::exit_code::ExitCause;
use super::options::Verbosity;
use super::queue::{QueueArgs, QueuePart, default_name, make_worker};
use super::run_end;
use super::usage_error::UsageError;
use crate::hosts::{
    InputBounds, JoinEnd, Joiner, JoinerPlan, LeadEnd, Leader, LeaderPlan, PackParts, QueueFailure,
    RootDirectory, Signing,
};
use crate::message;
use crate::plan::{NameUse, Plan};
use crate::queue::{QueueServer, QueueUrl, RunName, SignKey};
use crate::run::{Destination, PartMerger, Summary, Work, run_in_role};
use crate::state::PackedPart;
use crate::sys::{cores, guardian};
use anyhow::Context as _;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

/// The variable that counts how often a leader has begun anew because the server had forgotten something.
const ANEW: &str = "FANFOLD_ANEW";
/// How often it does so.
const MOST_ANEW: u32 = 3;

/// A run with a queue.
pub(super) struct QueueRun<'a> {
    pub(super) args: &'a QueueArgs,
    /// What the command line means, and the version of what it gives.
    pub(super) meaning: Vec<u8>,
    pub(super) parts: String,
    /// The INPUTs as typed.
    pub(super) inputs: &'a [OsString],
    /// Whether an earlier run is forgotten.
    pub(super) fresh: bool,
    /// Whether the leader only leads.
    pub(super) only_leads: bool,
    pub(super) verbosity: Verbosity,
}

impl QueueRun<'_> {
    /// Runs the plan, as a leader or as a worker.
    ///
    /// # Errors
    /// [`UsageError`], [`QueueFailure`], and those of a run.
    pub(super) fn run(&self, plan: &Plan, work: &Work<'_>) -> anyhow::Result<ExitCause> {
        let mut plan = plan.clone();
        let text = self.args.queue.as_deref().unwrap_or_default();
        let text = text
            .to_str()
            .ok_or_else(|| UsageError("--queue: no URL".into()))?;
        let wrong = |error| UsageError(format!("--queue: {error}"));
        let url = QueueUrl::parse(text).map_err(wrong)?;
        let key = self.sign_key()?;
        let run = match &url.run {
            Some(run) => run.clone(),
            None if self.args.root.is_some() => {
                let why =
                    "--root needs a URL that names the run (#RUN): its name would follow from the INPUTs";
                return Err(UsageError(why.into()).into());
            }
            None => {
                let inputs = self.inputs.iter().map(OsString::as_os_str);
                RunName::new(&default_name(&self.meaning, inputs)).map_err(wrong)?
            }
        };
        let server = self.args.login.server(&url, &run, key.is_some())?;
        let signing = Signing::new(key, run.as_str());
        let shown = format!("{url}#{}", run.as_str());
        match self.args.part() {
            QueuePart::Joins => self.join(&mut plan, work, server, (shown, signing)),
            QueuePart::Leads | QueuePart::Alone => self.lead(&mut plan, work, server, (shown, signing)),
        }
    }

    fn sign_key(&self) -> Result<Option<SignKey>, UsageError> {
        let read = |file: &PathBuf| {
            let shown = message::display_name(file.as_os_str());
            let key = SignKey::read(file);
            key.map_err(|cause| UsageError(format!("--sign-key {shown}: {}", message::cause(&cause))))
        };
        self.args.sign_key.as_ref().map(read).transpose()
    }

    fn lead(
        &self,
        plan: &mut Plan,
        work: &Work<'_>,
        server: QueueServer,
        (shown, signing): (String, Signing),
    ) -> anyhow::Result<ExitCause> {
        let prints = work.fold.is_none();
        let writes_files = [work.to, work.err].map(|to| matches!(to, Destination::Rehearsal(_)));
        if writes_files.contains(&true) && self.verbosity == Verbosity::Notes {
            message::note("--out and --err: each file is written on the machine whose worker does the job");
        }
        let is_anew = std::env::var(ANEW).ok().and_then(|count| count.parse().ok());
        plan.workers = cores();
        // Its own worker does not survive it.
        guardian::start().context("can't start the guardian of the commands")?;
        let leader = LeaderPlan {
            server,
            shown,
            signing,
            meaning: self.meaning.clone(),
            parts: self.parts.clone(),
            lease: self.args.lease(),
            losses: self.args.losses(),
            patience: self.args.patience(),
            backlog: self.args.backlog(),
            tmpdir: plan.tmpdir.clone(),
            fresh: self.fresh && is_anew.is_none(),
            works: !self.only_leads,
            prints,
        };
        let (leader, role) = Leader::begin(leader)?;
        let summary = match run_in_role(plan, work, role) {
            Ok(summary) => summary,
            Err(error) => {
                leader.end(LeadEnd::NotStarted);
                guardian::stop();
                return Err(error.into());
            }
        };
        let failure = leader.end(lead_end(&summary));
        guardian::stop();
        match failure {
            None => Ok(run_end::finish(&summary, plan.empty, self.verbosity)),
            Some(failure) if summary.signal.is_none() => self.failed(failure, prints, is_anew.unwrap_or(0)),
            Some(_) => Ok(run_end::finish(&summary, plan.empty, self.verbosity)),
        }
    }

    /// Ends with what kept the leader from going on, whose message was printed. When the server had forgotten something,
    /// begins anew: what is folded is printed at the end only.
    fn failed(&self, failure: QueueFailure, prints: bool, anew: u32) -> anyhow::Result<ExitCause> {
        if !matches!(failure, QueueFailure::Forgotten(_)) || prints || anew >= MOST_ANEW {
            // What reading anew has not mended stays so. What was printed can't be taken back, but the same line goes on.
            if matches!(failure, QueueFailure::Forgotten(_)) && anew >= MOST_ANEW {
                message::note("the queue's data are damaged: --fresh begins anew");
            }
            return Ok(ExitCause::from_queue_failure(&failure));
        }
        message::note("the results are read anew");
        let words = std::env::args_os().skip(1);
        let mut again = Command::new(std::env::current_exe()?);
        let cause = again.args(words).env(ANEW, (anew + 1).to_string()).exec();
        Err(anyhow::Error::new(cause).context("can't begin anew"))
    }

    /// Returns which names a worker takes. `opened` says that they stand for what a command prints.
    fn bounds(&self, opened: bool) -> Result<InputBounds, UsageError> {
        let root = match &self.args.root {
            _ if self.args.is_own_worker() => return Ok(InputBounds::Any),
            None if self.inputs.is_empty() => return Ok(InputBounds::WorkingDirectory),
            None => return Ok(InputBounds::Inputs(self.inputs.to_vec())),
            Some(_) if opened => {
                let why = "--root is about files, and with --open names are none: type the INPUTs";
                return Err(UsageError(why.into()));
            }
            Some(_) if !self.inputs.is_empty() => {
                return Err(UsageError("--root stands in place of INPUTs: type either".into()));
            }
            Some(root) => root,
        };
        let shown = message::display_name(root.as_os_str());
        let root = RootDirectory::open(root);
        let root = root.map_err(|cause| UsageError(format!("--root {shown}: {}", message::cause(&cause))))?;
        Ok(InputBounds::Root(root))
    }

    fn join(
        &self,
        plan: &mut Plan,
        work: &Work<'_>,
        server: QueueServer,
        (shown, signing): (String, Signing),
    ) -> anyhow::Result<ExitCause> {
        let commands = plan.joblog.is_some();
        make_worker(plan);
        let is_own_worker = self.args.is_own_worker();
        let joiner = JoinerPlan {
            server,
            shown,
            signing,
            meaning: self.meaning.clone(),
            parts: self.parts.clone(),
            lease: self.args.lease(),
            losses: self.args.losses(),
            patience: self.args.patience(),
            slots: plan.workers.get(),
            opened: plan.names == NameUse::Opened,
            bounds: self.bounds(plan.names == NameUse::Opened)?,
            is_final: is_own_worker,
        };
        let (joiner, role) = Joiner::new(joiner, commands);
        let (start, tmpdir) = (work.fold, plan.tmpdir.clone());
        let (summary, end) = thread::scope(|scope| {
            let speak = move || {
                let mut merger = start.map(|start| PartMerger::new(start, &tmpdir)).transpose();
                let pack = |parts: Vec<PackedPart>| match &mut merger {
                    Ok(Some(merger)) => merger.merge(parts),
                    Ok(None) => Ok(None),
                    Err(cause) => Err(io::Error::new(cause.kind(), cause.to_string())),
                };
                let mut pack: Box<PackParts<'_>> = Box::new(pack);
                joiner.work(&mut *pack)
            };
            let speaking = thread::Builder::new()
                .name("queue".into())
                .spawn_scoped(scope, speak)?;
            let summary = run_in_role(plan, work, role);
            let end = speaking
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            anyhow::Ok((summary?, end))
        })?;
        Ok(match (summary.signal, end) {
            (Some(signal), _) => ExitCause::Signal(signal),
            (None, Err(failure)) => {
                message::say(&failure);
                ExitCause::from_queue_failure(&failure)
            }
            (None, Ok(JoinEnd::Over)) => ExitCause::Success,
            // A failure of this host, which was told.
            (None, Ok(JoinEnd::Left)) => ExitCause::from_summary(&summary, plan.empty),
        })
    }
}

/// Returns how the leader's part ends after such a run.
fn lead_end(summary: &Summary) -> LeadEnd {
    let is_printed = summary.own_failures == 0 && !summary.damaged;
    match summary.signal {
        Some(_) => LeadEnd::Stopped,
        None if summary.halted => LeadEnd::Halted,
        None if is_printed => LeadEnd::Printed,
        None => LeadEnd::Stopped,
    }
}
