//! `--first`: a limit for the rows that are printed.

use crate::support::fan;

#[test]
fn the_first_rows_of_csv_are_rows_and_not_lines_even_with_tags() {
    let rows = "id,city\n\"1\n\",Oslo\n2,\"Sankt\nGallen\"\n3,Rome\n";
    fan("map a b -i csv --tag --first 2")
        .file("a", rows)
        .file("b", rows)
        .stdout("a\t\"1\na\t\",Oslo\na\t2,\"Sankt\na\tGallen\"\n")
        .ok();
    fan("map a b -i csv --tag --first 4 -o csv --select city,id")
        .file("a", rows)
        .file("b", rows)
        .stdout(
            "city,id\na\tOslo,\"1\na\t\"\na\t\"Sankt\na\tGallen\",2\na\tRome,3\n\
             b\tOslo,\"1\nb\t\"\n",
        )
        .ok();
}
