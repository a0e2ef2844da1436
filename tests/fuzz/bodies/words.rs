//! The words of xargs, against a reader that looks at one byte after the other of the whole list.

use fanfold::fuzzing::{Blanks, WordSyntax, words};

/// A word, and whether it ends a line.
type Word = (Vec<u8>, bool);

/// Returns the words of a list as POSIX has them, and the quote that is not closed.
fn reference(data: &[u8], separate: bool) -> (Vec<Word>, Option<u8>) {
    let (mut found, mut at) = (Vec::new(), 0);
    let blank = |byte: u8| byte == b' ' || byte == b'\t';
    loop {
        while at < data.len() && (blank(data[at]) || matches!(data[at], b'\n' | b'\r' | 0x0b | 0x0c)) {
            at += 1;
        }
        if at == data.len() {
            return (found, None);
        }
        let mut word = Vec::new();
        let mut ends_line = false;
        while let Some(&byte) = data.get(at) {
            match byte {
                b'\n' => {
                    // Whether the line goes on is told by the byte before, as it stands.
                    ends_line = !blank(data[at - 1]);
                    at += 1;
                    break;
                }
                _ if separate && blank(byte) => {
                    at += 1;
                    break;
                }
                b'\\' => {
                    word.extend(data.get(at + 1));
                    at += 2;
                }
                b'\'' | b'"' => {
                    at += 1;
                    loop {
                        match data.get(at) {
                            None if word.is_empty() => return (found, None),
                            None | Some(b'\n') => return (found, Some(byte)),
                            Some(&inside) if inside == byte => break,
                            Some(&inside) => word.push(inside),
                        }
                        at += 1;
                    }
                    at += 1;
                }
                _ => {
                    word.push(byte);
                    at += 1;
                }
            }
        }
        if at >= data.len()
            && word.is_empty()
            && data.last() != Some(&b'\n')
            && !(separate && blank(data[data.len() - 1]))
        {
            return (found, None);
        }
        found.push((word, ends_line));
    }
}

/// Looks at one input.
pub fn run(data: &[u8]) {
    for (blanks, separate) in [(Blanks::Separate, true), (Blanks::Belong, false)] {
        let (mine, error) = words(data, WordSyntax::Quoted { blanks, end: None });
        let (theirs, quote) = reference(data, separate);
        assert_eq!(mine, theirs, "of {:?}", String::from_utf8_lossy(data));
        let name = quote.map(|quote| if quote == b'"' { "double" } else { "single" });
        assert_eq!(error.is_some(), name.is_some(), "{error:?} {name:?}");
        assert!(error.unwrap_or_default().contains(name.unwrap_or_default()));
    }
    let (mine, error) = words(data, WordSyntax::Ended(0));
    let mut theirs: Vec<_> = data.split(|byte| *byte == 0).collect();
    theirs.pop_if(|last| last.is_empty());
    assert!(error.is_none());
    assert!(mine.iter().map(|(word, _)| &word[..]).eq(theirs));
    let end = Some(b"_".to_vec());
    let _ = words(
        data,
        WordSyntax::Quoted {
            blanks: Blanks::Separate,
            end,
        },
    );
}
