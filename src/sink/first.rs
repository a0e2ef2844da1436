//! The first rows of what is printed, where only some are wanted.

/// Counts the rows that pass and cuts after the last that is wanted.
#[derive(Debug)]
pub struct First {
    left: Option<u64>,
}

impl First {
    /// Lets everything pass.
    pub fn all() -> Self {
        First { left: None }
    }

    /// Lets `rows` lines pass; `None` is all.
    pub fn rows(rows: Option<u64>) -> Self {
        First { left: rows }
    }

    /// The part of `bytes` that is wanted, and whether that was the last of it.
    pub fn cut<'b>(&mut self, bytes: &'b [u8]) -> (&'b [u8], bool) {
        let Some(left) = &mut self.left else {
            return (bytes, false);
        };
        if *left == 0 {
            return (&[], true);
        }
        for end in memchr::memchr_iter(b'\n', bytes) {
            *left -= 1;
            if *left == 0 {
                return (&bytes[..=end], true);
            }
        }
        (bytes, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_ends_after_the_wanted_lines() {
        let mut first = First::rows(Some(3));
        assert_eq!(first.cut(b"a\nb"), (&b"a\nb"[..], false));
        assert_eq!(first.cut(b"\nc\nd\n"), (&b"\nc\n"[..], true));
        assert_eq!(first.cut(b"e\n"), (&b""[..], true));
        assert_eq!(First::all().cut(b"a\n"), (&b"a\n"[..], false));
    }
}
