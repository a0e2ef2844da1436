//! Lists that end at any point, read through a buffer so small that it ends at every point.

use super::*;

const QUOTED: WordSyntax = WordSyntax::Quoted {
    blanks: Blanks::Separate,
    end: None,
};

fn quoted(blanks: Blanks, end: &str) -> WordSyntax {
    WordSyntax::Quoted {
        blanks,
        end: Some(end.into()),
    }
}

/// Returns the words of a list, each in brackets and followed by `$` if it ends its line, and then the error
/// if there is one.
fn read(list: &[u8], syntax: &WordSyntax) -> String {
    let plan = Plan {
        file: None,
        syntax: syntax.clone(),
        longest: [12; 2],
    };
    let words = WordReader::new(BufReader::with_capacity(3, list), plan);
    words
        .map(|found| match found {
            Ok(Input::Word { word, ends_line }) => {
                format!("[{}]{}", word.display(), if ends_line { "$" } else { "" })
            }
            Ok(other) => panic!("{other:?} is no word"),
            Err(missing) => missing.to_string(),
        })
        .collect()
}

#[test]
fn words_stand_between_blanks_and_newlines() {
    assert_eq!(read(b" a\tb \n\n  c\nd", &QUOTED), "[a][b][c]$[d]");
    assert_eq!(read(b"\x0b\x0c\r a\x0bb\rc\n", &QUOTED), "[a\x0bb\rc]$");
    assert_eq!(read(b" \n\t\n", &QUOTED), "");
}

#[test]
fn quotes_and_backslashes_protect_separators() {
    assert_eq!(read(b"'a b'\"c 'd\"e\\ f\n", &QUOTED), "[a bc 'de f]$");
    assert_eq!(read(b"a\\\nb\\'\n'\\'\n", &QUOTED), "[a\nb']$[\\]$");
    assert_eq!(read(b"'' \"\" a''\n", &QUOTED), "[][][a]$");
    assert_eq!(read(b"a\\", &QUOTED), "[a]");
}

#[test]
fn empty_quotes_at_the_end_of_the_input_are_no_word() {
    assert_eq!(read(b"a ''", &QUOTED), "[a]");
    assert_eq!(read(b"a ''\n", &QUOTED), "[a][]$");
}

#[test]
fn a_quote_must_be_closed_on_its_line() {
    assert!(read(b"a 'b\nc' d\n", &QUOTED).starts_with("[a]unmatched single quote;"));
    assert!(read(b"a \"b", &QUOTED).starts_with("[a]unmatched double quote;"));
    assert_eq!(read(b"a \"", &QUOTED), "[a]");
}

#[test]
fn a_blank_at_the_end_of_a_line_continues_it() {
    assert_eq!(read(b"a \nb\nc\\ \nd\n", &QUOTED), "[a][b]$[c ][d]$");
}

#[test]
fn blanks_belong_to_a_word_that_is_a_whole_line() {
    let lines = quoted(Blanks::Belong, "END");
    assert_eq!(read(b"  a 'b'  \n\n \t\nc\\d\n", &lines), "[a b  ][cd]$");
    assert_eq!(read(b"a\n END\nb\n", &lines), "[a]$");
    assert_eq!(read(b"a\nEND \nb\n", &lines), "[a]$[END ][b]$");
}

#[test]
fn the_end_string_must_be_a_whole_word() {
    let end = quoted(Blanks::Separate, "_");
    assert_eq!(read(b"a _b\n_ c\n", &end), "[a][_b]$");
    assert_eq!(read(b"a\n'_'\nc", &end), "[a]$");
    assert_eq!(read(b"a\n_", &end), "[a]$");
    // GNU xargs takes it for an ordinary word if it ends the input and is not the first on its line.
    assert_eq!(read(b"a _", &end), "[a][_]");
}

#[test]
fn with_a_delimiter_nothing_else_is_special() {
    assert_eq!(
        read(b"a\n'b\0\0\\ c", &WordSyntax::Ended(0)),
        "[a\n'b]$[]$[\\ c]$"
    );
    assert_eq!(read(b"a,,b,", &WordSyntax::Ended(b',')), "[a]$[]$[b]$");
    assert_eq!(read(b"", &WordSyntax::Ended(0)), "");
}

#[test]
fn a_word_longer_than_any_command_line_ends_the_list() {
    assert_eq!(
        read(b"123456789012 1234567890123 a", &QUOTED),
        "[123456789012]argument line too long"
    );
    assert_eq!(
        read(b"123456789012,1234567890123", &WordSyntax::Ended(b',')),
        "[123456789012]$argument line too long"
    );
}

#[test]
fn reading_can_go_on_behind_the_end_string() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "a\n_\nrest\n").expect("written");
    let plan = Plan {
        file: Some(file.path().into()),
        syntax: quoted(Blanks::Separate, "_"),
        longest: [9; 2],
    };
    let mut words = ListedWords::open(&plan).expect("it is there");
    assert_eq!(words.by_ref().count(), 1);
    let mut rest = String::new();
    let mut file = words.words.from.get_ref();
    std::io::Read::read_to_string(&mut file, &mut rest).expect("text");
    assert_eq!(rest, "rest\n");
}
