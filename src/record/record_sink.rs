//! The receiving side of the record stage.
//!
//! A sink does not know where records come from.

use super::bits::Bits;
use std::io;
use std::ops::ControlFlow;
use std::slice;

/// Receives records: a fold, or the printer of rows.
pub trait RecordSink {
    /// Receives one record: the selected fields. Breaks when the sink needs no more records.
    ///
    /// # Errors
    /// The sink's own I/O errors.
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>>;

    /// Returns true when only the number of records matters to the sink.
    fn only_counts(&self) -> bool {
        false
    }

    /// Returns true when the sink takes whole lines as they are, with a carriage return at the end of one.
    fn keeps_line_ends(&self) -> bool {
        false
    }

    /// Receives `number` records at once. The caller uses it only when [`RecordSink::only_counts`] is true.
    ///
    /// # Errors
    /// As [`RecordSink::record`].
    fn records(&mut self, number: u64) -> io::Result<ControlFlow<()>> {
        for _ in 0..number {
            if self.record(&[])?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Returns which values of the last call the sink left out, because they are no numbers and it takes
    /// numbers: `n` for field `n` of a record, or for record `n` of [`RecordSink::singles`]. The caller asks
    /// only when the plan says that such fields are selected.
    fn misfits(&self) -> &Bits {
        static NONE: Bits = Bits::new();
        &NONE
    }

    /// Receives several records of one field each, at most 64.
    ///
    /// # Errors
    /// As [`RecordSink::record`].
    fn singles(&mut self, records: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        for record in records {
            if self.record(slice::from_ref(record))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
