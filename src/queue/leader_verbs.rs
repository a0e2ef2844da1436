//! What a leader, and whoever looks on, says to the server. Each verb is one call and may be made twice.

use super::answer::{
    BeginAnswer, BegunRun, CloseAnswer, LeadAnswer, LeaderAnswer, LiveWorker, NotLeading, PutAnswer,
    QueuedResult, ResultEntry, RunCounts, RunStatus, ServerHealth, StatusAnswer, StopMode,
};
use super::error::{QueueError, UnfitServer};
use super::redis::QueueConnection;
use super::reply::{Replies, Reply};
use super::worker_verbs::{function, millis, stop_mode, unknown};
use std::collections::HashMap;
use std::time::Duration;

/// How long the keys of a run live without its leader, in seconds: a week.
const LIFE: u64 = 7 * 86400;

/// How long the mark of a run that is over lives, in seconds.
const MARK: u64 = 3600;

/// What a run is begun with.
#[derive(Debug, Clone, Copy)]
pub struct Begin<'a> {
    /// What the command line means. Only the same bytes are the same command line.
    pub meaning: &'a [u8],
    /// The version of the parts of a fold.
    pub parts: &'a str,
    /// The leader's name, `HOST:PID:RANDOM`.
    pub leader: &'a str,
    /// How long it leads without a sign of life.
    pub lease: Duration,
    /// A random name for the run, in case it is new.
    pub epoch: &'a str,
}

fn not_leading(word: &str, rest: &mut Replies) -> Result<NotLeading, QueueError> {
    match word {
        "NONE" => Ok(NotLeading::NoRun),
        "OVER" => Ok(NotLeading::Over),
        "LED" => Ok(NotLeading::Led {
            leader: rest.take()?.text()?,
        }),
        other => Err(unknown(other)),
    }
}

fn optional_count(reply: Reply) -> Result<Option<u64>, QueueError> {
    reply.present().map(Reply::count).transpose()
}

/// Reads the counts of a run from their eight fields; the caller adds the others.
fn run_counts(fields: &mut Replies) -> Result<RunCounts, QueueError> {
    Ok(RunCounts {
        enqueued: fields.take()?.count()?,
        total: optional_count(fields.take()?)?,
        done: fields.take()?.count()?,
        failed: fields.take()?.count()?,
        dead: fields.take()?.count()?,
        forged: fields.take()?.count()?,
        chain: fields.take()?.text()?,
        stop: stop_mode(fields.take()?)?,
        ..RunCounts::default()
    })
}

fn begin_answer(word: &str, rest: &mut Replies) -> Result<BeginAnswer, QueueError> {
    Ok(match word {
        "NEW" => BeginAnswer::New {
            epoch: rest.take()?.text()?,
        },
        "AGAIN" => BeginAnswer::Again(BegunRun {
            epoch: rest.take()?.text()?,
            enqueued: rest.take()?.count()?,
            total: u64::try_from(rest.take()?.number()?).ok(),
            names: rest.take()?.bytes()?,
            listing: rest.take()?.bytes()?,
        }),
        "LED" => BeginAnswer::Led {
            leader: rest.take()?.text()?,
            until: rest.take()?.count()?,
            left: rest.take()?.number()?.try_into().unwrap_or(0),
        },
        "OTHER" => BeginAnswer::Other {
            meaning: rest.take()?.bytes()?,
            parts: rest.take()?.text()?,
        },
        other => return Err(unknown(other)),
    })
}

fn result_entry(reply: Reply) -> Result<ResultEntry, QueueError> {
    let mut parts = reply.array()?;
    let id = parts.take()?.text()?;
    let mut fields = HashMap::new();
    for (name, value) in parts.take()?.array()?.pairs() {
        fields.insert(name.text()?, value);
    }
    let damaged = || QueueError::Corrupt(format!("result {id} is none"));
    let mut field = |name: &str| fields.remove(name);
    let worker = field("w").ok_or_else(damaged)?.text()?;
    let number = field("c").ok_or_else(damaged)?.count()?;
    let result = if let Some(k) = field("d") {
        QueuedResult::GivenUp { k: k.count()? }
    } else if let Some(jobs) = field("n") {
        QueuedResult::Ended {
            jobs: jobs.count()?,
            frames: field("v").ok_or_else(damaged)?.bytes()?,
        }
    } else {
        QueuedResult::Forged {
            jobs: field("f").ok_or_else(damaged)?.count()?,
            frames: field("v").ok_or_else(damaged)?.bytes()?,
        }
    };
    Ok(ResultEntry {
        id,
        worker,
        number,
        result,
    })
}

