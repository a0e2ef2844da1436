//! Which outputs are merged next: neighbours in input order, so that a merge which is associative
//! but not commutative is right too.
//!
//! Pure bookkeeping. It does not know files, commands or workers.

#[cfg(test)]
mod tests;

use super::level::level;
use std::collections::BTreeMap;

/// The outputs that exist, in input order, each with the jobs that it covers.
#[derive(Debug)]
pub(super) struct Tree<T> {
    arity: usize,
    /// How many merges may run at once when all but the last feed another; 0: none feeds another.
    concurrent: usize,
    /// By the first job that each covers; a job that has not ended is in none.
    nodes: BTreeMap<u64, Node<T>>,
    ready: usize,
    running: usize,
    /// When all jobs have ended: what is still to be merged at this level, by the first job that each
    /// merge covers and how many outputs it takes; the last window first.
    planned: Vec<(u64, usize)>,
}

#[derive(Debug)]
struct Node<T> {
    /// One past the last job that the node covers.
    to: u64,
    state: State<T>,
}

#[derive(Debug)]
enum State<T> {
    /// The jobs gave nothing to merge.
    Empty,
    /// An output that waits to be merged, and how many merges deep it is.
    Ready(T, u32),
    /// A merge is making the output.
    Running,
}

/// Neighbours that are to be merged, in their order.
#[derive(Debug)]
pub(super) struct Window<T> {
    /// The first job that they cover.
    pub(super) from: u64,
    /// One past the last.
    pub(super) to: u64,
    /// How many merges deep the result is.
    pub(super) level: u32,
    /// What is merged.
    pub(super) items: Vec<Item<T>>,
}

/// One of the neighbours.
#[derive(Debug)]
pub(super) enum Item<T> {
    /// An output.
    Output(T),
    /// What another merge gives, which runs at the same time.
    Merge(Window<T>),
}

impl<T> Tree<T> {
    /// Returns a tree whose merges take up to `arity` outputs, at least 2. Up to `concurrent` merges run at
    /// once to feed one another: 0 for none.
    pub(super) fn new(arity: usize, concurrent: usize) -> Self {
        Tree {
            arity: arity.max(2),
            concurrent,
            nodes: BTreeMap::new(),
            ready: 0,
            running: 0,
            planned: Vec::new(),
        }
    }

    /// Takes the output of a job, if the job gave one.
    pub(super) fn job_ended(&mut self, job: u64, output: Option<T>) {
        match output {
            Some(item) => self.put(job, job + 1, item, 0),
            None => self.put_empty(job),
        }
    }

    /// Takes the result of a window.
    pub(super) fn merged(&mut self, from: u64, to: u64, level: u32, item: T) {
        self.running -= 1;
        self.put(from, to, item, level);
    }

    /// Notes that a window has become something that is no output to be merged again.
    pub(super) fn ended_without_output(&mut self) {
        self.running -= 1;
    }

    /// Tells whether the window that was just taken is the last, provided that all jobs have ended.
    pub(super) fn is_last(&self) -> bool {
        self.running == 1 && self.ready == 0
    }

    /// Returns how many outputs wait to be merged.
    pub(super) fn waiting(&self) -> usize {
        self.ready
    }

    /// Returns how many windows were taken and have not been merged.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Tells whether no merge is to come or runs, provided that all jobs have ended.
    pub(super) fn is_done(&self) -> bool {
        self.running == 0 && self.ready <= 1
    }

    /// Takes the last output.
    pub(super) fn take_last(&mut self) -> Option<T> {
        let mut nodes = std::mem::take(&mut self.nodes).into_values();
        self.ready = 0;
        nodes.find_map(|node| match node.state {
            State::Ready(item, _) => Some(item),
            State::Empty | State::Running => None,
        })
    }

