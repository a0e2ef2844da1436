//! What a worker says to the server. Each verb is one call, which changes everything or nothing and may be made twice.

use super::answer::{
    BeatAnswer, CommitAnswer, EnterAnswer, HandedJob, HandedJobs, LeaveAnswer, MineAnswer, Outside,
    PieceAnswer, StopMode, TakeAnswer,
};
use super::error::QueueError;
use super::redis::QueueConnection;
use super::reply::{Replies, Reply};
use redis::Cmd;
use std::time::Duration;

/// How many bytes a piece of a large commit has at most: 256 KiB.
pub const PIECE: usize = 256 << 10;

/// What is committed.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// The worker's name.
    pub worker: &'a str,
    /// Its number: 1 for the worker's first, then one more each. The same commit is sent again under the same number.
    pub number: u64,
    /// Whether the jobs ended, or were not signed as they should be and not run.
    pub kind: CommitKind,
    /// How many of the jobs failed.
    pub failed: u64,
    /// How many pieces were sent before; 0 when all frames are here.
    pub pieces: u64,
    /// See [`encode_frames`](super::encode_frames).
    pub frames: &'a [u8],
    /// The numbers in the queue of all jobs that end with it: at least one, ascending.
    pub ks: &'a [u64],
}

/// What becomes of the jobs of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitKind {
    /// They ended.
    Ended,
    /// They are deleted and do not count as done.
    Forged,
}

/// Returns a function's call without its arguments.
pub(super) fn function(name: &str, keys: &[String], list: Option<&str>) -> Cmd {
    let mut call = redis::cmd("FCALL");
    call.arg(format!("ff1_{name}"))
        .arg(keys.len() + usize::from(list.is_some()));
    call.arg(keys).arg(list);
    call
}

/// Returns a lease as the functions take it.
pub(super) fn millis(lease: Duration) -> u64 {
    lease.as_millis().try_into().unwrap_or(u64::MAX)
}

fn id(k: u64) -> String {
    format!("0-{k}")
}

/// Returns the error of a word that a function never answers.
pub(super) fn unknown(word: &str) -> QueueError {
    QueueError::incomprehensible(word)
}

/// Reads what all verbs of a worker may answer.
fn outside(word: &str) -> Result<Outside, QueueError> {
    match word {
        "FENCED" => Ok(Outside::Fenced),
        "NONE" => Ok(Outside::NoRun),
        "OVER" => Ok(Outside::Over),
        other => Err(unknown(other)),
    }
}

/// Reads a stop request.
pub(super) fn stop_mode(reply: Reply) -> Result<Option<StopMode>, QueueError> {
    let Some(reply) = reply.present() else {
        return Ok(None);
    };
    match reply.text()?.as_str() {
        "" => Ok(None),
        "pause" => Ok(Some(StopMode::Pause)),
        "halt" => Ok(Some(StopMode::Halt)),
        other => Err(unknown(other)),
    }
}

fn handed_job(reply: Reply) -> Result<HandedJob, QueueError> {
    let mut parts = reply.array()?;
    let id = parts.take()?.text()?;
    let k = id.strip_prefix("0-").and_then(|k| k.parse().ok());
    Ok(HandedJob {
        k: k.ok_or_else(|| unknown(&id))?,
        payload: parts.take()?.bytes()?,
        delivery: parts.take()?.count()?,
        refused_by: Some(parts.take()?.text()?).filter(|host| !host.is_empty()),
    })
}

fn handed_jobs(mut rest: Replies) -> Result<HandedJobs, QueueError> {
    let jobs = rest.take()?.array()?.rest().map(handed_job);
    Ok(HandedJobs {
        jobs: jobs.collect::<Result<_, _>>()?,
        backlog: rest.take()?.count()?,
        workers: rest.take()?.count()?,
    })
}

impl QueueConnection {
    /// Calls a function, and returns the first word of its answer and the rest.
    pub(super) fn ask(&mut self, call: &Cmd) -> Result<(String, Replies), QueueError> {
        let mut answer = self.call(call)?.array()?;
        let word = answer.take()?.text()?;
        Ok((word, answer))
    }

    /// Takes part in a run under a name that was never used, `HOST:PID:RANDOM`.
    pub fn enter(
        &mut self,
        worker: &str,
        meaning: &[u8],
        parts: &str,
        lease: Duration,
    ) -> Result<EnterAnswer, QueueError> {
        let mut call = function("enter", self.keys.all(), None);
        call.arg(worker).arg(meaning).arg(parts).arg(millis(lease));
        let (word, mut rest) = self.ask(&call)?;
        Ok(match word.as_str() {
            "OK" => EnterAnswer::Entered {
                epoch: rest.take()?.text()?,
            },
            "NONE" => EnterAnswer::NoRun,
            "OVER" => EnterAnswer::Over,
            "OTHER" => EnterAnswer::Other {
                meaning: rest.take()?.bytes()?,
                parts: rest.take()?.text()?,
            },
            other => return Err(unknown(other)),
        })
    }

