//! The variables of nginx: `$name` or `${name}`.

use super::piece::{Piece, Shape};
use crate::record::suggest::quoted;

/// Returns true when the string has a variable of nginx.
pub(super) fn is_nginx(text: &str) -> bool {
    let begins = |after: &str| after.starts_with(|c: char| c == '{' || c == '_' || c.is_ascii_alphabetic());
    text.match_indices('$').any(|(at, _)| begins(&text[at + 1..]))
}

/// Cuts a string into texts and variables.
///
/// # Errors
/// When a brace is not closed.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let has = |name: &str| text.contains(&format!("${name}")) || text.contains(&format!("${{{name}}}"));
    while let Some(at) = rest.find('$') {
        pieces.push(Piece::Text(rest[..at].into()));
        rest = &rest[at + 1..];
        let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
        let name = match rest.strip_prefix('{') {
            Some(inside) => {
                let unclosed = || format!("{} has no closing brace", quoted(&format!("${rest}")));
                let end = inside.find('}').ok_or_else(unclosed)?;
                rest = &inside[end + 1..];
                &inside[..end]
            }
            None => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                rest = after;
                name
            }
        };
        match name {
            "" => pieces.push(Piece::Text(b"$".into())),
            name => pieces.push(Piece::Variable(
                match name {
                    // The client has clf's name.
                    "host" if has("remote_addr") => "vhost",
                    "msec" if !has("time_local") && !has("time_iso8601") => "time",
                    name => field(name, has("body_bytes_sent"), has("time_local")),
                }
                .to_owned(),
                name.to_owned(),
                shape(name),
            )),
        }
    }
    pieces.push(Piece::Text(rest.into()));
    Ok(pieces)
}

/// Returns clf's name of a variable, when there is one.
fn field(name: &str, has_body: bool, has_local_time: bool) -> &str {
    match name {
        "remote_addr" => "host",
        "remote_user" => "user",
        "time_local" => "time",
        "time_iso8601" if !has_local_time => "time",
        "request_method" => "method",
        "request_uri" => "path",
        "server_protocol" => "protocol",
        "body_bytes_sent" => "bytes",
        "bytes_sent" if !has_body => "bytes",
        "http_referer" => "referer",
        "http_user_agent" => "agent",
        name => name,
    }
}

fn shape(name: &str) -> Shape {
    match name {
        "remote_user" => Shape::Any,
        "time_local" => Shape::Words(2),
        "request" => Shape::Words(3),
        "remote_addr" | "realip_remote_addr" | "server_addr" | "host" | "http_host" | "server_name" => {
            Shape::Address
        }
        "status"
        | "body_bytes_sent"
        | "bytes_sent"
        | "request_length"
        | "connection"
        | "connection_requests"
        | "pid" => Shape::Integer,
        "request_time" | "msec" => Shape::Decimal,
        name if name.starts_with("upstream_") => Shape::Upstream,
        _ => Shape::Words(1),
    }
}
