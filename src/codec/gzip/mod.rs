//! gzip (RFC 1952), with the verdicts of `gzip -t`: every member; zero padding after the last one
//! in silence; other bytes after it with a warning.
//!
//! Three ways lead to one result. libdeflate decodes a small file whose size is known in one shot
//! ([`one_shot`]), and the small members of BGZF one by one ([`bgzf`]), as long as it can prove
//! each member good. From the first member that it can't, and for everything else, [`member`]
//! streams through zlib-rs in constant memory. Only that way judges what is wrong, so the fast ones
//! cannot disagree about errors.

mod bgzf;
mod member;
mod one_shot;

use crate::codec::engine::{Codec, DecodeSink, Engine};
use crate::codec::error::DecodeError;
use crate::codec::reader::Reader;
use crate::memory::Budget;
use bgzf::Bgzf;
use member::{MAGIC, MEMBER, MemberDecoder, NAME, another_follows};
use one_shot::{OneShot, Progress};

/// The row for gzip.
pub(super) const CODEC: Codec = Codec {
    name: NAME,
    help: "gzip: all members, as written by gzip, pigz, bgzip",
    endings: &[".gz", ".tgz", ".bgz"],
    recognise: |head| head.starts_with(&MAGIC[..2]),
    signature: Some(MEMBER),
    start: |budget| Box::new(Gzip::new(budget)),
};

struct Gzip {
    one_shot: OneShot,
    bgzf: Bgzf,
    members: MemberDecoder,
}

impl Gzip {
    fn new(budget: &Budget) -> Self {
        Gzip {
            one_shot: OneShot::new(budget),
            bgzf: Bgzf::new(),
            members: MemberDecoder::new(),
        }
    }

    /// Streams from the beginning of a member to the end of the file.
    fn stream(&mut self, reader: &mut Reader<'_>, sink: &mut DecodeSink<'_>) -> Result<(), DecodeError> {
        loop {
            match self.bgzf.decode(reader, sink)? {
                (_, Progress::Done) => return Ok(()),
                (1.., Progress::Rest) if !another_follows(reader, sink)? => return Ok(()),
                (_, Progress::Rest) => {}
            }
            sink.begin_member(reader.offset())?;
            if self.members.decode(reader, sink)?.is_break() || !another_follows(reader, sink)? {
                return Ok(());
            }
        }
    }
}

impl Engine for Gzip {
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        size: Option<u64>,
        sink: &mut DecodeSink<'_>,
    ) -> Result<(), DecodeError> {
        // ISA-L is as fast on small files, and needs no large buffers.
        if let Some(size) = size.filter(|_| !cfg!(feature = "isal")) {
            match self.one_shot.decode(reader, size, sink)? {
                Progress::Done => return Ok(()),
                Progress::Rest => {}
            }
        }
        self.stream(reader, sink)
    }
}
