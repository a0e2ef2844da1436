//! The records of one large block, taken by two threads: for a worker whose neighbour has nothing to do.
//!
//! It does not know when that is so.

use super::panic::caught;
use crate::fold::{Fold, StartFold};
use crate::record::{RecordPlan, Stage};
use memchr::{memchr, memrchr};
use std::io;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread;

/// The smallest block that is worth a thread.
pub(super) const LEAST: usize = 4 << 20;

/// Takes a block's records into the fold, half of them by way of a fold of their own. The block may begin
/// and end inside a line.
///
/// # Errors
/// What the folds said.
pub(super) fn take(
    plan: Option<&RecordPlan>,
    start: Option<&StartFold<'_>>,
    (stage, fold): (&mut Stage, &mut dyn Fold),
    block: &[u8],
) -> io::Result<ControlFlow<()>> {
    let (Some(plan), Some(start), Some((first, second, rest))) = (plan, start, halves(block)) else {
        return stage.block(block, fold);
    };
    let (mut beside, mut other) = (stage.beside(plan), start());
    let (flow, end) = thread::scope(|scope| {
        let (beside, other) = (&mut beside, &mut *other);
        let take = || caught(|| beside.block(second, other));
        let thread = thread::Builder::new().name("records".into());
        let thread = thread.spawn_scoped(scope, take);
        let flow = stage.block(first, fold);
        (flow, thread.map(thread::ScopedJoinHandle::join))
    });
    if flow?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    match end {
        // There was no thread.
        Err(_) => stage.block(second, fold).map(drop)?,
        Ok(Ok(Ok(taken))) => {
            let _ = taken?;
            fold.merge(&mut *other)?;
            stage.adopt(&mut beside);
        }
        Ok(Ok(Err(what))) => resume_unwind(Box::new(what)),
        Ok(Err(panic)) => resume_unwind(panic),
    }
    stage.block(rest, fold)
}

/// About one half, up to the end of a line; the other, up to the end of the last one; and the beginning of
/// the next line.
fn halves(block: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let middle = block.len() / 2;
    let first = middle + memchr(b'\n', &block[middle..])? + 1;
    let second = memrchr(b'\n', block)? + 1;
    Some((&block[..first], &block[first..second], &block[second..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::{GroupPlan, Shape};
    use crate::memory::Budget;
    use crate::record::{Field, Format, OnBadLine};
    use std::ffi::OsStr;

    /// The fold's rows, how many lines are bad, and which, of blocks that are taken so.
    fn taken(
        plan: &RecordPlan,
        start: &StartFold<'_>,
        take: impl Fn(&mut Stage, &mut dyn Fold, &[u8]),
        blocks: &[&[u8]],
    ) -> (Vec<u8>, u64, Vec<u8>) {
        let (mut stage, mut fold) = (Stage::new(plan), start());
        stage.begin(OsStr::new("a"));
        blocks
            .iter()
            .for_each(|block| take(&mut stage, &mut *fold, block));
        let _ = stage.end(&mut *fold).expect("memory");
        let mut rows = Vec::new();
        fold.finish(&mut rows).expect("memory");
        (rows, stage.bad_lines(), stage.take_bad_lines())
    }

    #[test]
    fn two_halves_give_what_one_thread_gives_wherever_the_block_begins_and_ends() {
        let mut group = GroupPlan::new(Shape::Counted, vec!["k".to_owned(), "@file".to_owned()]);
        group.seed = 7;
        let budget = Budget::new(1 << 20);
        let start = || crate::fold::start(&group, &budget, &std::env::temp_dir());
        let mut plan = RecordPlan::new(Format::Json);
        plan.on_bad_line = OnBadLine::Keep("bad".into());
        plan.projection = ["k", "@file"]
            .map(|text| Field::parse(text).expect("a field"))
            .into();
        let line = |n: usize| match n % 3 {
            0 => format!("no object {n}\n"),
            _ => format!("{{\"k\": {}}}\n", n % 7),
        };
        let text: String = (0..20).map(line).collect();
        let text = text.trim_end().as_bytes();
        let alone = |stage: &mut Stage, fold: &mut dyn Fold, block: &[u8]| {
            let _ = stage.block(block, fold).expect("memory");
        };
        let halved = |stage: &mut Stage, fold: &mut dyn Fold, block: &[u8]| {
            let _ = take(Some(&plan), Some(&start), (stage, fold), block).expect("memory");
        };
        for first in 0..text.len() {
            for second in [first, first + (text.len() - first) / 3] {
                let blocks = [&text[..first], &text[first..second], &text[second..]];
                let wanted = taken(&plan, &start, alone, &blocks);
                assert_eq!(wanted.1, 7);
                assert_eq!(
                    taken(&plan, &start, halved, &blocks),
                    wanted,
                    "{first} and {second}"
                );
            }
        }
    }
}
