//! The string of a log format, out of what surrounds it in a configuration.

/// Returns the string without the directive, the quotes and the escaped quotes of a configuration:
/// `log_format main '…' '…';`, `LogFormat "… \"%r\" …" combined`, or only the pieces in quotes.
pub(super) fn unwrapped(text: &str) -> String {
    let text = text.trim_matches(['\n', '\r']);
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_directive = ["log_format", "logformat", "customlog"]
        .iter()
        .any(|name| first.eq_ignore_ascii_case(name));
    let trimmed = text.trim().trim_end_matches(';').trim_end();
    let quotes: Vec<char> = match is_directive {
        true => vec!['\'', '"'],
        // A format may itself begin with a quote: only single quotes, and double ones around all, are quoting.
        false if trimmed.starts_with('\'') => vec!['\''],
        false => Vec::new(),
    };
    let pieces = pieces(trimmed, &quotes);
    match pieces.is_empty() {
        true => unescaped(text),
        false => pieces.concat(),
    }
}

/// Returns what stands in quotes, each piece without its escapes.
fn pieces(text: &str, quotes: &[char]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(quotes) {
        let quote = rest[start..].chars().next().expect("it was found");
        let inside = &rest[start + 1..];
        let mut escaped = false;
        let end = inside.char_indices().find(|&(_, c)| {
            let ends = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some((end, _)) = end else {
            return Vec::new();
        };
        found.push(unescaped(&inside[..end]));
        rest = &inside[end + 1..];
    }
    found
}

/// Replaces the escapes that configurations use.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('t') => out.push('\t'),
                Some('n') | None => {}
                Some(c @ ('"' | '\'' | '\\')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    out
}
