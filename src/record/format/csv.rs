//! CSV after RFC 4180, with quotes, and delimiters and newlines within them; and TSV as IANA has it, without quotes
//! and with the escapes that fanfold writes.
//!
//! csv-core parses them block by block and keeps its state between blocks.

use super::line_splitter::{FieldSpan, TakePair};
use crate::record::field::FieldSource;
use crate::record::named_values::Kind;
use crate::record::render::unescape_tsv;
use crate::record::suggest::unknown;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use memchr::memchr;

/// How a value is written that holds a delimiter or a newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvQuoting {
    /// In double quotes.
    Quotes,
    /// With `\t`, `\n` and `\\`; double quotes are bytes as any other.
    Escapes,
}

#[derive(Debug)]
pub(in crate::record) struct Csv {
    reader: Reader,
    quoting: CsvQuoting,
    delimiter: u8,
    has_header: bool,
    header_read: bool,
    sources: Vec<FieldSource>,
    /// The names of the columns, each once.
    names: Vec<Vec<u8>>,
    /// The column of each source, from 0; numbers from the end are resolved per record.
    columns: Vec<Option<usize>>,
    /// For each source, whether its modifiers are a part of the column's name.
    whole_names: Vec<bool>,
    /// True when the current input had a record, or a header.
    has_read_a_record: bool,
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// How much of `fields` the current record has filled.
    written: usize,
    /// How much of `ends` the current record has filled.
    ended: usize,
}

impl Csv {
    pub fn new(delimiter: u8, quoting: CsvQuoting, has_header: bool, sources: &[FieldSource]) -> Csv {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter);
        if quoting == CsvQuoting::Escapes {
            // A carriage return within a line is a byte as any other.
            builder.quoting(false).terminator(Terminator::Any(b'\n'));
        }
        let mut csv = Csv {
            reader: builder.build(),
            quoting,
            delimiter,
            has_header,
            header_read: false,
            sources: sources.to_vec(),
            names: Vec::new(),
            columns: Vec::new(),
            whole_names: vec![false; sources.len()],
            has_read_a_record: false,
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
        self.has_read_a_record = false;
        self.names.clear();
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
                ReadRecordResult::Record => {
                    if self.quoting == CsvQuoting::Escapes {
                        self.unescape();
                    }
                    return Some(taken);
                }
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return None,
            }
        }
    }

    /// Reads back the escapes of the complete record, and takes the carriage return off its end.
    fn unescape(&mut self) {
        let [before @ .., last] = &mut self.ends[..self.ended] else {
            return;
        };
        let start = before.last().copied().unwrap_or_default();
        if self.fields[start..*last].ends_with(b"\r") {
            *last -= 1;
            self.written -= 1;
        }
        if memchr(b'\\', &self.fields[..self.written]).is_none() {
            return;
        }
        let (mut values, mut start) = (Vec::with_capacity(self.written), 0);
        for end in &mut self.ends[..self.ended] {
            values.extend_from_slice(&unescape_tsv(&self.fields[start..*end]));
            start = *end;
            *end = values.len();
        }
        self.written = values.len();
        self.fields[..values.len()].copy_from_slice(&values);
    }

    /// Returns the bytes that spans of decoded fields refer to.
    pub fn decoded(&self) -> &[u8] {
        &self.fields[..self.written]
    }

    /// Returns true when the complete record is a blank line that ends with a carriage return; other blank lines are
    /// no records for the reader.
    pub fn is_blank(&self) -> bool {
        self.quoting == CsvQuoting::Escapes && self.ended == 1 && self.written == 0
    }

    /// Discards the current record: the next bytes begin another one.
    pub fn clear(&mut self) {
        self.written = 0;
        self.ended = 0;
    }

    /// Returns the byte between values.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Returns how values are written.
    pub fn quoting(&self) -> CsvQuoting {
        self.quoting
    }

    /// Returns true when the current input had a record, or a header.
    pub fn has_read_a_record(&self) -> bool {
        self.has_read_a_record
    }

    /// Returns true when what looks like a modifier is a part of a selected column's name.
    pub fn has_whole_names(&self) -> bool {
        self.whole_names.contains(&true)
    }

    /// Returns true when the complete record is the header, and resolves the names of columns by it.
    ///
    /// # Errors
    /// A message when a selected column is missing.
    pub fn accept_header(&mut self) -> Result<bool, String> {
        self.has_read_a_record = true;
        if self.header_read {
            return Ok(false);
        }
        self.header_read = true;
        for column in 0..self.ended {
            let span = self.span(column);
            let name = &self.fields[span.start..span.end];
            let name = self.unique_name(name, column);
            self.names.push(name);
        }
        let names: Vec<_> = (0..self.ended)
            .map(|i| String::from_utf8_lossy(&self.fields[self.span(i).start..self.span(i).end]).into_owned())
            .collect();
        for at in 0..self.sources.len() {
            (self.columns[at], self.whole_names[at]) = find_column(&self.sources[at], &names)?;
        }
        Ok(true)
    }

    /// Returns where in a record that is not closed its last quote opens.
    pub fn open_quote(&self, record: &[u8]) -> usize {
        let (mut opened, mut at, mut begins) = (0, 0, true);
        while at < record.len() {
            if begins && record[at] == b'"' {
                opened = at;
                at += 1;
                loop {
                    match memchr(b'"', record.get(at..).unwrap_or_default()) {
                        None => return opened,
                        Some(length) => at += length + 1,
                    }
                    if record.get(at) != Some(&b'"') {
                        break;
                    }
                    at += 1;
                }
                begins = false;
            } else {
                begins = record[at] == self.delimiter;
                at += 1;
            }
        }
        opened
    }

    fn span(&self, field: usize) -> FieldSpan {
        let start = if field == 0 { 0 } else { self.ends[field - 1] };
        FieldSpan::from_decoded(start, self.ends[field])
    }

    /// Returns a column's name, with its number behind it when it has none or another column has the same.
    fn unique_name(&self, name: &[u8], column: usize) -> Vec<u8> {
        let number = (column + 1).to_string();
        match name {
            b"" => number.into_bytes(),
            _ if self.names.iter().any(|known| known == name) => [name, b"_", number.as_bytes()].concat(),
            _ => name.to_vec(),
        }
    }

    /// Gives all fields of the complete record to `take`.
    pub fn pairs(&self, take: &mut TakePair<'_>) {
        for column in 0..self.ended {
            let span = self.span(column);
            self.pair(column, &self.fields[span.start..span.end], take);
        }
    }

    /// Gives the value of a column to `take`. A column without a name has its number as one.
    pub fn pair(&self, column: usize, value: &[u8], take: &mut TakePair<'_>) {
        match self.names.get(column) {
            Some(name) => take(name, Kind::Text, value),
            None => take((column + 1).to_string().as_bytes(), Kind::Text, value),
        }
    }

    /// Finds the selected fields in the complete record.
    pub fn split(&self, spans: &mut [FieldSpan]) {
        for (slot, span) in spans.iter_mut().enumerate() {
            *span = match self
                .column(slot, self.ended)
                .filter(|&column| column < self.ended)
            {
                None => FieldSpan::default(),
                Some(column) if self.whole_names[slot] => self.span(column).unmodified(),
                Some(column) => self.span(column),
            };
        }
    }

    /// Returns the column of a selected field in a record that has this many.
    #[inline]
    pub fn column(&self, slot: usize, count: usize) -> Option<usize> {
        match (&self.sources[slot], self.columns[slot]) {
            (FieldSource::FromEnd(n), None) => count.checked_sub(*n),
            (_, column) => column,
        }
    }

    /// Returns how many columns of a record must be known to find the selected ones.
    #[inline]
    pub fn columns_in_question(&self) -> usize {
        let after = |column: &Option<usize>| column.map_or(usize::MAX, |column| column + 1);
        self.columns.iter().map(after).max().unwrap_or(0)
    }
}

