//! One level of a tree of merges: which neighbours are merged so that the levels above are full.
//!
//! It knows how many outputs there are, and nothing else of them.

use std::ops::Range;

/// Returns the windows of neighbours that are merged first, in their order, at even distances and at most
/// `arity` wide. They leave as many outputs as full merges make one, so that no output is merged more often
/// than the tree must be deep.
pub(super) fn level(count: usize, arity: usize) -> Vec<Range<usize>> {
    if count <= arity {
        return std::iter::once(0..count).collect();
    }
    let mut remain = arity;
    while remain * arity < count {
        remain *= arity;
    }
    // Each full window makes `arity - 1` fewer outputs, and a smaller one makes the rest.
    let excess = count - remain;
    let (full, rest) = (excess / (arity - 1), excess % (arity - 1));
    let merges = full + usize::from(rest > 0);
    let mut windows = Vec::with_capacity(merges);
    let mut at = 0;
    for slot in 0..remain {
        let is_merge = (slot + 1) * merges / remain > slot * merges / remain;
        let width = match (is_merge, windows.len() < full) {
            (false, _) => 1,
            (true, true) => arity,
            (true, false) => rest + 1,
        };
        if is_merge {
            windows.push(at..at + width);
        }
        at += width;
    }
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
            for window in level(sizes.len(), arity).into_iter().rev() {
                let size = sizes[window.clone()].iter().sum();
                bytes += size;
                widths.push(window.len());
                sizes.splice(window, [size]);
            }
        }
        (bytes, widths)
    }

    #[test]
    fn four_hundred_of_one_size_are_written_twice_or_thrice_by_full_merges() {
        let (bytes, mut widths) = merged(vec![10; 400], 16);
        assert_eq!(bytes, (246 * 2 + 154 * 3) * 10);
        widths.sort_unstable();
        assert_eq!((widths.len(), widths[0], widths[1]), (27, 10, 16));
    }

    #[test]
    fn windows_are_spread_evenly() {
        let both = 0..2;
        assert_eq!(level(2, 2), [both]);
        assert_eq!(level(4, 2), [0..2, 2..4]);
        assert_eq!(level(7, 2), [1..3, 3..5, 5..7]);
    }

    proptest! {
        #[test]
        fn merges_by_levels_are_as_few_as_can_be_and_no_deeper(
            sizes in prop::collection::vec(0u64..50, 2..300),
            arity in 2usize..20,
        ) {
            let (count, total) = (sizes.len(), sizes.iter().sum::<u64>());
            let windows = level(count, arity);
            prop_assert!(windows.iter().all(|window| (2..=arity).contains(&window.len())));
            prop_assert!(windows.is_sorted_by(|one, next| one.end <= next.start));
            prop_assert!(windows.last().is_some_and(|last| last.end <= count));
            let (bytes, widths) = merged(sizes, arity);
            prop_assert_eq!(widths.len(), (count - 1).div_ceil(arity - 1));
            let depth = (1..).find(|&depth| arity.pow(depth) >= count).expect("it grows");
            prop_assert!(bytes <= total * u64::from(depth));
        }
    }
}
