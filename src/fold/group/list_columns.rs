//! The columns that come from values in lists, computed side by side.

use crate::fold::key_order::read_quantity;
use crate::fold::partition::RowPlace;
use crate::fold::quantity::Quantity;
use crate::fold::value_counts::ValueColumns;
use crate::fold::value_list::ValueList;
use crate::fold::{Team, side_by_side};
use crate::record::Number;
use std::sync::{Mutex, PoisonError};

/// Columns of all groups.
pub(super) enum ListColumns {
    /// For each partition, the numbers of nearest rank, row after row in the order of these columns.
    Ranks(Vec<usize>, Vec<Vec<Option<u64>>>),
    /// For each partition, how many different values each row has, which all of these columns are.
    Distinct(Vec<usize>, Vec<Vec<u64>>),
}

impl ListColumns {
    /// Computes the columns from the list of each partition, which has so many rows. Values that stand for texts are
    /// less than `texts`.
    pub fn from_lists(
        lists: Vec<(ValueList, usize)>,
        columns: &ValueColumns,
        texts: usize,
        team: &Team<'_>,
    ) -> ListColumns {
        let lists: Vec<_> = lists.into_iter().map(Mutex::new).collect();
        let take = |at: usize| {
            let mut list = lists[at].lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *list)
        };
        if !columns.numeric {
            let distinct = side_by_side(team, lists.len(), |at| {
                let (list, rows) = take(at);
                list.distinct(rows, texts)
            });
            return ListColumns::Distinct(columns.distinct.clone(), distinct);
        }
        let percentiles = columns.percentiles.iter();
        let (columns, ranks): (_, Vec<_>) = percentiles
            .map(|percentile| (percentile.column, percentile.millionths))
            .unzip();
        let found = side_by_side(team, lists.len(), |at| {
            let (list, rows) = take(at);
            list.nearest_ranks(rows, &ranks)
        });
        ListColumns::Ranks(columns, found)
    }

    /// Sets the columns of the group with this row.
    pub fn fill_columns(&self, place: RowPlace, columns: &mut [Option<Quantity>]) {
        let (partition, row) = (place.partition as usize, place.row as usize);
        match self {
            ListColumns::Ranks(ranked, found) => {
                let found = &found[partition][row * ranked.len()..];
                for (&column, value) in ranked.iter().zip(found) {
                    columns[column] = value.and_then(|value| read_quantity(&value.to_be_bytes()));
                }
            }
            ListColumns::Distinct(distinct, found) => {
                for &column in distinct {
                    let count = i128::from(found[partition][row]);
                    columns[column] = Some(Quantity::Number(Number::Int(count)));
                }
            }
        }
    }
}
