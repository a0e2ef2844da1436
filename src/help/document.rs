//! A page as blocks: what headings, paragraphs, lists, tables and examples it has.
//!
//! It does not know how they are shown.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The style of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// What is typed, or stands in a file.
    Code,
    Strong,
}

/// A piece of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) style: Style,
    pub(super) text: String,
}

/// Text in one or several styles.
pub(super) type Spans = Vec<Span>;

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The title of the page (1), of a section (2), and of a part of one (3).
    Heading(u8, Spans),
    Paragraph(Spans),
    /// An item of a list.
    Item(Spans),
    /// An example: lines as they stand.
    Example(String),
    /// The first row has the names of the columns.
    Table(Vec<Vec<Spans>>),
}

/// A page.
#[derive(Debug)]
pub(crate) struct Document {
    pub(super) blocks: Vec<Block>,
}

/// What is being read.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    spans: Spans,
    rows: Vec<Vec<Spans>>,
    style: Option<Style>,
    in_item: bool,
    example: Option<String>,
}

impl Document {
    /// Reads a page. `table` gives the Markdown that takes the place of `<!-- table NAME -->`.
    pub(crate) fn parse(markdown: &str, table: impl Fn(&str) -> Option<String>) -> Document {
        let mut text = String::new();
        for line in markdown.lines() {
            let name = line
                .strip_prefix("<!-- table ")
                .and_then(|rest| rest.strip_suffix(" -->"));
            match name.and_then(&table) {
                Some(rows) => text += &rows,
                None => text += line,
            }
            text.push('\n');
        }
        let mut reader = Reader::default();
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            reader.read(event);
        }
        Document {
            blocks: reader.blocks,
        }
    }

    /// Keeps only the sections of these titles.
    pub(crate) fn sections(mut self, titles: &[&str]) -> Document {
        let mut is_kept = false;
        self.blocks.retain(|block| {
            if let Block::Heading(1 | 2, title) = block {
                is_kept = titles.contains(&plain(title).as_str());
            }
            is_kept
        });
        self
    }
}

/// Returns the text without its styles.
pub(super) fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

impl Reader {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => match &mut self.example {
                Some(example) => *example += &text,
                None => self.add(self.style.unwrap_or(Style::Plain), &text),
            },
            Event::Code(text) => self.add(Style::Code, &text),
            Event::SoftBreak | Event::HardBreak => self.add(Style::Plain, " "),
            Event::Start(Tag::Strong) => self.style = Some(Style::Strong),
            Event::End(TagEnd::Strong) => self.style = None,
            Event::Start(Tag::CodeBlock(_)) => self.example = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => {
                self.end_item();
                let example = self.example.take();
                self.blocks.extend(example.map(Block::Example));
            }
            Event::Start(Tag::Item) => self.in_item = true,
            Event::End(TagEnd::Item) => {
                self.end_item();
                self.in_item = false;
            }
            Event::End(TagEnd::Paragraph) if !self.in_item => {
                let spans = std::mem::take(&mut self.spans);
                self.blocks.push(Block::Paragraph(spans));
            }
            Event::End(TagEnd::Heading(level)) => {
                let spans = std::mem::take(&mut self.spans);
                self.blocks.push(Block::Heading(level as u8, spans));
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => self.rows.push(Vec::new()),
            Event::End(TagEnd::TableCell) => {
                let spans = std::mem::take(&mut self.spans);
                self.rows.last_mut().expect("a cell is in a row").push(spans);
            }
            Event::End(TagEnd::Table) => {
                let rows = std::mem::take(&mut self.rows);
                self.blocks.push(Block::Table(rows));
            }
            _ => {}
        }
    }

    fn add(&mut self, style: Style, text: &str) {
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.text += text,
            _ => self.spans.push(Span {
                style,
                text: text.to_owned(),
            }),
        }
    }

    fn end_item(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if !spans.is_empty() {
            self.blocks.push(Block::Item(spans));
        }
    }
}
