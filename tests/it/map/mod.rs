//! `fanfold map`: how it reads its inputs.

mod split_files;
