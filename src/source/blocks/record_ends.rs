//! Where records end in the bytes of a block: at a text or a pattern, or after so many lines.
//!
//! It does not know how large blocks are.

use crate::plan::{BlockPlan, RecordSeparator};
use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

/// What stands between two records.
pub(super) struct RecordEnds {
    between: Between,
    /// Of how many ends the last ends a record.
    step: usize,
    /// What is removed from blocks, if that is wanted.
    removed: Option<Regex>,
}

enum Between {
    /// This text; so much of it belongs to the record that it ends.
    Text(Vec<u8>, usize),
    /// The pattern; its first group belongs to the record that it ends.
    Pattern(Regex),
}

impl RecordEnds {
    pub(super) fn new(plan: &BlockPlan) -> Self {
        let RecordSeparator {
            start,
            end,
            is_pattern,
        } = &plan.separator;
        let between = match is_pattern {
            false => Between::Text([&end[..], start].concat(), end.len()),
            true => Between::Pattern(pattern(&format!("({}){}", lossy(end), lossy(start)))),
        };
        let [start, end] = [start, end].map(|text| match is_pattern {
            true => lossy(text),
            false => escaped(text),
        });
        let removed = plan.removes_separators.then(|| {
            let parts = [
                format!("(?:{end}{start})"),
                format!("^(?:{start})"),
                format!("(?:{end})$"),
            ];
            pattern(&parts.join("|"))
        });
        RecordEnds {
            between,
            step: plan.record_lines.unwrap_or(1).max(1),
            removed,
        }
    }

    /// Returns where records end, but not at the beginning.
    fn ends(&self, bytes: &[u8], is_last: bool) -> impl Iterator<Item = usize> {
        let ends: Box<dyn Iterator<Item = usize>> = match &self.between {
            Between::Text(text, own) => Box::new(memmem::find_iter(bytes, text).map(move |at| at + own)),
            Between::Pattern(pattern) => {
                // What reaches the end may go on behind it.
                let found = pattern.captures_iter(bytes).filter_map(move |found| {
                    let whole = found.get(0)?;
                    let own = found.get(1)?;
                    (is_last || whole.end() < bytes.len()).then_some(own.end())
                });
                let ends: Vec<_> = found.collect();
                Box::new(ends.into_iter())
            }
        };
        let ends: Vec<_> = ends
            .filter(|&end| end > 0)
            .skip(self.step - 1)
            .step_by(self.step)
            .collect();
        ends.into_iter()
    }

    /// Returns where so many records end, if there are so many. As GNU parallel counts, there is no empty record
    /// before a separator at the beginning.
    pub(super) fn end_of(&self, records: usize, bytes: &[u8], is_last: bool) -> Option<usize> {
        let Between::Text(text, own) = &self.between else {
            return self.ends(bytes, is_last).nth(records.checked_sub(1)?);
        };
        let mut at = 0;
        for _ in 0..records * self.step {
            at += 1 + memmem::find(bytes.get(at + 1..)?, text)?;
        }
        Some(at + own)
    }

    /// Returns where the last whole record ends.
    pub(super) fn last_end(&self, bytes: &[u8]) -> Option<usize> {
        match &self.between {
            Between::Text(text, own) if self.step == 1 => {
                let found = memmem::rfind(bytes, text)? + own;
                Some(found).filter(|&end| end > 0)
            }
            _ => self.ends(bytes, true).last(),
        }
    }

    /// Returns where the first record ends that ends at `from` or behind it.
    pub(super) fn first_end(&self, from: usize, bytes: &[u8]) -> Option<usize> {
        match &self.between {
            Between::Text(text, own) => Some(from + memmem::find(bytes.get(from..)?, text)? + own),
            Between::Pattern(pattern) => {
                let found = pattern.captures(bytes.get(from..)?)?.get(1)?;
                Some(from + found.end())
            }
        }
    }

    /// Removes separators from a block, if that is wanted.
    pub(super) fn strip(&self, block: Vec<u8>) -> Vec<u8> {
        match &self.removed {
            Some(removed) => removed.replace_all(&block, &b""[..]).into_owned(),
            None => block,
        }
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Returns the pattern of a text, byte by byte.
fn escaped(text: &[u8]) -> String {
    text.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

/// Returns a pattern of bytes, in which `.` is each of them.
fn pattern(text: &str) -> Regex {
    let built = RegexBuilder::new(text)
        .unicode(false)
        .dot_matches_new_line(true)
        .build();
    built.expect("the command line checked it")
}
