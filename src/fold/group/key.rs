//! The key of a group: the values of its columns as one text.
//!
//! It does not know where keys are kept.

use crate::record::{cell_tsv, unmark};

/// Encodes a key: one value as it is; several as the row that they are printed as, which escaping
/// keeps unambiguous.
#[inline]
pub(super) fn encode(key: &mut Vec<u8>, values: &[&[u8]]) {
    key.clear();
    if let [only] = values {
        key.extend_from_slice(only);
        return;
    }
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            key.push(b'\t');
        }
        cell_tsv(key, value);
    }
}

/// Returns a key whose values have marks without these; `several` says whether it has more than one value.
pub(super) fn without_marks(key: &[u8], several: bool) -> Vec<u8> {
    let cells = key.split(|&byte| several && byte == b'\t');
    let cells: Vec<_> = cells.map(|cell| unmark(cell).1).collect();
    cells.join(&b'\t')
}
