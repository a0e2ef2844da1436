//! The order of merges, and which of them feed one another.

use super::*;
use proptest::prelude::*;

type Text = Tree<String>;

fn give(tree: &mut Text, job: u64, text: &str) {
    tree.job_ended(job, Some(text.to_owned()));
}

/// Returns what a merge gives.
fn text(window: &Window<String>) -> String {
    let texts = window.items.iter().map(|item| match item {
        Item::Output(text) => text.clone(),
        Item::Merge(window) => text(window),
    });
    texts.collect()
}

fn end(tree: &mut Text, window: Window<String>) {
    let text = text(&window);
    tree.merged(window.from, window.to, window.level, text);
}

/// Merges until one output is left. Returns that one, and how many bytes were copied.
fn all(tree: &mut Text) -> (Option<String>, usize) {
    let mut copied = 0;
    while let Some(window) = tree.next_of_all() {
        copied += text(&window).len();
        end(tree, window);
    }
    assert!(tree.is_done());
    (tree.take_last(), copied)
}

#[test]
fn only_neighbours_of_one_level_are_merged_while_jobs_run() {
    let mut tree = Tree::new(2, 0);
    for (job, text) in [(0, "a"), (2, "c"), (3, "d"), (5, "f")] {
        give(&mut tree, job, text);
    }
    let window = tree.next_level().expect("2 and 3 touch");
    assert_eq!((window.from, window.to, window.level), (2, 4, 1));
    assert!(tree.next_level().is_none(), "1 and 4 are missing");
    give(&mut tree, 1, "b");
    let first = tree.next_level().expect("0 and 1 touch");
    end(&mut tree, window);
    end(&mut tree, first);
    let window = tree.next_level().expect("two of level 1");
    assert_eq!((text(&window).as_str(), window.level), ("abcd", 2));
}

#[test]
fn jobs_that_gave_nothing_part_no_neighbours_and_take_no_room() {
    let mut tree = Tree::new(2, 0);
    give(&mut tree, 0, "a");
    for job in (1..1000).rev() {
        tree.job_ended(job, None);
    }
    assert_eq!(tree.nodes.len(), 2);
    give(&mut tree, 1000, "b");
    let window = tree.next_level().expect("nothing is between them");
    assert_eq!((text(&window).as_str(), window.to), ("ab", 1001));
}

#[test]
fn one_output_or_none_needs_no_merge() {
    let mut tree = Tree::new(16, 0);
    assert!(tree.is_done() && tree.next_of_all().is_none());
    tree.job_ended(0, None);
    give(&mut tree, 1, "b");
    assert_eq!(all(&mut tree), (Some("b".to_owned()), 0));
}

#[test]
fn the_last_merge_waits_for_those_that_are_running() {
    let mut tree = Tree::new(3, 0);
    for job in 0..5 {
        give(&mut tree, job, "x");
    }
    // Five become three by one full merge, and then one.
    let first = tree.next_of_all().expect("there are five");
    assert_eq!(first.items.len(), 3);
    assert!(tree.next_of_all().is_none(), "the other two wait for it");
    end(&mut tree, first);
    assert_eq!(tree.next_of_all().expect("three").items.len(), 3);
}

#[test]
fn all_merges_but_the_first_are_full_and_bytes_are_copied_seldom() {
    let mut tree = Tree::new(16, 0);
    for job in 0..400 {
        give(&mut tree, job, "12345678");
    }
    let (_, copied) = all(&mut tree);
    assert_eq!(copied, (246 * 2 + 154 * 3) * 8, "of 3200 bytes");
}

proptest! {
    #[test]
    fn merges_keep_the_input_order_however_jobs_and_merges_end(
        texts in prop::collection::vec(prop::option::of("[a-z]{0,9}"), 0..60),
        arity in 2usize..9,
        concurrent in 0usize..5,
        order in prop::collection::vec(any::<prop::sample::Index>(), 120),
    ) {
        let mut tree = Tree::new(arity, concurrent);
        let mut left: Vec<usize> = (0..texts.len()).collect();
        let mut running = Vec::new();
        for index in order {
            if !left.is_empty() && index.index(2) == 0 {
                let job = left.swap_remove(index.index(left.len()));
                tree.job_ended(job as u64, texts[job].clone());
            } else if !running.is_empty() && index.index(3) == 0 {
                let window = running.swap_remove(index.index(running.len()));
                end(&mut tree, window);
            } else if left.is_empty() {
                running.extend(tree.next_of_all());
            } else {
                running.extend(tree.next_level());
            }
        }
        for job in left {
            tree.job_ended(job as u64, texts[job].clone());
        }
        for window in running {
            end(&mut tree, window);
        }
        let expected = texts.iter().flatten().next().map(|_| texts.iter().flatten().cloned().collect::<String>());
        prop_assert_eq!(all(&mut tree).0, expected);
    }
}

/// Returns how many merges run, how deep they feed one another, and the most that one takes.
fn shape(window: &Window<String>) -> (usize, usize, usize) {
    let mut shape = (1, 1, window.items.len());
    for item in &window.items {
        if let Item::Merge(window) = item {
            let (merges, depth, widest) = self::shape(window);
            shape = (shape.0 + merges, shape.1.max(depth + 1), shape.2.max(widest));
        }
    }
    shape
}

#[test]
fn merges_that_feed_one_another_are_one_once_they_are_few_enough() {
    let mut tree = Tree::new(16, 27);
    for job in 0..400 {
        give(&mut tree, job, "12345678");
    }
    let window = tree.next_of_all().expect("there is one merge");
    assert_eq!(shape(&window), (27, 3, 16));
    assert_eq!((window.from, window.to, text(&window).len()), (0, 400, 3200));
    assert!(tree.next_of_all().is_none() && !tree.is_done());
    end(&mut tree, window);
    assert!(tree.is_done() && tree.take_last().is_some());

    let mut tree = Tree::new(2, 3);
    for job in 0..6 {
        give(&mut tree, job, "x");
    }
    let first = [tree.next_of_all(), tree.next_of_all()].map(|window| window.expect("five are too many"));
    assert!(tree.next_of_all().is_none(), "the others wait for these");
    for window in first {
        assert_eq!(shape(&window), (1, 1, 2));
        end(&mut tree, window);
    }
    assert_eq!(shape(&tree.next_of_all().expect("the rest")).0, 3);
}
