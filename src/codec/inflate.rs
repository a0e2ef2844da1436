//! Deflate (RFC 1951) as a stream: by zlib-rs, or by ISA-L when the program was built with it.
//! It does not know gzip's headers and trailers.

use super::stream::Step;

#[cfg(feature = "isal")]
pub(super) use with_isal::Inflate;
#[cfg(not(feature = "isal"))]
pub(super) use with_zlib::Inflate;

/// A step makes progress when it is given more bytes than this, or the last bytes of the file.
pub(super) const AHEAD: usize = 8;

/// A stream that is not valid: what the step had read and written by then.
pub(super) struct Invalid {
    pub read: usize,
    pub written: usize,
}

#[cfg(not(feature = "isal"))]
mod with_zlib {
    use super::{Invalid, Step};
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

        pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Invalid> {
            let (read, written) = (self.0.total_in(), self.0.total_out());
            let status = self.0.decompress(input, output, FlushDecompress::None);
            let read = (self.0.total_in() - read) as usize;
            let written = (self.0.total_out() - written) as usize;
            match status {
                Ok(status) => Ok(Step {
                    read,
                    written,
                    complete: status == Status::StreamEnd,
                }),
                Err(_) => Err(Invalid { read, written }),
            }
        }
    }
}

#[cfg(feature = "isal")]
mod with_isal {
    use super::{AHEAD, Invalid, Step};
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

        pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Invalid> {
            match self.0.step(input, output) {
                Ok((read, written, complete)) => Ok(Step {
                    read,
                    written,
                    complete,
                }),
                Err(isal::Invalid { read, written }) => Err(Invalid { read, written }),
            }
        }
    }
}
