//! Holds `src/ARCHITECTURE.md` against the tree: its length, its rooms, and the places that it sends readers to.

use crate::support::repository;
use std::collections::BTreeSet;

/// How many lines the page may have.
const LONGEST: usize = 200;

fn page() -> String {
    std::fs::read_to_string(repository().join("src/ARCHITECTURE.md")).expect("the page is there")
}

/// Returns the rows of the table under a heading, each with its cells.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split("\n# ").find(|section| section.starts_with(heading));
    let lines = section.expect("the heading is there").lines();
    let rows = lines.filter(|line| line.starts_with('|') && !line.starts_with("|-"));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.skip(1).map(cells).collect()
}

/// Returns the words of a cell that stand in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn the_page_is_short() {
    let lines = page().lines().count();
    assert!(lines <= LONGEST, "{lines} lines");
}

#[test]
fn every_place_to_look_is_there() {
    let page = page();
    let source = repository().join("src");
    let mut places = 0;
    for row in rows(&page, "Where to look") {
        for place in quoted(&row[2]) {
            places += 1;
            let file = source.join(format!("{place}.rs"));
            assert!(
                file.is_file() || source.join(place).is_dir(),
                "src/{place} is not there"
            );
        }
    }
    assert!(places >= 10, "{places} places");
}

#[test]
fn every_room_has_a_row() {
    let page = page();
    let rows = rows(&page, "Layers");
    let named: BTreeSet<_> = rows.iter().flat_map(|row| quoted(&row[1])).collect();
    let named: BTreeSet<_> = named
        .iter()
        .map(|name| name.trim_end_matches('/').to_owned())
        .collect();
    let entries = std::fs::read_dir(repository().join("src")).expect("the folder is there");
    let rooms: BTreeSet<_> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !["main.rs", "lib.rs", "ARCHITECTURE.md"].contains(&name.as_str()))
        .collect();
    assert_eq!(named, rooms);
}
