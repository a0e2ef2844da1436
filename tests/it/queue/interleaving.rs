//! Random interleavings of leader, workers and crashes, against the one rule that counts: each job ends once.
//!
//! Workers are played by one thread, so a seed gives one order of calls. A worker dies by having its lease end at once, so
//! nothing here waits for time to pass. The server is killed, and its log cut at a random byte.

use super::verbs::{LONG, OVER, begin, payloads};
use crate::support::{LossyProxy, Redis, has_redis, setting, until};
use fanfold::queue::{
    BeginAnswer, CloseAnswer, Commit, CommitAnswer, CommitFrame, CommitKind, DoneJob, EnterAnswer,
    LeadAnswer, LeaveAnswer, MineAnswer, Outside, PutAnswer, QueueConnection, QueueError, QueuedResult,
    ResultChain, RunCounts, TakeAnswer, encode_frames, parse_frames,
};
use fastrand::Rng;
use std::collections::BTreeSet;

/// What may go wrong, each as one in so many steps; 0 for never.
struct Plan {
    jobs: u64,
    losses: u64,
    lost_reply: u32,
    death: u32,
    crash: u32,
}

struct Worker {
    name: String,
    number: u64,
    held: BTreeSet<u64>,
    /// It must ask what it holds before it does anything else: a reply was lost.
    unsure: bool,
}

struct Play {
    rng: Rng,
    plan: Plan,
    redis: Redis,
    proxy: LossyProxy,
    queue: QueueConnection,
    workers: Vec<Worker>,
    /// The names under which nobody will be heard again.
    dead: Vec<String>,
    names: u64,
    enqueued: u64,
    is_closed: bool,
    crashes: u32,
}

/// A worker's step that was answered.
type Answered = Result<(), QueueError>;

impl Play {
    fn new(seed: u64, plan: Plan) -> Play {
        let redis = match plan.crash {
            0 => Redis::start(),
            _ => Redis::start_with_log(),
        };
        let proxy = LossyProxy::start(&redis);
        let queue = redis.connect("r");
        let mut play = Play {
            rng: Rng::with_seed(seed),
            plan,
            redis,
            proxy,
            queue,
            workers: Vec::new(),
            dead: Vec::new(),
            names: 0,
            enqueued: 0,
            is_closed: false,
            crashes: 0,
        };
        play.queue.begin(&begin("lead", LONG)).expect("it answers");
        for _ in 0..4 {
            let worker = play.new_worker();
            play.workers.push(worker);
        }
        play
    }

    fn one_in(&mut self, steps: u32) -> bool {
        steps > 0 && self.rng.u32(..steps) == 0
    }

    fn new_worker(&mut self) -> Worker {
        self.names += 1;
        let name = format!("h{}:{}:x", self.names % 3, self.names);
        let entered = self.queue.enter(&name, b"m", "1", LONG);
        assert!(matches!(entered, Ok(EnterAnswer::Entered { .. })), "{entered:?}");
        Worker {
            name,
            number: 0,
            held: BTreeSet::new(),
            unsure: false,
        }
    }

    /// Goes on under a new name.
    fn replace(&mut self, worker: &mut Worker) {
        let new = self.new_worker();
        self.dead.push(std::mem::replace(worker, new).name);
    }

    /// Enqueues some more, or closes; goes back to where the server is when it forgot.
    fn feed(&mut self) {
        if self.enqueued == self.plan.jobs {
            match self.queue.close("lead", self.enqueued, b"l").expect("it answers") {
                CloseAnswer::Closed => self.is_closed = true,
                CloseAnswer::Gap { enqueued } => self.enqueued = enqueued,
                other => panic!("{other:?}"),
            }
            return;
        }
        let first = self.enqueued + 1;
        let last = self.plan.jobs.min(self.enqueued + self.rng.u64(1..200));
        match self
            .queue
            .put("lead", first, b"n", &payloads(first..=last))
            .expect("it answers")
        {
            PutAnswer::Enqueued { .. } => self.enqueued = last,
            PutAnswer::Gap { enqueued } => self.enqueued = enqueued,
            other => panic!("{other:?}"),
        }
    }

