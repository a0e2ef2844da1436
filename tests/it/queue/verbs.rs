//! Each verb's answers, one by one.

use crate::support::{LossyProxy, Redis, has_redis};
use fanfold::queue::{
    BeatAnswer, Begin, BeginAnswer, CloseAnswer, Commit, CommitAnswer, CommitKind, EnterAnswer, HandedJob,
    LeadAnswer, LeaderAnswer, LeaveAnswer, MineAnswer, Outside, PieceAnswer, PutAnswer, QueueConnection,
    QueueError, QueuedResult, ResultChain, RunCounts, StatusAnswer, StopMode, TakeAnswer,
};
use std::time::Duration;

/// Longer than any test.
pub const LONG: Duration = Duration::from_secs(600);

/// A lease that is over at once.
pub const OVER: Duration = Duration::ZERO;

pub fn begin<'a>(leader: &'a str, lease: Duration) -> Begin<'a> {
    Begin {
        meaning: b"m",
        parts: "1",
        leader,
        lease,
        epoch: "e1",
    }
}

/// Begins a run of `jobs` jobs, whose payloads are `job 1` and so on, and closes it.
pub fn begin_run(queue: &mut QueueConnection, jobs: u64) {
    let answer = queue.begin(&begin("lead", LONG)).expect("it answers");
    assert_eq!(answer, BeginAnswer::New { epoch: "e1".into() });
    let answer = queue.put("lead", 1, b"names", &payloads(1..=jobs));
    assert_eq!(answer, Ok(PutAnswer::Enqueued { backlog: jobs }));
    assert_eq!(queue.close("lead", jobs, b"listing"), Ok(CloseAnswer::Closed));
}

pub fn payloads(ks: std::ops::RangeInclusive<u64>) -> Vec<Vec<u8>> {
    ks.map(|k| format!("job {k}").into_bytes()).collect()
}

pub fn enter(queue: &mut QueueConnection, worker: &str) {
    let answer = queue.enter(worker, b"m", "1", LONG);
    assert_eq!(answer, Ok(EnterAnswer::Entered { epoch: "e1".into() }));
}

/// Takes jobs with a lease; returns them.
pub fn take(queue: &mut QueueConnection, worker: &str, want: u64, lease: Duration) -> Vec<HandedJob> {
    match queue.take(worker, want, lease, 5).expect("it answers") {
        TakeAnswer::Jobs(handed) => handed.jobs,
        other => panic!("{other:?}"),
    }
}

pub fn ks(jobs: &[HandedJob]) -> Vec<u64> {
    jobs.iter().map(|job| job.k).collect()
}

pub fn commit(queue: &mut QueueConnection, worker: &str, number: u64, ks: &[u64]) -> CommitAnswer {
    let commit = Commit {
        worker,
        number,
        kind: CommitKind::Ended,
        failed: 0,
        pieces: 0,
        frames: b"v",
        ks,
    };
    queue.commit(&commit, LONG).expect("it answers")
}

