//! A record: the values of one job, or of a part of them.

use crate::source::SourceError;

/// The values.
pub(crate) type Record = Vec<Vec<u8>>;

/// The values, or why there are none.
pub(super) type RecordResult = Result<Record, SourceError>;
