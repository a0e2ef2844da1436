//! Puts inputs together as xargs does: a batch is complete once it has the wanted number of inputs, or once
//! the next one does not fit.
//!
//! It does not know how words are read.

use super::error::XargsError;
use crate::job::Input;
use crate::plan::{ArgSpace, BatchLimit, BatchSplit, BatchWait};
use crate::source::error::{BatchResult, InputResult, SourceError};

/// The batch that is being filled.
#[derive(Debug)]
pub struct XargsBatch {
    most: BatchLimit,
    room: ArgSpace,
    system: ArgSpace,
    split: BatchSplit,
    waiting: BatchWait,
    inputs: Vec<Input>,
    /// The space that they need in `room` and in `system`.
    needed: [usize; 2],
    /// The number of inputs that end their line.
    lines: usize,
    /// Set once no further input follows: the error to report after the last batch, if there is one.
    last: Option<Option<SourceError>>,
}

impl XargsBatch {
    /// Begins with an empty batch. The space is that which xargs counts, and that which the system gives: where it
    /// gives less, GNU xargs is refused (E2BIG) and tries again with fewer words.
    pub fn new(
        most: BatchLimit,
        [room, system]: [ArgSpace; 2],
        split: BatchSplit,
        waiting: BatchWait,
    ) -> Self {
        XargsBatch {
            most,
            room,
            system,
            split,
            waiting,
            inputs: Vec::new(),
            needed: [0; 2],
            lines: 0,
            last: None,
        }
    }

    /// Returns the next batch of the inputs that `found` yields.
    pub fn next(&mut self, found: &mut impl Iterator<Item = InputResult>) -> Option<BatchResult> {
        while self.last.is_none() {
            match found.next() {
                Some(Ok(input)) => {
                    if let Some(full) = self.add(input) {
                        return Some(full);
                    }
                }
                Some(Err(error @ SourceError::Malformed(_))) => self.end(error),
                Some(Err(error)) => return Some(Err(error)),
                None => self.last = Some(None),
            }
        }
        if !self.inputs.is_empty() {
            return Some(Ok(self.take()));
        }
        self.last.as_mut().and_then(Option::take).map(Err)
    }

    /// Adds an input. Returns a batch if one is complete.
    fn add(&mut self, input: Input) -> Option<BatchResult> {
        let length = input.name().len();
        let needed = self.room.needed_by(length);
        let mut full = None;
        if needed > self.room.total {
            self.inputs.clear();
            self.end(SourceError::Malformed(self.too_long(length)));
            return None;
        }
        let in_system = self.system.needed_by(length);
        if self.needed[0] + needed > self.room.total {
            if self.split == BatchSplit::Refused {
                self.inputs.clear();
                self.end(SourceError::Malformed(XargsError::NoSpaceTogether));
                return None;
            }
            full = Some(Ok(self.take()));
        } else if self.split == BatchSplit::Allowed
            && !self.inputs.is_empty()
            && self.needed[1] + in_system > self.system.total
        {
            full = Some(Ok(self.take()));
        }
        self.needed[0] += needed;
        self.needed[1] += in_system;
        self.lines += usize::from(input.ends_line());
        self.inputs.push(input);
        let enough = match self.most {
            BatchLimit::Any => false,
            BatchLimit::Inputs(most) => self.inputs.len() >= most.get(),
            BatchLimit::Lines(most) => self.lines >= most.get(),
        };
        if full.is_none() && enough {
            full = Some(Ok(self.take()));
        }
        full
    }

    /// Returns the batch, and begins with an empty one.
    fn take(&mut self) -> Vec<Input> {
        (self.needed, self.lines) = ([0; 2], 0);
        std::mem::take(&mut self.inputs)
    }

    /// Ends the inputs with an error, and drops the incomplete batch if the plan says so.
    fn end(&mut self, error: SourceError) {
        if self.waiting == BatchWait::Drop {
            self.inputs.clear();
        }
        self.last = Some(Some(error));
    }

