//! Inputs put together as xargs does it: as soon as they are as many as are wanted at once, or as
//! there is room for.

use super::error::XargsError;
use crate::job::Input;
use crate::plan::{ArgSpace, BatchLimit, BatchSplit, BatchWait};
use crate::source::error::{BatchResult, InputResult, SourceError};

/// Inputs that wait for others.
#[derive(Debug)]
pub struct XargsBatch {
    most: BatchLimit,
    room: ArgSpace,
    split: BatchSplit,
    waiting: BatchWait,
    /// What waits.
    inputs: Vec<Input>,
    /// What that takes.
    taken: usize,
    /// How many lines have ended in it.
    lines: usize,
    /// What comes after that, and then nothing.
    last: Option<Option<SourceError>>,
}

impl XargsBatch {
    /// Nothing yet.
    pub fn new(most: BatchLimit, room: ArgSpace, split: BatchSplit, waiting: BatchWait) -> Self {
        XargsBatch {
            most,
            room,
            split,
            waiting,
            inputs: Vec::new(),
            taken: 0,
            lines: 0,
            last: None,
        }
    }

    /// The inputs of the next job, of those that `found` gives.
    pub fn next(&mut self, found: &mut impl Iterator<Item = InputResult>) -> Option<BatchResult> {
        while self.last.is_none() {
            match found.next() {
                Some(Ok(input)) => {
                    if let Some(full) = self.add(input) {
                        return Some(full);
                    }
                }
                Some(Err(missing @ SourceError::Malformed(_))) => self.end(Some(missing)),
                Some(Err(missing)) => return Some(Err(missing)),
                None => self.last = Some(None),
            }
        }
        if !self.inputs.is_empty() {
            return Some(Ok(self.take()));
        }
        self.last.as_mut().and_then(Option::take).map(Err)
    }

    /// Takes an input; gives those of a job, if they are all that it will be about.
    fn add(&mut self, input: Input) -> Option<BatchResult> {
        let length = input.name().len();
        let taken = self.room.needed_by(length);
        let mut full = None;
        if taken > self.room.total {
            self.inputs.clear();
            self.end(Some(SourceError::Malformed(self.alone(length))));
            return None;
        }
        if self.taken + taken > self.room.total {
            if self.split == BatchSplit::Refused {
                self.inputs.clear();
                self.end(Some(SourceError::Malformed(XargsError::NoSpaceTogether)));
                return None;
            }
            full = Some(Ok(self.take()));
        }
        self.taken += taken;
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

    /// Gives what waits, and starts anew.
    fn take(&mut self) -> Vec<Input> {
        (self.taken, self.lines) = (0, 0);
        std::mem::take(&mut self.inputs)
    }
}

impl XargsBatch {
    /// Ends the inputs with what is missing. What waits for others that are wanted with it is
    /// given up.
    fn end(&mut self, missing: Option<SourceError>) {
        if self.waiting == BatchWait::Drop {
            self.inputs.clear();
        }
        self.last = Some(missing);
    }

    /// Why an input with a name of so many bytes has no room even alone.
    fn alone(&self, length: usize) -> XargsError {
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

    /// What is given of these words, each with whether it ends its line.
    fn packs(words: &[(&str, bool)], most: BatchLimit, total: usize, split: BatchSplit) -> Vec<String> {
        let mut pack = XargsBatch::new(most, ArgSpace::from_total(total), split, BatchWait::Run);
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
        std::iter::from_fn(|| pack.next(&mut found)).map(shown).collect()
    }

    fn some(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).expect("not 0")
    }

    const WORDS: [(&str, bool); 5] = [("a", false), ("b", true), ("c", false), ("dd", true), ("e", true)];

    #[test]
    fn as_many_as_are_wanted_or_have_room_go_together() {
        let packs = |most, total| packs(&WORDS, most, total, BatchSplit::Allowed);
        assert_eq!(packs(BatchLimit::Any, 100), ["a b c dd e"]);
        assert_eq!(packs(BatchLimit::Any, 5), ["a b", "c dd", "e"]);
        assert_eq!(packs(BatchLimit::Inputs(some(3)), 100), ["a b c", "dd e"]);
        assert_eq!(packs(BatchLimit::Inputs(some(3)), 4), ["a b", "c", "dd", "e"]);
        assert_eq!(packs(BatchLimit::Lines(some(2)), 100), ["a b c dd", "e"]);
    }

    #[test]
    fn what_is_wanted_at_once_is_not_split() {
        let packs = |most, total| packs(&WORDS, most, total, BatchSplit::Refused);
        assert_eq!(packs(BatchLimit::Lines(some(1)), 5), ["a b", "c dd", "e"]);
        assert_eq!(
            packs(BatchLimit::Lines(some(1)), 4),
            ["a b", "argument list too long"]
        );
    }

    #[test]
    fn what_waits_when_the_list_is_malformed_is_given_or_given_up() {
        let unmatched = || Err(SourceError::Malformed(XargsError::UnmatchedQuote(b'\'')));
        let given = |waiting| {
            let room = ArgSpace::from_total(100);
            let mut pack = XargsBatch::new(BatchLimit::Inputs(some(2)), room, BatchSplit::Allowed, waiting);
            let word = Ok(Input::Word {
                word: "a".into(),
                ends_line: true,
            });
            let mut found = [word, unmatched(), unmatched()].into_iter();
            std::iter::from_fn(|| pack.next(&mut found))
                .map(|t| t.is_ok())
                .collect::<Vec<_>>()
        };
        assert_eq!(given(BatchWait::Run), [true, false]);
        assert_eq!(given(BatchWait::Drop), [false]);
    }

    #[test]
    fn what_has_no_room_even_alone_ends_the_inputs() {
        let words = [("a", true), ("bbbb", true), ("c", true)];
        let said = "cannot fit single argument within argument list size limit";
        assert_eq!(packs(&words, BatchLimit::Any, 4, BatchSplit::Allowed), [said]);
        assert_eq!(
            packs(&words, BatchLimit::Inputs(some(1)), 4, BatchSplit::Allowed),
            ["a", said]
        );
    }
}
