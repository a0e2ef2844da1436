//! fanfold does one thing to every file, on all cores, and folds the results.
pub mod codec;
pub mod control;
pub mod fold;
pub mod job;
pub mod map;
pub mod memory;
pub mod message;
pub mod plan;
pub mod record;
pub mod sink;
pub mod source;
pub mod sys;
pub mod template;
