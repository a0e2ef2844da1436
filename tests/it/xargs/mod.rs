//! `fanfold xargs`.

mod differential;
mod state;
