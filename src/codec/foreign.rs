//! Kinds of files that are no log: archives, and compressed data of formats that no codec reads. Each is
//! recognised by its first bytes, and has a command that unpacks it.
//!
//! It does not know which file it is about.

use crate::job::SAVED_FOLD;
use flate2::{Decompress, FlushDecompress, Status};

/// How many first bytes are enough to tell.
pub(super) const HEAD: usize = 512;

/// A kind of file.
#[derive(Debug)]
pub(super) struct Foreign {
    /// What it is, with its article.
    pub what: &'static str,
    /// The command that prints what is in it; `{}` is its name.
    pub unpack: &'static str,
    /// Whether it is compressed, so that its bytes are not what it holds.
    pub is_packed: bool,
    /// Judges first bytes, which are all of the file when the second argument is true.
    is: fn(&[u8], bool) -> Verdict,
}

/// Whether a file is of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    /// More bytes are needed.
    Maybe,
}

#[rustfmt::skip]
const FOREIGN: &[Foreign] = &[
    archive("a tar archive", "tar -xOf {}", tar),
    packed("a zip archive", "unzip -p {}", |head, _| magic(head, &[b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"])),
    packed("a 7z archive", "7z x -so {}", |head, _| magic(head, &[b"7z\xbc\xaf\x27\x1c"])),
    packed("a rar archive", "unrar p -inul {}", |head, _| magic(head, &[b"Rar!\x1a\x07"])),
    packed("a xar archive", "bsdtar -xOf {}", |head, _| magic(head, &[b"xar!\0\x1c\0"])),
    packed("a cab archive", "cabextract -pq {}", |head, _| magic(head, &[b"MSCF\0\0\0\0"])),
    archive("an ar archive", "ar p {}", |head, _| magic(head, &[b"!<arch>\n"])),
    archive("a cpio archive", "bsdtar -xOf {}", cpio),
    packed("data of compress", "gzip -dc {}", compress),
    packed("data of pack", "gzip -dc {}", |head, _| magic(head, &[b"\x1f\x1e\0", b"\x1f\xa0"])),
    packed("data of lzma", "xz -dc --format=lzma {}", lzma),
    packed("data of lzip", "lzip -dc {}", |head, _| magic(head, &[b"LZIP\0", b"LZIP\x01"])),
    packed("data of lzop", "lzop -dc {}", |head, _| magic(head, &[b"\x89LZO\0\r\n\x1a\n"])),
    packed("data of snappy", "snzip -dc {}", |head, _| magic(head, &[b"\xff\x06\0\0sNaPpY"])),
    packed(SAVED_FOLD, "fanfold merge {}", |head, _| magic(head, &[b"ffsave\0\x01"])),
    packed("zlib data", "pigz -dc < {}", zlib),
    archive("UTF-32 text", "iconv -f UTF-32 -t UTF-8 {}", |head, _| magic(head, &[b"\xff\xfe\0\0", b"\0\0\xfe\xff"])),
];

const fn archive(what: &'static str, unpack: &'static str, is: fn(&[u8], bool) -> Verdict) -> Foreign {
    Foreign {
        what,
        unpack,
        is_packed: false,
        is,
    }
}

const fn packed(what: &'static str, unpack: &'static str, is: fn(&[u8], bool) -> Verdict) -> Foreign {
    Foreign {
        is_packed: true,
        ..archive(what, unpack, is)
    }
}

/// Returns the kind of a file that begins with `head`, which is all of it when `ended`; or whether more bytes can
/// tell.
pub(super) fn find(head: &[u8], ended: bool) -> Result<&'static Foreign, Verdict> {
    let mut verdict = Verdict::No;
    for foreign in FOREIGN {
        match (foreign.is)(head, ended) {
            Verdict::Yes => return Ok(foreign),
            Verdict::Maybe if !ended => verdict = Verdict::Maybe,
            _ => {}
        }
    }
    Err(verdict)
}

/// Returns true for first bytes of which no text has some.
pub(super) fn is_binary(head: &[u8]) -> bool {
    let is_wide = matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    !is_wide && head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
}

/// Judges by magic numbers: each has a byte that no text has.
fn magic(head: &[u8], magics: &[&[u8]]) -> Verdict {
    if magics.iter().any(|magic| head.starts_with(magic)) {
        Verdict::Yes
    } else if magics.iter().any(|magic| magic.starts_with(head)) {
        Verdict::Maybe
    } else {
        Verdict::No
    }
}

/// Judges by the header of the first entry (POSIX.1, pax): by `ustar`, or by the checksum, which older ones have,
/// too.
fn tar(head: &[u8], ended: bool) -> Verdict {
    let is_octal = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'0'..=b'7' | b' ' | 0));
    let name = &head[..head.len().min(100)];
    let mode = head.get(100..head.len().clamp(100, 108)).unwrap_or_default();
    if name.first() == Some(&0) || name.contains(&b'\n') || !is_octal(mode) {
        return Verdict::No;
    }
    if head.get(257..262) == Some(b"ustar") {
        return Verdict::Yes;
    }
    let Some(header) = head.first_chunk::<512>() else {
        return if ended { Verdict::No } else { Verdict::Maybe };
    };
    // The sum is taken with blanks in its own field.
    let sum = |range: std::ops::Range<usize>| header[range].iter().map(|&byte| u32::from(byte)).sum::<u32>();
    let sum = sum(0..148) + 8 * u32::from(b' ') + sum(156..512);
    let digits = header[148..156].iter().filter(|byte| byte.is_ascii_digit());
    let stored = digits.fold(0, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    match is_octal(&header[148..156]) && sum == stored {
        true => Verdict::Yes,
        false => Verdict::No,
    }
}

/// Judges by the magic number and the octal digits behind it.
fn cpio(head: &[u8], _ended: bool) -> Verdict {
    let is_hexadecimal = head.iter().take(110).all(u8::is_ascii_hexdigit);
    match magic(head, &[b"070701", b"070702", b"070707"]) {
        Verdict::No => Verdict::No,
        _ if !is_hexadecimal => Verdict::No,
        _ if head.len() < 110 => Verdict::Maybe,
        _ => Verdict::Yes,
    }
}

/// Judges by the magic number of compress and the greatest length of its codes.
fn compress(head: &[u8], _ended: bool) -> Verdict {
    match *head {
        [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f)) => Verdict::Yes,
        [0x1f] | [0x1f, 0x9d] => Verdict::Maybe,
        _ => Verdict::No,
    }
}

