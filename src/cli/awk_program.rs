//! An awk program where an input is expected: which options say the same.
//!
//! It reads the commonest programs of one rule, and opens nothing.

use crate::message;
use regex::Regex;
use std::ffi::OsStr;
use std::path::Path;

/// Returns why an input is refused, if it is no file and reads as an awk program.
pub(super) fn refusal(name: &OsStr) -> Option<String> {
    let text = name.to_str()?.trim();
    if !is_program(text) || Path::new(name).exists() {
        return None;
    }
    let options = options(text).map_or_else(String::new, |options| format!(": {options} does this"));
    let shown = message::display_name(name);
    Some(format!(
        "'{shown}' is no file and reads as an awk program{options} (see fanfold help from-awk)"
    ))
}

fn is_program(text: &str) -> bool {
    let has = |pattern: &str| Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
    // A field, a variable that is compared, or an action.
    has(r"\$(\d|NF)") || has(r"^(NR|NF|FNR) *[=<>!%]") || has(r"\{ *(print|printf)\b[^,]*\}$")
}

/// Returns the options that do what the program does, when it is one rule that selects lines and prints fields.
fn options(program: &str) -> Option<String> {
    let (condition, action) = match program.split_once('{') {
        Some((condition, action)) => (condition.trim(), action.strip_suffix('}')?.trim()),
        None => (program, "print"),
    };
    let condition = filter(condition)?;
    let action = selection(action.trim_end_matches(';').trim())?;
    let options: Vec<_> = condition.into_iter().chain(action).collect();
    (!options.is_empty()).then(|| options.join(" "))
}

/// Returns the option for a condition; `Some(None)` when there is no condition.
fn filter(condition: &str) -> Option<Option<String>> {
    if condition.is_empty() {
        return Some(None);
    }
    if condition.contains('\'') || condition.starts_with(['!', '(']) {
        return None;
    }
    if let Some(regex) = condition
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
    {
        let is_one = !regex.is_empty() && !regex.contains('/');
        return is_one.then(|| Some(format!("--regex '{regex}'")));
    }
    let comparison =
        Regex::new(r#"^\$(\d+|NF) *(==|!=|<=|>=|<|>|~|!~) *(-?[\d.]+|"[^"]*"|/[^/]+/)$"#).ok()?;
    let parts = comparison.captures(condition)?;
    let value = match parts[3].strip_prefix('/') {
        Some(regex) => regex.trim_end_matches('/'),
        None => &parts[3],
    };
    Some(Some(format!(
        "--where '{} {} {value}'",
        field(&parts[1]),
        &parts[2]
    )))
}

/// Returns the option for what is printed; `Some(None)` when that is the whole line.
fn selection(action: &str) -> Option<Option<String>> {
    let fields = action.strip_prefix("print")?.trim();
    if matches!(fields, "" | "$0") {
        return Some(None);
    }
    let names: Option<Vec<_>> = fields.split(',').map(printed_field).collect();
    Some(Some(format!("--select {}", names?.join(","))))
}

fn printed_field(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix('$')?;
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    (name == "NF" || is_number).then_some(field(name))
}

fn field(name: &str) -> &str {
    match name {
        "NF" => "-1",
        number => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(program: &str) -> Option<String> {
        let said = refusal(OsStr::new(program))?;
        let options = said.split("awk program: ").nth(1).unwrap_or_default();
        Some(options.split(" does this").next().unwrap_or_default().to_owned())
    }

    #[test]
    fn programs_of_one_rule_are_said_by_options() {
        for (program, options) in [
            ("{print $9}", "--select 9"),
            ("{ print $1, $NF; }", "--select 1,-1"),
            ("$9 == 404", "--where '9 == 404'"),
            ("$9==404 {print $7}", "--where '9 == 404' --select 7"),
            ("$7 ~ /robots/ {print}", "--where '7 ~ robots'"),
            ("$3 == \"a b\" {print $0}", "--where '3 == \"a b\"'"),
            ("/GET/ {print $1}", "--regex 'GET' --select 1"),
            ("{s += $10} END {print s}", ""),
            ("{n[$1]++}", ""),
            ("NR == 1", ""),
            ("!/x/ {print $1}", ""),
        ] {
            assert_eq!(said(program).as_deref(), Some(options), "{program}");
        }
    }

    #[test]
    fn names_of_files_are_no_programs() {
        for name in [
            "{a,b}.log",
            "/data/",
            "/GET/",
            "logs/*.gz",
            "$x",
            "NR",
            "a{print}",
            "cost$",
        ] {
            let is_program = name == "a{print}";
            assert_eq!(said(name).is_some(), is_program, "{name}");
        }
    }
}
