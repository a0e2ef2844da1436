//! Values with their kinds: as pairs of a record, or with a mark behind each.
//!
//! It does not know where a value comes from, nor how it is printed.

use super::{Operand, Place, View};
use crate::record::format::SpanBase;
use crate::record::modifier::Outcome;
use crate::record::named_values::{Kind, has_name, mark, pairs, put_pair};

impl Operand {
    /// Returns the kind of the value; none when it is missing.
    fn kind(&self, view: View<'_>) -> Option<Kind> {
        let base = match self.place {
            Place::Slot(slot) => view.spans[slot].base,
            _ => SpanBase::Line,
        };
        match base {
            SpanBase::Missing => None,
            SpanBase::Null => Some(Kind::Null),
            SpanBase::Json if self.modifiers.is_empty() => Some(Kind::Json),
            _ => match self.made {
                Outcome::Missing => None,
                Outcome::Null => Some(Kind::Null),
                Outcome::Json => Some(Kind::Json),
                Outcome::Text | Outcome::Misfit => Some(Kind::Text),
            },
        }
    }

    /// Appends the value to a record of pairs, under this name; nothing when it is missing.
    pub fn put_pair(&self, view: View<'_>, name: &str, record: &mut Vec<u8>) {
        match self.place {
            Place::All if record.is_empty() => record.extend_from_slice(view.all),
            Place::All => {
                for (name, kind, value) in pairs(view.all) {
                    if !has_name(record, name) {
                        put_pair(record, name, kind, value);
                    }
                }
            }
            _ => {
                if let Some(kind) = self.kind(view)
                    && (view.all.is_empty() || !has_name(record, name.as_bytes()))
                {
                    put_pair(record, name.as_bytes(), kind, self.value(view));
                }
            }
        }
    }

    /// Appends the value and the mark of its kind. Where `may_lack`, a field that the record lacks is none; else it is
    /// an empty text.
    pub fn put_marked(&self, view: View<'_>, may_lack: bool, record: &mut Vec<u8>) {
        let is_lacking = matches!(self.place, Place::Slot(slot) if !view.has(slot));
        let kind = match is_lacking && !may_lack {
            true => Some(Kind::Text),
            false => self.kind(view),
        };
        record.extend_from_slice(self.value(view));
        record.push(mark(kind));
    }
}