impl QueueConnection {
    /// Begins a run, or leads one that was begun before.
    pub fn begin(&mut self, begin: &Begin<'_>) -> Result<BeginAnswer, QueueError> {
        let mut call = function("begin", self.keys.all(), None);
        call.arg(begin.meaning).arg(begin.parts).arg(begin.leader);
        call.arg(millis(begin.lease)).arg(begin.epoch);
        let (word, mut rest) = self.ask(&call)?;
        begin_answer(&word, &mut rest)
    }

    /// Enqueues jobs, the first of them as number `first`. Jobs that are enqueued already are left as they are.
    /// `names` is a hash over all jobs up to the last of these, which a later leader gets back.
    pub fn put(
        &mut self,
        leader: &str,
        first: u64,
        names: &[u8],
        payloads: &[Vec<u8>],
    ) -> Result<PutAnswer, QueueError> {
        let mut call = function("put", self.keys.all(), None);
        call.arg(leader).arg(first).arg(names);
        for payload in payloads {
            call.arg(&payload[..]);
        }
        let (word, mut rest) = self.ask(&call)?;
        Ok(match word.as_str() {
            "OK" => PutAnswer::Enqueued {
                backlog: rest.take()?.count()?,
            },
            "GAP" => PutAnswer::Gap {
                enqueued: rest.take()?.count()?,
            },
            other => PutAnswer::NotLeading(not_leading(other, &mut rest)?),
        })
    }

    /// Says that all `total` jobs are enqueued. `listing` is a hash over the inputs in their order.
    pub fn close(&mut self, leader: &str, total: u64, listing: &[u8]) -> Result<CloseAnswer, QueueError> {
        let mut call = function("close", self.keys.all(), None);
        let (word, mut rest) = self.ask(call.arg(leader).arg(total).arg(listing))?;
        Ok(match word.as_str() {
            "OK" => CloseAnswer::Closed,
            "GAP" => CloseAnswer::Gap {
                enqueued: rest.take()?.count()?,
            },
            other => CloseAnswer::NotLeading(not_leading(other, &mut rest)?),
        })
    }

    /// Renews the leader's lease and the life of all keys: the leader's beat.
    pub fn lead(&mut self, leader: &str, lease: Duration) -> Result<LeadAnswer, QueueError> {
        let mut call = function("lead", self.keys.all(), None);
        let (word, mut rest) = self.ask(call.arg(leader).arg(millis(lease)).arg(LIFE))?;
        if word != "OK" {
            return Ok(LeadAnswer::NotLeading(not_leading(&word, &mut rest)?));
        }
        let mut counts = run_counts(&mut rest.take()?.array()?)?;
        counts.backlog = rest.take()?.count()?;
        counts.workers = rest.take()?.count()?;
        Ok(LeadAnswer::Leading(counts))
    }

    /// Asks the workers to pause, which `begin` takes back, or to end.
    pub fn stop(&mut self, leader: &str, mode: StopMode) -> Result<LeaderAnswer, QueueError> {
        let mut call = function("stop", self.keys.all(), None);
        call.arg(leader).arg(match mode {
            StopMode::Pause => "pause",
            StopMode::Halt => "halt",
        });
        let (word, mut rest) = self.ask(&call)?;
        leader_answer(&word, &mut rest)
    }

    /// Forgets a run whose answer is printed. A mark tells its workers for an hour that it is over.
    pub fn finish(&mut self, leader: &str) -> Result<LeaderAnswer, QueueError> {
        let mut call = function("drop", self.keys.all(), None);
        let (word, mut rest) = self.ask(call.arg(leader).arg(MARK))?;
        leader_answer(&word, &mut rest)
    }

    /// Forgets a run whoever leads it, and its mark. Returns whether there was one.
    pub fn drop_run(&mut self) -> Result<bool, QueueError> {
        let mut call = function("drop", self.keys.all(), None);
        let (word, _) = self.ask(call.arg("").arg(0))?;
        match word.as_str() {
            "OK" => Ok(true),
            "NONE" => Ok(false),
            other => Err(unknown(other)),
        }
    }

    /// Returns at most `most` results behind the one with this id, in their order; `None` for the first ones.
    pub fn results(&mut self, after: Option<&str>, most: u64) -> Result<Vec<ResultEntry>, QueueError> {
        let mut range = redis::cmd("XRANGE");
        range.arg(self.keys.results());
        match after {
            Some(id) => range.arg(format!("({id}")),
            None => range.arg("-"),
        };
        range.arg("+").arg("COUNT").arg(most);
        let entries = self.command(&range)?.array()?;
        entries.rest().map(result_entry).collect()
    }

