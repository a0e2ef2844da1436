//! A page as text for a terminal.
//!
//! It does not know whether there is a terminal, nor how wide it is.

use super::document::{Block, Document, Span, Style, plain};

/// How far text stands from the left below a heading.
const INDENT: &str = "  ";
/// How far the columns of a table stand apart.
const GAP: usize = 2;

/// Stands for a blank in text that is typed as it is, where no line is broken.
const NO_BREAK: char = '\u{a0}';

impl Document {
    /// Returns the page in lines of at most `width` columns, where words allow it.
    pub(crate) fn terminal_text(&self, width: usize) -> String {
        let mut text = String::new();
        let mut was_item = false;
        for block in &self.blocks {
            let is_item = matches!(block, Block::Item(_));
            let is_apart = !is_item || !was_item;
            if is_apart && !text.is_empty() {
                text.push('\n');
            }
            was_item = is_item;
            match block {
                Block::Heading(_, spans) => text += &format!("{}\n", plain(spans)),
                Block::Paragraph(spans) => text += &wrapped(&typed(spans), width, INDENT, INDENT),
                Block::Item(spans) => text += &wrapped(&typed(spans), width, "  - ", "    "),
                Block::Example(lines) => {
                    text.extend(lines.lines().map(|line| format!("    {line}\n")));
                }
                Block::Table(rows) => text += &table(rows, width),
            }
        }
        text
    }
}

/// Returns the text with what is typed in backquotes, unless it stands alone.
fn typed(spans: &[Span]) -> String {
    let shown = |span: &Span| match span.style {
        Style::Code => format!("`{}`", span.text.replace(' ', NO_BREAK.encode_utf8(&mut [0; 2]))),
        Style::Plain | Style::Strong => span.text.clone(),
    };
    spans.iter().map(shown).collect()
}

/// Breaks text at blanks into lines of at most `width` columns. `first` stands before the first line, `rest` before the
/// others.
fn wrapped(text: &str, width: usize, first: &str, rest: &str) -> String {
    let (mut lines, mut line, mut is_empty) = (String::new(), first.to_owned(), true);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            lines += &line;
            lines.push('\n');
            line = rest.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line += word;
        is_empty = false;
    }
    lines += line.trim_end();
    lines.push('\n');
    lines.replace(NO_BREAK, " ")
}

/// Returns a table with its columns aligned; the last is wrapped.
pub(super) fn table(rows: &[Vec<Vec<Span>>], width: usize) -> String {
    let cell = |spans: &Vec<Span>| match &spans[..] {
        [only] => only.text.clone(),
        several => typed(several),
    };
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.saturating_sub(1)).map(widest).collect();
    let left = INDENT.len() + widths.iter().map(|width| width + GAP).sum::<usize>();
    let mut text = String::new();
    for row in rows.iter().filter(|row| row.iter().any(|cell| !cell.is_empty())) {
        let mut head = INDENT.to_owned();
        for (cell, width) in row.iter().zip(&widths) {
            head += cell;
            let missing = width + GAP - cell.chars().count();
            head.extend(std::iter::repeat_n(' ', missing));
        }
        let last = row.get(columns - 1).map_or("", String::as_str);
        text += &wrapped(last, width.max(left + 20), &head, &" ".repeat(left));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_wrapped_and_its_tables_are_aligned() {
        let page = "# Title\n\nOne *two* `three four` five six.\n\n- a\n- b\n\n```console\n$ x  y\n```\n\n\
                    <!-- table t -->\n";
        let page = Document::parse(page, |name| {
            Some(format!(
                "| {name} | long |\n|---|---|\n| `a` | b c |\n| `longer` | d |\n"
            ))
        });
        let shown = "Title\n\n  One two\n  `three four`\n  five six.\n\n  - a\n  - b\n\n    $ x  y\n\n  \
                     t       long\n  a       b c\n  longer  d\n";
        assert_eq!(page.terminal_text(16), shown);
    }
}
