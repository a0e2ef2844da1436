//! What surrounds the runs: man pages, completions, and questions about a run.

mod color;
mod first_tries;
mod foreign_words;
mod help;
mod man_pages;
mod packages;
mod report;
mod shared_options;
mod status;
