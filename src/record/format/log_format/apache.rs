//! The directives of Apache's mod_log_config: `%h`, `%>s`, `%{Referer}i`, `%!200,304s`.

use super::piece::{Piece, Shape};
use crate::record::suggest::quoted;

/// Cuts a string into texts and directives.
///
/// # Errors
/// When a directive is malformed.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        pieces.push(Piece::Text(rest[..at].into()));
        rest = &rest[at + 1..];
        let malformed = || format!("{} is no directive of Apache", quoted(&format!("%{rest}")));
        // Conditions on the status, and which of two requests is meant.
        let body = rest.trim_start_matches(|c: char| c == '!' || c == ',' || c.is_ascii_digit());
        let body = body.trim_start_matches(['<', '>']);
        let (argument, body) = match body.strip_prefix('{') {
            Some(inside) => {
                let end = inside.find('}').ok_or_else(malformed)?;
                (Some(&inside[..end]), &inside[end + 1..])
            }
            None => (None, body),
        };
        let body = body.trim_start_matches(['<', '>']);
        let letter = body.chars().next().ok_or_else(malformed)?;
        let length = match (letter, body.strip_prefix('^')) {
            // `%{name}^ti`, `%{name}^to`: trailers.
            (_, Some(trailer)) if trailer.starts_with("ti") || trailer.starts_with("to") => 3,
            ('%', _) => 1,
            (letter, _) if letter.is_ascii_alphabetic() => 1,
            _ => return Err(malformed()),
        };
        let directive = &body[..length];
        rest = &body[length..];
        if directive == "%" {
            pieces.push(Piece::Text(b"%".into()));
            continue;
        }
        let typed = match argument {
            Some(argument) => format!("%{{{argument}}}{directive}"),
            None => format!("%{directive}"),
        };
        let name = field(directive, argument).filter(|_| !is_second_choice(directive, text));
        let name = name.map_or_else(|| typed.clone(), str::to_owned);
        let variable = Piece::Variable(name, typed, shape(directive, argument));
        // The time has brackets of its own, which are no part of the field.
        if directive == "t" && argument.is_none() {
            pieces.extend([Piece::Text(b"[".into()), variable, Piece::Text(b"]".into())]);
        } else {
            pieces.push(variable);
        }
    }
    pieces.push(Piece::Text(rest.into()));
    Ok(pieces)
}

/// Returns true when the string has a directive that has a better right to the name.
fn is_second_choice(directive: &str, text: &str) -> bool {
    match directive {
        "a" => text.contains("%h"),
        "O" => text.contains("%b") || text.contains("%B"),
        _ => false,
    }
}

/// Returns clf's name of a directive, when there is one.
fn field(directive: &str, argument: Option<&str>) -> Option<&'static str> {
    let is = |name: &str| argument.is_some_and(|argument| argument.eq_ignore_ascii_case(name));
    match directive {
        "h" => Some("host"),
        "a" if argument.is_none() => Some("host"),
        "l" => Some("ident"),
        "u" => Some("user"),
        "t" => Some("time"),
        "r" => Some("request"),
        "m" => Some("method"),
        "U" => Some("path"),
        "H" => Some("protocol"),
        "s" => Some("status"),
        "b" | "B" | "O" => Some("bytes"),
        "i" if is("referer") => Some("referer"),
        "i" if is("user-agent") => Some("agent"),
        _ => None,
    }
}

fn shape(directive: &str, argument: Option<&str>) -> Shape {
    let blanks = argument.map_or(0, |format| format.matches(' ').count());
    match directive {
        "u" => Shape::Any,
        "t" if argument.is_none() => Shape::Any,
        "t" => Shape::Words(1 + blanks),
        "r" => Shape::Words(3),
        "h" | "a" | "A" | "v" | "V" => Shape::Address,
        "s" | "b" | "B" | "O" | "I" | "S" | "D" | "T" | "k" => Shape::Integer,
        _ => Shape::Words(1),
    }
}
