//! One level of a tree of merges: which neighbours are merged so that the levels above are full.
//!
//! It knows sizes and nothing else.

use std::ops::Range;

/// Steps of the search for the cheapest windows; beyond that many, windows are spread evenly. The table
/// takes as many bytes, and it is made once a level.
const STEPS: usize = 1 << 21;

/// The windows of neighbours that are merged first, in their order and at most `arity` wide: they leave as
/// many outputs as full merges make one. So no output is merged more often than the tree must be deep, and
/// as few bytes as possible are merged that often.
pub(super) fn level(sizes: &[u64], arity: usize) -> Vec<Range<usize>> {
    if sizes.len() <= arity {
        return std::iter::once(0..sizes.len()).collect();
    }
    let mut left = arity;
    while left * arity < sizes.len() {
        left *= arity;
    }
    // Each full window makes `arity - 1` fewer of them, and one that is smaller makes the rest.
    let excess = sizes.len() - left;
    let (full, rest) = (excess / (arity - 1), excess % (arity - 1));
    let small = if rest > 0 { rest + 1 } else { 0 };
    let steps = (sizes.len() + 1) * (full + 1) * 2;
    if steps > STEPS {
        return spread(left, full, small, arity);
    }
    cheapest(sizes, arity, full, small)
}

/// Windows at equal distances: `left` outputs are left, of which `full` come of full windows and one of a
/// `small` one, unless that is none.
fn spread(left: usize, full: usize, small: usize, arity: usize) -> Vec<Range<usize>> {
    let count = full + usize::from(small > 0);
    let mut windows = Vec::with_capacity(count);
    let mut at = 0;
    for slot in 0..left {
        if (slot + 1) * count / left == slot * count / left {
            at += 1;
            continue;
        }
        let width = if windows.len() < full { arity } else { small };
        windows.push(at..at + width);
        at += width;
    }
    windows
}

/// What ends at an output in the cheapest choice of windows up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Choice {
    Nothing,
    Full,
    Small,
}

/// The `full` windows of `arity` outputs, and the one of `small` unless that is 0, that hold the fewest
/// bytes together.
fn cheapest(sizes: &[u64], arity: usize, full: usize, small: usize) -> Vec<Range<usize>> {
    let mut before = vec![0];
    before.extend(sizes.iter().scan(0, |sum, size| {
        *sum += size;
        Some(*sum)
    }));
    // Up to each output, twice the number of full windows and one more with the small one: the least bytes,
    // of which only the last `arity` rows are looked at again, and what they end with.
    let width = (full + 1) * 2;
    let mut costs = vec![vec![u64::MAX; width]; arity + 1];
    costs[0][0] = 0;
    let mut choices = vec![Choice::Nothing; (sizes.len() + 1) * width];
    for end in 1..=sizes.len() {
        let mut row = costs[(end - 1) % (arity + 1)].clone();
        for (length, step, choice) in [(arity, 2, Choice::Full), (small, 1, Choice::Small)] {
            let Some(start) = end.checked_sub(length).filter(|_| length > 0) else {
                continue;
            };
            let known = &costs[start % (arity + 1)];
            for state in (0..width - step).step_by(3 - step) {
                let cost = known[state].saturating_add(before[end] - before[start]);
                if cost < row[state + step] {
                    row[state + step] = cost;
                    choices[end * width + state + step] = choice;
                }
            }
        }
        costs[end % (arity + 1)] = row;
    }
    let chosen = |end: usize, state: usize| choices[end * width + state];
    windows(
        chosen,
        sizes.len(),
        full * 2 + usize::from(small > 0),
        arity,
        small,
    )
}

