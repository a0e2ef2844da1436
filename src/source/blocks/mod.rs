//! Standard input cut into blocks of whole records, as GNU parallel's `--pipe` does.
//!
//! It does not know who reads a block.

mod record_ends;

use super::error::{BatchResult, SourceError};
use crate::job::{BlockQueue, Input};
use crate::plan::{BlockCut, BlockPlan};
use crate::sys;
use record_ends::RecordEnds;
use regex::bytes::Regex;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

/// How much is read at once, in bytes.
const READ: usize = 64 << 10;

/// Yields blocks. No more is held than one block, and what was read after it.
pub struct Blocks {
    plan: BlockPlan,
    /// How many bytes a block has by now.
    size: usize,
    ends: RecordEnds,
    from: Box<dyn Read + Send>,
    /// What is read next.
    files: std::vec::IntoIter<OsString>,
    held: Vec<u8>,
    /// What each block begins with.
    heading: Option<Vec<u8>>,
    ended: bool,
}

impl Blocks {
    /// Cuts standard input, or files, each by itself.
    ///
    /// # Errors
    /// When a file can't be opened, with its name.
    pub fn open(plan: BlockPlan) -> Result<Self, (OsString, io::Error)> {
        let mut files = plan.files.clone().into_iter();
        let from: Box<dyn Read + Send> = match files.next() {
            None => Box::new(sys::Stdin::new()),
            Some(name) => Box::new(File::open(&name).map_err(|cause| (name, cause))?),
        };
        let mut blocks = Blocks::of(plan, from);
        blocks.files = files;
        Ok(blocks)
    }

    fn of(plan: BlockPlan, from: Box<dyn Read + Send>) -> Self {
        Blocks {
            ends: RecordEnds::new(&plan),
            size: plan.size,
            plan,
            from,
            files: Vec::new().into_iter(),
            held: Vec::new(),
            heading: None,
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

    /// Returns the next block, as it is given to a command.
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.heading.is_none() {
            self.heading = Some(self.read_heading()?);
        }
        loop {
            if let Some(block) = self.cut()? {
                let block = self.ends.strip(block);
                if block.is_empty() {
                    continue;
                }
                let heading = self.heading.as_deref().unwrap_or_default();
                return Ok(Some(match heading.is_empty() {
                    true => block,
                    false => [heading, &block].concat(),
                }));
            }
            let Some(name) = self.files.next() else {
                return Ok(None);
            };
            self.from = Box::new(File::open(name)?);
            self.ended = false;
            self.heading = Some(self.read_heading()?);
        }
    }

    /// Takes the heading off the input.
    fn read_heading(&mut self) -> io::Result<Vec<u8>> {
        let Some(pattern) = &self.plan.heading else {
            return Ok(Vec::new());
        };
        let pattern = format!("\\A(?:{pattern})");
        let pattern = Regex::new(&pattern).map_err(|cause| io::Error::other(cause.to_string()))?;
        let mut size = self.plan.size;
        let end = loop {
            while !self.ended && self.held.len() < size {
                self.read(size - self.held.len())?;
            }
            match pattern.find(&self.held) {
                Some(found) => break found.end(),
                None if self.ended => break 0,
                None => size += READ,
            }
        };
        let rest = self.held.split_off(end);
        Ok(std::mem::replace(&mut self.held, rest))
    }

    /// Cuts the next block off the input.
    fn cut(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let size = self.size;
            while !self.ended && self.held.len() < size && self.cut_records().is_none() {
                self.read(size - self.held.len())?;
            }
            let end = match (self.plan.records, self.ended, self.plan.cut) {
                (Some(_), ..) => self.cut_records().or(self.ended.then_some(self.held.len())),
                // A block that is full may not be the last.
                (None, true, _) if self.held.len() < size || self.held.is_empty() => Some(self.held.len()),
                (None, ended, BlockCut::Before) => {
                    let within = &self.held[..size.min(self.held.len())];
                    self.ends.last_end(within).or(ended.then_some(self.held.len()))
                }
                (None, ended, BlockCut::Behind) => {
                    let end = self.ends.first_end(self.plan.size, &self.held);
                    end.or(ended.then_some(self.held.len()))
                }
            };
            match end {
                Some(0) => return Ok(None),
                Some(end) => {
                    let rest = self.held.split_off(end);
                    return Ok(Some(std::mem::replace(&mut self.held, rest)));
                }
                // A record that is larger than a block makes larger blocks from then on.
                None => self.size = (size.saturating_mul(13)).div_ceil(10) + 1,
            }
        }
    }

    /// Returns where the wanted number of records ends, if it is known.
    fn cut_records(&self) -> Option<usize> {
        self.ends.end_of(self.plan.records?, &self.held, self.ended)
    }
}

impl Iterator for Blocks {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        let block = self.next_block().transpose();
        if let Some(Err(_)) = &block {
            self.ended = true;
            self.held.clear();
            self.files = Vec::new().into_iter();
        }
        block
    }
}

