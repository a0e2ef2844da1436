//! Alternatives in braces, as a shell expands them: `{a,b}*.gz` is `a*.gz` and `b*.gz`.
//!
//! It does not know whether the results are names or patterns.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// Returns the names that the alternatives make, in their order; the name itself when it has none. Braces without a
/// comma, or without their other half, are text.
pub(crate) fn expand(name: &OsStr) -> Vec<OsString> {
    let mut expanded = Vec::new();
    add(name.as_bytes(), &mut expanded);
    expanded
}

fn add(name: &[u8], expanded: &mut Vec<OsString>) {
    let opens = name.iter().enumerate().filter(|(_, byte)| **byte == b'{');
    let found = opens
        .into_iter()
        .find_map(|(open, _)| alternatives(&name[open..]).map(|found| (open, found)));
    let Some((open, (alternatives, length))) = found else {
        return expanded.push(OsString::from_vec(name.to_vec()));
    };
    for alternative in alternatives {
        add(
            &[&name[..open], alternative, &name[open + length..]].concat(),
            expanded,
        );
    }
}

/// Returns the alternatives of the braces at the beginning, and how many bytes these have with their contents.
fn alternatives(text: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let (mut depth, mut start, mut found) = (0, 1, Vec::new());
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            b'}' if depth == 1 => {
                found.push(&text[start..at]);
                return (found.len() > 1).then_some((found, at + 1));
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_expanded_as_by_a_shell() {
        for (typed, expected) in [
            ("a", &["a"][..]),
            ("{a,b}c", &["ac", "bc"]),
            ("x{a,b}{c,d}", &["xac", "xad", "xbc", "xbd"]),
            ("{a,{b,c}d}", &["a", "bd", "cd"]),
            ("a{,b}", &["a", "ab"]),
            ("{}{a}{a,b", &["{}{a}{a,b"]),
            ("{a}{b,c}", &["{a}b", "{a}c"]),
            ("{{b,c}", &["{b", "{c"]),
        ] {
            assert_eq!(expand(OsStr::new(typed)), expected, "{typed}");
        }
    }
}