/// The windows of a table of choices, from the last output back to the first.
fn windows(
    chosen: impl Fn(usize, usize) -> Choice,
    mut end: usize,
    mut state: usize,
    arity: usize,
    small: usize,
) -> Vec<Range<usize>> {
    let mut windows = Vec::new();
    while state > 0 {
        let (length, step) = match chosen(end, state) {
            Choice::Nothing => (1, 0),
            Choice::Full => (arity, 2),
            Choice::Small => (small, 1),
        };
        if step > 0 {
            windows.push(end - length..end);
        }
        end -= length;
        state -= step;
    }
    windows.reverse();
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Merges level by level: how many bytes were written, and how wide the merges were.
    fn merged(mut sizes: Vec<u64>, arity: usize) -> (u64, Vec<usize>) {
        let (mut bytes, mut widths) = (0, Vec::new());
        while sizes.len() > 1 {
            let windows = level(&sizes, arity);
            for window in windows.into_iter().rev() {
                let size = sizes[window.clone()].iter().sum();
                bytes += size;
                widths.push(window.len());
                sizes.splice(window, [size]);
            }
        }
        (bytes, widths)
    }

    /// All choices of windows that are as many and as wide: the fewest bytes.
    fn fewest(sizes: &[u64], full: usize, small: usize, arity: usize) -> Option<u64> {
        let with = |width: usize, full: usize, small: usize| {
            let (window, rest) = sizes.split_at_checked(width)?;
            Some(window.iter().sum::<u64>() + fewest(rest, full, small, arity)?)
        };
        let choices = [
            sizes.get(1..).and_then(|rest| fewest(rest, full, small, arity)),
            (full > 0).then(|| with(arity, full - 1, small)).flatten(),
            (small > 0).then(|| with(small, full, 0)).flatten(),
        ];
        let none = (full == 0 && small == 0).then_some(0);
        choices.into_iter().flatten().chain(none).min()
    }

    #[test]
    fn four_hundred_of_one_size_are_written_twice_or_thrice_by_full_merges() {
        let (bytes, mut widths) = merged(vec![10; 400], 16);
        assert_eq!(bytes, (246 * 2 + 154 * 3) * 10);
        widths.sort_unstable();
        assert_eq!((widths.len(), widths[0], widths[1]), (27, 10, 16));
    }

    #[test]
    fn the_smallest_are_merged_most_often() {
        let sizes = [90, 1, 1, 90, 90];
        let (between, both) = (1..3, 0..2);
        assert_eq!(level(&sizes, 4), [between]);
        assert_eq!(level(&[1; 4], 2), [0..2, 2..4]);
        assert_eq!(level(&[1, 1], 2), [both]);
    }

    #[test]
    fn many_are_spread_evenly_and_leave_as_few() {
        let sizes = vec![1; 100_000];
        let windows = level(&sizes, 3);
        let gone: usize = windows.iter().map(|window| window.len() - 1).sum();
        assert_eq!(sizes.len() - gone, 3usize.pow(10));
        assert!(windows.is_sorted_by(|one, next| one.end <= next.start));
        assert!(windows.last().is_some_and(|last| last.end <= sizes.len()));
    }

    proptest! {
        #[test]
        fn a_level_is_the_cheapest_that_leaves_as_few(
            sizes in prop::collection::vec(0u64..50, 2..14),
            arity in 2usize..5,
        ) {
            let windows = level(&sizes, arity);
            prop_assert!(windows.iter().all(|window| (2..=arity).contains(&window.len())));
            prop_assert!(windows.is_sorted_by(|one, next| one.end <= next.start));
            let bytes = windows.iter().map(|window| sizes[window.clone()].iter().sum::<u64>()).sum::<u64>();
            let full = windows.iter().filter(|window| window.len() == arity).count();
            let small = windows.iter().map(Range::len).find(|&width| width < arity).unwrap_or(0);
            prop_assert_eq!(Some(bytes), fewest(&sizes, full, small, arity));
        }

        #[test]
        fn merges_by_levels_are_as_few_as_can_be_and_no_deeper(
            sizes in prop::collection::vec(0u64..50, 2..300),
            arity in 2usize..20,
        ) {
            let count = sizes.len();
            let total: u64 = sizes.iter().sum();
            let (bytes, widths) = merged(sizes, arity);
            prop_assert_eq!(widths.len(), (count - 1).div_ceil(arity - 1));
            let depth = (1..).find(|&depth| arity.pow(depth) >= count).expect("it grows");
            prop_assert!(bytes <= total * u64::from(depth));
        }
    }
}
