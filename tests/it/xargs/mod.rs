//! `fanfold xargs`.

mod differential;
mod options;
mod state;
