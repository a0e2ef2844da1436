//! What to say about a name that isn't known.

use anyhow::anyhow;

/// `unknown KIND 'GIVEN' (known: …); did you mean '…'?`
pub(crate) fn unknown(kind: &str, given: &str, known: &[&str]) -> anyhow::Error {
    let list = known.join(", ");
    let given_shown = quoted(given);
    match nearest(given, known.iter().copied()) {
        Some(near) => anyhow!("unknown {kind} {given_shown} (known: {list}); did you mean '{near}'?"),
        None => anyhow!("unknown {kind} {given_shown} (known: {list})"),
    }
}

/// The known name that `given` is most likely a slip of.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = given.chars().count();
    known
        .map(|name| (strsim::osa_distance(&given.to_lowercase(), name), name))
        .filter(|(slips, _)| *slips <= length.div_ceil(3) && *slips < length)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// User text in single quotes, control bytes escaped.
pub(crate) fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| {
            let shown: Vec<char> = if c.is_control() {
                c.escape_default().collect()
            } else {
                vec![c]
            };
            shown
        })
        .collect();
    format!("'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let message = unknown("format", "jsn", &["ws", "json"]).to_string();
        assert_eq!(
            message,
            "unknown format 'jsn' (known: ws, json); did you mean 'json'?"
        );
        assert!(
            !unknown("format", "qqq", &["ws", "json"])
                .to_string()
                .contains("mean")
        );
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(quoted("a\x1b[b"), "'a\\u{1b}[b'");
    }
}
