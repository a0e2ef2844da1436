//! The groups of a regular expression as fields; lines without a match are dropped.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict};
use crate::record::field::FieldSource;
use crate::record::pattern::Pattern;
use regex::bytes::CaptureLocations;

#[derive(Debug)]
pub(in crate::record) struct Extract {
    regex: Pattern,
    groups: Vec<usize>,
    locations: CaptureLocations,
}

impl Extract {
    /// Builds a splitter; `sources` are numbers of groups.
    pub fn new(regex: &Pattern, sources: &[FieldSource]) -> Extract {
        let group = |source: &FieldSource| match source {
            FieldSource::Number(n) => *n,
            _ => 0,
        };
        Extract {
            regex: regex.clone(),
            groups: sources.iter().map(group).collect(),
            locations: regex.capture_locations(),
        }
    }
}

impl LineSplitter for Extract {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        if self.groups.is_empty() {
            return if self.regex.is_match(line) {
                LineVerdict::Read
            } else {
                LineVerdict::Dropped
            };
        }
        if !self.regex.captures(&mut self.locations, line) {
            return LineVerdict::Dropped;
        }
        for (span, group) in spans.iter_mut().zip(&self.groups) {
            if let Some((start, end)) = self.locations.get(*group) {
                *span = FieldSpan::from_line(start, end);
            }
        }
        LineVerdict::Read
    }
}
