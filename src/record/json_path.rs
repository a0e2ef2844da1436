//! The value at a dotted path in a JSON text that a field holds.
//!
//! It does not know which field, nor the JSON of a whole line, which `format/json` reads without building it.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Returns the value at `path`, or the whole value when the path is empty: a string without its escapes, any other
/// value as it is written. `None` when the text is no JSON, or has no such value, or null there.
pub(super) fn find(text: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return leaf(serde_json::from_str::<&RawValue>(text).ok()?.get());
    }
    let text = text.trim_ascii();
    if text.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        let (index, rest) = path.split_once('.').unwrap_or((path, ""));
        return find(elements.get(index.parse::<usize>().ok()?)?.get(), rest);
    }
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    if let Some(value) = members.get(path) {
        return leaf(value.get());
    }
    // A key may itself have dots.
    path.match_indices('.').find_map(|(dot, _)| {
        let value = members.get(&path[..dot])?;
        find(value.get(), &path[dot + 1..])
    })
}

fn leaf(text: &str) -> Option<String> {
    match text {
        "null" => None,
        text if text.starts_with('"') => serde_json::from_str(text).ok(),
        text => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn paths_go_through_objects_and_arrays() {
        let text = "{\"a\":{\"b.c\":[1.50,\"x\\n\"]},\"n\":null,\"s\":\"{\\\"k\\\":1}\"}\n";
        for (path, want) in [
            ("a.b.c.0", Some("1.50")),
            ("a.b.c.1", Some("x\n")),
            ("a.b.c", Some("[1.50,\"x\\n\"]")),
            ("a.b", None),
            ("a.b.c.2", None),
            ("n", None),
            ("s", Some("{\"k\":1}")),
            ("s.k", None),
        ] {
            assert_eq!(find(text, path).as_deref(), want, "{path}");
        }
        assert_eq!(find(" [1] ", "").as_deref(), Some("[1]"));
        for text in ["", "x", "{", "{}x", "3"] {
            assert_eq!(find(text, "a"), None, "{text}");
        }
    }
}
