//! `fanfold parallel`.

mod differential;
mod options;
