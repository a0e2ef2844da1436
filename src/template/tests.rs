//! Replacement strings with hostile names.

use super::*;

fn render(word: &[u8], input: &[u8]) -> Vec<u8> {
    let template = Template::single(OsStr::from_bytes(word));
    let input = OsStr::from_bytes(input);
    template.render_single(&[input], 7, 3).into_vec()
}

fn command(args: &[&str], inputs: &[&str]) -> Vec<String> {
    let args: Vec<OsString> = args.iter().map(Into::into).collect();
    let template = Template::parse(&args).expect("the command line has a program");
    let inputs: Vec<&OsStr> = inputs.iter().map(OsStr::new).collect();
    let rendered = template.render(&inputs, 7, 3);
    let text = |arg: &OsStr| arg.to_str().expect("UTF-8 in, UTF-8 out").to_owned();
    rendered.iter().map(text).collect()
}

#[test]
fn each_replacement_string_selects_its_part() {
    let strings = "{} {/} {//} {.} {/.} {..} {/..}";
    for (name, expected) in [
        ("a", "a a . a a a a"),
        ("d/a.log.gz", "d/a.log.gz a.log.gz d d/a.log a.log d/a a"),
        ("d.x/a", "d.x/a a d.x d.x/a a d.x/a a"),
        ("/a.b", "/a.b a.b / /a a /a a"),
        ("//x/y.z", "//x/y.z y.z //x //x/y y //x/y y"),
        (".bashrc", ".bashrc .bashrc . .bashrc .bashrc .bashrc .bashrc"),
        ("d/.a.b", "d/.a.b .a.b d d/.a .a d/.a .a"),
        ("a.", "a. a. . a a a a"),
        ("..", ".. .. . .. .. .. .."),
        ("d/", "d/ d . d/ d/ d/ d/"),
        ("/", "/ / / / / / /"),
        ("a\t\n'\"$(x)", "a\t\n'\"$(x) a\t\n'\"$(x) ."),
        ("-x.wav", "./-x.wav ./-x.wav . ./-x ./-x ./-x ./-x"),
        ("-", "./- ./- ."),
        ("-d/-f", "./-d/-f ./-f ./-d"),
    ] {
        for (string, expected) in strings.split(' ').zip(expected.split(' ')) {
            let got = render(string.as_bytes(), name.as_bytes());
            assert_eq!(got.as_slice(), expected.as_bytes(), "{string} of {name:?}");
        }
    }
}

#[test]
fn text_around_a_replacement_stays() {
    for (word, expected) in [
        ("--in={}.bak", "--in=-a.b.bak"),
        ("{#}/{%}/{/.}", "7/3/-a"),
        ("{{}", "{}"),
        ("{{}{}", "{}-a.b"),
        ("{print $9}", "{print $9}"),
        ("{", "{"),
        ("{ }", "{ }"),
        ("{...}", "{...}"),
        ("", ""),
    ] {
        let got = render(word.as_bytes(), b"-a.b");
        assert_eq!(got.as_slice(), expected.as_bytes(), "{word}");
    }
}

#[test]
fn bytes_that_are_not_utf8_pass_through() {
    assert_eq!(
        render(b"\xff{/.}\xfe", b"\x80/\xc3\x28\x1b[1m.\xff"),
        b"\xff\xc3\x28\x1b[1m\xfe"
    );
}

#[test]
fn the_program_has_no_replacement_strings() {
    assert_eq!(command(&["{}", "{}"], &["a"]), ["{}", "a"]);
    assert!(Template::parse(&[]).is_err());
    assert!(Template::parse(&[OsString::new()]).is_err());
}

#[test]
fn a_hole_becomes_one_argument_for_each_input() {
    let got = command(&["c", "{}", "-n", "x={/}", "{#}"], &["d/a", "-b"]);
    assert_eq!(got, ["c", "d/a", "./-b", "-n", "x=a", "x=-b", "7"]);
}

#[test]
fn only_holes_count_as_replacements() {
    for (word, expected) in [("{}", true), ("x{%}", true), ("{{}", false), ("{x}", false)] {
        assert_eq!(
            Template::single(word.as_ref()).has_replacement(),
            expected,
            "{word}"
        );
    }
}

#[test]
fn inputs_are_never_pasted_into_a_script() {
    let template = Template::shell("echo {} \"$1\"".as_ref());
    let got = template.render(&["$(rm x)".as_ref(), "-e".as_ref()], 1, 1);
    let got: Vec<_> = got.iter().collect();
    assert_eq!(got, ["sh", "-c", "echo {} \"$1\"", "sh", "$(rm x)", "./-e"]);
}

#[test]
fn an_empty_word_is_quoted() {
    assert_eq!(shell_quote(["x", "", "a b"]), b"x '' 'a b'");
}
