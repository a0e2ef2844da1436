//! `--shard`, `--save` and `fanfold merge`: shares of the inputs, whose answers are added up.

mod saved;
mod share;
