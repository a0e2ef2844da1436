//! Which outputs are merged next: neighbours in input order, so that a merge which is associative
//! but not commutative is right too.
//!
//! Pure bookkeeping. It does not know files, commands or workers.

use std::collections::BTreeMap;

/// The outputs that there are, in input order, each with the jobs that it covers.
#[derive(Debug)]
pub(super) struct Tree<T> {
    arity: usize,
    /// By the first job that each covers; jobs that have not ended are in none.
    nodes: BTreeMap<u64, Node<T>>,
    ready: usize,
    busy: usize,
}

#[derive(Debug)]
struct Node<T> {
    /// One past the last job that it covers.
    to: u64,
    state: State<T>,
}

#[derive(Debug)]
enum State<T> {
    /// Jobs that gave nothing to merge.
    Empty,
    Ready(Output<T>),
    /// A merge is at it.
    Busy,
}

/// An output, and what it cost.
#[derive(Debug)]
struct Output<T> {
    item: T,
    size: u64,
    /// How many merges deep it is.
    level: u32,
}

/// Neighbours that are to be merged, in their order.
#[derive(Debug)]
pub(super) struct Window<T> {
    /// The first job that they cover.
    pub(super) from: u64,
    /// One past the last.
    pub(super) to: u64,
    /// The level of what comes of them.
    pub(super) level: u32,
    /// The outputs.
    pub(super) items: Vec<T>,
}

/// Where a window of ready neighbours begins, and what they are.
struct Candidate {
    from: u64,
    size: u64,
}

impl<T> Tree<T> {
    /// A tree whose merges take up to `arity` outputs, at least 2.
    pub(super) fn new(arity: usize) -> Self {
        Tree {
            arity: arity.max(2),
            nodes: BTreeMap::new(),
            ready: 0,
            busy: 0,
        }
    }

    /// Takes the output of a job, with its size; None where it gave none.
    pub(super) fn ended(&mut self, job: u64, output: Option<(T, u64)>) {
        match output {
            Some((item, size)) => self.put(job, job + 1, item, size, 0),
            None => self.put_empty(job),
        }
    }

    /// Takes what became of a window.
    pub(super) fn merged(&mut self, from: u64, to: u64, level: u32, item: T, size: u64) {
        self.busy -= 1;
        self.put(from, to, item, size, level);
    }

    /// How many outputs wait to be merged.
    pub(super) fn waiting(&self) -> usize {
        self.ready
    }

    /// Whether no merge is to come or at work, where all jobs have ended.
    pub(super) fn is_done(&self) -> bool {
        self.busy == 0 && self.ready <= 1
    }

    /// The last output.
    pub(super) fn take_last(&mut self) -> Option<T> {
        let mut nodes = std::mem::take(&mut self.nodes).into_values();
        self.ready = 0;
        nodes.find_map(|node| match node.state {
            State::Ready(output) => Some(output.item),
            State::Empty | State::Busy => None,
        })
    }

    /// The next merge while jobs are still to come: `arity` neighbours of one level, so that no
    /// output is merged more often than the tree is deep.
    pub(super) fn next_level(&mut self) -> Option<Window<T>> {
        let mut run: Vec<u64> = Vec::new();
        let mut level = None;
        let mut end = 0;
        for (&from, node) in &self.nodes {
            if from != end {
                run.clear();
            }
            end = node.to;
            match &node.state {
                State::Empty => continue,
                State::Busy => run.clear(),
                State::Ready(output) => {
                    if level != Some(output.level) {
                        run.clear();
                        level = Some(output.level);
                    }
                    run.push(from);
                }
            }
            if run.len() == self.arity {
                return Some(self.take(run[0], self.arity));
            }
        }
        None
    }

    /// The next merge once all jobs have ended. The first is as large as lets all others be full;
    /// each takes the neighbours that cost least.
    pub(super) fn next_of_all(&mut self) -> Option<Window<T>> {
        let all = self.ready + self.busy;
        let (arity, rest) = (self.arity, self.arity - 1);
        let wanted = match all {
            0 | 1 => return None,
            _ if all <= arity => all,
            _ => match (all - 1) % rest {
                0 => arity,
                more => more + 1,
            },
        };
        let cheapest = self.cheapest(wanted)?;
        Some(self.take(cheapest.from, wanted))
    }

