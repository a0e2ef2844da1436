//! The options of folds: what is counted, grouped, sorted and cut off.
//!
//! It does not know how a fold is computed.

use super::{RecordArgs, check_json_names, list};
use crate::fold::{Aggregate, AggregateKind, GroupPlan, RecordFoldPlan, RowColumns, RowOrder, Shape};
use crate::record::suggest::unknown;
use crate::record::{
    Case, Expression, Field, FieldSource, Format, LoneQuote, NoteKind, RecordPlan, RowFormat,
    without_backquotes,
};
use anyhow::{Context as _, Result, bail};

impl RecordArgs {
    /// Returns the fold, if one was asked for, and makes `records` emit the fields that it takes.
    pub(super) fn fold(&self, records: &mut RecordPlan) -> Result<Option<GroupPlan>> {
        let aggregated = self.by.is_some() || self.agg.is_some();
        let shape = match (self.unique, self.count) {
            (true, _) => Shape::Keys,
            (_, true) => Shape::Counted,
            _ if aggregated => Shape::Aggregated,
            _ => return self.no_fold().map(|()| None),
        };
        if self.first.is_some() {
            bail!("--first cannot be combined with a fold, whose result would depend on chance: use --top");
        }
        if aggregated {
            records.projection = list::fields(self.by.as_deref(), &records.format)?;
        }
        if records
            .projection
            .iter()
            .any(|field| field.source == FieldSource::All)
        {
            bail!("'*' names no columns of a fold when records may have different fields: name them");
        }
        let keys = records.projection.iter().map(|key| key.text.clone()).collect();
        let mut plan = GroupPlan::new(shape, keys);
        plan.times = records.times.clone();
        if aggregated {
            self.aggregates(&mut plan, records)?;
        }
        plan.top = self.rows.top;
        plan.output = records.output;
        plan.header = records.header;
        self.order(&mut plan, records.case)?;
        Ok(Some(plan))
    }

    fn no_fold(&self) -> Result<()> {
        if !self.rows.having.is_empty() {
            bail!("--having applies to the rows of a fold: add --count, --unique, --by or --agg")
        }
        if self.rows.top.is_some() && self.rows.sort.is_none() {
            bail!(
                "--top needs an order: add --sort FIELD, or --count, --unique, --by or --agg; --first N takes N records"
            )
        }
        if self.rows.sort.is_some() && self.first.is_some() {
            bail!("--first cannot be combined with --sort: --top N prints the first N in that order");
        }
        Ok(())
    }

    /// Returns the fold that keeps records, when they are sorted, or their columns are known only at the end, and makes
    /// `records` emit what it takes.
    pub(super) fn record_fold(&self, records: &mut RecordPlan) -> Result<Option<RecordFoldPlan>> {
        let is_split = !matches!(records.format, Format::Ws | Format::Delimited(_) | Format::Lines);
        let is_row = self.rows.output_format.is_some() && (records.output != RowFormat::Tsv || is_split);
        if records.projection.is_empty() && is_row {
            records.projection = records.format.all_fields();
            check_json_names(records, None)?;
        }
        records.pairs = records.output == RowFormat::Json;
        let has_all = records
            .projection
            .iter()
            .any(|field| field.source == FieldSource::All);
        let is_open = has_all && records.output != RowFormat::Json;
        if self.rows.sort.is_none() && !is_open && records.output != RowFormat::Table {
            return Ok(None);
        }
        let mut plan = RecordFoldPlan::new(match &records.projection[..] {
            [] => RowColumns::Line,
            _ if has_all => RowColumns::Union,
            _ => RowColumns::Named(records.columns().into_iter().map(str::to_owned).collect()),
        });
        if let Some(text) = &self.rows.sort {
            let name = text.strip_prefix('-');
            let field = Field::parse(name.unwrap_or(text)).context("in --sort")?;
            let field = records.format.resolve(field).context("in --sort")?;
            records.sort = Some(records.in_order(field));
            plan.descending = Some(name.is_some());
        }
        records.pairs = true;
        plan.top = self
            .rows
            .top
            .or(self.first.and_then(|first| usize::try_from(first).ok()));
        plan.output = records.output;
        plan.header = records.header;
        Ok(Some(plan))
    }

    /// Reads `--agg`, and adds each field that it names to the projection once.
    fn aggregates(&self, plan: &mut GroupPlan, records: &mut RecordPlan) -> Result<()> {
        let keys = records.projection.len();
        for text in list::split(self.agg.as_deref().unwrap_or("count"))? {
            let inside = text
                .strip_prefix("count:(")
                .and_then(|rest| rest.strip_suffix(')'));
            let (kind, field) = match inside {
                Some(_) => (AggregateKind::parse("count")?.0, Some(text)),
                None => AggregateKind::parse(text)?,
            };
            let value = match field {
                None => None,
                Some(field) => {
                    let field = match inside {
                        Some(inside) => list::holds(records, text, inside)?,
                        None if kind.note() == Some(NoteKind::NotOrdered) => {
                            records.in_order(Field::parse(field)?)
                        }
                        None => Field::parse(field)?,
                    };
                    let known = records.projection[keys..]
                        .iter()
                        .position(|known| *known == field);
                    if known.is_none() {
                        records.projection.push(field);
                    }
                    let value = known.unwrap_or(records.projection.len() - keys - 1);
                    if let Some(note) = kind.note() {
                        records.expect(keys + value, note);
                    }
                    Some(value)
                }
            };
            plan.aggregates.push(Aggregate {
                name: without_backquotes(text),
                kind,
                value,
            });
        }
        records.aggregated = records.projection.len() - keys;
        Ok(())
    }

    fn order(&self, plan: &mut GroupPlan, case: Case) -> Result<()> {
        let columns: Vec<String> = plan.columns().into_iter().map(str::to_owned).collect();
        let place = |name: &str| {
            let name = without_backquotes(name);
            columns.iter().position(|column| *column == name)
        };
        let missing = |name: &str| {
            let known: Vec<_> = columns.iter().map(String::as_str).collect();
            unknown("column", name, &known)
        };
        let mut column = |name: &str| place(name).ok_or_else(|| missing(name));
        let having: Result<_, _> = self
            .rows
            .having
            .iter()
            .map(|text| Expression::parse(text, LoneQuote::Refused, &plan.times, case, &mut column))
            .collect();
        plan.having = Expression::all(having?);
        if let Some(name) = &self.rows.sort {
            // A column's name may itself begin with '-', such as the field -1.
            let turned = name.strip_prefix('-').filter(|_| place(name).is_none());
            let column = place(turned.unwrap_or(name)).ok_or_else(|| missing(turned.unwrap_or(name)))?;
            plan.order = RowOrder::Column {
                column,
                descending: turned.is_some(),
            };
        } else if self.rows.top.is_some() && plan.shape == Shape::Aggregated {
            plan.order = RowOrder::Column {
                column: plan.keys.len(),
                descending: true,
            };
        }
        Ok(())
    }
}
