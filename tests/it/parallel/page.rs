//! The page for those who come from GNU parallel: both commands of each row print the same.

use crate::support::{Place, has, repository};

#[test]
fn both_commands_of_each_row_print_the_same() {
    if !has("uniq") {
        return;
    }
    let page =
        std::fs::read_to_string(repository().join("src/help/from-parallel.md")).expect("the page is there");
    let place = Place::new();
    place
        .file("a.log", b"x\ny\nx\n", 100)
        .file("b.log", b"z\n", 100)
        .file("list", b"a.log\nb.log\n", 100);
    let mut rows = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('`').collect();
        let print = |cell: &str| {
            let words = shlex::split(&cell.replace("\\|", "|")).expect("a command line");
            place.fan("").args(words).ok().out
        };
        assert_eq!(print(cells[1]), print(cells[3]), "{row}");
        rows += 1;
    }
    assert!(rows >= 25, "{rows} rows");
}
