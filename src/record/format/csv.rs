//! CSV and TSV after RFC 4180, with quotes, and delimiters and newlines within them.
//!
//! csv-core parses them block by block and keeps its state between blocks.

use super::line_splitter::FieldSpan;
use crate::record::field::FieldSource;
use crate::record::suggest::unknown;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

#[derive(Debug)]
pub(in crate::record) struct Csv {
    reader: Reader,
    has_header: bool,
    header_read: bool,
    sources: Vec<FieldSource>,
    /// The column of each source, from 0; numbers from the end are resolved per record.
    columns: Vec<Option<usize>>,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// How much of `fields` the current record has filled.
    written: usize,
    /// How much of `ends` the current record has filled.
    ended: usize,
}

impl Csv {
    pub fn new(delimiter: u8, has_header: bool, sources: &[FieldSource]) -> Csv {
        let mut csv = Csv {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            has_header,
            header_read: false,
            sources: sources.to_vec(),
            columns: Vec::new(),
            fields: vec![0; 4096],
            ends: vec![0; 64],
            written: 0,
            ended: 0,
        };
        csv.begin();
        csv
    }

    /// Starts another input.
    pub fn begin(&mut self) {
        self.reader.reset();
        self.header_read = !self.has_header;
        let column = |source: &FieldSource| match source {
            FieldSource::Number(n) => Some(n - 1),
            _ => None,
        };
        self.columns = self.sources.iter().map(column).collect();
        self.clear();
    }

    /// Accepts bytes up to the end of a record and returns their number; `None` when the record goes on
    /// after all of them.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut taken = 0;
        loop {
            let (fields, ends) = (&mut self.fields[self.written..], &mut self.ends[self.ended..]);
            let (result, read, wrote, ended) = self.reader.read_record(&bytes[taken..], fields, ends);
            taken += read;
            self.written += wrote;
            self.ended += ended;
            match result {
                ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return Some(taken),
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return None,
            }
        }
    }

    /// Returns the bytes that spans of decoded fields refer to.
    pub fn decoded(&self) -> &[u8] {
        &self.fields[..self.written]
    }

    /// Discards the current record: the next bytes begin another one.
    pub fn clear(&mut self) {
        self.written = 0;
        self.ended = 0;
    }

    /// Returns true when the complete record is the header, and resolves the names of columns by it.
    ///
    /// # Errors
    /// A message when a selected column is missing.
    pub fn accept_header(&mut self) -> Result<bool, String> {
        if self.header_read {
            return Ok(false);
        }
        self.header_read = true;
        let names: Vec<_> = (0..self.ended)
            .map(|i| String::from_utf8_lossy(&self.fields[self.span(i).start..self.span(i).end]).into_owned())
            .collect();
        for (column, source) in self.columns.iter_mut().zip(&self.sources) {
            if let FieldSource::Name(name) = source {
                let known: Vec<_> = names.iter().map(String::as_str).collect();
                let place = names.iter().position(|known| known == name);
                *column = Some(place.ok_or_else(|| unknown("column", name, &known).to_string())?);
            }
        }
        Ok(true)
    }

    fn span(&self, field: usize) -> FieldSpan {
        let start = if field == 0 { 0 } else { self.ends[field - 1] };
        FieldSpan::from_decoded(start, self.ends[field])
    }

    /// Finds the selected fields in the complete record.
    pub fn split(&self, spans: &mut [FieldSpan]) {
        for ((span, source), column) in spans.iter_mut().zip(&self.sources).zip(&self.columns) {
            let column = match source {
                FieldSource::FromEnd(n) => self.ended.checked_sub(*n),
                _ => *column,
            };
            *span = column
                .filter(|&c| c < self.ended)
                .map_or_else(FieldSpan::default, |c| self.span(c));
        }
    }
}
