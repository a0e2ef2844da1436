//! Lists of words as xargs reads them, and the batches that it makes of them.

pub mod batch;
pub mod error;
pub mod words;
