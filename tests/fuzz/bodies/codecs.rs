//! Any bytes are decoded or refused, and alike however they come; what is whole for the codec's own crate gives the
//! same bytes.

use fanfold::fuzzing::{Budget, Decoder};
use std::cell::RefCell;
use std::io::Read;
use std::ops::ControlFlow;

/// No more is decoded: what expands by a thousand is no finding.
const MOST: usize = 4 << 20;

thread_local! {
    static DECODER: RefCell<Decoder> = RefCell::new(Decoder::new(Budget::new(64 << 20), None));
}

/// Gives one to seven bytes at a time.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.len().min(1 + self.0.len() % 7).min(buffer.len());
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn decode(source: &mut dyn Read, size: Option<u64>) -> (Vec<u8>, Option<String>) {
    let mut bytes = Vec::new();
    let end = DECODER.with_borrow_mut(|decoder| {
        decoder.decode(source, size, &mut |_| {}, &mut |block, _| {
            bytes.extend_from_slice(block);
            match bytes.len() < MOST {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })
    });
    bytes.truncate(MOST);
    (bytes, end.err().map(|error| error.to_string()))
}

/// Returns all that the codec's own crate decodes, when it finds nothing wrong.
fn reference(data: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MOST as u64;
    match data {
        [0x1f, 0x8b, ..] => flate2::read::MultiGzDecoder::new(data)
            .take(limit)
            .read_to_end(&mut bytes),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd::Decoder::new(data).ok()?.take(limit).read_to_end(&mut bytes),
        [b'B', b'Z', b'h', ..] => bzip2::read::MultiBzDecoder::new(data)
            .take(limit)
            .read_to_end(&mut bytes),
        [4, 0x22, 0x4d, 0x18, ..] => lz4_flex::frame::FrameDecoder::new(data)
            .take(limit)
            .read_to_end(&mut bytes),
        _ => return None,
    }
    .ok()?;
    Some(bytes)
}

/// Looks at one input.
pub fn run(data: &[u8]) {
    let whole = decode(&mut &*data, Some(data.len() as u64));
    let dribbled = decode(&mut Dribble(data), None);
    // How far a library got before it saw what is wrong, and what it calls it, depends on how much it had.
    let kind = |said: &Option<String>| {
        said.as_ref()
            .map(|text| text.split(" at ").next().map(str::to_owned))
    };
    assert_eq!(
        kind(&whole.1),
        kind(&dribbled.1),
        "the verdict depends on how bytes come"
    );
    if whole.1.is_none() {
        assert!(whole.0 == dribbled.0, "the bytes depend on how they come");
        if let Some(theirs) = reference(data) {
            let common = whole.0.len().min(theirs.len());
            assert!(
                whole.0[..common] == theirs[..common],
                "the bytes are not those of the codec's crate"
            );
        }
    }
}
