//! The program as its users meet it: one folder per feature, over one small harness in `support`.

mod cli;
mod codecs;
mod faults;
#[cfg(feature = "queue")]
mod hosts;
mod library;
mod map;
mod merge;
mod parallel;
mod pool;
#[cfg(feature = "queue")]
mod queue;
mod readme;
mod records;
mod run;
mod shards;
mod signals;
mod state;
mod support;
mod tidy;
mod xargs;
