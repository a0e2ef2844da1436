//! The value at a dotted path in a JSON text that a field holds.
//!
//! It does not know which field, nor the JSON of a whole line, which `format/json` reads without building it.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JsonValue {
    /// A string, without its escapes.
    String(String),
    /// Any other value, as it is written.
    Other(String),
    /// Null.
    Null,
    /// Nothing: the JSON has no such path.
    Missing,
}

/// Returns the value at `path`, or the whole value when the path is empty. `None` when the text is no JSON, or a path
/// can't begin in it: only objects and arrays have one.
pub(super) fn find(text: &str, path: &str) -> Option<JsonValue> {
    let text = text.trim_ascii();
    let whole: &RawValue = serde_json::from_str(text).ok()?;
    match path.is_empty() || text.starts_with(['{', '[']) {
        true => Some(value_at(whole.get(), path).unwrap_or(JsonValue::Missing)),
        false => None,
    }
}

fn value_at(text: &str, path: &str) -> Option<JsonValue> {
    if path.is_empty() {
        return leaf(text);
    }
    if text.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        let (index, rest) = path.split_once('.').unwrap_or((path, ""));
        return value_at(elements.get(index.parse::<usize>().ok()?)?.get(), rest);
    }
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    if let Some(value) = members.get(path) {
        return leaf(value.get());
    }
    // A key may itself have dots.
    path.match_indices('.').find_map(|(dot, _)| {
        let value = members.get(&path[..dot])?;
        value_at(value.get(), &path[dot + 1..])
    })
}

fn leaf(text: &str) -> Option<JsonValue> {
    match text {
        "null" => Some(JsonValue::Null),
        text if text.starts_with('"') => serde_json::from_str(text).ok().map(JsonValue::String),
        text => Some(JsonValue::Other(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonValue, find};

    #[test]
    fn paths_go_through_objects_and_arrays() {
        let text = "{\"a\":{\"b.c\":[1.50,\"x\\n\"]},\"n\":null,\"s\":\"{\\\"k\\\":1}\"}\n";
        for (path, want) in [
            ("a.b.c.0", JsonValue::Other("1.50".to_owned())),
            ("a.b.c.1", JsonValue::String("x\n".to_owned())),
            ("a.b.c", JsonValue::Other("[1.50,\"x\\n\"]".to_owned())),
            ("a.b", JsonValue::Missing),
            ("a.b.c.2", JsonValue::Missing),
            ("n", JsonValue::Null),
            ("n.n", JsonValue::Missing),
            ("s", JsonValue::String("{\"k\":1}".to_owned())),
            ("s.k", JsonValue::Missing),
        ] {
            assert_eq!(find(text, path), Some(want), "{path}");
        }
        assert_eq!(find(" [1] ", ""), Some(JsonValue::Other("[1]".to_owned())));
        assert_eq!(find("3", ""), Some(JsonValue::Other("3".to_owned())));
        for text in ["", "x", "{", "{}x", "3", "\"a\"", "{\"a\":}"] {
            assert_eq!(find(text, "a"), None, "{text}");
        }
    }
}
