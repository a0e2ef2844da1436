//! Completions and man pages: generated from the grammar, and readable by the programs they are for.

use crate::support::{fan, has, oracle};

fn printed(words: &str) -> Vec<u8> {
    fan(words).stderr("").ok().out
}

#[test]
fn completions_name_every_command_and_their_options() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = String::from_utf8(printed(&format!("completions {shell}"))).expect("text");
        for word in ["map", "run", "unordered", "select"] {
            assert!(script.contains(word), "{word} in the script for {shell}");
        }
    }
}

#[test]
fn bash_reads_its_completions() {
    if !has("bash") {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("script"), printed("completions bash")).expect("written");
    let asks = "bash -c '. ./script; COMP_WORDS=(fanfold map --uni) COMP_CWORD=2; \
                _fanfold fanfold --uni map; printf \"%s\\n\" \"${COMPREPLY[@]}\"'";
    assert_eq!(oracle(dir.path(), asks, &[]), b"--unique\n");
}

#[test]
fn each_command_has_a_man_page() {
    for (words, title) in [("man", ".TH fanfold 1"), ("man run", ".TH fanfold-run 1")] {
        let page = String::from_utf8(printed(words)).expect("text");
        assert!(page.contains(title) && page.contains(".SH SYNOPSIS"), "{words}");
    }
    assert!(
        String::from_utf8(printed("man run"))
            .expect("text")
            .contains("kill\\-after")
    );
    fan("man nonsense")
        .says("unknown command or page 'nonsense'")
        .code(2);
}
