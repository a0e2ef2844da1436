//! Notes on the fields of records: those that no record has, and values of another kind than a test asks for.

use crate::record::field::FieldSource;
use crate::record::findings::Findings;
use crate::record::notes::{NoteId, NoteKind, Notes};
use crate::record::plan::RecordPlan;
use crate::record::projection::{Operand, Projection, View};
use crate::record::suggest::quoted;

/// What was found about the fields of one job's records.
#[derive(Debug, Clone)]
pub(super) struct FieldNotes {
    /// The named fields that records may lack: the slot, the note, and whether a record of the job has it.
    named: Vec<(usize, NoteId, bool)>,
    /// The fields that are ordered by a number or a time: the subject, its note, and whether that counts the values.
    ordered: Vec<(usize, NoteId, bool)>,
    /// The tested fields with modifiers that may fail: the subject and its note.
    modified: Vec<(usize, NoteId)>,
    /// The subjects of the time fields of a window; none when there is no window.
    window: Vec<usize>,
    /// Whether the job had a record.
    has_records: bool,
    /// Whether the time of any record in question of the job was looked at.
    looks_at_times: bool,
    /// Whether one could be read.
    has_times: bool,
    /// The first value of a time field that is no time.
    first_untimed: Option<String>,
}

impl FieldNotes {
    pub fn new(plan: &RecordPlan, projection: &Projection, notes: &mut Notes) -> FieldNotes {
        let has_names = plan.format.has_names_by_record();
        let is_of_window = |source: &FieldSource| {
            let fields = plan.window_fields.iter();
            fields
                .into_iter()
                .any(|&subject| plan.tested[subject].source == *source)
        };
        // That a record has one of several time fields is looked at as a whole.
        let sources = projection.sources.iter().enumerate();
        let sort = projection.sort.as_ref().and_then(Operand::slot);
        let named = sources.filter_map(|(slot, source)| {
            let name = match source {
                _ if is_of_window(source) => return None,
                FieldSource::Name(name) if has_names => name.clone(),
                FieldSource::Path(keys) if has_names => keys.join("."),
                // Records that are sorted by a field that none has would stay as they are.
                FieldSource::Number(_) | FieldSource::FromEnd(_) if sort == Some(slot) => {
                    plan.sort.as_ref()?.text.clone()
                }
                _ => return None,
            };
            Some((slot, notes.enter(NoteKind::NoField, &name), false))
        });
        let named = named.collect();
        let expressions = plan.filter.iter().chain(&plan.expressions);
        let mut ordered: Vec<_> = expressions.flat_map(|expression| expression.ordered()).collect();
        ordered.sort_unstable();
        ordered.dedup();
        let modified = projection.tested.iter().enumerate();
        let modified = modified.filter_map(|(subject, operand)| {
            let kind = match operand.expected()? {
                NoteKind::NoTime => NoteKind::ComparedTime,
                NoteKind::NoJson => NoteKind::ComparedJson,
                _ => NoteKind::ComparedNumber,
            };
            Some((subject, notes.enter(kind, &plan.tested[subject].text)))
        });
        let modified: Vec<_> = modified.collect();
        let ordered = ordered.into_iter().map(|(subject, kind)| {
            let note = notes.enter(kind, &plan.tested[subject].text);
            (subject, note, !modified.contains(&(subject, note)))
        });
        FieldNotes {
            named,
            ordered: ordered.collect(),
            modified,
            window: plan.window_fields.clone(),
            has_records: false,
            looks_at_times: false,
            has_times: false,
            first_untimed: None,
        }
    }

    /// Returns true when nothing can be noted.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.ordered.is_empty() && self.modified.is_empty()
    }

    /// Starts a job.
    pub fn begin(&mut self) {
        self.has_records = false;
        self.looks_at_times = false;
        self.has_times = false;
        self.first_untimed = None;
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

    /// Counts the values that tests looked at, and those of them that are of another kind.
    #[inline]
    pub fn tested(&mut self, notes: &mut Notes, found: &Findings, operands: &[Operand], view: View<'_>) {
        for &(subject, note, counts) in &self.ordered {
            if found.looked_at.contains(subject) && !found.unread.contains(subject) {
                if counts {
                    notes.judge(note);
                }
                if found.misfits.contains(subject) {
                    notes.add(note, operands[subject].value(view));
                }
            }
        }
        for &(subject, note) in &self.modified {
            if found.looked_at.contains(subject) {
                notes.judge(note);
                if found.unread.contains(subject) {
                    notes.add(note, operands[subject].original(view));
                }
            }
        }
        if !self.has_times && self.window.iter().any(|&subject| found.asked.contains(subject)) {
            self.window(found, operands, view);
        }
    }

    /// Looks at whether a record has a time in the window's field, as long as no record had.
    #[cold]
    fn window(&mut self, found: &Findings, operands: &[Operand], view: View<'_>) {
        self.looks_at_times = true;
        let is_time =
            |subject: &usize| found.looked_at.contains(*subject) && !found.misfits.contains(*subject);
        self.has_times = self.window.iter().any(is_time);
        let mut untimed = self
            .window
            .iter()
            .filter(|subject| found.misfits.contains(**subject));
        if self.first_untimed.is_none()
            && let Some(&subject) = untimed.next()
        {
            let value = String::from_utf8_lossy(operands[subject].value(view));
            self.first_untimed = Some(quoted(&value.chars().take(SHOWN).collect::<String>()));
        }
    }

    /// Returns the notes on fields with modifiers.
    pub fn modified(&self) -> impl Iterator<Item = &NoteId> {
        self.modified.iter().map(|(_, note)| note)
    }

    /// Returns `Some` when no time of a window's field could be read: with what is to be said, if there were records.
    pub fn untimed(&self) -> Option<Option<String>> {
        if self.window.is_empty() || self.has_times {
            return None;
        }
        Some(self.looks_at_times.then(|| match &self.first_untimed {
            Some(first) => format!(
                "no record has a time that can be read (first: {first}): --time-format says how such times are written"
            ),
            None => "no record has a time of its own, for --since and --until: --where tests another field".to_owned(),
        }))
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

/// The most characters of a value that are shown.
const SHOWN: usize = 40;
