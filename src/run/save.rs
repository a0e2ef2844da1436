//! `--save`: the end of a run whose fold goes to a file instead of being printed. And saved folds among the inputs.
//!
//! It does not know the form of the file.

use super::Main;
use super::report::Summary;
use crate::fold::Fold;
use crate::job::Failure;
use crate::message;
use crate::plan::{Empty, Inputs, SavePlan, SaveTarget};
use crate::record::{NoteKind, Notes};
use crate::saved::{Header, InputList, SavedCounts, SavedTarget, SavedWriter, Shares};
use crate::worker::Report;
use std::io::{self, Write};

impl Main<'_, '_> {
    /// Saves the fold of all jobs, unless the run itself failed: then it is not known what is missing.
    pub(super) fn save_fold(&mut self, save: &SavePlan, fold: io::Result<Box<dyn Fold>>) {
        if self.summary.own_failures > 0 || self.summary.damaged {
            return message::say("the fold is not saved");
        }
        let header = self.saved_header(save);
        let notes = self.summary.notes.of_all();
        match &save.to {
            SaveTarget::Stdout => {
                let saved = self
                    .output
                    .print_result(|out| write(out, &header, &notes, fold).map(drop));
                self.end_printing_on(saved);
            }
            SaveTarget::File(file) => {
                let saved = SavedTarget::open(file)
                    .and_then(|to| write(to, &header, &notes, fold))
                    .and_then(SavedTarget::commit);
                let shown = message::display_name(file.as_os_str());
                match (saved, self.summary.failures.count) {
                    (Err(cause), _) => {
                        self.summary.own_failures += 1;
                        message::say(format_args!("{shown}: {}", message::cause(&cause)));
                    }
                    (Ok(()), 0) => {}
                    (Ok(()), _) => message::say(format_args!("{shown}: saved without what failed")),
                }
            }
        }
    }

    /// Makes a job that failed because its input is a saved fold one that gave nothing, and returns true, when a directory or a
    /// pattern gave the input: a fold that was saved beside the logs is an answer. One that was named by itself stays refused.
    pub(super) fn leave_out(&mut self, report: &mut Report) -> bool {
        let Inputs::Named(typed, _) = &self.plan.inputs else {
            return false;
        };
        match report.failure.take_if(|failure| failure.is_about_saved_fold()) {
            Some(Failure::Corrupt { name, .. }) if !typed.contains(&name) => {
                self.summary.saved_folds.add(report.seq, name);
                // A state need not remember it: it is recognised by its first bytes.
                report.record = None;
                true
            }
            failure => {
                report.failure = failure.or(report.failure.take());
                false
            }
        }
    }

    fn saved_header(&self, save: &SavePlan) -> Header {
        let summary = &self.summary;
        let listing = self.source.listing();
        let hex = |bytes: &[u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = |word: &std::ffi::OsString| word.to_string_lossy().into_owned();
        let header = Header {
            meaning: save
                .meaning
                .iter()
                .map(|(label, value)| ((*label).to_owned(), value.clone()))
                .collect(),
            words: save.words.iter().map(text).collect(),
            shares: self.plan.shard.map(|shard| Shares {
                of: shard.count,
                have: [shard.first()].into(),
            }),
            inputs: listing.map_or_else(InputList::default, |listing| InputList {
                count: listing.inputs,
                sha256: hex(&listing.sha256),
            }),
            own: summary.ended() + summary.remembered,
            counts: SavedCounts {
                done: summary.done - summary.parts + summary.remembered,
                bad_inputs: summary.bad_inputs,
                failed: summary.failed,
                bad_lines: summary.notes.of_all().count(NoteKind::BadLine),
                unrecognized: summary.unrecognized,
                allow_empty: self.plan.empty == Empty::Allowed,
                failures: summary.failures.count,
                first: summary.failures.first.clone(),
            },
            ..Header::default()
        };
        header.of_run(self.started)
    }
}

impl Summary {
    /// Returns how the runs went whose saved folds are added up.
    pub(crate) fn from_saved(header: &Header, notes: &Notes) -> Summary {
        let counts = &header.counts;
        let mut summary = Summary {
            done: counts.done,
            bad_inputs: counts.bad_inputs,
            failed: counts.failed,
            unrecognized: counts.unrecognized,
            listed: header.inputs.count,
            ..Summary::default()
        };
        summary.failures.first = counts.first.clone();
        summary.failures.count = counts.failures;
        // Their messages were printed by other runs.
        summary.failures.buried = true;
        summary.notes.restore(notes.clone());
        summary
    }
}

fn write<W: Write>(to: W, header: &Header, notes: &Notes, fold: io::Result<Box<dyn Fold>>) -> io::Result<W> {
    let mut fold = fold?;
    let mut writer = SavedWriter::new(to, header)?;
    notes.save(&mut writer)?;
    fold.save(&mut writer)?;
    writer.finish()
}
