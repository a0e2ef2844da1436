//! Inputs that are addresses of other machines: which command reads them.
//!
//! It opens nothing.

use crate::message;
use crate::plan::Dash;
use std::ffi::OsStr;
use std::path::Path;

/// Commands that print what lies at an address, by its scheme.
const READERS: &[(&str, &str)] = &[
    ("s3", "aws s3 cp {} -"),
    ("gs", "gcloud storage cat {}"),
    ("hdfs", "hdfs dfs -cat {}"),
    ("http", "curl -fsS {}"),
    ("https", "curl -fsS {}"),
    ("ftp", "curl -fsS {}"),
];

/// Returns why an input is refused, if it is an address. `dash` tells whether fanfold reads inputs itself.
pub(super) fn refusal(name: &OsStr, dash: Dash) -> Option<String> {
    let (scheme, _) = name.to_str()?.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_scheme || Path::new(name).exists() {
        return None;
    }
    let shown = message::display_name(name);
    let reader = READERS.iter().find(|(known, _)| *known == scheme);
    let reader = reader.map_or("COMMAND {}", |(_, reader)| reader);
    Some(match dash {
        Dash::Stdin => format!(
            "'{shown}' is not on this machine, have a command print it: fanfold map [OPTIONS] --open '{reader}' '{shown}'"
        ),
        Dash::Name => format!(
            "'{shown}' is no file; names that are none come from standard input: printf '%s\\n' '{shown}' | fanfold run [OPTIONS] -- COMMAND"
        ),
    })
}
