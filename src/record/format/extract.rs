//! The groups of a regular expression as fields; lines that it does not match are dropped.

use super::{Span, Split, Verdict};
use crate::record::field::Source;
use regex::bytes::{CaptureLocations, Regex};

#[derive(Debug)]
pub(in crate::record) struct Extract {
    regex: Regex,
    groups: Vec<usize>,
    locations: CaptureLocations,
}

impl Extract {
    /// `sources` are numbers of groups.
    pub fn new(regex: &Regex, sources: &[Source]) -> Extract {
        let group = |source: &Source| match source {
            Source::Number(n) => *n,
            _ => 0,
        };
        Extract {
            regex: regex.clone(),
            groups: sources.iter().map(group).collect(),
            locations: regex.capture_locations(),
        }
    }
}

impl Split for Extract {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [Span]) -> Verdict {
        if self.groups.is_empty() {
            return if self.regex.is_match(line) {
                Verdict::Read
            } else {
                Verdict::Dropped
            };
        }
        if self.regex.captures_read(&mut self.locations, line).is_none() {
            return Verdict::Dropped;
        }
        for (span, group) in spans.iter_mut().zip(&self.groups) {
            if let Some((start, end)) = self.locations.get(*group) {
                *span = Span::of_line(start, end);
            }
        }
        Verdict::Read
    }
}