    /// Returns the piece of a large commit at this place, from 0; `None` when it is not there.
    pub fn piece_of(&mut self, worker: &str, number: u64, at: u64) -> Result<Option<Vec<u8>>, QueueError> {
        let list = self.keys.pieces(worker, number);
        let mut range = redis::cmd("LRANGE");
        range.arg(list).arg(at).arg(at);
        let mut pieces = self.command(&range)?.array()?.rest();
        pieces.next().map(Reply::bytes).transpose()
    }

    /// Returns the payload of a job that was given up; `None` when it was not.
    pub fn given_up(&mut self, k: u64) -> Result<Option<Vec<u8>>, QueueError> {
        let mut get = redis::cmd("HGET");
        get.arg(self.keys.given_up()).arg(k);
        self.command(&get)?.present().map(Reply::bytes).transpose()
    }

    /// Returns how far a run is. It changes nothing.
    pub fn status(&mut self) -> Result<StatusAnswer, QueueError> {
        let (word, mut rest) = self.ask(&function("status", self.keys.all(), None))?;
        match word.as_str() {
            "NONE" => return Ok(StatusAnswer::NoRun),
            "OVER" => return Ok(StatusAnswer::Over),
            "OK" => {}
            other => return Err(unknown(other)),
        }
        let now = rest.take()?.number()?;
        let mut fields = rest.take()?.array()?;
        let mut status = RunStatus {
            leader: fields.take()?.text()?,
            leader_lease: fields.take()?.number()? - now,
            age: u64::try_from(now - fields.take()?.number()?).unwrap_or(0),
            ..RunStatus::default()
        };
        let _ = (fields.take()?, fields.take()?);
        status.counts = run_counts(&mut fields)?;
        status.counts.backlog = rest.take()?.count()?;
        for (name, until) in rest.take()?.array()?.pairs() {
            status.live.push(LiveWorker {
                name: name.text()?,
                held: 0,
                lease: until.number()? - now,
            });
        }
        status.counts.workers = status.live.len() as u64;
        for pending in rest.take()?.array()?.rest() {
            let mut pending = pending.array()?;
            let (name, held) = (pending.take()?.text()?, pending.take()?.count()?);
            if let Some(worker) = status.live.iter_mut().find(|worker| worker.name == name) {
                worker.held = held;
            }
        }
        for (host, done) in rest.take()?.array()?.pairs() {
            status.hosts.push((host.text()?, done.count()?));
        }
        status.hosts.sort();
        for (k, payload) in rest.take()?.array()?.pairs() {
            status.given_up.push((k.count()?, payload.bytes()?));
        }
        status.given_up.sort();
        Ok(StatusAnswer::Run(Box::new(status)))
    }

    /// Returns what the server says about itself.
    ///
    /// # Errors
    /// The server can't be reached. That this user may not ask is no error.
    pub fn health(&mut self) -> Result<ServerHealth, QueueError> {
        let text = match self.command(redis::cmd("INFO").arg("everything")) {
            Ok(reply) => reply.text()?,
            Err(QueueError::Unfit(UnfitServer::Refused, _)) => return Ok(ServerHealth::default()),
            Err(error) => return Err(error),
        };
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            lines
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let version = |name: &str, key: &str| field(key).map(|version| format!("{name} {version}"));
        Ok(ServerHealth {
            version: version("valkey", "valkey_version").or_else(|| version("redis", "redis_version")),
            run_id: field("run_id"),
            eviction: field("maxmemory_policy"),
            appends: field("aof_enabled").map(|enabled| enabled == "1"),
            memory: field("used_memory").and_then(|bytes| bytes.parse().ok()),
        })
    }

    /// Has the server write its log anew, which mends one that was torn by a crash. Returns whether this user may ask for it.
    ///
    /// # Errors
    /// The server can't be reached.
    pub fn rewrite_log(&mut self) -> Result<bool, QueueError> {
        match self.command(&redis::cmd("BGREWRITEAOF")) {
            Ok(_) => Ok(true),
            Err(QueueError::Unfit(UnfitServer::Refused, _)) => Ok(false),
            // One is being written already.
            Err(QueueError::Unfit(UnfitServer::Incomprehensible, text)) if text.contains("in progress") => {
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}

fn leader_answer(word: &str, rest: &mut Replies) -> Result<LeaderAnswer, QueueError> {
    Ok(match word {
        "OK" => LeaderAnswer::Done,
        other => LeaderAnswer::NotLeading(not_leading(other, rest)?),
    })
}
