//! What a program that uses fanfold as a library may name. The introduction is `ARCHITECTURE.md`.
#![doc = include_str!("ARCHITECTURE.md")]

#[cfg(test)]
extern crate self as fanfold; // Its name in tests/fuzz/bodies.

#[doc(hidden)] // The program's entry, for main.rs only.
pub mod cli;
pub mod codec;
pub mod control;
pub mod fold;
#[cfg(any(fuzzing, test))]
#[doc(hidden)] // For tests/fuzz only.
pub mod fuzzing;
pub(crate) mod help;
#[cfg(feature = "queue")]
pub(crate) mod hosts;
pub mod job;
pub mod map;
pub mod memory;
pub(crate) mod merge;
pub(crate) mod message;
pub mod output;
pub mod plan;
pub mod pool;
pub mod process;
pub(crate) mod progress;
#[cfg(feature = "queue")]
#[doc(hidden)] // For the program and its tests only.
pub mod queue;
pub mod record;
pub(crate) mod report;
pub mod run;
pub(crate) mod saved;
pub(crate) mod sink;
pub mod source;
pub mod state;
mod sys;
pub(crate) mod template;
pub(crate) mod worker;