    /// Returns why an input with a name of `length` bytes does not fit even alone.
    fn too_long(&self, length: usize) -> XargsError {
        match self.room.longest {
            usize::MAX => XargsError::NoSpaceAlone,
            longest if length > longest => XargsError::ArgumentTooLong,
            _ => XargsError::NoSpaceTogether,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    /// What the system gives, in bytes.
    const SYSTEM: usize = 70;

    /// Returns the batches of these words, each given with whether it ends its line.
    fn batches(words: &[(&str, bool)], most: BatchLimit, total: usize, split: BatchSplit) -> Vec<String> {
        let room = ArgSpace::from_total(total);
        let system = ArgSpace {
            total: SYSTEM,
            each: 1 + 8,
            ..room
        };
        let mut batch = XargsBatch::new(most, [room, system], split, BatchWait::Run);
        let mut found = words.iter().map(|&(word, ends_line)| {
            Ok(Input::Word {
                word: word.into(),
                ends_line,
            })
        });
        let shown = |together: BatchResult| match together {
            Ok(inputs) => {
                let names: Vec<_> = inputs.iter().map(|i| i.name().to_string_lossy()).collect();
                names.join(" ")
            }
            Err(missing) => missing.to_string(),
        };
        std::iter::from_fn(|| batch.next(&mut found)).map(shown).collect()
    }

    fn some(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).expect("not 0")
    }

    const WORDS: [(&str, bool); 5] = [("a", false), ("b", true), ("c", false), ("dd", true), ("e", true)];

    #[test]
    fn a_batch_ends_at_the_wanted_number_or_when_full() {
        let batches = |most, total| batches(&WORDS, most, total, BatchSplit::Allowed);
        assert_eq!(batches(BatchLimit::Any, 100), ["a b c dd e"]);
        assert_eq!(batches(BatchLimit::Any, 5), ["a b", "c dd", "e"]);
        assert_eq!(batches(BatchLimit::Inputs(some(3)), 100), ["a b c", "dd e"]);
        assert_eq!(batches(BatchLimit::Inputs(some(3)), 4), ["a b", "c", "dd", "e"]);
        assert_eq!(batches(BatchLimit::Lines(some(2)), 100), ["a b c dd", "e"]);
    }

    #[test]
    fn a_batch_ends_where_the_system_gives_no_more() {
        let words = [("a", true); 8];
        let batches = |most, split| batches(&words, most, 1000, split);
        let expected = ["a a a a a a a", "a"];
        assert_eq!(batches(BatchLimit::Any, BatchSplit::Allowed), expected);
        assert_eq!(
            batches(BatchLimit::Inputs(some(8)), BatchSplit::Allowed),
            expected
        );
        // The system refuses the command.
        let refused = batches(BatchLimit::Inputs(some(8)), BatchSplit::Refused);
        assert_eq!(refused, ["a a a a a a a a"]);
    }

    #[test]
    fn inputs_that_belong_together_are_not_split() {
        let batches = |most, total| batches(&WORDS, most, total, BatchSplit::Refused);
        assert_eq!(batches(BatchLimit::Lines(some(1)), 5), ["a b", "c dd", "e"]);
        assert_eq!(
            batches(BatchLimit::Lines(some(1)), 4),
            ["a b", "argument list too long"]
        );
    }

    #[test]
    fn an_incomplete_batch_before_a_malformed_rest_is_run_or_dropped() {
        let unmatched = || Err(SourceError::Malformed(XargsError::UnmatchedQuote(b'\'')));
        let given = |waiting| {
            let room = ArgSpace::from_total(100);
            let allowed = BatchSplit::Allowed;
            let mut batch = XargsBatch::new(BatchLimit::Inputs(some(2)), [room; 2], allowed, waiting);
            let word = Ok(Input::Word {
                word: "a".into(),
                ends_line: true,
            });
            let mut found = [word, unmatched(), unmatched()].into_iter();
            std::iter::from_fn(|| batch.next(&mut found))
                .map(|t| t.is_ok())
                .collect::<Vec<_>>()
        };
        assert_eq!(given(BatchWait::Run), [true, false]);
        assert_eq!(given(BatchWait::Drop), [false]);
    }

    #[test]
    fn an_input_that_does_not_fit_alone_ends_the_inputs() {
        let words = [("a", true), ("bbbb", true), ("c", true)];
        let said = "cannot fit single argument within argument list size limit";
        assert_eq!(batches(&words, BatchLimit::Any, 4, BatchSplit::Allowed), [said]);
        assert_eq!(
            batches(&words, BatchLimit::Inputs(some(1)), 4, BatchSplit::Allowed),
            ["a", said]
        );
    }
}
