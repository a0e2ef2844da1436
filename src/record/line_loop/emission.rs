//! The last step of a record: its projection goes to the sink, and what the sink could not take is noted.
//!
//! It does not know how the record was found.

use super::LineLoop;
use crate::record::bits::Bits;
use crate::record::named_values::{Kind, put_pair};
use crate::record::notes::{NoteId, Notes};
use crate::record::projection::{Operand, Projection, View};
use crate::record::record_sink::RecordSink;
use std::io;
use std::ops::ControlFlow;

impl LineLoop {
    /// Gives the projection of a record to the sink. The line is also given whole, with the carriage return at its
    /// end.
    #[inline]
    pub(super) fn give(
        &mut self,
        (line, whole): (&[u8], &[u8]),
        decoded: &[u8],
        sink: &mut dyn RecordSink,
    ) -> io::Result<ControlFlow<()>> {
        let view = View {
            line,
            decoded,
            spans: &self.spans,
            file: &self.file,
            number: &self.number,
            holds: &self.holds,
            all: &self.all,
        };
        let Projection {
            columns, names, sort, ..
        } = &mut self.projection;
        columns
            .iter_mut()
            .chain(&mut *sort)
            .for_each(|operand| operand.modify(view));
        for (column, note) in columns.iter().zip(&self.key_notes) {
            let Some(note) = *note else { continue };
            self.notes.judge(note);
            if !column.fits() {
                self.notes.add(note, column.original(view));
                return Ok(ControlFlow::Continue(()));
            }
        }
        let flow = if self.pairs {
            let record = &mut self.record;
            record.clear();
            if columns.is_empty() {
                put_pair(record, b"line", Kind::Text, whole);
            }
            for (column, name) in columns.iter().zip(names) {
                column.put_pair(view, name, record);
            }
            match sort {
                Some(sort) => {
                    let key = sort.value(view);
                    let flow = sink.record(&[key, record])?;
                    let is_absent = matches!(key, b"" | b"-");
                    if let Some(note) = self.sort_note.filter(|_| !is_absent) {
                        self.notes.judge(note);
                        if sink.misfits().contains(0) {
                            self.notes.add(note, key);
                        }
                    }
                    flow
                }
                None => sink.record(&[record])?,
            }
        } else if let Some(may_lack) = self.marks {
            let keys = self.key_notes.len();
            emit_marked(columns.split_at(keys), view, may_lack, &mut self.record, sink)?
        } else {
            match columns.is_empty() && whole.len() > line.len() && sink.keeps_line_ends() {
                true => sink.record(&[whole])?,
                false => emit(columns, view, sink)?,
            }
        };
        if !self.value_notes.is_empty() {
            self.judged += 1;
            let misfits = sink.misfits();
            if !misfits.is_empty() {
                note_misfits(
                    (&mut self.notes, &self.value_notes),
                    misfits,
                    columns,
                    view,
                    |column| self.may_lack_fields && column.is_missing(view, self.has_dashes),
                );
            }
        }
        if let Some(first) = self.first {
            self.given += 1;
            if self.given >= first {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(flow)
    }
}

/// Notes the values of a record that are no numbers, as `misfits` says, except those that are absent.
#[cold]
fn note_misfits(
    (notes, value_notes): (&mut Notes, &[Option<NoteId>]),
    misfits: &Bits,
    columns: &[Operand],
    view: View<'_>,
    is_absent: impl Fn(&Operand) -> bool,
) {
    let noted = value_notes.iter().zip(columns).enumerate();
    for (_, (note, column)) in noted.filter(|(at, _)| misfits.contains(*at)) {
        let Some(note) = *note else { continue };
        // As it is written: a modifier makes nothing of what it can't read.
        let value = column.original(view);
        if is_absent(column) {
            notes.pardon(note);
        } else {
            notes.add(note, value);
        }
    }
}

/// Gives the selected fields of a record to the sink, without an allocation for one or two.
#[inline]
fn emit(columns: &[Operand], view: View<'_>, sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
    match columns {
        [] => sink.record(&[view.line]),
        [only] => sink.record(&[only.value(view)]),
        [a, b] => sink.record(&[a.value(view), b.value(view)]),
        several => sink.record(
            &several
                .iter()
                .map(|column| column.value(view))
                .collect::<Vec<_>>(),
        ),
    }
}

/// Gives the selected fields of a record to the sink, of which the first are keys with marks.
fn emit_marked(
    (keys, values): (&[Operand], &[Operand]),
    view: View<'_>,
    may_lack: bool,
    marked: &mut Vec<u8>,
    sink: &mut dyn RecordSink,
) -> io::Result<ControlFlow<()>> {
    marked.clear();
    if let ([only], []) = (keys, values) {
        only.put_marked(view, may_lack, marked);
        return sink.record(&[marked]);
    }
    let mut ends = Vec::with_capacity(keys.len());
    for key in keys {
        key.put_marked(view, may_lack, marked);
        ends.push(marked.len());
    }
    let mut fields = Vec::with_capacity(keys.len() + values.len());
    let mut start = 0;
    for end in ends {
        fields.push(&marked[start..end]);
        start = end;
    }
    fields.extend(values.iter().map(|value| value.value(view)));
    sink.record(&fields)
}
