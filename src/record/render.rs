//! Writes values as rows.

use super::named_values::{Kind, pairs};
use super::row_format::RowFormat;
use memchr::memchr3;
use std::borrow::Cow;

/// One value of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// Any bytes.
    Text(&'a [u8]),
    /// A number, or another value as JSON writes it.
    Number(&'a [u8]),
    /// No value.
    Null,
}

impl<'a> Cell<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Cell::Text(bytes) | Cell::Number(bytes) => bytes,
            Cell::Null => b"",
        }
    }
}

/// Appends the header that precedes all rows.
pub(crate) fn header(out: &mut Vec<u8>, output: RowFormat, names: &[impl AsRef<[u8]>]) {
    let cells = names.iter().map(|name| Cell::Text(name.as_ref()));
    row(out, output, names, cells);
    if output == RowFormat::Markdown {
        out.push(b'|');
        names.iter().for_each(|_| out.extend_from_slice(b" --- |"));
        out.push(b'\n');
    }
}

/// Appends one row and its newline.
pub(crate) fn row<'a>(
    out: &mut Vec<u8>,
    output: RowFormat,
    names: &[impl AsRef<[u8]>],
    cells: impl ExactSizeIterator<Item = Cell<'a>>,
) {
    let (open, separator, close) = match output {
        RowFormat::Tsv | RowFormat::Table => ("", "\t", "\n"),
        RowFormat::Csv => ("", ",", "\n"),
        RowFormat::Json => ("{", ",", "}\n"),
        RowFormat::Markdown => ("| ", " | ", " |\n"),
    };
    out.extend_from_slice(open.as_bytes());
    let alone = cells.len() == 1;
    for (i, (name, cell)) in names.iter().zip(cells).enumerate() {
        if i > 0 {
            out.extend_from_slice(separator.as_bytes());
        }
        match output {
            RowFormat::Tsv | RowFormat::Table => cell_tsv(out, cell.bytes()),
            RowFormat::Csv => cell_csv(out, cell.bytes(), alone),
            RowFormat::Markdown => cell_markdown(out, cell.bytes()),
            RowFormat::Json => {
                string_json(out, name.as_ref());
                out.push(b':');
                match cell {
                    Cell::Number(number) => out.extend_from_slice(number),
                    Cell::Null => out.extend_from_slice(b"null"),
                    cell => string_json(out, cell.bytes()),
                }
            }
        }
    }
    out.extend_from_slice(close.as_bytes());
}

/// Appends a record as a JSON object, and a newline. Values that JSON has keep their kind.
pub(crate) fn object(out: &mut Vec<u8>, record: &[u8]) {
    out.push(b'{');
    for (i, (name, kind, value)) in pairs(record).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        string_json(out, name);
        out.push(b':');
        match kind.cell(value) {
            Cell::Text(text) => string_json(out, text),
            Cell::Number(number) => out.extend_from_slice(number),
            Cell::Null => out.extend_from_slice(b"null"),
        }
    }
    out.extend_from_slice(b"}\n");
}

impl Kind {
    /// Returns a value of this kind as a cell.
    pub(crate) fn cell(self, value: &[u8]) -> Cell<'_> {
        match self {
            Kind::Text => Cell::Text(value),
            Kind::Json => Cell::Number(value),
            Kind::Null => Cell::Null,
        }
    }
}

/// Appends `value` with tabs, newlines and backslashes escaped as `\t`, `\n`, `\\`.
pub(crate) fn cell_tsv(out: &mut Vec<u8>, mut value: &[u8]) {
    while let Some(at) = memchr3(b'\t', b'\n', b'\\', value) {
        out.extend_from_slice(&value[..at]);
        out.extend_from_slice(match value[at] {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            _ => b"\\\\",
        });
        value = &value[at + 1..];
    }
    out.extend_from_slice(value);
}

/// Returns the value that [`cell_tsv`] wrote. A backslash that begins none of its escapes stays.
pub(crate) fn unescape_tsv(cell: &[u8]) -> Cow<'_, [u8]> {
    if !cell.contains(&b'\\') {
        return Cow::Borrowed(cell);
    }
    let mut out = Vec::with_capacity(cell.len());
    let mut rest = cell;
    while let [first, after @ ..] = rest {
        let (byte, length) = match (first, after.first()) {
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'\\')) => (b'\\', 2),
            (&byte, _) => (byte, 1),
        };
        out.push(byte);
        rest = &rest[length..];
    }
    Cow::Owned(out)
}

/// Appends `value`, quoted when RFC 4180, section 2, requires it. A single empty value (`alone`) is quoted
/// too, so that its row is not an empty line.
fn cell_csv(out: &mut Vec<u8>, value: &[u8], alone: bool) {
    let special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    let quoted = value.iter().any(special) || (alone && value.is_empty());
    if !quoted {
        out.extend_from_slice(value);
        return;
    }
    out.push(b'"');
    for &byte in value {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Appends `value` as a cell of a table in Markdown, as GitHub reads it.
fn cell_markdown(out: &mut Vec<u8>, value: &[u8]) {
    for &byte in value {
        match byte {
            b'|' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"<br>"),
            byte => out.push(byte),
        }
    }
}

/// Appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
fn string_json(out: &mut Vec<u8>, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    serde_json::to_writer(out, &text).expect("a string serializes, and writing to memory does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(output: RowFormat, cells: &[Cell<'_>]) -> String {
        let mut out = Vec::new();
        row(&mut out, output, &["a", "b\""], cells.iter().copied());
        String::from_utf8(out).expect("the cells of the tests are UTF-8")
    }

    #[test]
    fn each_format_quotes_in_its_own_way() {
        let cells = [Cell::Text(b"x\t\"\n\\,"), Cell::Number(b"1.5")];
        assert_eq!(rendered(RowFormat::Tsv, &cells), "x\\t\"\\n\\\\,\t1.5\n");
        assert_eq!(rendered(RowFormat::Csv, &cells), "\"x\t\"\"\n\\,\",1.5\n");
        assert_eq!(
            rendered(RowFormat::Json, &cells),
            "{\"a\":\"x\\t\\\"\\n\\\\,\",\"b\\\"\":1.5}\n"
        );
        assert_eq!(rendered(RowFormat::Csv, &[Cell::Text(b"")]), "\"\"\n");
        assert_eq!(
            rendered(RowFormat::Json, &[Cell::Text(b"\xff"), Cell::Null]),
            "{\"a\":\"\u{fffd}\",\"b\\\"\":null}\n"
        );
    }

    #[test]
    fn unescape_reverses_escape() {
        for value in [&b"a\\tb\t\n\\"[..], b"", b"\\\\n", b"plain"] {
            let mut out = Vec::new();
            cell_tsv(&mut out, value);
            assert_eq!(unescape_tsv(&out), value);
        }
    }
}
