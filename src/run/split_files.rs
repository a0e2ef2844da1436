//! The parts of cut files that have ended, until all of a file have: a file that is corrupt anywhere gave
//! nothing, and is one failure, as if it had been read from its beginning.

use crate::job::{Failure, SplitPart};
use crate::worker::Report;
use std::collections::HashMap;

/// Files of which some parts have ended.
#[derive(Default)]
pub struct SplitFiles {
    /// By the job of their first part.
    files: HashMap<u64, File>,
}

#[derive(Default)]
struct File {
    ended: Vec<Report>,
    /// How many parts there are, once that is known.
    parts: Option<usize>,
}

impl SplitFiles {
    /// Takes the report of a part. Gives those of all parts, in their order, when this was the last to
    /// end; what becomes of them all is then decided. Of a file that failed only the first failure in the
    /// file's order is left, since who reads it from its beginning gets no further: the other parts count
    /// as stopped.
    pub fn ended(&mut self, report: Report, link: &SplitPart) -> Vec<Report> {
        let first = report.seq - link.index;
        let file = self.files.entry(first).or_default();
        if link.last {
            file.parts = Some(link.index as usize + 1);
        }
        file.ended.push(report);
        if file.parts != Some(file.ended.len()) {
            return Vec::new();
        }
        let mut reports = self.files.remove(&first).map_or_else(Vec::new, |file| file.ended);
        reports.sort_unstable_by_key(|report| report.seq);
        let failed = reports.iter().position(|report| report.failure.is_some());
        link.fate.decide(failed.is_none());
        if let Some(failed) = failed {
            for (at, report) in reports.iter_mut().enumerate().filter(|(at, _)| *at != failed) {
                report.failure = Some(Failure::Stopped);
                report.names.clear();
                // What is behind the failure would not have been seen.
                if at > failed {
                    report.warnings.clear();
                    report.bad_lines = 0;
                }
            }
        }
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::SplitOutcome;

    fn end(
        wholes: &mut SplitFiles,
        index: u64,
        fate: &SplitOutcome,
        failure: Option<Failure>,
    ) -> Vec<Report> {
        let link = SplitPart {
            index,
            last: index == 2,
            fate: fate.clone(),
        };
        let mut report = Report::of(10 + index);
        report.failure = failure;
        wholes.ended(report, &link)
    }

    fn corrupt(what: &str) -> Option<Failure> {
        let (name, what) = ("a".into(), what.to_owned());
        Some(Failure::Corrupt { name, what })
    }

    #[test]
    fn nothing_is_decided_before_all_parts_have_ended() {
        let (mut wholes, fate) = (SplitFiles::default(), SplitOutcome::default());
        assert!(end(&mut wholes, 2, &fate, None).is_empty());
        assert!(end(&mut wholes, 0, &fate, None).is_empty());
        assert_eq!(fate.is_whole(), None);
        let all = end(&mut wholes, 1, &fate, None);
        assert_eq!(
            all.iter().map(|report| report.seq).collect::<Vec<_>>(),
            [10, 11, 12]
        );
        assert_eq!(fate.is_whole(), Some(true));
    }

    #[test]
    fn of_several_failures_the_first_in_the_file_is_left() {
        let (mut wholes, fate) = (SplitFiles::default(), SplitOutcome::default());
        end(&mut wholes, 2, &fate, corrupt("third"));
        end(&mut wholes, 1, &fate, corrupt("second"));
        let all = end(&mut wholes, 0, &fate, None);
        assert_eq!(fate.is_whole(), Some(false));
        let shown = |report: &Report| report.failure.as_ref().map(ToString::to_string);
        let left: Vec<_> = all.iter().filter_map(shown).collect();
        assert_eq!(left, ["stopped", "a: second", "stopped"]);
    }
}