    /// Kills the server, cuts its log, and does what a leader does when it meets a server that it has not seen.
    fn crash(&mut self) {
        self.redis.kill();
        let length = std::fs::metadata(self.redis.log()).expect("a log").len();
        self.redis.tear_log(self.rng.u64(..length / 4 + 1));
        self.redis.restart();
        self.queue = self.redis.connect("r");
        assert_eq!(self.queue.rewrite_log(), Ok(true));
        until("a log that was written anew", || {
            let info = self.redis.admin(&["INFO", "persistence"]);
            info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
        });
        let again = self.queue.begin(&begin("lead", LONG));
        match again {
            Ok(BeginAnswer::Again(run)) => {
                self.enqueued = run.enqueued.min(self.enqueued);
                self.is_closed &= run.total.is_some();
            }
            // It forgot that the run had begun, so nothing of it is left, and all begin anew.
            Ok(BeginAnswer::New { .. }) => {
                (self.enqueued, self.is_closed) = (0, false);
                for at in 0..self.workers.len() {
                    self.workers[at] = self.new_worker();
                }
            }
            other => panic!("{other:?}"),
        }
        for worker in &mut self.workers {
            worker.unsure = true;
        }
        // A server that forgot that their leases ended or that they left hears it again.
        for name in &self.dead {
            let _ = self
                .queue
                .take(name, 0, OVER, self.plan.losses)
                .expect("it answers");
        }
        self.crashes += 1;
    }

    /// Does one thing as a worker. An answer that was lost leaves the worker unsure.
    fn step(&mut self) {
        let at = self.rng.usize(..self.workers.len());
        if self.one_in(self.plan.death) {
            let name = self.workers[at].name.clone();
            // Its lease ends now. Half of those that it happens to come back later, and are fenced.
            let dying = self
                .queue
                .take(&name, 0, OVER, self.plan.losses)
                .expect("it answers");
            assert!(
                matches!(dying, TakeAnswer::Wait | TakeAnswer::Outside(_)),
                "{dying:?}"
            );
            if self.rng.bool() {
                self.workers[at] = self.new_worker();
                self.dead.push(name);
            }
            return;
        }
        let mut worker = std::mem::replace(
            &mut self.workers[at],
            Worker {
                name: String::new(),
                number: 0,
                held: BTreeSet::new(),
                unsure: false,
            },
        );
        let loses = self.one_in(self.plan.lost_reply);
        let answered = if loses {
            self.proxy.lose_replies(true);
            let mut queue = self.proxy.server("r").connect().expect("the proxy answers");
            let answered = self.act(&mut worker, &mut queue);
            self.proxy.lose_replies(false);
            answered
        } else {
            let mut queue = self.redis.connect("r");
            self.act(&mut worker, &mut queue)
        };
        match answered {
            Ok(()) => {}
            Err(QueueError::Unreachable(_)) if loses => worker.unsure = true,
            Err(error) => panic!("{error}"),
        }
        self.workers[at] = worker;
    }

    fn act(&mut self, worker: &mut Worker, queue: &mut QueueConnection) -> Answered {
        if worker.unsure {
            match queue.mine(&worker.name)? {
                MineAnswer::Jobs(handed) => {
                    worker.held = handed.jobs.iter().map(|job| job.k).collect();
                    worker.unsure = false;
                }
                MineAnswer::Outside(outside) => self.outside(worker, outside),
            }
            return Ok(());
        }
        match self.rng.u32(..20) {
            0 => {
                if let LeaveAnswer::Left = queue.leave(&worker.name, "h", &[])? {
                    self.replace(worker);
                }
            }
            1 => {
                let started: Vec<u64> = worker.held.iter().copied().take(2).collect();
                queue.beat(&worker.name, LONG, worker.held.len() as u64, &started)?;
            }
            2..10 if !worker.held.is_empty() => self.commit(worker, queue)?,
            _ => {
                let want = self.rng.u64(1..30);
                match queue.take(&worker.name, want, LONG, self.plan.losses)? {
                    TakeAnswer::Jobs(handed) => {
                        for job in &handed.jobs {
                            assert_eq!(job.payload, format!("job {}", job.k).as_bytes());
                            assert!(worker.held.insert(job.k), "{} was handed out twice", job.k);
                        }
                    }
                    TakeAnswer::Wait => {}
                    TakeAnswer::Outside(outside) => self.outside(worker, outside),
                    TakeAnswer::Stop => panic!("nobody asked for it"),
                }
            }
        }
        Ok(())
    }

