//! Compresses what is written to a file, by the codec that the ending of its name says.
//!
//! It does not know where the bytes go.

use super::by_ending;
use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use liblzma::write::XzEncoder;
use lz4_flex::frame::FrameEncoder;
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Write};
use zstd::stream::write::Encoder as ZstdEncoder;

/// How much xz compresses: a worker needs 32 MB for it, a third of what the preset of xz(1) needs.
const XZ_PRESET: u32 = 3;

/// A compressor. It keeps what is compressed until it is taken.
pub(crate) struct Encoder(Box<dyn Encode>);

trait Encode: Write + Send + Sync {
    fn compressed(&mut self) -> &mut Vec<u8>;

    /// Writes the end, and returns what has not been taken.
    fn end(self: Box<Self>) -> io::Result<Vec<u8>>;
}

type Start = fn() -> io::Result<Box<dyn Encode>>;

/// The compressor of each codec.
const ENCODERS: &[(&str, Start)] = &[
    ("gzip", || {
        Ok(Box::new(GzEncoder::new(
            Vec::new(),
            flate2::Compression::default(),
        )))
    }),
    ("zstd", || {
        Ok(Box::new(ZstdEncoder::new(
            Vec::new(),
            zstd::DEFAULT_COMPRESSION_LEVEL,
        )?))
    }),
    ("bzip2", || {
        Ok(Box::new(BzEncoder::new(Vec::new(), bzip2::Compression::best())))
    }),
    ("xz", || Ok(Box::new(XzEncoder::new(Vec::new(), XZ_PRESET)))),
    ("lz4", || Ok(Box::new(FrameEncoder::new(Vec::new())))),
];

impl Encoder {
    /// Starts the compressor that the ending of a name asks for, if it does.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn for_name(name: &OsStr) -> io::Result<Option<Self>> {
        let codec = by_ending(name);
        let start = codec.and_then(|codec| ENCODERS.iter().find(|(name, _)| *name == codec.name));
        start.map(|(_, start)| start().map(Encoder)).transpose()
    }

    /// Compresses these bytes and writes what is ready.
    ///
    /// # Errors
    /// What the compressor or the writer says.
    pub(crate) fn write(&mut self, bytes: &[u8], to: &mut impl Write) -> io::Result<()> {
        self.0.write_all(bytes)?;
        let compressed = self.0.compressed();
        to.write_all(compressed)?;
        compressed.clear();
        Ok(())
    }

    /// Writes what is left, and the end.
    ///
    /// # Errors
    /// What the compressor or the writer says.
    pub(crate) fn end(self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&self.0.end()?)
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoder")
    }
}

impl Encode for GzEncoder<Vec<u8>> {
    fn compressed(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        self.finish()
    }
}

impl Encode for ZstdEncoder<'static, Vec<u8>> {
    fn compressed(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        self.finish()
    }
}

impl Encode for BzEncoder<Vec<u8>> {
    fn compressed(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        self.finish()
    }
}

impl Encode for XzEncoder<Vec<u8>> {
    fn compressed(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        self.finish()
    }
}

impl Encode for FrameEncoder<Vec<u8>> {
    fn compressed(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }

    fn end(mut self: Box<Self>) -> io::Result<Vec<u8>> {
        // Without this, no bytes at all would be no frame.
        self.write_all(&[])?;
        self.finish().map_err(io::Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::super::CODECS;
    use super::*;

    #[test]
    fn every_codec_that_names_tell_can_compress() {
        for codec in CODECS {
            for ending in codec.endings {
                let encoder = Encoder::for_name(OsStr::new(&format!("a{ending}")));
                assert!(encoder.expect("memory").is_some(), "{ending}");
                let capitals = format!("A{}", ending.to_uppercase());
                let encoder = Encoder::for_name(OsStr::new(&capitals));
                assert!(encoder.expect("memory").is_some(), "{capitals}");
            }
        }
        assert!(Encoder::for_name(OsStr::new("gz")).expect("memory").is_none());
    }
}
