//! `--color`, and what the environment says of colours.

use crate::support::{Fan, fan, has};

const RED: &str = "\x1b[1m\x1b[31mfanfold:\x1b[0m gone: no such file or directory\n";
const PLAIN: &str = "fanfold: gone: no such file or directory\n";

#[test]
fn messages_have_colours_when_they_are_wanted() {
    let gone = |words: &str| fan(&format!("map a gone {words}")).file("a", "");
    let all = |first: &str, rest: &str| format!("{first}{rest} 1 of 2 jobs failed (exit 3)\n");
    let red = all(RED, "\x1b[1m\x1b[31mfanfold:\x1b[0m");
    let plain = all(PLAIN, "fanfold:");
    let check = |fan: Fan, text: &str| drop(fan.stderr(text).stdout("").code(3));
    check(gone(""), &plain);
    check(gone("--color always"), &red);
    check(gone("--color=always --color never"), &plain);
    check(gone("").env("CLICOLOR_FORCE", "1"), &red);
    check(gone("").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"), &plain);
    check(gone("--color never").env("CLICOLOR_FORCE", "1"), &plain);
    check(gone("--color always").env("NO_COLOR", "1"), &red);
}

#[test]
fn notes_and_the_texts_of_clap_follow_the_same_choice() {
    fan("map a --agg sum:1 --color always")
        .file("a", "x\n")
        .says("\x1b[1m\x1b[36mfanfold:\x1b[0m 1: 1 of 1")
        .code(0);
    fan("map a --nosuch --color always")
        .says("\x1b[1m\x1b[31merror:")
        .code(2);
    let plain = fan("map a --nosuch")
        .says("error: unexpected argument '--nosuch'")
        .code(2);
    assert!(!plain.err.contains('\x1b'), "{}", plain.err);
    let help = fan("map -h --color always").ok();
    assert!(help.out.contains(&b'\x1b'));
    // An option of the command is not ours.
    fan("run a --")
        .file("a", "")
        .args(["echo", "--color=always"])
        .stdout("--color=always a\n")
        .stderr("")
        .ok();
    fan("map a --color sometimes")
        .says("[possible values: auto, always, never]")
        .code(2);
}

#[test]
fn a_terminal_has_colours_unless_no_color_is_set() {
    if !has("script") {
        return;
    }
    for (settings, has_color) in [
        ("TERM=xterm", true),
        ("TERM=xterm NO_COLOR=1", false),
        ("TERM=dumb", false),
    ] {
        let line = format!("env {settings} {} map gone", env!("CARGO_BIN_EXE_fanfold"));
        let mut script = std::process::Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .env_remove("NO_COLOR")
            .env_remove("CI");
        let shown = script.output().expect("script").stdout;
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.contains("gone: no such file"), "{shown}");
        assert_eq!(
            shown.contains("\x1b[1m\x1b[31mfanfold:"),
            has_color,
            "{settings}: {shown}"
        );
    }
}