    /// Commits some of what the worker holds. The frames name the jobs, so that they can be counted.
    fn commit(&mut self, worker: &mut Worker, queue: &mut QueueConnection) -> Answered {
        let all = self.rng.bool();
        let mut ks: Vec<u64> = worker.held.iter().copied().collect();
        ks.retain(|_| all || self.rng.bool());
        if ks.is_empty() {
            return Ok(());
        }
        let done = ks.iter().map(|&k| {
            CommitFrame::Done(DoneJob {
                k,
                ..DoneJob::default()
            })
        });
        let frames = encode_frames(&done.collect::<Vec<_>>(), None).expect("they are short");
        worker.number += 1;
        let commit = Commit {
            worker: &worker.name,
            number: worker.number,
            kind: CommitKind::Ended,
            failed: 0,
            pieces: 0,
            frames: &frames,
            ks: &ks,
        };
        let answer = match queue.commit(&commit, LONG) {
            // The same call again, as a worker does after it has connected anew.
            Err(QueueError::Unreachable(_)) => self.redis.connect("r").commit(&commit, LONG)?,
            answer => answer?,
        };
        match answer {
            CommitAnswer::Committed | CommitAnswer::Already => {
                worker.held.retain(|k| !ks.contains(k));
            }
            CommitAnswer::Lost => worker.unsure = true,
            CommitAnswer::Outside(outside) => self.outside(worker, outside),
        }
        Ok(())
    }

    /// A worker that was fenced comes back under a new name. When the run is over there is nothing to do.
    fn outside(&mut self, worker: &mut Worker, outside: Outside) {
        match outside {
            Outside::Fenced => self.replace(worker),
            Outside::Over => {}
            Outside::NoRun => panic!("the run is lost"),
        }
    }

    fn counts(&mut self) -> RunCounts {
        match self.queue.lead("lead", LONG).expect("it answers") {
            LeadAnswer::Leading(counts) => counts,
            other => panic!("{other:?}"),
        }
    }

    /// Plays until all is done, and then adds up what the results say.
    fn run(mut self) {
        let mut steps = 0u64;
        loop {
            steps += 1;
            assert!(steps < 200_000, "{:?}", self.counts());
            if !self.is_closed && self.one_in(5) {
                self.feed();
            }
            if self.crashes < 3 && self.one_in(self.plan.crash) {
                self.crash();
            }
            self.step();
            if steps.is_multiple_of(50) && self.is_closed && self.counts().is_over() {
                break;
            }
        }
        self.check();
    }

    fn check(mut self) {
        let counts = self.counts();
        let (mut chain, mut last) = (ResultChain::default(), None);
        let (mut done, mut dead) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let entries = self.queue.results(last.as_deref(), 100).expect("it answers");
            let Some(entry) = entries.last() else { break };
            last = Some(entry.id.clone());
            for entry in &entries {
                chain.add(entry);
                let ended = match &entry.result {
                    QueuedResult::GivenUp { k } => {
                        assert!(dead.insert(*k), "{k} is given up twice");
                        continue;
                    }
                    QueuedResult::Ended { jobs, frames } => {
                        let frames = parse_frames(frames, None).expect("they are ours");
                        assert_eq!(frames.len() as u64, *jobs);
                        frames
                    }
                    QueuedResult::Forged { .. } => panic!("nothing was forged"),
                };
                for frame in ended {
                    match frame {
                        CommitFrame::Done(job) => assert!(done.insert(job.k), "{} is done twice", job.k),
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
        assert!(done.is_disjoint(&dead));
        assert_eq!((counts.done, counts.dead), (done.len() as u64, dead.len() as u64));
        let all: BTreeSet<u64> = done.union(&dead).copied().collect();
        assert_eq!(all, (1..=self.plan.jobs).collect());
        assert_eq!((counts.backlog, counts.chain.as_str()), (0, chain.as_str()));
        let pending = self.redis.admin(&["XPENDING", "{ff:r}:j", "w"]);
        assert!(pending.starts_with("array([int(0)"), "{pending}");
    }
}

/// Plays as many seeds as FANFOLD_QUEUE_SEEDS says.
fn play(few: u64, plan: impl Fn() -> Plan) {
    if !has_redis() {
        return;
    }
    for seed in 0..setting("FANFOLD_QUEUE_SEEDS", few) {
        Play::new(seed, plan()).run();
    }
}

#[test]
fn each_job_ends_once_whatever_dies_and_whatever_reply_is_lost() {
    play(3, || Plan {
        jobs: 1000,
        losses: 1_000_000,
        lost_reply: 15,
        death: 30,
        crash: 0,
    });
}

#[test]
fn each_job_ends_once_or_is_given_up_once() {
    play(3, || Plan {
        jobs: 1000,
        losses: 2,
        lost_reply: 15,
        death: 8,
        crash: 0,
    });
}

#[test]
fn each_job_ends_once_on_a_server_that_forgets() {
    play(3, || Plan {
        jobs: 1000,
        losses: 1_000_000,
        lost_reply: 30,
        death: 40,
        crash: 150,
    });
}
