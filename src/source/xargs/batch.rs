//! Inputs put together as xargs does it: as soon as they are as many as are wanted at once, or as
//! there is room for.

use super::error::Malformed;
use crate::job::Input;
use crate::plan::{Most, Room, Split, Waiting};
use crate::source::{Found, Missing, Together};

/// Inputs that wait for others.
#[derive(Debug)]
pub struct Pack {
    most: Most,
    room: Room,
    split: Split,
    waiting: Waiting,
    /// What waits.
    inputs: Vec<Input>,
    /// What that takes.
    taken: usize,
    /// How many lines have ended in it.
    lines: usize,
    /// What comes after that, and then nothing.
    last: Option<Option<Missing>>,
}

impl Pack {
    /// Nothing yet.
    pub fn new(most: Most, room: Room, split: Split, waiting: Waiting) -> Self {
        Pack {
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
    pub fn next(&mut self, found: &mut impl Iterator<Item = Found>) -> Option<Together> {
        while self.last.is_none() {
            match found.next() {
                Some(Ok(input)) => {
                    if let Some(full) = self.add(input) {
                        return Some(full);
                    }
                }
                Some(Err(missing @ Missing::Rest(_))) => self.end(Some(missing)),
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
    fn add(&mut self, input: Input) -> Option<Together> {
        let length = input.name().len();
        let taken = self.room.taken_by(length);
        let mut full = None;
        if taken > self.room.total {
            self.inputs.clear();
            self.end(Some(Missing::Rest(self.alone(length))));
            return None;
        }
        if self.taken + taken > self.room.total {
            if self.split == Split::Refused {
                self.inputs.clear();
                self.end(Some(Missing::Rest(Malformed::Together)));
                return None;
            }
            full = Some(Ok(self.take()));
        }
        self.taken += taken;
        self.lines += usize::from(input.ends_line());
        self.inputs.push(input);
        let enough = match self.most {
            Most::Any => false,
            Most::Inputs(most) => self.inputs.len() >= most.get(),
            Most::Lines(most) => self.lines >= most.get(),
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

impl Pack {
    /// Ends the inputs with what is missing. What waits for others that are wanted with it is
    /// given up.
    fn end(&mut self, missing: Option<Missing>) {
        if self.waiting == Waiting::GivenUp {
            self.inputs.clear();
        }
        self.last = Some(missing);
    }

    /// Why an input with a name of so many bytes has no room even alone.
    fn alone(&self, length: usize) -> Malformed {
        match self.room.longest {
            usize::MAX => Malformed::Alone,
            longest if length > longest => Malformed::Argument,
            _ => Malformed::Together,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    /// What is given of these words, each with whether it ends its line.
    fn packs(words: &[(&str, bool)], most: Most, total: usize, split: Split) -> Vec<String> {
        let mut pack = Pack::new(most, Room::of_words(total), split, Waiting::Given);
        let mut found = words.iter().map(|&(word, ends_line)| {
            Ok(Input::Word {
                word: word.into(),
                ends_line,
            })
        });
        let shown = |together: Together| match together {
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
        let packs = |most, total| packs(&WORDS, most, total, Split::Allowed);
        assert_eq!(packs(Most::Any, 100), ["a b c dd e"]);
        assert_eq!(packs(Most::Any, 5), ["a b", "c dd", "e"]);
        assert_eq!(packs(Most::Inputs(some(3)), 100), ["a b c", "dd e"]);
        assert_eq!(packs(Most::Inputs(some(3)), 4), ["a b", "c", "dd", "e"]);
        assert_eq!(packs(Most::Lines(some(2)), 100), ["a b c dd", "e"]);
    }

    #[test]
    fn what_is_wanted_at_once_is_not_split() {
        let packs = |most, total| packs(&WORDS, most, total, Split::Refused);
        assert_eq!(packs(Most::Lines(some(1)), 5), ["a b", "c dd", "e"]);
        assert_eq!(packs(Most::Lines(some(1)), 4), ["a b", "argument list too long"]);
    }

    #[test]
    fn what_waits_when_the_list_is_malformed_is_given_or_given_up() {
        let unmatched = || Err(Missing::Rest(Malformed::Unmatched(b'\'')));
        let given = |waiting| {
            let room = Room::of_words(100);
            let mut pack = Pack::new(Most::Inputs(some(2)), room, Split::Allowed, waiting);
            let word = Ok(Input::Word {
                word: "a".into(),
                ends_line: true,
            });
            let mut found = [word, unmatched(), unmatched()].into_iter();
            std::iter::from_fn(|| pack.next(&mut found))
                .map(|t| t.is_ok())
                .collect::<Vec<_>>()
        };
        assert_eq!(given(Waiting::Given), [true, false]);
        assert_eq!(given(Waiting::GivenUp), [false]);
    }

    #[test]
    fn what_has_no_room_even_alone_ends_the_inputs() {
        let words = [("a", true), ("bbbb", true), ("c", true)];
        let said = "cannot fit single argument within argument list size limit";
        assert_eq!(packs(&words, Most::Any, 4, Split::Allowed), [said]);
        assert_eq!(
            packs(&words, Most::Inputs(some(1)), 4, Split::Allowed),
            ["a", said]
        );
    }
}
