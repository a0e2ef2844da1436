//! The search for a byte that is probably near.
//!
//! [`memchr`] chooses among instruction sets with each call, which pays when the search is long. The fields of a log
//! line end after some ten bytes: here the 16 bytes that every x86-64 compares at once are looked at in place.

#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr::{One, Two};

/// Returns the offset of the first `byte` in `text`.
#[inline]
pub(super) fn find_near(byte: u8, text: &[u8]) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    return One::new(byte)?.find(text);
    #[cfg(not(target_arch = "x86_64"))]
    memchr::memchr(byte, text)
}

/// Returns the offset of the first byte of `text` that is one of two.
#[inline]
pub(super) fn find_either_near(bytes: [u8; 2], text: &[u8]) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    return Two::new(bytes[0], bytes[1])?.find(text);
    #[cfg(not(target_arch = "x86_64"))]
    memchr::memchr2(bytes[0], bytes[1], text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_is_found_at_every_length_and_place() {
        for length in 0..70 {
            for place in 0..=length {
                let mut text = vec![b'.'; length];
                if place < length {
                    text[place] = b'x';
                }
                let want = (place < length).then_some(place);
                assert_eq!(find_near(b'x', &text), want);
                assert_eq!(find_either_near([b'x', b'y'], &text), want);
                assert_eq!(find_either_near([b'y', b'x'], &text), want);
            }
        }
    }
}
