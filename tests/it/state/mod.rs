//! `--state`: what a run remembers.

mod bundle;
mod damage;
mod file;
mod grown;
mod killed;
mod pruned_inputs;
mod refused;
mod renamed;
mod resume;
mod rotation;
