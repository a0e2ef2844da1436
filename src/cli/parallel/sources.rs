//! The words behind the options: the command, and the sources of values.

use super::options::Options;
use crate::cli::usage_error::UsageError;
use crate::plan::{ArgumentOrigin, ArgumentSource, Link};
use anyhow::Result;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// Returns the command and the sources.
pub(super) fn read<'a>(words: &'a [OsString], options: &Options) -> (&'a [OsString], Vec<ArgumentSource>) {
    let inputs = &options.inputs;
    let separator = |word: &OsString| -> Option<(bool, Link)> {
        for (text, is_file) in [(&inputs.separator, false), (&inputs.file_separator, true)] {
            match word.as_bytes().strip_prefix(text.as_bytes()) {
                Some(b"") => return Some((is_file, Link::Product)),
                Some(b"+") => return Some((is_file, Link::Pairs)),
                _ => {}
            }
        }
        None
    };
    let first = words.iter().position(|word| separator(word).is_some());
    let (command, mut rest) = words.split_at(first.unwrap_or(words.len()));
    let mut sources: Vec<_> = inputs
        .files
        .iter()
        .map(|file| file_source(file, Link::Product))
        .collect();
    while let Some((word, after)) = rest.split_first() {
        let next = after.iter().position(|word| separator(word).is_some());
        let (values, others) = after.split_at(next.unwrap_or(after.len()));
        match separator(word) {
            Some((true, link)) => sources.extend(values.iter().map(|file| file_source(file, link))),
            Some((false, link)) => sources.push(source(ArgumentOrigin::Words(values.to_vec()), link)),
            None => {}
        }
        rest = others;
    }
    if first.is_none() && sources.is_empty() {
        sources.push(source(ArgumentOrigin::Stdin, Link::Product));
    }
    for source in &mut sources {
        source.has_name = inputs.header.is_some() || inputs.skips_first;
        if inputs.linked {
            source.link = Link::Wrap;
        }
    }
    (command, sources)
}

/// Refuses values where commands get blocks.
pub(super) fn refuse_values(sources: &[ArgumentSource]) -> Result<()> {
    let is_value = |source: &ArgumentSource| matches!(source.from, ArgumentOrigin::Words(_));
    match sources.iter().any(is_value) {
        true => Err(UsageError("Error: --pipe with values needs --tee.".into()).into()),
        false => Ok(()),
    }
}

fn file_source(name: &OsStr, link: Link) -> ArgumentSource {
    match name.as_bytes() {
        b"-" => source(ArgumentOrigin::Stdin, link),
        _ => source(ArgumentOrigin::File(name.to_owned()), link),
    }
}

fn source(from: ArgumentOrigin, link: Link) -> ArgumentSource {
    ArgumentSource {
        from,
        link,
        has_name: false,
    }
}