/// Yields the inputs of jobs: a block each, or for so many jobs all blocks, dealt out as they have room.
pub struct BlockJobs {
    jobs: Box<dyn Iterator<Item = BatchResult> + Send>,
}

impl BlockJobs {
    /// Opens the input.
    ///
    /// # Errors
    /// When a file can't be opened, with its name.
    pub fn open(plan: &BlockPlan) -> Result<Self, (OsString, io::Error)> {
        let blocks = Blocks::open(plan.clone())?;
        let jobs: Box<dyn Iterator<Item = BatchResult> + Send> = match plan.shared_by {
            None => Box::new(blocks.map(|block| Ok(vec![input(block?)]))),
            Some(jobs) => {
                let mut blocks = Some(blocks);
                // Read only when the first job is wanted.
                let dealt =
                    std::iter::once_with(move || blocks.take().map(|blocks| deal(blocks, jobs.get())));
                Box::new(dealt.flatten().flatten())
            }
        };
        Ok(BlockJobs { jobs })
    }
}

/// Returns the inputs of at most so many jobs: a block for each, and a queue of those that come then.
fn deal(mut blocks: Blocks, jobs: usize) -> Vec<BatchResult> {
    let first: Vec<_> = blocks.by_ref().take(jobs).collect();
    if first.len() < jobs {
        return first.into_iter().map(|block| Ok(vec![input(block?)])).collect();
    }
    let queue = BlockQueue::new(blocks);
    let first = first.into_iter();
    first
        .map(|block| Ok(vec![input(block?), Input::Queue(queue.clone())]))
        .collect()
}

fn input(block: Vec<u8>) -> Input {
    Input::Block(Arc::new(block))
}

impl From<io::Error> for SourceError {
    fn from(cause: io::Error) -> Self {
        SourceError::List {
            name: "standard input".into(),
            cause,
        }
    }
}

impl Iterator for BlockJobs {
    type Item = BatchResult;

    fn next(&mut self) -> Option<BatchResult> {
        self.jobs.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::RecordSeparator;

    fn plan(size: usize, start: &str, end: &str) -> BlockPlan {
        BlockPlan {
            files: Vec::new(),
            size,
            cut: BlockCut::Before,
            records: None,
            record_lines: None,
            separator: RecordSeparator {
                start: start.into(),
                end: end.into(),
                is_pattern: false,
            },
            removes_separators: false,
            heading: None,
            shared_by: None,
        }
    }

    fn cut_by(text: &'static str, plan: BlockPlan) -> Vec<String> {
        let blocks = Blocks::of(plan, Box::new(text.as_bytes()));
        let text = |block: io::Result<Vec<u8>>| String::from_utf8(block.expect("memory")).expect("text");
        blocks.map(text).collect()
    }

    fn cut(text: &'static str, size: usize, records: Option<usize>, start: &str, end: &str) -> Vec<String> {
        cut_by(
            text,
            BlockPlan {
                records,
                ..plan(size, start, end)
            },
        )
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
        assert_eq!(cut("aaaaaaaa\nb\n", 2, None, "", "\n"), ["aaaaaaaa\nb\n"]);
        assert!(cut("", 4, None, "", "\n").is_empty());
    }

    #[test]
    fn records_may_be_several_lines_and_blocks_have_a_heading() {
        let lines = BlockPlan {
            record_lines: Some(2),
            ..plan(6, "", "\n")
        };
        assert_eq!(cut_by("1\n2\n3\n4\n5\n", lines), ["1\n2\n", "3\n4\n", "5\n"]);
        let headed = BlockPlan {
            heading: Some("(?:.*\n){1}".into()),
            records: Some(1),
            ..plan(99, "", "\n")
        };
        assert_eq!(cut_by("h\n1\n2\n", headed), ["h\n1\n", "h\n2\n"]);
    }

    #[test]
    fn separators_may_be_patterns_and_may_be_removed() {
        let mut patterned = BlockPlan {
            records: Some(1),
            ..plan(99, "", "X.")
        };
        patterned.separator.is_pattern = true;
        assert_eq!(cut_by("aXXbXYc", patterned.clone()), ["aXX", "bXY", "c"]);
        patterned.removes_separators = true;
        assert_eq!(cut_by("aXXbXYc", patterned), ["a", "b", "c"]);
        let removed = BlockPlan {
            records: Some(2),
            removes_separators: true,
            ..plan(99, "", ";")
        };
        assert_eq!(cut_by("a;b;c;d;", removed), ["ab", "cd"]);
    }

    #[test]
    fn a_part_of_a_file_ends_behind_its_size() {
        let behind = BlockPlan {
            cut: BlockCut::Behind,
            ..plan(12, ">", "")
        };
        assert_eq!(
            cut_by(">s1\nACGT\nAC\n>s2\nTTT\n>s3\nGG\nCC\n", behind),
            [">s1\nACGT\nAC\n", ">s2\nTTT\n>s3\nGG\nCC\n"]
        );
    }
}
