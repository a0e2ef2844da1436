//! Passes on files that are not compressed, or not in a way that fanfold knows, as they are.

use super::engine::{Codec, DecodeSink, Engine};
use super::error::DecodeError;
use super::reader::Reader;
use crate::job::Trust;

/// The row for everything that no other row takes, the empty file among them.
pub(super) const CODEC: Codec = Codec {
    name: "plain",
    help: "not compressed: bytes as they are",
    endings: &[],
    recognise: |_| true,
    signature: None,
    start: |_| Box::new(Plain),
};

struct Plain;

impl Engine for Plain {
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        _size: Option<u64>,
        sink: &mut DecodeSink<'_>,
    ) -> Result<(), DecodeError> {
        loop {
            let block = reader.fill()?;
            let length = block.len();
            if length == 0 || sink.give(block, Trust::Final).is_break() {
                return Ok(());
            }
            reader.consume(length);
        }
    }
}
