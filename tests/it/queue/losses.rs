//! Jobs of which workers die, and whom their deaths are counted against.

use super::verbs::{LONG, OVER, begin_run, commit, counts, enter, ks, take};
use crate::support::{Redis, has_redis};
use fanfold::queue::{BeatAnswer, QueueConnection, QueuedResult, TakeAnswer};
use std::time::Duration;

/// Ends a worker's lease, as if it had died long ago.
fn die(queue: &mut QueueConnection, worker: &str) {
    queue.take(worker, 0, OVER, 5).expect("it answers");
    // The lease's end is a moment of the past only when the server's clock has gone on.
    std::thread::sleep(Duration::from_millis(2));
}

fn deliveries(queue: &mut QueueConnection, worker: &str, want: u64) -> Vec<(u64, u64)> {
    let jobs = take(queue, worker, want, LONG);
    jobs.iter().map(|job| (job.k, job.delivery)).collect()
}

fn beat(queue: &mut QueueConnection, worker: &str, held: u64, started: &[u64]) {
    let answer = queue.beat(worker, LONG, held, started);
    assert!(matches!(answer, Ok(BeatAnswer::Alive { .. })), "{answer:?}");
}

/// Works through all jobs in batches; each worker that meets the poison dies. Returns how many did.
fn work_with_poison(queue: &mut QueueConnection, poison: u64, reports: bool) -> u64 {
    let (mut deaths, mut number) = (0, 0);
    let mut worker = "w0".to_owned();
    enter(queue, &worker);
    loop {
        let jobs = match queue.take(&worker, 32, LONG, 5).expect("it answers") {
            TakeAnswer::Jobs(handed) => ks(&handed.jobs),
            TakeAnswer::Wait => continue,
            _ => return deaths,
        };
        if !jobs.contains(&poison) {
            number += 1;
            commit(queue, &worker, number, &jobs);
            continue;
        }
        if reports {
            beat(queue, &worker, jobs.len() as u64, &[poison]);
        }
        die(queue, &worker);
        deaths += 1;
        worker = format!("w{deaths}");
        enter(queue, &worker);
    }
}

#[test]
fn a_job_that_kills_its_workers_is_given_up_and_no_other_is() {
    if !has_redis() {
        return;
    }
    for reports in [false, true] {
        let redis = Redis::start();
        let queue = &mut redis.connect("r");
        begin_run(queue, 500);
        assert_eq!(work_with_poison(queue, 137, reports), 5);
        let counts = counts(queue);
        assert_eq!((counts.done, counts.dead, counts.is_over()), (499, 1, true));
        let results = queue.results(None, 1000).expect("it answers");
        let given_up: Vec<_> = results
            .iter()
            .filter_map(|entry| match entry.result {
                QueuedResult::GivenUp { k } => Some(k),
                _ => None,
            })
            .collect();
        assert_eq!(given_up, [137]);
        assert_eq!(queue.given_up(137), Ok(Some(b"job 137".to_vec())));
        assert_eq!(queue.given_up(136), Ok(None));
    }
}

#[test]
fn a_suspect_comes_alone_and_only_to_a_worker_that_holds_nothing() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 6);
    for worker in ["a", "b"] {
        enter(queue, worker);
        assert_eq!(ks(&take(queue, worker, 2, LONG)), [1, 2]);
        die(queue, worker);
    }
    enter(queue, "busy");
    // Whoever holds something gets other jobs, and so does whoever asks first and is idle: the suspect alone.
    enter(queue, "idle");
    assert_eq!(deliveries(queue, "idle", 4), [(1, 3)]);
    assert_eq!(
        queue.take("idle", 4, LONG, 5),
        Ok(TakeAnswer::Wait),
        "it holds a suspect"
    );
    queue.take("busy", 0, LONG, 5).expect("it answers");
    assert_eq!(deliveries(queue, "busy", 1), [(2, 3)]);
    commit(queue, "busy", 1, &[2]);
    assert_eq!(deliveries(queue, "busy", 1), [(3, 1)]);
    die(queue, "idle");
    assert_eq!(deliveries(queue, "busy", 4), [(4, 1), (5, 1), (6, 1)]);
    assert_eq!(
        queue.take("busy", 4, LONG, 5),
        Ok(TakeAnswer::Wait),
        "it holds something"
    );
    commit(queue, "busy", 2, &[3, 4, 5, 6]);
    assert_eq!(deliveries(queue, "busy", 4), [(1, 4)]);
    commit(queue, "busy", 3, &[1]);
    assert_eq!(counts(queue).done, 6);
}

#[test]
fn deaths_count_against_the_jobs_that_had_started() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 4);
    enter(queue, "a");
    take(queue, "a", 4, LONG);
    beat(queue, "a", 4, &[1, 2]);
    beat(queue, "a", 4, &[2]);
    die(queue, "a");
    // What was reported is remembered although the rest is handed out in several calls.
    for (worker, expected) in [("b", (1, 1)), ("c", (2, 2)), ("d", (3, 1)), ("e", (4, 1))] {
        enter(queue, worker);
        assert_eq!(deliveries(queue, worker, 1), [expected]);
    }
    // Of a worker that said nothing all are to blame; what one hands back counts for none.
    die(queue, "d");
    queue.leave("e", "h", &[]).expect("it answers");
    enter(queue, "f");
    let mut again = deliveries(queue, "f", 4);
    again.extend(deliveries(queue, "f", 4));
    again.sort_unstable();
    assert_eq!(again, [(3, 2), (4, 1)]);
}
