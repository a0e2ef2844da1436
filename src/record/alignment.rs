//! Aligns the columns of rows for people to read.
//!
//! It does not know where the rows come from: they are lines with tabs between cells, as
//! [`RowFormat::Table`](super::RowFormat::Table) writes them.

use super::number::Number;
use std::io::{self, Write};

/// How many bytes of rows decide how wide columns are. In rows behind them, a cell that is wider shifts the rest of
/// its row.
const SAMPLE: usize = 1 << 20;

/// A writer of lines that aligns their columns.
pub(crate) struct Alignment<W> {
    out: W,
    has_header: bool,
    /// The lines that have not been written.
    lines: Vec<u8>,
    /// The layout of each column, when it is decided.
    columns: Option<Vec<Column>>,
}

#[derive(Debug, Clone, Copy)]
struct Column {
    width: usize,
    is_numeric: bool,
}

impl<W: Write> Alignment<W> {
    /// Builds a writer; `has_header` says that the first line is no row.
    pub fn new(out: W, has_header: bool) -> Alignment<W> {
        Alignment {
            out,
            has_header,
            lines: Vec::new(),
            columns: None,
        }
    }

    /// Writes the lines that are left.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn finish(mut self) -> io::Result<()> {
        self.write_lines()
    }

    fn write_lines(&mut self) -> io::Result<()> {
        let lines = std::mem::take(&mut self.lines);
        let has_header = self.has_header;
        let columns = self.columns.get_or_insert_with(|| layout(&lines, has_header));
        let mut row = Vec::new();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            row.clear();
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            for (i, cell) in line.split(|&byte| byte == b'\t').enumerate() {
                put_cell(&mut row, cell, columns.get(i).copied(), i);
            }
            row.truncate(row.trim_ascii_end().len());
            row.push(b'\n');
            self.out.write_all(&row)?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Alignment<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.extend_from_slice(bytes);
        if self.lines.len() >= SAMPLE && self.lines.ends_with(b"\n") {
            self.write_lines()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Decides on the columns of these lines.
fn layout(lines: &[u8], has_header: bool) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (at, line) in lines.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        for (i, cell) in line.split(|&byte| byte == b'\t').enumerate() {
            if i == columns.len() {
                columns.push(Column {
                    width: 0,
                    is_numeric: true,
                });
            }
            let column = &mut columns[i];
            column.width = column.width.max(width(cell));
            let is_name = has_header && at == 0;
            column.is_numeric &= is_name || cell.is_empty() || Number::parse(cell).is_some();
        }
    }
    columns
}

/// Appends a cell: numbers to the right, other values to the left.
fn put_cell(row: &mut Vec<u8>, cell: &[u8], column: Option<Column>, at: usize) {
    if at > 0 {
        row.extend_from_slice(b"  ");
    }
    let padding = column.map_or(0, |column| column.width.saturating_sub(width(cell)));
    let is_right = column.is_some_and(|column| column.is_numeric);
    let pad = |is_due: bool, row: &mut Vec<u8>| {
        if is_due {
            row.resize(row.len() + padding, b' ');
        }
    };
    pad(is_right, row);
    row.extend_from_slice(cell);
    pad(!is_right, row);
}

/// Returns how many characters a cell has.
fn width(cell: &[u8]) -> usize {
    String::from_utf8_lossy(cell).chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_texts_to_the_left() {
        let mut out = Vec::new();
        let mut table = Alignment::new(&mut out, true);
        table.write_all(b"path\tcount\tx\n/a\t7\t\n").expect("memory");
        table.write_all("/é/b\t12345\t-\n".as_bytes()).expect("memory");
        table.finish().expect("memory");
        let want = "path  count  x\n/a        7\n/é/b  12345  -\n";
        assert_eq!(String::from_utf8_lossy(&out), want);
    }
}
