//! The group fold: records with equal keys, counted or aggregated.

use super::Fold;
use super::plan::{GroupPlan, Order, Shape};
use super::table::Table;
use crate::memory::Budget;
use crate::record::{cell_tsv, escaped};
use std::any::Any;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

/// What every saved group begins with.
const VERSION: u8 = 1;

/// Records with equal keys, in memory as far as the budget allows.
pub struct Group {
    plan: GroupPlan,
    table: Table,
    key: Vec<u8>,
}

impl Group {
    /// A fold that has taken nothing.
    pub fn new(plan: &GroupPlan, _budget: &Budget, _tmpdir: &Path) -> Group {
        Group {
            plan: plan.clone(),
            table: Table::new(plan.seed),
            key: Vec::new(),
        }
    }

    #[inline]
    fn tally(&mut self, hash: u64, key: &[u8], count: u64) -> io::Result<()> {
        if let Some(tally) = self.table.find(hash, key) {
            *tally += count;
            return Ok(());
        }
        self.table.insert(hash, key, count);
        Ok(())
    }
}

impl Fold for Group {
    #[inline]
    fn add(&mut self, record: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        if let [key] = record {
            let hash = self.table.hash(key);
            self.tally(hash, key, 1)?;
        } else {
            let mut key = std::mem::take(&mut self.key);
            encode(&mut key, record);
            let hash = self.table.hash(&key);
            let done = self.tally(hash, &key, 1);
            self.key = key;
            done?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn merge(&mut self, other: &mut dyn Fold) -> io::Result<()> {
        let other = (other as &mut dyn Any).downcast_mut::<Group>();
        let other = other.expect("the contract of merge: a fold of the same type");
        if self.table.is_empty() {
            std::mem::swap(&mut self.table, &mut other.table);
        } else {
            for (hash, key, tally) in other.table.iter() {
                self.tally(hash, key, tally)?;
            }
        }
        other.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.table.clear();
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = self.table.sorted();
        if self.plan.order == Order::MostFirst {
            rows.sort_by_key(|row| std::cmp::Reverse(row.1));
        }
        let mut line = Vec::new();
        for (key, count) in rows.into_iter().take(self.plan.top.unwrap_or(usize::MAX)) {
            line.clear();
            if self.plan.shape == Shape::Counted {
                write!(line, "{count}\t")?;
            }
            if self.plan.whole || self.plan.keys.len() > 1 {
                line.extend_from_slice(key);
            } else {
                cell_tsv(&mut line, key);
            }
            line.push(b'\n');
            out.write_all(&line)?;
        }
        self.clear();
        Ok(())
    }

    fn save(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&[VERSION])?;
        for (_, key, tally) in self.table.iter() {
            out.write_all(&tally.to_le_bytes())?;
            out.write_all(&(key.len() as u64).to_le_bytes())?;
            out.write_all(key)?;
        }
        Ok(())
    }

    fn load(&mut self, saved: &[u8]) -> io::Result<()> {
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "not a saved fold of this version");
        let mut rest = saved.strip_prefix(&[VERSION]).ok_or_else(broken)?;
        while !rest.is_empty() {
            let (tally, after) = rest.split_first_chunk::<8>().ok_or_else(broken)?;
            let (length, after) = after.split_first_chunk::<8>().ok_or_else(broken)?;
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| broken())?;
            let (key, after) = after.split_at_checked(length).ok_or_else(broken)?;
            let hash = self.table.hash(key);
            self.tally(hash, key, u64::from_le_bytes(*tally))?;
            rest = after;
        }
        Ok(())
    }
}

/// Several values as one key: the row that they are printed as. Escaping keeps it unambiguous.
fn encode(key: &mut Vec<u8>, values: &[&[u8]]) {
    key.clear();
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            key.push(b'\t');
        }
        if escaped(value) {
            cell_tsv(key, value);
        } else {
            key.extend_from_slice(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(shape: Shape, keys: &[&str]) -> Group {
        let plan = GroupPlan::new(shape, keys.iter().map(|k| (*k).to_owned()).collect());
        Group::new(&plan, &Budget::new(1 << 20), Path::new("/tmp"))
    }

    fn finish(fold: &mut Group) -> String {
        let mut out = Vec::new();
        fold.finish(&mut out).expect("memory");
        String::from_utf8(out).expect("the test's keys are text")
    }

    fn add(fold: &mut Group, records: &[&[&str]]) {
        for record in records {
            let fields: Vec<&[u8]> = record.iter().map(|f| f.as_bytes()).collect();
            assert!(fold.add(&fields).expect("memory").is_continue());
        }
    }

    #[test]
    fn most_come_first_and_ties_break_by_bytes() {
        let mut fold = group(Shape::Counted, &["1"]);
        add(&mut fold, &[&["b"], &["a"], &["c"], &["c"], &[""]]);
        assert_eq!(finish(&mut fold), "2\tc\n1\t\n1\ta\n1\tb\n");
        assert_eq!(finish(&mut fold), "");
    }

    #[test]
    fn fields_do_not_run_together() {
        let mut fold = group(Shape::Keys, &["1", "2"]);
        add(
            &mut fold,
            &[&["a\t", "b"], &["a", "\tb"], &["a", "b"], &["a", "b"]],
        );
        assert_eq!(finish(&mut fold), "a\t\\tb\na\tb\na\\t\tb\n");
    }

    #[test]
    fn whole_lines_are_untouched() {
        let mut fold = group(Shape::Keys, &[]);
        add(&mut fold, &[&["a\t\\b"], &["a\t\\b"]]);
        assert_eq!(finish(&mut fold), "a\t\\b\n");
    }

    #[test]
    fn merging_and_loading_add_up() {
        let mut a = group(Shape::Counted, &["1"]);
        let mut b = Group::new(&a.plan.clone(), &Budget::new(0), Path::new("/tmp"));
        add(&mut a, &[&["x"], &["y"]]);
        add(&mut b, &[&["x"], &["z"]]);
        let mut saved = Vec::new();
        b.save(&mut saved).expect("memory");
        a.merge(&mut b).expect("memory");
        assert_eq!(finish(&mut b), "");
        a.load(&saved).expect("just saved");
        assert_eq!(finish(&mut a), "3\tx\n2\tz\n1\ty\n");
        assert!(a.load(&[0]).is_err());
        assert!(a.load(&saved[..saved.len() - 1]).is_err());
    }
}
