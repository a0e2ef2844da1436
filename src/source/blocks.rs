//! Standard input cut into blocks of whole records, as GNU parallel's `--pipe` does.
//!
//! It does not know who reads a block.

use super::error::{BatchResult, SourceError};
use crate::job::Input;
use crate::plan::BlockPlan;
use crate::sys;
use memchr::memmem;
use std::io::{self, Read};
use std::sync::Arc;

/// How much is read at once, in bytes.
const READ: usize = 64 << 10;

/// Yields blocks. No more is held than one block, and what was read after it.
pub struct Blocks {
    plan: BlockPlan,
    from: Box<dyn Read + Send>,
    held: Vec<u8>,
    ended: bool,
}

impl Blocks {
    /// Cuts standard input.
    pub fn new(plan: BlockPlan) -> Self {
        Blocks::of(plan, Box::new(sys::Stdin::new()))
    }

    fn of(plan: BlockPlan, from: Box<dyn Read + Send>) -> Self {
        Blocks {
            plan,
            from,
            held: Vec::new(),
            ended: false,
        }
    }

    /// Reads more. Returns false at the end.
    fn read(&mut self, most: usize) -> io::Result<bool> {
        let before = self.held.len();
        self.held.resize(before + most.clamp(1, READ), 0);
        let read = loop {
            match self.from.read(&mut self.held[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let read = read.inspect_err(|_| self.held.truncate(before))?;
        self.held.truncate(before + read);
        self.ended |= read == 0;
        Ok(read > 0)
    }

    /// Returns the next block.
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut size = self.plan.size;
        loop {
            while !self.ended && self.held.len() < size && self.cut_records().is_none() {
                self.read(size - self.held.len())?;
            }
            let end = match (self.plan.records, self.ended) {
                (Some(_), _) => self.cut_records().or(self.ended.then_some(self.held.len())),
                (None, true) if self.held.len() <= size => Some(self.held.len()),
                (None, ended) => {
                    let within = &self.held[..size.min(self.held.len())];
                    self.last_cut(within).or(ended.then_some(self.held.len()))
                }
            };
            match end {
                Some(0) => return Ok(None),
                Some(end) => {
                    let rest = self.held.split_off(end);
                    return Ok(Some(std::mem::replace(&mut self.held, rest)));
                }
                // A record that is larger than a block makes a larger block.
                None => size = size + size / 3 + 1,
            }
        }
    }

    /// Returns where the wanted number of records ends, if it is known.
    fn cut_records(&self) -> Option<usize> {
        let (records, separator) = (self.plan.records?, self.separator());
        let mut ends = memmem::find_iter(&self.held, &separator).map(|at| at + self.plan.end.len());
        // What begins the first record ends none.
        let ends = ends.by_ref().filter(|&end| end > 0);
        ends.take(records).nth(records - 1)
    }

    /// Returns where the last whole record ends.
    fn last_cut(&self, block: &[u8]) -> Option<usize> {
        let found = memmem::rfind(block, &self.separator())?;
        Some(found + self.plan.end.len()).filter(|&end| end > 0)
    }

    fn separator(&self) -> Vec<u8> {
        [&self.plan.end[..], &self.plan.start].concat()
    }
}

impl Iterator for Blocks {
    type Item = BatchResult;

    fn next(&mut self) -> Option<BatchResult> {
        match self.next_block() {
            Ok(block) => block.map(|block| Ok(vec![Input::Block(Arc::new(block))])),
            Err(cause) => {
                self.ended = true;
                self.held.clear();
                Some(Err(SourceError::List {
                    name: "standard input".into(),
                    cause,
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &'static str, size: usize, records: Option<usize>, start: &str, end: &str) -> Vec<String> {
        let plan = BlockPlan {
            size,
            records,
            start: start.into(),
            end: end.into(),
        };
        let blocks = Blocks::of(plan, Box::new(text.as_bytes()));
        let text = |block: BatchResult| match &block.expect("memory")[..] {
            [Input::Block(block)] => String::from_utf8(block.to_vec()).expect("text"),
            other => panic!("{other:?}"),
        };
        blocks.map(text).collect()
    }

    #[test]
    fn blocks_end_with_records() {
        assert_eq!(
            cut("1\n2\n3\n4\n5\n", 4, None, "", "\n"),
            ["1\n2\n", "3\n4\n", "5\n"]
        );
        assert_eq!(cut("1\n2\n3", 99, Some(2), "", "\n"), ["1\n2\n", "3"]);
        assert_eq!(cut("a;b;c;", 99, Some(2), "", ";"), ["a;b;", "c;"]);
        assert_eq!(cut(">a>b>c", 99, Some(1), ">", ""), [">a", ">b", ">c"]);
        assert_eq!(cut("aaaaaaaa\nb\n", 2, None, "", "\n"), ["aaaaaaaa\n", "b\n"]);
        assert!(cut("", 4, None, "", "\n").is_empty());
    }
}
