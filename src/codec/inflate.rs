//! Deflate (RFC 1951) as a stream: by zlib-rs, or by ISA-L when the program was built with it.
//! It does not know gzip's headers and trailers.

use super::stream::Step;

#[cfg(feature = "isal")]
pub(super) use with_isal::Inflate;
#[cfg(not(feature = "isal"))]
pub(super) use with_zlib::Inflate;

/// A step makes progress when it is given more bytes than this, or the last bytes of the file.
pub(super) const AHEAD: usize = 8;

#[cfg(not(feature = "isal"))]
mod with_zlib {
    use super::Step;
    use flate2::{Decompress, FlushDecompress, Status};

    /// A decoder.
    pub struct Inflate(Decompress);

    impl Inflate {
        pub fn new() -> Self {
            Inflate(Decompress::new(false))
        }

        pub fn reset(&mut self) {
            self.0.reset(false);
        }

        /// Decodes some of `input`; also returns whether the stream is valid so far.
        pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> (Step, bool) {
            let (read, written) = (self.0.total_in(), self.0.total_out());
            let status = self.0.decompress(input, output, FlushDecompress::None);
            let step = Step {
                read: (self.0.total_in() - read) as usize,
                written: (self.0.total_out() - written) as usize,
                complete: matches!(status, Ok(Status::StreamEnd)),
            };
            (step, status.is_ok())
        }
    }
}

#[cfg(feature = "isal")]
mod with_isal {
    use super::{AHEAD, Step};
    use crate::sys::isal;

    const _: () = assert!(AHEAD >= isal::AHEAD);

    /// A decoder.
    pub struct Inflate(isal::Inflate);

    impl Inflate {
        pub fn new() -> Self {
            Inflate(isal::Inflate::new())
        }

        pub fn reset(&mut self) {
            self.0.reset();
        }

        /// Decodes some of `input`; also returns whether the stream is valid so far.
        pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> (Step, bool) {
            let step = self.0.step(input, output);
            let valid = step.is_ok();
            let (read, written, complete) =
                step.unwrap_or_else(|isal::Invalid { read, written }| (read, written, false));
            (
                Step {
                    read,
                    written,
                    complete,
                },
                valid,
            )
        }
    }
}