    /// Returns the next merge while jobs are still to come: `arity` neighbours of one level, so that no
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
                State::Running => run.clear(),
                State::Ready(_, its) => {
                    if level != Some(*its) {
                        run.clear();
                        level = Some(*its);
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

    /// Returns the next merge after all jobs have ended, by a plan that makes each level as full as it can
    /// be. When merges may feed one another, the merges that are left become one.
    pub(super) fn next_of_all(&mut self) -> Option<Window<T>> {
        let all = self.ready + self.running;
        let merges = all.saturating_sub(1).div_ceil(self.arity - 1);
        if merges == 0 {
            return None;
        }
        if merges <= self.concurrent {
            return (self.running == 0).then(|| self.take_all());
        }
        if self.planned.is_empty() {
            self.plan();
        }
        let is_ready = |&(from, count): &(u64, usize)| self.are_ready(from, count);
        let next = self.planned.iter().rposition(is_ready)?;
        let (from, count) = self.planned.remove(next);
        Some(self.take(from, count))
    }

    /// Plans a level over all outputs, with those that are still being merged.
    fn plan(&mut self) {
        let is_output = |node: &Node<T>| !matches!(node.state, State::Empty);
        let outputs = self.nodes.iter().filter(|(_, node)| is_output(node));
        let starts: Vec<u64> = outputs.map(|(&from, _)| from).collect();
        let windows = level(starts.len(), self.arity).into_iter().rev();
        self.planned = windows
            .map(|window| (starts[window.start], window.len()))
            .collect();
    }

    /// Tells whether this output and those after it wait to be merged.
    fn are_ready(&self, from: u64, count: usize) -> bool {
        let outputs = self.nodes.range(from..).map(|(_, node)| &node.state);
        let outputs = outputs.filter(|state| !matches!(state, State::Empty)).take(count);
        outputs.filter(|state| matches!(state, State::Ready(..))).count() == count
    }

    /// Takes everything, as one merge that others feed.
    fn take_all(&mut self) -> Window<T> {
        let mut windows: Vec<Window<T>> = Vec::new();
        self.planned.clear();
        let end = self.nodes.last_key_value().map_or(0, |(_, node)| node.to);
        for (from, node) in std::mem::take(&mut self.nodes) {
            if let State::Ready(item, level) = node.state {
                windows.push(Window {
                    from,
                    to: node.to,
                    level,
                    items: vec![Item::Output(item)],
                });
            }
        }
        self.ready = 0;
        while windows.len() > 1 {
            let ranges = level(windows.len(), self.arity);
            let mut left = windows.into_iter();
            let mut at = 0;
            windows = Vec::new();
            for range in ranges {
                windows.extend(left.by_ref().take(range.start - at));
                windows.push(Window::from_windows(left.by_ref().take(range.len())));
                at = range.end;
            }
            windows.extend(left);
        }
        let mut window = windows.pop().expect("there is something to merge");
        (window.from, window.to) = (0, end);
        let state = State::Running;
        self.nodes.insert(0, Node { to: end, state });
        self.running = 1;
        window
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
                State::Ready(item, level) => {
                    window.level = window.level.max(level + 1);
                    window.items.push(Item::Output(item));
                }
                State::Empty => {}
                State::Running => unreachable!("ready neighbours have no merge between them"),
            }
        }
        let state = State::Running;
        self.nodes.insert(from, Node { to: window.to, state });
        self.ready -= count;
        self.running += 1;
        window
    }

    fn put(&mut self, from: u64, to: u64, item: T, level: u32) {
        let state = State::Ready(item, level);
        self.nodes.insert(from, Node { to, state });
        self.ready += 1;
    }

    /// Joins neighbours without outputs, so that they take no room however many there are.
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

impl<T> Window<T> {
    /// Returns a merge of these, each of which is an output as it is or a merge itself.
    fn from_windows(windows: impl Iterator<Item = Window<T>>) -> Self {
        let mut merge = Window {
            from: u64::MAX,
            to: 0,
            level: 0,
            items: Vec::new(),
        };
        for mut window in windows {
            merge.from = merge.from.min(window.from);
            merge.to = window.to;
            merge.level = merge.level.max(window.level + 1);
            merge.items.push(match window.items.len() {
                1 => window.items.pop().expect("there is one"),
                _ => Item::Merge(window),
            });
        }
        merge
    }
}
