//! How values become rows.

use memchr::memchr3;

/// Appends `value` with tab, newline and backslash escaped as `\t`, `\n`, `\\`.
#[inline]
pub(crate) fn cell_tsv(out: &mut Vec<u8>, value: &[u8]) {
    if escaped(value) {
        escape(out, value);
    } else {
        out.extend_from_slice(value);
    }
}

/// Whether a value changes when it is escaped.
#[inline]
pub(crate) fn escaped(value: &[u8]) -> bool {
    memchr3(b'\t', b'\n', b'\\', value).is_some()
}

#[cold]
fn escape(out: &mut Vec<u8>, value: &[u8]) {
    for &byte in value {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            other => out.push(other),
        }
    }
}
