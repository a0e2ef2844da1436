//! What the fuzzers look at, over their corpus: a test of the crate, which needs no build of its own.

#[path = "bodies/codecs.rs"]
mod codecs;
#[path = "bodies/expressions.rs"]
mod expressions;
#[path = "bodies/formats.rs"]
mod formats;
#[path = "bodies/times.rs"]
mod times;
#[path = "bodies/words.rs"]
mod words;

use std::path::Path;

/// Runs a fuzzer's body on each file of its corpus, and on what is left of each that was cut.
#[allow(clippy::print_stdout)] // It is seen when the test fails.
fn run(name: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(name);
    let entries = folder.read_dir().expect("the corpus is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        println!("{}", path.display());
        let data = std::fs::read(path).expect("a file");
        body(&data);
        for cut in [1, 2, 3, 5, 8] {
            body(&data[..data.len() - data.len() / (cut + 1)]);
        }
    }
}

#[test]
fn the_corpus_of_formats_has_no_finding() {
    run("formats", formats::run);
}

#[test]
fn the_corpus_of_codecs_has_no_finding() {
    run("codecs", codecs::run);
}

#[test]
fn the_corpus_of_expressions_has_no_finding() {
    run("expressions", expressions::run);
}

#[test]
fn the_corpus_of_times_has_no_finding() {
    run("times", times::run);
}

#[test]
fn the_corpus_of_words_has_no_finding() {
    run("words", words::run);
}