    /// Takes at most `want` jobs, and renews the lease. A job that killed `losses` workers is given up.
    pub fn take(
        &mut self,
        worker: &str,
        want: u64,
        lease: Duration,
        losses: u64,
    ) -> Result<TakeAnswer, QueueError> {
        let mut call = function("take", self.keys.all(), None);
        call.arg(worker).arg(want).arg(millis(lease)).arg(losses);
        let (word, rest) = self.ask(&call)?;
        Ok(match word.as_str() {
            "JOBS" => TakeAnswer::Jobs(handed_jobs(rest)?),
            "WAIT" => TakeAnswer::Wait,
            "STOP" => TakeAnswer::Stop,
            other => TakeAnswer::Outside(outside(other)?),
        })
    }

    /// Sends a piece of the frames of commit `number`, the first one as 0. Pieces that no commit follows vanish after ten leases.
    pub fn piece(
        &mut self,
        worker: &str,
        number: u64,
        lease: Duration,
        at: u64,
        bytes: &[u8],
    ) -> Result<PieceAnswer, QueueError> {
        let list = self.keys.pieces(worker, number);
        let mut call = function("piece", self.keys.all(), Some(&list));
        call.arg(worker).arg(number).arg(millis(lease)).arg(at).arg(bytes);
        let (word, _) = self.ask(&call)?;
        Ok(match word.as_str() {
            "OK" => PieceAnswer::Stored,
            "GAP" => PieceAnswer::Gap,
            other => PieceAnswer::Outside(outside(other)?),
        })
    }

    /// Commits results, and renews the lease.
    pub fn commit(&mut self, commit: &Commit<'_>, lease: Duration) -> Result<CommitAnswer, QueueError> {
        debug_assert!(!commit.ks.is_empty() && commit.ks.is_sorted());
        let list = self.keys.pieces(commit.worker, commit.number);
        let mut call = function("commit", self.keys.all(), Some(&list));
        call.arg(commit.worker).arg(commit.number).arg(millis(lease));
        call.arg(match commit.kind {
            CommitKind::Ended => "done",
            CommitKind::Forged => "forged",
        });
        call.arg(commit.failed).arg(commit.pieces).arg(commit.frames);
        for &k in commit.ks {
            call.arg(id(k));
        }
        let (word, _) = self.ask(&call)?;
        Ok(match word.as_str() {
            "OK" => CommitAnswer::Committed,
            "ALREADY" => CommitAnswer::Already,
            "LOST" => CommitAnswer::Lost,
            other => CommitAnswer::Outside(outside(other)?),
        })
    }

    /// Renews the lease. Says how many jobs the worker holds, and which of them it has started: if it dies, only these are to blame.
    pub fn beat(
        &mut self,
        worker: &str,
        lease: Duration,
        held: u64,
        started: &[u64],
    ) -> Result<BeatAnswer, QueueError> {
        let mut call = function("beat", self.keys.all(), None);
        call.arg(worker).arg(millis(lease)).arg(held).arg(started);
        let (word, mut rest) = self.ask(&call)?;
        let agrees = match word.as_str() {
            "OK" => true,
            "DIFFERS" => false,
            other => return Ok(BeatAnswer::Outside(outside(other)?)),
        };
        let stop = stop_mode(rest.take()?)?;
        Ok(BeatAnswer::Alive { agrees, stop })
    }

    /// Asks what the worker holds: after each reconnection, and when a beat disagrees twice.
    pub fn mine(&mut self, worker: &str) -> Result<MineAnswer, QueueError> {
        let mut call = function("mine", self.keys.all(), None);
        let (word, rest) = self.ask(call.arg(worker))?;
        Ok(match word.as_str() {
            "JOBS" => MineAnswer::Jobs(handed_jobs(rest)?),
            other => MineAnswer::Outside(outside(other)?),
        })
    }

    /// Leaves the run and hands all jobs back. The jobs `refused` go on with the mark that this host could not do them.
    pub fn leave(&mut self, worker: &str, host: &str, refused: &[u64]) -> Result<LeaveAnswer, QueueError> {
        let mut call = function("leave", self.keys.all(), None);
        call.arg(worker).arg(host).arg(refused);
        let (word, _) = self.ask(&call)?;
        Ok(match word.as_str() {
            "OK" => LeaveAnswer::Left,
            other => LeaveAnswer::Outside(outside(other)?),
        })
    }
}
