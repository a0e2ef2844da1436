//! What the tests share: the harness that runs fanfold.

mod harness;

pub use harness::*;
