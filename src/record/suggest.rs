//! Messages about unknown names, with the known names and a likely correction.

use super::plan_error::RecordPlanError;

/// Builds the error `unknown KIND 'GIVEN' (known: …); did you mean '…'?`.
pub(crate) fn unknown(kind: &str, given: &str, known: &[&str]) -> RecordPlanError {
    let list = known.join(", ");
    let mut text = format!("unknown {kind} {} (known: {list})", quoted(given));
    if let Some(near) = nearest(given, known.iter().copied()) {
        text += &format!("; did you mean '{near}'?");
    }
    RecordPlanError::new(text)
}

/// Builds the same error, with what else may have been meant when no known name is near.
pub(crate) fn unknown_or(kind: &str, given: &str, known: &[&str], otherwise: &str) -> RecordPlanError {
    let error = unknown(kind, given, known);
    match nearest(given, known.iter().copied()) {
        Some(_) => error,
        None => RecordPlanError::new(format!("{error}; {otherwise}")),
    }
}

/// Returns the known name that `given` most likely misspells.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = given.chars().count();
    known
        .map(|name| (strsim::osa_distance(&given.to_lowercase(), name), name))
        .filter(|(slips, _)| *slips <= length.div_ceil(3) && *slips < length)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// Returns user text in single quotes, with control characters escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        if c.is_control() {
            quoted.extend(c.escape_default());
        } else {
            quoted.push(c);
        }
    }
    quoted + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_is_recognized_and_nonsense_is_not() {
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
        let otherwise = |given| unknown_or("format", given, &["ws", "json"], "else that").to_string();
        assert!(otherwise("ERROR").ends_with("(known: ws, json); else that"));
        assert!(otherwise("jsn").ends_with("did you mean 'json'?"));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(quoted("a\x1b[b"), "'a\\u{1b}[b'");
    }
}
