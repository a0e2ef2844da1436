//! Order, tries and spilling, with writers that keep what they are given.

use super::*;
use crate::job::Trust;

fn piece(bytes: &str, trust: Trust) -> Piece {
    Piece {
        stream: Stream::Out,
        bytes: bytes.as_bytes().to_vec(),
        trust,
    }
}

fn printed(order: Order, memory: u64, feed: impl FnOnce(&mut Sink)) -> String {
    let mut out = Vec::new();
    let (budget, tmp) = (Budget::new(memory), std::env::temp_dir());
    let mut sink = Sink::new(
        Box::new(&mut out),
        Box::new(io::sink()),
        Box::new(io::sink()),
        order,
        RowLimit::all(),
        &budget,
        &tmp,
    );
    feed(&mut sink);
    drop(sink);
    String::from_utf8(out).expect("text")
}

#[test]
fn output_is_in_input_order_whether_held_in_memory_or_in_a_file() {
    for memory in [0, 1 << 20] {
        let out = printed(Order::Input, memory, |sink| {
            for seq in (0..5).rev() {
                sink.piece(seq, piece(&format!("a{seq} "), Trust::Final))
                    .expect("printed");
                sink.piece(seq, piece(&format!("b{seq} "), Trust::Provisional))
                    .expect("printed");
                sink.done(seq, Verdict::Keep, Vec::new()).expect("printed");
            }
        });
        assert_eq!(out, "a0 b0 a1 b1 a2 b2 a3 b3 a4 b4 ", "memory {memory}");
    }
}

#[test]
fn a_failed_job_loses_what_was_provisional_and_keeps_what_stands() {
    let out = printed(Order::Input, 0, |sink| {
        sink.piece(0, piece("stands ", Trust::Final)).expect("printed");
        sink.piece(0, piece("lost ", Trust::Provisional))
            .expect("printed");
        sink.done(0, Verdict::Drop, Vec::new()).expect("printed");
    });
    assert_eq!(out, "stands ");
}

#[test]
fn unordered_prints_each_whole_as_jobs_finish() {
    let out = printed(Order::Finish, 1 << 20, |sink| {
        sink.piece(0, piece("a0 ", Trust::Final)).expect("printed");
        sink.piece(1, piece("a1 ", Trust::Final)).expect("printed");
        sink.done(1, Verdict::Keep, Vec::new()).expect("printed");
        sink.piece(0, piece("b0 ", Trust::Final)).expect("printed");
        sink.done(0, Verdict::Keep, Vec::new()).expect("printed");
    });
    assert_eq!(out, "a1 a0 b0 ");
}

#[test]
fn lines_are_whole_however_they_come() {
    let text = printed(Order::Lines, 0, |sink| {
        let mut give = |seq, bytes| sink.piece(seq, piece(bytes, Trust::Final)).expect("printed");
        give(0, "ha");
        give(1, "x\n");
        give(0, "l");
        give(1, "y\nz");
        give(0, "f\nre");
        sink.piece(0, piece("st", Trust::Provisional)).expect("held");
        sink.piece(0, piece("!\n", Trust::Final)).expect("held");
        for seq in [1, 0] {
            sink.done(seq, Verdict::Keep, Vec::new()).expect("printed");
        }
    });
    assert_eq!(text, "x\ny\nhalf\nzrest!\n");
}

#[test]
fn a_discarded_try_is_not_printed() {
    let out = printed(Order::Input, 1 << 20, |sink| {
        sink.piece(0, piece("first try ", Trust::Provisional))
            .expect("printed");
        sink.discard(0);
        sink.piece(0, piece("second try ", Trust::Provisional))
            .expect("printed");
        sink.done(0, Verdict::Keep, Vec::new()).expect("printed");
    });
    assert_eq!(out, "second try ");
}
