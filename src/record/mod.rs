//! The stage between map and fold: bytes become lines, lines become fields, and filters and a projection
//! decide what of them goes on.
//!
//! This module does not know where the bytes come from, nor who receives the records.

mod alignment;
mod bits;
mod decimal;
mod evidence;
mod expression;
mod field;
mod findings;
mod format;
mod json_path;
mod line_loop;
mod measure;
mod modifier;
mod named_values;
mod notes;
mod number;
mod pattern;
mod plan;
mod plan_error;
mod prefilter;
mod projection;
mod recognition;
mod record_sink;
mod render;
mod row_format;
mod row_printer;
mod stage;
pub(crate) mod suggest;
mod time;
mod window;

pub use bits::Bits;
pub(crate) use evidence::Evidence;
pub use expression::Expression;
pub use field::{Field, FieldSource};
pub use format::{CsvQuoting, Format, FormatChoice, LogFormat};
pub use modifier::{Modifier, ModifierEntry};
pub use notes::{NoteId, NoteKind, Notes, PartLines};
pub(crate) use pattern::Case;
pub use pattern::Pattern;
pub use plan::{OnBadLine, RecordPlan, Text};
pub use plan_error::RecordPlanError;
pub use record_sink::RecordSink;
pub use row_format::RowFormat;

pub(crate) use alignment::Alignment;
pub(crate) use expression::{LoneQuote, Value, Values};
pub(crate) use field::without_backquotes;
pub(crate) use format::FORMATS;
pub(crate) use line_loop::Checkpoint;
pub(crate) use modifier::MODIFIERS;
#[cfg(any(fuzzing, test))]
pub(crate) use modifier::Outcome;
pub(crate) use named_values::{Kind, pairs, unmark};
pub(crate) use number::Number;
pub(crate) use recognition::Stage;
pub(crate) use render::{Cell, cell_tsv, header, object, row, unescape_tsv};
pub(crate) use row_format::ROW_FORMATS;
pub(crate) use row_printer::RowPrinter;
pub use time::TimePlan;
pub(crate) use time::{TIME_FORMS, Time, TimeReader, stamped};
pub use window::Window;
