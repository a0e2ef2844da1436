//! Leaders: a second one, one of another command line, and one that begins again.

use super::verbs::{LONG, OVER, begin, begin_run, commit, enter, ks, payloads, take};
use crate::support::{Redis, has_redis};
use fanfold::queue::{
    Begin, BeginAnswer, BegunRun, CloseAnswer, CommitAnswer, EnterAnswer, LeadAnswer, LeaderAnswer,
    NotLeading, Outside, PutAnswer, QueueConnection, StopMode, TakeAnswer,
};
use std::time::Duration;

#[test]
fn a_second_leader_hears_of_the_first_until_its_lease_is_over() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 2);
    match queue.begin(&begin("other", LONG)) {
        Ok(BeginAnswer::Led { leader, left, .. }) => {
            assert_eq!(leader, "lead");
            assert!(left > 500_000, "{left}");
        }
        other => panic!("{other:?}"),
    }
    let led = NotLeading::Led {
        leader: "lead".into(),
    };
    assert_eq!(
        queue.put("other", 3, b"", &payloads(3..=3)),
        Ok(PutAnswer::NotLeading(led.clone()))
    );
    assert_eq!(
        queue.close("other", 2, b""),
        Ok(CloseAnswer::NotLeading(led.clone()))
    );
    assert_eq!(queue.lead("other", LONG), Ok(LeadAnswer::NotLeading(led.clone())));
    assert_eq!(
        queue.stop("other", StopMode::Halt),
        Ok(LeaderAnswer::NotLeading(led.clone()))
    );
    assert_eq!(queue.finish("other"), Ok(LeaderAnswer::NotLeading(led)));
    let again = BegunRun {
        epoch: "e1".into(),
        enqueued: 2,
        total: Some(2),
        names: b"names".to_vec(),
        listing: b"listing".to_vec(),
    };
    // Its own call again, since the answer was lost; it ends the lease, too.
    assert_eq!(
        queue.begin(&begin("lead", OVER)),
        Ok(BeginAnswer::Again(again.clone()))
    );
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(queue.begin(&begin("other", LONG)), Ok(BeginAnswer::Again(again)));
    assert!(matches!(
        queue.lead("lead", LONG),
        Ok(LeadAnswer::NotLeading(NotLeading::Led { .. }))
    ));
}

#[test]
fn another_command_line_is_told_apart() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    begin_run(queue, 1);
    let (meaning, parts) = (b"m".to_vec(), "1".to_owned());
    for (other_meaning, other_parts) in [(&b"n"[..], "1"), (b"m", "2")] {
        let asked = Begin {
            meaning: other_meaning,
            parts: other_parts,
            ..begin("lead", LONG)
        };
        let (meaning, parts) = (meaning.clone(), parts.clone());
        assert_eq!(
            queue.begin(&asked),
            Ok(BeginAnswer::Other {
                meaning: meaning.clone(),
                parts: parts.clone()
            })
        );
        let entered = queue.enter("w", other_meaning, other_parts, LONG);
        assert_eq!(entered, Ok(EnterAnswer::Other { meaning, parts }));
    }
}

#[test]
fn enqueuing_again_changes_nothing_and_gaps_are_told() {
    if !has_redis() {
        return;
    }
    let redis = Redis::start();
    let queue = &mut redis.connect("r");
    queue.begin(&begin("lead", LONG)).expect("it answers");
    let put = |queue: &mut QueueConnection, ks| {
        queue.put("lead", *std::ops::RangeInclusive::start(&ks), b"h", &payloads(ks))
    };
    assert_eq!(put(queue, 1..=4), Ok(PutAnswer::Enqueued { backlog: 4 }));
    assert_eq!(put(queue, 1..=4), Ok(PutAnswer::Enqueued { backlog: 4 }));
    assert_eq!(put(queue, 3..=6), Ok(PutAnswer::Enqueued { backlog: 6 }));
    assert_eq!(put(queue, 8..=8), Ok(PutAnswer::Gap { enqueued: 6 }));
    assert_eq!(queue.close("lead", 7, b""), Ok(CloseAnswer::Gap { enqueued: 6 }));
    enter(queue, "w");
    let jobs = take(queue, "w", 10, LONG);
    assert_eq!(ks(&jobs), [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        jobs.iter().map(|job| job.payload.clone()).collect::<Vec<_>>(),
        payloads(1..=6)
    );
    assert_eq!(
        commit(queue, "w", 1, &[1, 2, 3, 4, 5, 6]),
        CommitAnswer::Committed
    );
    assert_eq!(
        put(queue, 1..=6),
        Ok(PutAnswer::Enqueued { backlog: 0 }),
        "done jobs don't come back"
    );
    assert_eq!(
        queue.take("w", 1, LONG, 5),
        Ok(TakeAnswer::Wait),
        "it is not closed"
    );
    assert_eq!(queue.close("lead", 6, b""), Ok(CloseAnswer::Closed));
    assert_eq!(
        queue.take("w", 1, LONG, 5),
        Ok(TakeAnswer::Outside(Outside::Over))
    );
}
