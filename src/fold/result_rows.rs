//! A group fold's result as rows: which rows remain, in which order, and how they are written. It
//! does not know how groups were computed.

use super::key_order::{put_rank, put_text};
use super::plan::{GroupPlan, RowOrder, Shape};
use super::quantity::Quantity;
use super::ranked_rows::RankedRows;
use crate::memory::Budget;
use crate::record::{
    Cell, Kind, RowFormat, TimeReader, Value, Values, cell_tsv, header, row, unescape_tsv, unmark,
};
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

/// Takes groups in the order of their keys, and writes rows in the order of the plan.
pub(super) struct ResultRows<'a> {
    plan: &'a GroupPlan,
    out: &'a mut dyn Write,
    /// How many rows may still be written.
    left: usize,
    /// The rows whose place is not known yet; none when rows come in the order in which they are written.
    ranked: Option<RankedRows>,
    line: Vec<u8>,
    rank: Vec<u8>,
    times: TimeReader,
}

impl<'a> ResultRows<'a> {
    pub fn new(
        plan: &'a GroupPlan,
        budget: &'a Budget,
        tmpdir: &'a Path,
        out: &'a mut dyn Write,
    ) -> io::Result<ResultRows<'a>> {
        let ranked = match plan.order {
            RowOrder::Key => None,
            RowOrder::Column { .. } => Some(RankedRows::new(plan.seed, plan.top, budget, tmpdir)),
        };
        write_header(plan, out)?;
        let rows = ResultRows::in_order(plan, out);
        Ok(ResultRows { ranked, ..rows })
    }

    /// Takes rows in the order in which they are written, without the header.
    pub fn in_order(plan: &'a GroupPlan, out: &'a mut dyn Write) -> ResultRows<'a> {
        ResultRows {
            plan,
            out,
            times: TimeReader::new(&plan.times),
            left: plan.top.unwrap_or(usize::MAX),
            ranked: None,
            line: Vec::new(),
            rank: Vec::new(),
        }
    }

    /// Takes the next group: its key, and the columns that are no keys. Returns false when no more
    /// are wanted.
    pub fn group(&mut self, key: &[u8], columns: &[Option<Quantity>]) -> io::Result<bool> {
        let plan = self.plan;
        if let Some(having) = &plan.having {
            let mut times = self.times.clone();
            let mut row = Row {
                rows: self,
                key,
                columns,
                text: Vec::new(),
            };
            if !having.holds(&mut row, &mut times) {
                return Ok(true);
            }
        }
        if self.left == 0 {
            return Ok(false);
        }
        self.render(key, columns);
        let RowOrder::Column { column, descending } = plan.order else {
            self.out.write_all(&self.line)?;
            self.left -= 1;
            return Ok(self.left > 0);
        };
        let mut rank = std::mem::take(&mut self.rank);
        rank.clear();
        match self.column(key, columns, column) {
            None => put_rank(&mut rank, None, descending),
            Some(Ok(quantity)) => put_rank(&mut rank, Some(Ok(quantity)), descending),
            Some(Err(text)) => {
                let quantity = Quantity::parse_any(&text);
                put_rank(&mut rank, Some(quantity.as_ref().ok_or(&text[..])), descending);
            }
        }
        put_text(&mut rank, key);
        if let Some(ranked) = &mut self.ranked {
            ranked.add(&rank, &self.line)?;
        }
        self.rank = rank;
        Ok(true)
    }

    /// Writes the rows that were kept.
    pub fn end(self) -> io::Result<()> {
        let Some(mut ranked) = self.ranked else {
            return Ok(());
        };
        ranked.each(|_, line| self.out.write_all(line))
    }

    /// Returns the value of a column: a quantity, or a key's bytes; none when it is missing.
    fn column<'k>(
        &self,
        key: &'k [u8],
        columns: &'k [Option<Quantity>],
        column: usize,
    ) -> Option<Result<&'k Quantity, Cow<'k, [u8]>>> {
        let keys = self.plan.keys.len();
        let place = match self.plan.shape {
            Shape::Counted if column == 0 => return columns[0].as_ref().map(Ok),
            Shape::Counted => column - 1,
            _ if column >= keys => return columns[column - keys].as_ref().map(Ok),
            _ => column,
        };
        self.keys(key).nth(place).map(|(_, key)| Err(key))
    }

    /// Returns the key's columns, each with its kind.
    fn keys<'k>(&self, key: &'k [u8]) -> impl Iterator<Item = (Option<Kind>, Cow<'k, [u8]>)> {
        let several = self.plan.keys.len() > 1;
        let marked = self.plan.marked;
        let cells = key.split(move |&byte| several && byte == b'\t');
        cells.take(self.plan.keys.len()).map(move |cell| {
            let (kind, cell) = match marked {
                true => unmark(cell),
                false => (Some(Kind::Text), cell),
            };
            match several {
                true => (kind, unescape_tsv(cell)),
                false => (kind, Cow::Borrowed(cell)),
            }
        })
    }

    fn render(&mut self, key: &[u8], columns: &[Option<Quantity>]) {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        if self.plan.output == RowFormat::Tsv {
            self.render_tsv(&mut line, key, columns);
        } else {
            let texts: Vec<_> = columns
                .iter()
                .map(|column| {
                    column
                        .as_ref()
                        .map(|quantity| (quantity.to_bytes(), quantity.is_number()))
                })
                .collect();
            let mut cells = Vec::new();
            for text in &texts {
                cells.push(Some(match text {
                    None => Cell::Null,
                    Some((text, true)) => Cell::Number(text),
                    Some((text, false)) => Cell::Text(text),
                }));
            }
            let keys: Vec<_> = self.keys(key).collect();
            let keys = keys.iter().map(|(kind, key)| kind.map(|kind| kind.cell(key)));
            let place = if self.plan.shape == Shape::Counted {
                cells.len()
            } else {
                0
            };
            cells.splice(place..place, keys);
            // A key that is missing has no name in the row either.
            let columns = self.plan.columns().into_iter().zip(cells);
            let (names, cells): (Vec<_>, Vec<_>) =
                columns.filter_map(|(name, cell)| Some((name, cell?))).unzip();
            row(&mut line, self.plan.output, &names, cells.into_iter());
        }
        self.line = line;
    }

    fn render_tsv(&self, line: &mut Vec<u8>, key: &[u8], columns: &[Option<Quantity>]) {
        let counted = self.plan.shape == Shape::Counted;
        let put = |line: &mut Vec<u8>, column: &Option<Quantity>| match column {
            None => {}
            Some(Quantity::Time(time)) => cell_tsv(line, &time.text),
            Some(number) => number.put(line),
        };
        if counted {
            put(line, &columns[0]);
            line.push(b'\t');
        }
        match self.plan.keys.len() {
            1 if !self.plan.whole => cell_tsv(line, key),
            _ => line.extend_from_slice(key),
        }
        if !counted {
            for (i, column) in columns.iter().enumerate() {
                if i > 0 || !self.plan.keys.is_empty() {
                    line.push(b'\t');
                }
                put(line, column);
            }
        }
        line.push(b'\n');
    }
}

/// Writes the names of the columns, when the plan asks for them.
///
/// # Errors
/// What `out` fails with.
pub(super) fn write_header(plan: &GroupPlan, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::new();
    if plan.header {
        header(&mut line, plan.output, &plan.columns());
    }
    out.write_all(&line)
}

/// The columns of a row, as `--having` tests them.
struct Row<'a, 'r> {
    rows: &'a ResultRows<'r>,
    key: &'a [u8],
    columns: &'a [Option<Quantity>],
    /// The text of the column that was asked for last.
    text: Vec<u8>,
}

impl Values for Row<'_, '_> {
    fn value(&mut self, column: usize) -> Value<'_> {
        self.text = match self.rows.column(self.key, self.columns, column) {
            None => return Value::Missing,
            Some(Ok(quantity)) => quantity.to_bytes(),
            Some(Err(text)) => text.into_owned(),
        };
        Value::Text(&self.text)
    }
}
