//! fanfold does one thing to every file, on all cores, and folds the results.
//!
//! A source yields jobs; a bounded queue feeds the workers; each runs one map on a job; what it
//! emits goes in input order to the sink, or record by record into a fold; the main thread joins
//! the workers, merges their folds, and exits.
//!
//! A program that uses the library implements one of two traits, or both: [`map::Map`], which processes one
//! job, and [`fold::Fold`], a mergeable accumulator of records. [`run::run`] runs a [`plan::Plan`] with
//! them: see `examples/custom_map.rs` and `examples/custom_fold.rs`.
//!
//! A program with its own threads hands CPU-heavy jobs to a [`pool::Pool`] and waits for each answer: see
//! the server in `examples/coprocessor.rs`.
#[doc(hidden)] // The program's entry, for main.rs only.
pub mod cli;
pub mod codec;
pub mod control;
pub mod fold;
pub mod job;
pub mod map;
pub mod memory;
pub(crate) mod merge;
pub(crate) mod message;
pub mod output;
pub mod plan;
pub mod pool;
pub mod process;
pub mod record;
pub mod run;
pub(crate) mod sink;
pub mod source;
pub mod state;
mod sys;
pub(crate) mod template;
pub(crate) mod worker;
