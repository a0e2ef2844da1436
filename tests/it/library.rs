//! The library as a user's own program uses it: `examples/custom_map.rs`.

use crate::harness::{has, oracle, repository};
use std::path::Path;
use std::process::Command;

#[test]
fn a_map_written_by_a_user_finds_what_awk_finds() {
    if !has("zcat") || !has("awk") {
        return;
    }
    // cargo test builds the examples beside the program.
    let program = Path::new(env!("CARGO_BIN_EXE_fanfold"));
    let example = program.with_file_name("examples").join("custom_map");
    if !example.exists() {
        assert!(std::env::var_os("CI").is_none(), "the examples are not built");
        return;
    }
    let mut example = Command::new(example);
    let done = example.arg("examples/logs").current_dir(repository()).output();
    let script = r#"zcat examples/logs/*.gz | awk '$7 == "/robots.txt" {print $1}' | sort -u"#;
    let hosts = oracle(repository(), script, &[]);
    assert_eq!(done.expect("it starts").stdout, hosts);
    assert!(!hosts.is_empty());
}
