//! The error about a field that a format has not: by which name the format may have what was meant.

use crate::record::modifier::MODIFIERS;
use crate::record::plan_error::RecordPlanError;
use crate::record::suggest::{quoted, unknown};

/// What other tools call a field, and what it is here.
const NAMES: &[(&[&str], &str)] = &[
    (&["url", "uri", "request_uri"], "path"),
    (
        &[
            "ip",
            "addr",
            "client",
            "client_ip",
            "remote_addr",
            "remote_host",
            "hostname",
        ],
        "host",
    ),
    (&["code", "status_code", "http_status"], "status"),
    (&["size", "length", "body_bytes_sent", "bytes_sent"], "bytes"),
    (&["verb", "http_method"], "method"),
    (&["referrer", "http_referer"], "referer"),
    (&["useragent", "user_agent", "http_user_agent", "ua"], "agent"),
    (&["timestamp", "datetime", "time_local", "ts"], "time"),
    (&["date"], "time:day"),
    (&["msg"], "message"),
];

/// Builds the error about `name`, which is none of `known`.
pub(super) fn unknown_field(name: &str, known: &[&str]) -> RecordPlanError {
    match meant(name, known) {
        Some(meant) => {
            let list = known.join(", ");
            let name = quoted(name);
            RecordPlanError::new(format!(
                "unknown field {name} (known: {list}); did you mean '{meant}'?"
            ))
        }
        None => unknown("field", name, known),
    }
}

fn meant(name: &str, known: &[&str]) -> Option<String> {
    let lower = name.to_lowercase();
    // As awk has it.
    if let Some(of_awk) = lower.strip_prefix('$') {
        let is_number = !of_awk.is_empty() && of_awk.bytes().all(|byte| byte.is_ascii_digit());
        return (is_number || known.contains(&of_awk)).then(|| of_awk.to_owned());
    }
    // `time.hour`, and `hour(time)` as SQL has it.
    let call = lower.strip_suffix(')').and_then(|call| call.split_once('('));
    let cut = call
        .map(|(modifier, field)| (field, modifier))
        .or(lower.split_once('.'));
    if let Some((field, modifier)) = cut {
        return (known.contains(&field) && MODIFIERS.iter().any(|entry| entry.name == modifier))
            .then(|| format!("{field}:{modifier}"));
    }
    if known.contains(&"time") && ["minute", "hour", "day", "week", "month", "year"].contains(&lower.as_str())
    {
        return Some(format!("time:{lower}"));
    }
    let (_, here) = NAMES.iter().find(|(names, _)| names.contains(&lower.as_str()))?;
    let field = here.split(':').next().unwrap_or(here);
    known.contains(&field).then(|| (*here).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_another_tool_leads_to_the_one_here() {
        let known = ["host", "time", "path", "status", "bytes"];
        for (typed, here) in [
            ("$9", "9"),
            ("$status", "status"),
            ("url", "path"),
            ("IP", "host"),
            ("size", "bytes"),
            ("hour", "time:hour"),
            ("time.hour", "time:hour"),
            ("hour(time)", "time:hour"),
            ("date", "time:day"),
        ] {
            assert_eq!(meant(typed, &known).as_deref(), Some(here), "{typed}");
            let said = unknown_field(typed, &known).to_string();
            assert!(said.ends_with(&format!("; did you mean '{here}'?")), "{said}");
        }
        for typed in ["$x", "user_agent", "path.hour.x", "latency"] {
            assert_eq!(meant(typed, &known), None, "{typed}");
        }
        assert_eq!(meant("hour", &["n"]), None);
    }
}