/// Finds a field in a header: its column, unless each record counts from its own end, and whether what looks like
/// modifiers is a part of the column's name. A number is a place; one that is beyond the columns may be a name.
fn find_column(source: &FieldSource, header: &[String]) -> Result<(Option<usize>, bool), String> {
    let named = |name: &str| header.iter().position(|known| known == name);
    let numbered = |number: String| {
        let count = header.len();
        let beyond = || {
            format!(
                "there is no column {number}: the header has {count} ({})",
                header.join(", ")
            )
        };
        Ok((Some(named(&number).ok_or_else(beyond)?), false))
    };
    match source {
        FieldSource::Number(n) if *n > header.len() => numbered(n.to_string()),
        FieldSource::Number(n) => Ok((Some(n - 1), false)),
        FieldSource::FromEnd(n) if *n > header.len() => numbered(format!("-{n}")),
        FieldSource::Name(name) | FieldSource::Column(name, _) if named(name).is_some() => {
            Ok((named(name), false))
        }
        FieldSource::Column(_, whole) if named(whole).is_some() => Ok((named(whole), true)),
        FieldSource::Name(name) | FieldSource::Column(name, _) => Err(missing(name, header)),
        _ => Ok((None, false)),
    }
}

/// Builds the message about a column that is not there.
fn missing(name: &str, header: &[String]) -> String {
    let known: Vec<_> = header.iter().map(String::as_str).collect();
    let message = unknown("column", name, &known).to_string();
    let cut = header
        .iter()
        .find(|known| known.split([',', ':']).any(|part| part.trim() == name));
    match cut {
        Some(whole) => format!("{message}; a name with a comma or a colon stands in backquotes: `{whole}`"),
        None => message,
    }
}
