//! `--merge`: many outputs made one.

mod destination;
mod tree;
