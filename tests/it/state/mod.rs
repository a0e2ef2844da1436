//! `--state`: what a run remembers.

mod bundle;
mod damage;
mod file;
mod killed;
mod pruned_inputs;
mod refused;
mod resume;
