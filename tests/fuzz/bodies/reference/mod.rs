//! Slow splitters of lines: the plainest code that does what the manual says.

/// What a line is.
pub enum Line {
    Fields(Vec<Vec<u8>>),
    Dropped,
    Bad,
    /// It is not known here.
    Unknown,
}

pub type Split = fn(&[u8]) -> Line;

/// All fields of clf.
pub const CLF: &[&str] = &[
    "host", "ident", "user", "time", "request", "method", "path", "protocol", "status", "bytes", "referer",
    "agent",
];

fn numbered(fields: &[&[u8]], numbers: &[isize]) -> Line {
    let field = |number: isize| match number {
        1.. => fields.get(number as usize - 1),
        _ => fields
            .len()
            .checked_sub(number.unsigned_abs())
            .map(|at| &fields[at]),
    };
    Line::Fields(
        numbers
            .iter()
            .map(|&n| field(n).map(|f| f.to_vec()).unwrap_or_default())
            .collect(),
    )
}

pub fn ws(line: &[u8]) -> Line {
    let fields: Vec<_> = line
        .split(|b| matches!(b, b' ' | b'\t'))
        .filter(|f| !f.is_empty())
        .collect();
    numbered(&fields, &[1, 2, 7, -1, -2])
}

pub fn delimited(line: &[u8]) -> Line {
    let fields: Vec<_> = line.split(|b| *b == b';').collect();
    numbered(&fields, &[1, 2, 7, -1, -2])
}

pub fn tsv(line: &[u8]) -> Line {
    if line.is_empty() {
        return Line::Dropped;
    }
    let unescaped = |field: &[u8]| {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < field.len() {
            let (byte, length) = match &field[at..] {
                [b'\\', b't', ..] => (b'\t', 2),
                [b'\\', b'n', ..] => (b'\n', 2),
                [b'\\', b'\\', ..] => (b'\\', 2),
                rest => (rest[0], 1),
            };
            out.push(byte);
            at += length;
        }
        out
    };
    let fields: Vec<_> = line.split(|b| *b == b'\t').map(unescaped).collect();
    let fields: Vec<&[u8]> = fields.iter().map(|field| &field[..]).collect();
    numbered(&fields, &[1, 2, -1])
}

pub fn logfmt(line: &[u8]) -> Line {
    let (mut found, mut at) = (vec![None; 3], 0);
    let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\r');
    while at < line.len() {
        if blank(line[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < line.len() && !matches!(line[at], b'=' | b' ' | b'\t') {
            at += 1;
        }
        let key = &line[start..at];
        let mut value = Vec::new();
        if line.get(at) == Some(&b'=') {
            at += 1;
            if line.get(at) == Some(&b'"') {
                at += 1;
                loop {
                    match line[at..] {
                        [b'"', ..] => break,
                        [b'\\', byte, ..] => {
                            value.push(match byte {
                                b'n' => b'\n',
                                b't' => b'\t',
                                b'r' => b'\r',
                                other => other,
                            });
                            at += 2;
                        }
                        [b'\\'] | [] => return Line::Bad,
                        [byte, ..] => {
                            value.push(byte);
                            at += 1;
                        }
                    }
                }
                at += 1;
            } else {
                while at < line.len() && !matches!(line[at], b' ' | b'\t') {
                    value.push(line[at]);
                    at += 1;
                }
            }
        }
        let place = [&b"a"[..], b"b", b"msg"].iter().position(|name| *name == key);
        if let Some(place) = place {
            found[place].get_or_insert(value);
        }
    }
    Line::Fields(found.into_iter().map(Option::unwrap_or_default).collect())
}

pub fn json(line: &[u8]) -> Line {
    if line
        .iter()
        .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x0c))
    {
        return Line::Dropped;
    }
    let Ok(serde_json::Value::Object(map)) = serde_json::from_slice(line) else {
        return Line::Bad;
    };
    let text = |value: Option<&serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => Some(text.clone().into_bytes()),
        None | Some(serde_json::Value::Null) => Some(Vec::new()),
        // As it is written, which is not known here.
        Some(_) => None,
    };
    let inner = map
        .get("a")
        .and_then(|value| value.as_object())
        .and_then(|value| value.get("b"));
    let fields = [
        text(map.get("a")),
        text(map.get("b")),
        text(map.get("a.b").or(inner)),
    ];
    match fields.into_iter().collect::<Option<Vec<_>>>() {
        Some(fields) => Line::Fields([fields, vec![line.to_vec()]].concat()),
        None => Line::Unknown,
    }
}

/// Returns the offset of the quote that no backslash escapes.
fn quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

pub fn clf(line: &[u8]) -> Line {
    clf_fields(line).map_or(Line::Bad, Line::Fields)
}

fn clf_fields(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let word = |from: usize| Some(from + line.get(from..)?.iter().position(|b| *b == b' ')?);
    let mut host = word(0).filter(|end| *end > 0)?;
    while line[host - 1] == b',' {
        host = word(host + 1)?;
    }
    let ident = word(host + 1)?;
    let user = word(ident + 1)?;
    let mut found = vec![Vec::new(); CLF.len()];
    found[0] = line[..host].to_vec();
    found[1] = line[host + 1..ident].to_vec();
    found[2] = line[ident + 1..user].to_vec();
    let rest = line[user..].strip_prefix(b" [")?;
    let close = rest.iter().position(|b| *b == b']')?;
    found[3] = rest[..close].to_vec();
    let rest = rest[close..].strip_prefix(b"] \"")?;
    let end = quote(rest)?;
    let request = &rest[..end];
    found[4] = request.to_vec();
    if let Some(blank) = request.iter().position(|b| *b == b' ') {
        found[5] = request[..blank].to_vec();
        let after = &request[blank + 1..];
        let is_protocol = |text: &[u8]| {
            let capitals = text.iter().take_while(|b| b.is_ascii_uppercase()).count();
            matches!(text[capitals..], [b'/', digit, ..] if capitals > 0 && digit.is_ascii_digit())
        };
        match after.iter().rposition(|b| *b == b' ') {
            Some(at) if is_protocol(&after[at + 1..]) => {
                found[6] = after[..at].to_vec();
                found[7] = after[at + 1..].to_vec();
            }
            _ => found[6] = after.to_vec(),
        }
    }
    let mut rest = rest[end + 1..].strip_prefix(b" ")?;
    let length = match rest {
        [b'-', b' ', ..] => 1,
        [a, b, c, b' ', ..] if [a, b, c].iter().all(|b| b.is_ascii_digit()) => 3,
        _ => return None,
    };
    found[8] = rest[..length].to_vec();
    rest = &rest[length + 1..];
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let length = if digits == 0 && rest.first() == Some(&b'-') {
        1
    } else {
        digits
    };
    found[9] = rest[..length].to_vec();
    (length > 0).then_some(())?;
    rest = &rest[length..];
    for at in [10, 11] {
        let Some(inside) = rest.strip_prefix(b" \"") else {
            break;
        };
        let end = quote(inside)?;
        found[at] = inside[..end].to_vec();
        rest = &inside[end + 1..];
        if at == 11 && rest.first() == Some(&b' ') {
            return Some(found);
        }
    }
    rest.iter().all(|b| *b == b' ').then_some(found)
}
