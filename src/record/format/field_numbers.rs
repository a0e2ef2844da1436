//! The numbers of the selected fields, in the order in which a scan meets them.

use crate::record::field::FieldSource;

/// The numbers of the selected fields, each with its slot.
#[derive(Debug, Default)]
pub(super) struct FieldNumbers {
    /// Numbers from the start of the line, ascending.
    pub from_start: Vec<(usize, usize)>,
    /// Numbers from the end of the line, ascending.
    pub from_end: Vec<(usize, usize)>,
}

impl FieldNumbers {
    pub fn new(sources: &[FieldSource]) -> FieldNumbers {
        let mut wanted = FieldNumbers::default();
        for (slot, source) in sources.iter().enumerate() {
            match source {
                FieldSource::Number(n) => wanted.from_start.push((*n, slot)),
                FieldSource::FromEnd(n) => wanted.from_end.push((*n, slot)),
                _ => {}
            }
        }
        wanted.from_start.sort_unstable();
        wanted.from_end.sort_unstable();
        wanted
    }
}
