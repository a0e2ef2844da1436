//! A page as roff, for `man`.
//!
//! It does not know where the page is installed.

use super::document::{Block, Document, Span, Style, plain};
use super::terminal_text::table;
use roff::{Inline, Roff, bold, roman};

/// How wide a table of more than two columns may be.
const WIDTH: usize = 78;

impl Document {
    /// Adds the blocks below the title to a man page.
    pub(crate) fn add_to_man_page(&self, roff: &mut Roff) {
        for block in &self.blocks {
            match block {
                Block::Heading(1, _) => {}
                Block::Heading(2, spans) => {
                    let title = plain(spans).to_uppercase();
                    roff.control("SH", [title.as_str()]);
                }
                Block::Heading(_, spans) => {
                    roff.control("SS", [plain(spans).as_str()]);
                }
                Block::Paragraph(spans) => {
                    roff.control("PP", []).text(inlines(spans));
                }
                Block::Item(spans) => {
                    roff.control("IP", ["\\(bu", "2"]).text(inlines(spans));
                }
                Block::Example(lines) => preformatted(roff, lines),
                Block::Table(rows) => add_table(roff, rows),
            }
        }
    }
}

/// Adds lines as they stand.
pub(crate) fn preformatted(roff: &mut Roff, lines: &str) {
    roff.control("PP", []).control("RS", ["4"]).control("nf", []);
    for line in lines.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []).control("RE", []);
}

fn add_table(roff: &mut Roff, rows: &[Vec<Vec<Span>>]) {
    if rows.iter().any(|row| row.len() != 2) {
        return preformatted(roff, &table(rows, WIDTH));
    }
    for row in &rows[1..] {
        roff.control("TP", []).text([bold(plain(&row[0]))]);
        roff.text(inlines(&row[1]));
    }
}

fn inlines(spans: &[Span]) -> Vec<Inline> {
    let inline = |span: &Span| match span.style {
        Style::Plain => roman(&span.text),
        Style::Code | Style::Strong => bold(&span.text),
    };
    spans.iter().map(inline).collect()
}
