//! `fanfold run`: its inputs, its commands, and the files that it writes.

mod atomic_files;
mod batch;
mod command;
mod err_files;
mod failures;
mod hostile_names;
mod inputs;
pub mod output_files;
mod peak_memory;
mod progress;
mod progress_bytes;
mod reserved_files;
mod row_limit;
mod unattended;