pub fn counts(queue: &mut QueueConnection) -> RunCounts {
    match queue.lead("lead", LONG).expect("it answers") {
        LeadAnswer::Leading(counts) => counts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_from_its_beginning_to_its_end() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    assert_eq!(queue.enter("h:1:a", b"m", "1", LONG), Ok(EnterAnswer::NoRun));
    assert_eq!(queue.status(), Ok(StatusAnswer::NoRun));
    begin_run(queue, 3);
    enter(queue, "h:1:a");
    enter(queue, "i:2:b");
    let jobs = take(queue, "h:1:a", 2, LONG);
    assert_eq!(
        jobs[1],
        HandedJob {
            k: 2,
            payload: b"job 2".to_vec(),
            delivery: 1,
            refused_by: None
        }
    );
    assert_eq!(ks(&take(queue, "i:2:b", 2, LONG)), [3]);
    assert_eq!(queue.take("i:2:b", 2, LONG, 5), Ok(TakeAnswer::Wait), "two run");
    assert_eq!(commit(queue, "h:1:a", 1, &[1, 2]), CommitAnswer::Committed);
    assert_eq!(commit(queue, "i:2:b", 1, &[3]), CommitAnswer::Committed);
    assert_eq!(
        queue.take("i:2:b", 2, LONG, 5),
        Ok(TakeAnswer::Outside(Outside::Over))
    );
    let mut chain = ResultChain::default();
    let results = queue.results(None, 64).expect("it answers");
    for entry in &results {
        chain.add(entry);
    }
    assert_eq!(results[0].worker, "h:1:a");
    assert_eq!(
        results[0].result,
        QueuedResult::Ended {
            jobs: 2,
            frames: b"v".to_vec()
        }
    );
    assert_eq!(
        queue.results(Some(&results[0].id), 64).expect("it answers")[..],
        results[1..]
    );
    let counts = counts(queue);
    assert!(counts.is_over());
    assert_eq!(
        (counts.done, counts.backlog, counts.chain.as_str()),
        (3, 0, chain.as_str())
    );
    match queue.status().expect("it answers") {
        StatusAnswer::Run(status) => {
            assert_eq!(status.hosts, [("h".to_owned(), 2), ("i".to_owned(), 1)]);
            assert_eq!(status.live.len(), 2);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(queue.finish("lead"), Ok(LeaderAnswer::Done));
    assert_eq!(
        queue.finish("lead"),
        Ok(LeaderAnswer::Done),
        "the answer was lost"
    );
    assert_eq!(
        queue.take("i:2:b", 2, LONG, 5),
        Ok(TakeAnswer::Outside(Outside::Over))
    );
    assert_eq!(queue.enter("h:3:c", b"m", "1", LONG), Ok(EnterAnswer::Over));
    assert_eq!(queue.status(), Ok(StatusAnswer::Over));
    assert!(redis.admin(&["KEYS", "*"]).contains("{ff:r}:m"));
    assert!(!redis.admin(&["KEYS", "*"]).contains("{ff:r}:j"));
    // The mark is no run: the next night begins anew.
    begin_run(queue, 1);
    assert_eq!(queue.drop_run(), Ok(true));
    assert_eq!(queue.drop_run(), Ok(false));
    assert_eq!(redis.admin(&["DBSIZE"]), "int(0)");
}

#[test]
fn a_commit_counts_once_and_only_what_its_worker_holds() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 9);
    enter(queue, "a");
    enter(queue, "b");
    assert_eq!(ks(&take(queue, "a", 3, LONG)), [1, 2, 3]);
    assert_eq!(ks(&take(queue, "b", 3, LONG)), [4, 5, 6]);
    assert_eq!(commit(queue, "a", 1, &[1, 3]), CommitAnswer::Committed);
    assert_eq!(commit(queue, "a", 1, &[1, 3]), CommitAnswer::Already);
    assert_eq!(commit(queue, "a", 2, &[2, 4]), CommitAnswer::Lost, "another's");
    assert_eq!(commit(queue, "a", 2, &[1]), CommitAnswer::Lost, "done");
    assert_eq!(commit(queue, "a", 2, &[7]), CommitAnswer::Lost, "nobody's");
    assert_eq!(commit(queue, "a", 2, &[2, 2]), CommitAnswer::Lost, "twice");
    assert_eq!(
        commit(queue, "c", 1, &[1]),
        CommitAnswer::Outside(Outside::Fenced)
    );
    assert_eq!(counts(queue).done, 2);
    // b's lease ends, and a inherits what it held.
    assert_eq!(queue.take("b", 0, OVER, 5), Ok(TakeAnswer::Wait));
    std::thread::sleep(Duration::from_millis(2));
    let inherited = take(queue, "a", 3, LONG);
    assert_eq!(ks(&inherited), [4, 5, 6]);
    assert!(inherited.iter().all(|job| job.delivery == 2));
    assert_eq!(
        commit(queue, "b", 1, &[4]),
        CommitAnswer::Outside(Outside::Fenced)
    );
    assert_eq!(
        queue.take("b", 1, LONG, 5),
        Ok(TakeAnswer::Outside(Outside::Fenced))
    );
    assert_eq!(queue.mine("b"), Ok(MineAnswer::Outside(Outside::Fenced)));
    assert_eq!(
        queue.beat("b", LONG, 0, &[]),
        Ok(BeatAnswer::Outside(Outside::Fenced))
    );
    assert_eq!(
        queue.leave("b", "h", &[]),
        Ok(LeaveAnswer::Outside(Outside::Fenced))
    );
    assert_eq!(counts(queue).done, 2);
}

#[test]
fn a_reply_that_was_lost_is_asked_for_again() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let proxy = LossyProxy::start(&redis);
    begin_run(&mut redis.connect("r"), 4);
    let queue = &mut proxy.server("r").connect().expect("it answers");
    enter(queue, "w");
    proxy.lose_replies(true);
    let lost = queue.take("w", 3, LONG, 5);
    assert!(matches!(lost, Err(QueueError::Unreachable(_))), "{lost:?}");
    proxy.lose_replies(false);
    let queue = &mut proxy.server("r").connect().expect("it answers");
    let alive = |agrees| Ok(BeatAnswer::Alive { agrees, stop: None });
    assert_eq!(queue.beat("w", LONG, 0, &[]), alive(false));
    match queue.mine("w").expect("it answers") {
        MineAnswer::Jobs(handed) => assert_eq!(ks(&handed.jobs), [1, 2, 3]),
        other => panic!("{other:?}"),
    }
    assert_eq!(queue.beat("w", LONG, 3, &[1]), alive(true));
    let commit = Commit {
        worker: "w",
        number: 1,
        kind: CommitKind::Ended,
        failed: 1,
        pieces: 0,
        frames: b"v",
        ks: &[1, 2, 3],
    };
    proxy.lose_replies(true);
    let lost = queue.commit(&commit, LONG);
    assert!(matches!(lost, Err(QueueError::Unreachable(_))), "{lost:?}");
    proxy.lose_replies(false);
    let queue = &mut proxy.server("r").connect().expect("it answers");
    assert_eq!(queue.commit(&commit, LONG), Ok(CommitAnswer::Already));
    let counts = counts(queue);
    assert_eq!((counts.done, counts.failed), (3, 1));
}

