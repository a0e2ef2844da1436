//! Which outputs are merged next: neighbours in input order, so that a merge which is associative
//! but not commutative is right too.
//!
//! Pure bookkeeping. It does not know files, commands or workers.

mod level;
#[cfg(test)]
mod tests;

use level::level;
use std::collections::BTreeMap;

/// The outputs that there are, in input order, each with the jobs that it covers.
#[derive(Debug)]
pub(crate) struct Tree<T> {
    arity: usize,
    /// How many merges may be at work at once where each but the last feeds another; 0: none feeds another.
    together: usize,
    /// By the first job that each covers; jobs that have not ended are in none.
    nodes: BTreeMap<u64, Node<T>>,
    ready: usize,
    busy: usize,
    /// Once all jobs have ended: what is still to be merged at this level, by the first job that each
    /// merge covers and how many outputs it takes; the last window first.
    planned: Vec<(u64, usize)>,
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

/// An output.
#[derive(Debug)]
struct Output<T> {
    item: T,
    /// How many merges deep it is.
    level: u32,
}

/// Neighbours that are to be merged, in their order.
#[derive(Debug)]
pub(crate) struct Window<T> {
    /// The first job that they cover.
    pub(crate) from: u64,
    /// One past the last.
    pub(crate) to: u64,
    /// The level of what comes of them.
    pub(crate) level: u32,
    /// What is merged.
    pub(crate) items: Vec<Item<T>>,
}

/// One of the neighbours.
#[derive(Debug)]
pub(crate) enum Item<T> {
    /// An output.
    Output(T),
    /// What a merge gives that is at work at the same time.
    Merge(Window<T>),
}

impl<T> Tree<T> {
    /// A tree whose merges take up to `arity` outputs, at least 2, and of which up to `together` are at
    /// work at once to feed one another: 0 for none.
    pub(crate) fn new(arity: usize, together: usize) -> Self {
        Tree {
            arity: arity.max(2),
            together,
            nodes: BTreeMap::new(),
            ready: 0,
            busy: 0,
            planned: Vec::new(),
        }
    }

    /// Takes the output of a job; None when it gave none.
    pub(crate) fn ended(&mut self, job: u64, output: Option<T>) {
        match output {
            Some(item) => self.put(job, job + 1, item, 0),
            None => self.put_empty(job),
        }
    }

    /// Takes what became of a window.
    pub(crate) fn merged(&mut self, from: u64, to: u64, level: u32, item: T) {
        self.busy -= 1;
        self.put(from, to, item, level);
    }

    /// Notes that the last window of all has become something that is no output.
    pub(crate) fn ended_last(&mut self) {
        self.busy -= 1;
    }

    /// Whether the window that was just taken is the last, where all jobs have ended.
    pub(crate) fn is_last(&self) -> bool {
        self.busy == 1 && self.ready == 0
    }

    /// How many outputs wait to be merged.
    pub(crate) fn waiting(&self) -> usize {
        self.ready
    }

    /// Whether no merge is to come or at work, where all jobs have ended.
    pub(crate) fn is_done(&self) -> bool {
        self.busy == 0 && self.ready <= 1
    }

    /// The last output.
    pub(crate) fn take_last(&mut self) -> Option<T> {
        let mut nodes = std::mem::take(&mut self.nodes).into_values();
        self.ready = 0;
        nodes.find_map(|node| match node.state {
            State::Ready(output) => Some(output.item),
            State::Empty | State::Busy => None,
        })
    }

    /// The next merge while jobs are still to come: `arity` neighbours of one level, so that no
    /// output is merged more often than the tree is deep.
    pub(crate) fn next_level(&mut self) -> Option<Window<T>> {
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

    /// The next merge once all jobs have ended, by a plan that has each level as full as can be and as few
    /// bytes as possible in the deepest. Where merges feed one another, all that are left are one.
    pub(crate) fn next_of_all(&mut self) -> Option<Window<T>> {
        let all = self.ready + self.busy;
        let merges = all.saturating_sub(1).div_ceil(self.arity - 1);
        if merges == 0 {
            return None;
        }
        if merges <= self.together {
            return (self.busy == 0).then(|| self.take_all());
        }
        if self.planned.is_empty() {
            self.plan();
        }
        let next = self
            .planned
            .iter()
            .rposition(|&(from, count)| self.are_ready(from, count))?;
        let (from, count) = self.planned.remove(next);
        Some(self.take(from, count))
    }

    /// Plans a level over all that there are, those too that are still being merged.
    fn plan(&mut self) {
        let is_output = |node: &Node<T>| !matches!(node.state, State::Empty);
        let outputs = self.nodes.iter().filter(|(_, node)| is_output(node));
        let starts: Vec<u64> = outputs.map(|(&from, _)| from).collect();
        self.planned = level(starts.len(), self.arity)
            .into_iter()
            .rev()
            .map(|window| (starts[window.start], window.len()))
            .collect();
    }

    /// Whether this one and those after it wait to be merged.
    fn are_ready(&self, from: u64, count: usize) -> bool {
        let outputs = self.nodes.range(from..).map(|(_, node)| &node.state);
        let mut outputs = outputs.filter(|state| !matches!(state, State::Empty));
        outputs
            .by_ref()
            .take(count)
            .filter(|state| matches!(state, State::Ready(_)))
            .count()
            == count
    }

    /// Takes everything, as one merge that others feed.
    fn take_all(&mut self) -> Window<T> {
        let mut windows: Vec<Window<T>> = Vec::new();
        self.planned.clear();
        let end = self.nodes.last_key_value().map_or(0, |(_, node)| node.to);
        for (from, node) in std::mem::take(&mut self.nodes) {
            if let State::Ready(Output { item, level }) = node.state {
                let items = vec![Item::Output(item)];
                windows.push(Window {
                    from,
                    to: node.to,
                    level,
                    items,
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
                windows.push(Window::of(left.by_ref().take(range.len())));
                at = range.end;
            }
            windows.extend(left);
        }
        let mut window = windows.pop().expect("there is something to merge");
        (window.from, window.to) = (0, end);
        let state = State::Busy;
        self.nodes.insert(0, Node { to: end, state });
        self.busy = 1;
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
                State::Ready(output) => {
                    window.level = window.level.max(output.level + 1);
                    window.items.push(Item::Output(output.item));
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

    fn put(&mut self, from: u64, to: u64, item: T, level: u32) {
        let state = State::Ready(Output { item, level });
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

impl<T> Window<T> {
    /// A merge of these, each of which is an output as it is or a merge itself.
    fn of(windows: impl Iterator<Item = Window<T>>) -> Self {
        let mut of = Window {
            from: u64::MAX,
            to: 0,
            level: 0,
            items: Vec::new(),
        };
        for mut window in windows {
            of.from = of.from.min(window.from);
            of.to = window.to;
            of.level = of.level.max(window.level + 1);
            of.items.push(match window.items.len() {
                1 => window.items.pop().expect("there is one"),
                _ => Item::Merge(window),
            });
        }
        of
    }
}
