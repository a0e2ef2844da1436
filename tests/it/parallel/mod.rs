//! `fanfold parallel`.

mod differential;
mod options;
mod page;
mod stress;