    /// The cheapest `count` ready neighbours.
    fn cheapest(&self, count: usize) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        let mut run: Vec<(u64, u64)> = Vec::new();
        let mut end = None;
        for (&from, node) in &self.nodes {
            if end.is_some_and(|end| end != from) {
                run.clear();
            }
            end = Some(node.to);
            match &node.state {
                State::Empty => continue,
                State::Busy => run.clear(),
                State::Ready(output) => run.push((from, output.size)),
            }
            if let Some(window) = run.len().checked_sub(count).map(|first| &run[first..]) {
                let size = window.iter().map(|(_, size)| size).sum();
                if best.as_ref().is_none_or(|best| size < best.size) {
                    best = Some(Candidate {
                        from: window[0].0,
                        size,
                    });
                }
            }
        }
        best
    }

    /// Takes `count` ready neighbours out, and whatever is empty between them.
    fn take(&mut self, from: u64, count: usize) -> Window<T> {
        let mut window = Window {
            from,
            to: from,
            level: 0,
            items: Vec::with_capacity(count),
        };
        while window.items.len() < count {
            let node = self.nodes.remove(&window.to).expect("neighbours touch");
            window.to = node.to;
            match node.state {
                State::Ready(output) => {
                    window.level = window.level.max(output.level + 1);
                    window.items.push(output.item);
                }
                State::Empty => {}
                State::Busy => unreachable!("ready neighbours have no merge between them"),
            }
        }
        let state = State::Busy;
        self.nodes.insert(from, Node { to: window.to, state });
        self.ready -= count;
        self.busy += 1;
        window
    }

    fn put(&mut self, from: u64, to: u64, item: T, size: u64, level: u32) {
        let state = State::Ready(Output { item, size, level });
        self.nodes.insert(from, Node { to, state });
        self.ready += 1;
    }

    /// Neighbours without outputs become one, so that they take no room however many there are.
    fn put_empty(&mut self, job: u64) {
        let is_empty = |node: &Node<T>| matches!(node.state, State::Empty);
        let (mut from, mut to) = (job, job + 1);
        if self.nodes.get(&to).is_some_and(is_empty)
            && let Some(after) = self.nodes.remove(&to)
        {
            to = after.to;
        }
        if let Some((&before, node)) = self.nodes.range(..job).next_back()
            && node.to == job
            && is_empty(node)
        {
            from = before;
        }
        let state = State::Empty;
        self.nodes.insert(from, Node { to, state });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Text = Tree<String>;

    fn give(tree: &mut Text, job: u64, text: &str) {
        tree.ended(job, Some((text.to_owned(), text.len() as u64)));
    }

    fn end(tree: &mut Text, window: Window<String>) {
        let text = window.items.concat();
        let size = text.len() as u64;
        tree.merged(window.from, window.to, window.level, text, size);
    }

    /// Merges until one is left: that one, and how often a byte was copied.
    fn all(tree: &mut Text) -> (Option<String>, usize) {
        let mut copied = 0;
        while let Some(window) = tree.next_of_all() {
            copied += window.items.concat().len();
            end(tree, window);
        }
        assert!(tree.is_done());
        (tree.take_last(), copied)
    }

    #[test]
    fn only_neighbours_of_one_level_are_merged_while_jobs_run() {
        let mut tree = Tree::new(2);
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
        assert_eq!((window.items.concat().as_str(), window.level), ("abcd", 2));
    }

    #[test]
    fn jobs_that_gave_nothing_part_no_neighbours_and_take_no_room() {
        let mut tree = Tree::new(2);
        give(&mut tree, 0, "a");
        for job in (1..1000).rev() {
            tree.ended(job, None);
        }
        assert_eq!(tree.nodes.len(), 2);
        give(&mut tree, 1000, "b");
        let window = tree.next_level().expect("nothing is between them");
        assert_eq!((window.items.concat().as_str(), window.to), ("ab", 1001));
    }

    #[test]
    fn one_output_or_none_needs_no_merge() {
        let mut tree = Tree::new(16);
        assert!(tree.is_done() && tree.next_of_all().is_none());
        tree.ended(0, None);
        give(&mut tree, 1, "b");
        assert_eq!(all(&mut tree), (Some("b".to_owned()), 0));
    }

    #[test]
    fn the_last_merge_waits_for_those_that_are_at_work() {
        let mut tree = Tree::new(3);
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
        let mut tree = Tree::new(16);
        for job in 0..400 {
            give(&mut tree, job, "12345678");
        }
        let (_, copied) = all(&mut tree);
        assert!(copied <= 400 * 8 * 5 / 2, "{copied} of 3200 bytes");
    }

    proptest! {
        #[test]
        fn merges_keep_the_input_order_however_jobs_and_merges_end(
            texts in prop::collection::vec(prop::option::of("[a-z]{0,9}"), 0..60),
            arity in 2usize..9,
            order in prop::collection::vec(any::<prop::sample::Index>(), 120),
        ) {
            let mut tree = Tree::new(arity);
            let mut left: Vec<usize> = (0..texts.len()).collect();
            let mut at_work = Vec::new();
            for index in order {
                if !left.is_empty() && index.index(2) == 0 {
                    let job = left.swap_remove(index.index(left.len()));
                    let output = texts[job].clone().map(|text| { let size = text.len() as u64; (text, size) });
                    tree.ended(job as u64, output);
                } else if !at_work.is_empty() && index.index(3) == 0 {
                    let window = at_work.swap_remove(index.index(at_work.len()));
                    end(&mut tree, window);
                } else if left.is_empty() {
                    at_work.extend(tree.next_of_all());
                } else {
                    at_work.extend(tree.next_level());
                }
            }
            for job in left {
                tree.ended(job as u64, texts[job].clone().map(|text| (text, 1)));
            }
            for window in at_work {
                end(&mut tree, window);
            }
            let expected = texts.iter().flatten().next().map(|_| texts.iter().flatten().cloned().collect::<String>());
            prop_assert_eq!(all(&mut tree).0, expected);
        }
    }
}
