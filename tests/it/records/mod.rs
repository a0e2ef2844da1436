//! Records and folds, compared with the programs that people use for them.

mod compared_times;
mod differential;
mod fields;
mod filter_and_fold;
mod formats;
mod key_kinds;
mod log_lines;
mod log_questions;
mod notes;
mod sorted_records;
mod system_logs;
mod times;
mod unreadable;
mod whole_records;
