//! Notes on the fields of records: those that no record has, and values of another kind than a test asks for.

use crate::record::field::FieldSource;
use crate::record::notes::{NoteId, NoteKind, Notes};
use crate::record::plan::RecordPlan;
use crate::record::projection::{Operand, Projection, View};

/// What was found about the fields of one job's records.
#[derive(Debug)]
pub(super) struct FieldNotes {
    /// The named fields that records may lack: the slot, the note, and whether a record of the job has it.
    named: Vec<(usize, NoteId, bool)>,
    /// The fields that are ordered by a number or a time: the subject and its note.
    ordered: Vec<(usize, NoteId)>,
    /// Whether the job had a record.
    has_records: bool,
}

impl FieldNotes {
    pub fn new(plan: &RecordPlan, projection: &Projection, notes: &mut Notes) -> FieldNotes {
        let has_names = plan.format.has_names_by_record();
        let sources = projection.sources.iter().enumerate().filter(|_| has_names);
        let named = sources.filter_map(|(slot, source)| {
            let name = match source {
                FieldSource::Name(name) => name.clone(),
                FieldSource::Path(keys) => keys.join("."),
                _ => return None,
            };
            Some((slot, notes.enter(NoteKind::NoField, &name), false))
        });
        let named = named.collect();
        let ordered = plan.filter.iter().flat_map(|filter| filter.ordered());
        let ordered = ordered.map(|(subject, kind)| (subject, notes.enter(kind, &plan.tested[subject].text)));
        FieldNotes {
            named,
            ordered: ordered.collect(),
            has_records: false,
        }
    }

    /// Returns true when nothing can be noted.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.ordered.is_empty()
    }

    /// Starts a job.
    pub fn begin(&mut self) {
        self.has_records = false;
        self.named.iter_mut().for_each(|(.., is_there)| *is_there = false);
    }

    /// Looks at which fields a record has.
    #[inline]
    pub fn record(&mut self, view: View<'_>) {
        self.has_records = true;
        for (slot, _, is_there) in &mut self.named {
            *is_there |= view.has(*slot);
        }
    }

    /// Counts the values that tests ordered; the bits of `misfits` say which are of another kind.
    #[inline]
    pub fn tested(
        &self,
        notes: &mut Notes,
        misfits: u64,
        operands: &[Operand],
        is_missing: impl Fn(&Operand) -> bool,
        view: View<'_>,
    ) {
        for &(subject, note) in &self.ordered {
            let operand = &operands[subject];
            if is_missing(operand) {
                continue;
            }
            notes.judge(note);
            if subject < 64 && misfits & (1 << subject) != 0 {
                notes.add(note, operand.value(view));
            }
        }
    }

    /// Ends a job: one that had records, and none with a field, counts once for that field.
    pub fn end(&self, notes: &mut Notes) {
        for &(_, note, is_there) in self.named.iter().filter(|_| self.has_records) {
            notes.judge(note);
            if !is_there {
                notes.add(note, b"");
            }
        }
    }
}
