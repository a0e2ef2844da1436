//! The fold that keeps records whole: sorted by a field, or in input order when their columns, or the widths of these,
//! are known only at the end.
//!
//! It does not know where records are kept, nor how fields are found.

use super::Fold;
use super::key_order::put_rank;
use super::plan::random_seed;
use super::quantity::Quantity;
use super::ranked_rows::RankedRows;
use super::save_format::{broken, read_array, read_entry, write_end, write_entry};
use crate::memory::Budget;
use crate::record::{Alignment, Bits, Cell, RecordSink, RowFormat, header, object, pairs, row};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::path::Path;

/// The first byte of saved records.
const VERSION: u8 = 1;

/// How many columns a result may have when it has those of all records.
const MOST_COLUMNS: usize = 10_000;

/// A fold that keeps records, of which each has a sort key if there is an order, and then its pairs.
#[derive(Debug, Clone)]
pub struct RecordFoldPlan {
    /// Whether records are sorted, and then whether the largest comes first.
    pub descending: Option<bool>,
    /// The columns of rows.
    pub columns: RowColumns,
    /// How many rows are printed at most.
    pub top: Option<usize>,
    /// How rows are written.
    pub output: RowFormat,
    /// True when the names of the columns precede the rows.
    pub header: bool,
    /// The seed of the hash: the same for all folds of a run.
    pub(crate) seed: u64,
}

impl RecordFoldPlan {
    /// Makes a plan that keeps all records in input order.
    pub fn new(columns: RowColumns) -> RecordFoldPlan {
        RecordFoldPlan {
            descending: None,
            columns,
            top: None,
            output: RowFormat::default(),
            header: false,
            seed: random_seed(),
        }
    }
}

/// The columns of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowColumns {
    /// The line, unchanged.
    Line,
    /// These.
    Named(Vec<String>),
    /// Those of all records, in the order in which they are met.
    Union,
}

/// Makes an empty fold of this plan, which takes memory from `budget`, and puts what no longer fits
/// in unlinked files in `tmpdir`.
pub fn start_records(plan: &RecordFoldPlan, budget: &Budget, tmpdir: &Path) -> Box<dyn Fold> {
    Box::new(RecordFold {
        plan: plan.clone(),
        rows: RankedRows::new(plan.seed, plan.top, budget, tmpdir),
        job: 0,
        number: 0,
        rank: Vec::new(),
        misfits: Bits::new(),
    })
}

struct RecordFold {
    plan: RecordFoldPlan,
    rows: RankedRows,
    job: u64,
    /// How many records of the job there were.
    number: u64,
    rank: Vec<u8>,
    /// Whether the sort key of the last record is text.
    misfits: Bits,
}

impl RecordSink for RecordFold {
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        self.rank.clear();
        if let (Some(descending), [key, ..]) = (self.plan.descending, fields) {
            // An empty value is a missing one, or as good as one: text is never sorted before it.
            let quantity = Quantity::parse_any(key);
            self.misfits.clear();
            if quantity.is_none() {
                self.misfits.insert(0);
            }
            let value = (!key.is_empty()).then(|| quantity.as_ref().ok_or(*key));
            put_rank(&mut self.rank, value, descending);
        }
        self.rank.extend_from_slice(&self.job.to_be_bytes());
        self.rank.extend_from_slice(&self.number.to_be_bytes());
        self.number += 1;
        self.rows
            .add(&self.rank, fields.last().copied().unwrap_or_default())?;
        Ok(ControlFlow::Continue(()))
    }

    fn misfits(&self) -> &Bits {
        &self.misfits
    }
}

impl Fold for RecordFold {
    fn begin_job(&mut self, seq: u64) {
        (self.job, self.number) = (seq, 0);
    }

    fn merge(&mut self, other: &mut dyn Fold) -> io::Result<()> {
        let other = (other as &mut dyn Any).downcast_mut::<RecordFold>();
        let other = other.expect("the contract of merge: a fold of the same type");
        self.rows.merge(&mut other.rows)
    }

    fn clear(&mut self) {
        self.rows.clear();
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.output == RowFormat::Table {
            let mut table = Alignment::new(out, self.plan.header);
            self.write_rows(&mut table)?;
            table.finish()?;
        } else {
            self.write_rows(out)?;
        }
        self.clear();
        Ok(())
    }

    fn save(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        out.write_all(&[VERSION])?;
        self.rows.each(|rank, row| write_entry(&mut out, (rank, row)))?;
        write_end(&mut out)?;
        out.flush()
    }

    fn load(&mut self, saved: &mut dyn BufRead) -> io::Result<()> {
        if read_array(saved)? != [VERSION] {
            return Err(broken());
        }
        let (mut rank, mut row) = (Vec::new(), Vec::new());
        while read_entry(saved, &mut rank, &mut row)? {
            self.rows.add(&rank, &row)?;
        }
        Ok(())
    }
}

impl RecordFold {
    fn write_rows(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let output = self.plan.output;
        let names = match &self.plan.columns {
            RowColumns::Line => {
                return self.rows.each(|_, record| {
                    let (_, _, line) = pairs(record).next().ok_or_else(broken)?;
                    out.write_all(line)?;
                    out.write_all(b"\n")
                });
            }
            RowColumns::Named(names) => names.iter().map(|name| name.clone().into_bytes()).collect(),
            RowColumns::Union if output == RowFormat::Json => Vec::new(),
            RowColumns::Union => union(&mut self.rows)?,
        };
        let mut line = Vec::new();
        if self.plan.header && !names.is_empty() {
            header(&mut line, output, &names);
            out.write_all(&line)?;
        }
        let places: HashMap<_, _> = (0..).zip(&names).map(|(at, name)| (&name[..], at)).collect();
        self.rows.each(|_, record| {
            line.clear();
            match output {
                RowFormat::Json => object(&mut line, record),
                _ => {
                    let mut cells = vec![Cell::Null; names.len()];
                    for (name, kind, value) in pairs(record) {
                        let cell = places.get(name).and_then(|&place: &usize| cells.get_mut(place));
                        *cell.ok_or_else(broken)? = kind.cell(value);
                    }
                    row(&mut line, output, &names, cells.into_iter());
                }
            }
            out.write_all(&line)
        })
    }
}

/// Returns the names of all records' fields, in the order in which they are met.
fn union(rows: &mut RankedRows) -> io::Result<Vec<Vec<u8>>> {
    let (mut names, mut known) = (Vec::new(), HashSet::new());
    rows.each(|_, record| {
        for (name, ..) in pairs(record) {
            if !known.contains(name) {
                known.insert(name.to_vec());
                names.push(name.to_vec());
            }
        }
        match names.len() <= MOST_COLUMNS {
            true => Ok(()),
            false => Err(io::Error::other(format!(
                "the records have more than {MOST_COLUMNS} fields: name columns in --select"
            ))),
        }
    })?;
    Ok(names)
}
