//! A replica takes the place of its primary, with all that the primary had sent it.

use super::verbs::{LONG, begin_run, commit, counts, enter, ks, take};
use crate::support::{Redis, has_redis, until};
use fanfold::queue::{BeatAnswer, CommitAnswer, Outside, QueueError, TakeAnswer};
use std::net::TcpListener;

#[test]
fn a_replica_that_is_promoted_goes_on_with_the_run() {
    if !has_redis() {
        return;
    }
    // A port that is free now.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.expect("a port").port().to_string();
    let mut primary = Redis::with(&["--port", &port, "--bind", "127.0.0.1"]);
    let replica = Redis::with(&["--replicaof", "127.0.0.1", &port]);
    let queue = &mut primary.connect("r");
    begin_run(queue, 4);
    enter(queue, "w");
    take(queue, "w", 2, LONG);
    assert_eq!(commit(queue, "w", 1, &[1]), CommitAnswer::Committed);
    let length = |redis: &Redis| redis.admin(&["XLEN", "{ff:r}:j"]);
    until("the replica has it all", || length(&replica) == "int(3)");
    let other = &mut replica.connect("r");
    let refused = other.take("w", 1, LONG, 5);
    assert!(matches!(refused, Err(QueueError::Busy(..))), "{refused:?}");
    primary.kill();
    replica.admin(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(commit(other, "w", 1, &[1]), CommitAnswer::Already);
    let alive = BeatAnswer::Alive {
        agrees: true,
        stop: None,
    };
    assert_eq!(other.beat("w", LONG, 1, &[2]), Ok(alive));
    assert_eq!(commit(other, "w", 2, &[2]), CommitAnswer::Committed);
    assert_eq!(ks(&take(other, "w", 9, LONG)), [3, 4]);
    assert_eq!(commit(other, "w", 3, &[3, 4]), CommitAnswer::Committed);
    assert_eq!(
        other.take("w", 1, LONG, 5),
        Ok(TakeAnswer::Outside(Outside::Over))
    );
    let counts = counts(other);
    assert_eq!((counts.done, counts.is_over()), (4, true));
}
