//! `--shard`, `--save` and `fanfold merge`: shares of the inputs, whose answers are added up.

mod cluster;
mod open;
mod saved;
mod share;
mod slurm;
mod states;
mod unsaved;