#[test]
fn stop_requests_reach_the_workers_and_a_new_begin_clears_them() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 2);
    enter(queue, "w");
    assert_eq!(queue.stop("lead", StopMode::Pause), Ok(LeaderAnswer::Done));
    assert_eq!(queue.take("w", 1, LONG, 5), Ok(TakeAnswer::Wait));
    let alive = |stop| Ok(BeatAnswer::Alive { agrees: true, stop });
    assert_eq!(queue.beat("w", LONG, 0, &[]), alive(Some(StopMode::Pause)));
    assert_eq!(queue.stop("lead", StopMode::Halt), Ok(LeaderAnswer::Done));
    assert_eq!(queue.take("w", 1, LONG, 5), Ok(TakeAnswer::Stop));
    assert_eq!(queue.beat("w", LONG, 0, &[]), alive(Some(StopMode::Halt)));
    assert_eq!(counts(queue).stop, Some(StopMode::Halt));
    queue.begin(&begin("lead", LONG)).expect("it answers");
    assert_eq!(ks(&take(queue, "w", 1, LONG)), [1]);
}

#[test]
fn a_job_that_was_refused_goes_on_with_the_host_that_refused_it() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 2);
    enter(queue, "h:1:a");
    assert_eq!(ks(&take(queue, "h:1:a", 2, LONG)), [1, 2]);
    assert_eq!(queue.leave("h:1:a", "h", &[2]), Ok(LeaveAnswer::Left));
    enter(queue, "i:1:b");
    let jobs = take(queue, "i:1:b", 2, LONG);
    assert_eq!((jobs[0].refused_by.as_deref(), jobs[0].delivery), (None, 1));
    assert_eq!((jobs[1].refused_by.as_deref(), jobs[1].delivery), (Some("h"), 1));
}

#[test]
fn a_forged_job_is_deleted_and_does_not_count_as_done() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 2);
    enter(queue, "w");
    take(queue, "w", 2, LONG);
    let forged = Commit {
        worker: "w",
        number: 1,
        kind: CommitKind::Forged,
        failed: 0,
        pieces: 0,
        frames: b"x",
        ks: &[2],
    };
    assert_eq!(queue.commit(&forged, LONG), Ok(CommitAnswer::Committed));
    assert_eq!(commit(queue, "w", 2, &[1]), CommitAnswer::Committed);
    let counts = counts(queue);
    assert_eq!((counts.done, counts.forged, counts.is_over()), (1, 1, true));
    let results = queue.results(None, 9).expect("it answers");
    assert_eq!(
        results[0].result,
        QueuedResult::Forged {
            jobs: 1,
            frames: b"x".to_vec()
        }
    );
}

#[test]
fn a_large_result_is_committed_only_with_all_its_pieces() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 1);
    enter(queue, "w");
    take(queue, "w", 1, LONG);
    let commit = |number, pieces| Commit {
        worker: "w",
        number,
        kind: CommitKind::Ended,
        failed: 0,
        pieces,
        frames: b"b",
        ks: &[1],
    };
    assert_eq!(queue.piece("w", 1, LONG, 1, b"two"), Ok(PieceAnswer::Gap));
    assert_eq!(queue.piece("w", 1, LONG, 0, b"one"), Ok(PieceAnswer::Stored));
    assert_eq!(
        queue.piece("w", 1, LONG, 0, b"one"),
        Ok(PieceAnswer::Stored),
        "again"
    );
    assert_eq!(queue.commit(&commit(1, 2), LONG), Ok(CommitAnswer::Lost));
    assert_eq!(queue.piece("w", 1, LONG, 1, b"two"), Ok(PieceAnswer::Stored));
    assert_eq!(queue.commit(&commit(1, 2), LONG), Ok(CommitAnswer::Committed));
    assert_eq!(queue.piece_of("w", 1, 0), Ok(Some(b"one".to_vec())));
    assert_eq!(queue.piece_of("w", 1, 1), Ok(Some(b"two".to_vec())));
    assert_eq!(queue.piece_of("w", 1, 2), Ok(None));
    assert_eq!(queue.finish("lead"), Ok(LeaderAnswer::Done));
    assert_eq!(redis.admin(&["DBSIZE"]), "int(1)", "only the mark is left");
}
