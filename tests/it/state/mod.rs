//! `--state`: what a run remembers.

mod bundle;
mod damage;
mod file;
pub mod killed;
mod pruned_inputs;
mod refused;
pub mod resume;
