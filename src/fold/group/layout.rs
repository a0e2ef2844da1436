//! Which states and counted values a plan's aggregates need, and which column each of them gives.
//! It does not know how they are kept.

use crate::fold::aggregate::{AggregateKind, AggregateState, Reading};
use crate::fold::plan::{GroupPlan, Shape};
use crate::fold::quantity::Quantity;
use crate::fold::sorted_entries::{load_row, read_count};
use crate::fold::value_counts::{PercentileColumn, ValueColumns};
use crate::record::Number;
use std::io;

/// Where the columns of an aggregated row come from.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The row of states of a group that has taken nothing.
    pub states: Vec<AggregateState>,
    /// The value that each state takes; none when it takes every record.
    pub inputs: Vec<Option<usize>>,
    /// What gives each column.
    pub columns: Vec<ColumnSource>,
    /// How each value is read.
    pub readings: Vec<Reading>,
}

/// What gives a column of an aggregated row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnSource {
    /// The state with this index.
    State(usize),
    /// How many records the group has, when that is all that is kept of it.
    Count,
    /// Counted values.
    Values,
}

impl Layout {
    /// Returns the layout of a plan's columns, and the columns that counted values give.
    pub fn from_plan(plan: &GroupPlan) -> (Layout, Vec<ValueColumns>) {
        let mut layout = Layout::default();
        let mut counted: Vec<ValueColumns> = Vec::new();
        for (column, aggregate) in plan.aggregates.iter().enumerate() {
            let reading = aggregate.kind.reading();
            let numeric = reading == Reading::Number;
            if let Some(value) = aggregate.value {
                let values = layout.readings.len().max(value + 1);
                layout.readings.resize(values, Reading::Bytes);
                layout.readings[value] = layout.readings[value].max(reading);
            }
            let state = match (&aggregate.kind, aggregate.value) {
                (AggregateKind::State(state), input) => {
                    ColumnSource::State(layout.add_state(state.clone(), input))
                }
                (_, None) => unreachable!("the command line gave it a field"),
                (AggregateKind::Percentile(millionths), Some(value)) => {
                    let percentile = PercentileColumn {
                        column,
                        millionths: *millionths,
                        count: layout.add_state(AggregateState::Count(0), Some(value)),
                    };
                    columns_of(&mut counted, value, numeric)
                        .percentiles
                        .push(percentile);
                    ColumnSource::Values
                }
                (AggregateKind::Distinct, Some(value)) => {
                    columns_of(&mut counted, value, numeric).distinct.push(column);
                    ColumnSource::Values
                }
            };
            layout.columns.push(state);
        }
        if !counted.is_empty() && layout.states.is_empty() {
            // The lists of counted values need rows.
            layout.add_state(AggregateState::Count(0), None);
        }
        // How many records a group has, its key's place in the table says, which is faster than a state.
        if counted.is_empty() && layout.inputs.iter().all(Option::is_none) {
            layout.states.clear();
            layout.inputs.clear();
            for column in &mut layout.columns {
                if let ColumnSource::State(_) = column {
                    *column = ColumnSource::Count;
                }
            }
        }
        (layout, counted)
    }

    /// Returns the columns of a group that are no keys, from the group's value, and the results of its states as
    /// counts. Columns that counted values give are missing.
    ///
    /// # Errors
    /// When the value is broken.
    pub fn read_columns(&self, shape: Shape, value: &[u8]) -> io::Result<(Vec<Option<Quantity>>, Vec<u64>)> {
        if shape != Shape::Aggregated || self.states.is_empty() {
            return Ok((self.columns_of_count(shape, read_count(value)?), Vec::new()));
        }
        let mut row = self.states.clone();
        load_row(&mut row, value)?;
        let results: Vec<_> = row.iter().map(AggregateState::result).collect();
        let counts = results
            .iter()
            .map(|result| result.as_ref().and_then(Quantity::to_count).unwrap_or(0));
        Ok((self.columns_of_results(&results), counts.collect()))
    }

    /// Returns the columns that are no keys of a group that has only a count. Columns that counted values give are
    /// missing.
    pub fn columns_of_count(&self, shape: Shape, count: u64) -> Vec<Option<Quantity>> {
        let count = Some(Quantity::Number(Number::Int(i128::from(count))));
        match shape {
            Shape::Counted => vec![count],
            Shape::Keys => Vec::new(),
            Shape::Aggregated => {
                let columns = self.columns.iter();
                let columns = columns.map(|column| match column {
                    ColumnSource::Count => count.clone(),
                    ColumnSource::State(_) | ColumnSource::Values => None,
                });
                columns.collect()
            }
        }
    }

    /// Returns the columns that are no keys of a group whose states have these results. Columns that counted values
    /// give are missing.
    pub fn columns_of_results(&self, results: &[Option<Quantity>]) -> Vec<Option<Quantity>> {
        let columns = self.columns.iter();
        let columns = columns.map(|column| match column {
            ColumnSource::State(state) => results[*state].clone(),
            ColumnSource::Count | ColumnSource::Values => None,
        });
        columns.collect()
    }

    fn add_state(&mut self, state: AggregateState, input: Option<usize>) -> usize {
        self.states.push(state);
        self.inputs.push(input);
        self.states.len() - 1
    }
}

/// Returns the columns that this value gives when it is counted so.
fn columns_of(counted: &mut Vec<ValueColumns>, value: usize, numeric: bool) -> &mut ValueColumns {
    let at = counted
        .iter()
        .position(|columns| columns.value == value && columns.numeric == numeric);
    let at = at.unwrap_or_else(|| {
        counted.push(ValueColumns {
            value,
            numeric,
            percentiles: Vec::new(),
            distinct: Vec::new(),
        });
        counted.len() - 1
    });
    &mut counted[at]
}
