//! JSON objects behind a prefix: `2024-01-02T03:04:05Z stdout F {"level":"info"}`.

use super::json::Json;
use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict, SpanBase, TakePair};
use crate::record::field::FieldSource;
use crate::record::pattern::Pattern;
use regex::bytes::CaptureLocations;

#[derive(Debug)]
pub(in crate::record) struct JsonAfter {
    prefix: Pattern,
    locations: CaptureLocations,
    json: Json,
}

impl JsonAfter {
    /// Builds a splitter of lines in which the object begins where the first match of `prefix` ends.
    pub fn new(prefix: &Pattern, sources: &[FieldSource]) -> JsonAfter {
        JsonAfter {
            prefix: prefix.clone(),
            locations: prefix.capture_locations(),
            json: Json::new(sources),
        }
    }
}

impl LineSplitter for JsonAfter {
    const CHECKS: bool = true;

    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict {
        if !self.prefix.captures(&mut self.locations, line) {
            return LineVerdict::Bad;
        }
        let end = self.locations.get(0).map_or(0, |(_, end)| end);
        let verdict = self.json.split(&line[end..], spans);
        for span in spans.iter_mut() {
            if matches!(span.base, SpanBase::Line | SpanBase::Json) {
                span.start += end;
                span.end += end;
            }
        }
        match verdict {
            LineVerdict::Dropped => LineVerdict::Bad,
            verdict => verdict,
        }
    }

    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        // It is the line that was split last.
        let end = self.locations.get(0).map_or(0, |(_, end)| end);
        self.json.pairs(&line[end..], take);
    }

    fn decoded(&self) -> &[u8] {
        self.json.decoded()
    }
}