/// Judges by the usual properties, a dictionary of a plausible size, and a length that is unknown or plausible.
fn lzma(head: &[u8], _ended: bool) -> Verdict {
    let Some(&[first, d0, d1, d2, d3, ref length @ ..]) = head.first_chunk::<13>() else {
        return match magic(head, &[b"\x5d\0\0"]) {
            Verdict::No => Verdict::No,
            _ => Verdict::Maybe,
        };
    };
    let dictionary = u32::from_le_bytes([d0, d1, d2, d3]);
    let is_size =
        dictionary.count_ones() == 1 || dictionary.count_ones() == 2 && dictionary & (dictionary << 1) != 0;
    let length = u64::from_le_bytes(*length);
    match first == 0x5d && is_size && (length == u64::MAX || length < 1 << 38) {
        true => Verdict::Yes,
        false => Verdict::No,
    }
}

/// Judges by decoding: the two bytes of the header (RFC 1950) may begin a text (`x^2`).
fn zlib(head: &[u8], ended: bool) -> Verdict {
    match *head {
        [0x78] => return Verdict::Maybe,
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {}
        _ => return Verdict::No,
    }
    if !ended && head.len() < 16 {
        return Verdict::Maybe;
    }
    // A character may be cut off at the end.
    let is_text = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    if is_text && head.len() >= 16 {
        return Verdict::No;
    }
    if !ended && head.len() < HEAD {
        return Verdict::Maybe;
    }
    let mut plain = [0; 4096];
    let mut inflate = Decompress::new(true);
    let status = inflate.decompress(head, &mut plain, FlushDecompress::None);
    let is_valid = match status {
        Ok(Status::StreamEnd) => true,
        Ok(_) => !ended && inflate.total_out() > 0,
        Err(_) => false,
    };
    match is_valid {
        true => Verdict::Yes,
        false => Verdict::No,
    }
}
