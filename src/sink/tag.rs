//! `--tag`: lines that carry the name of the input that they came from.
//!
//! It does not know what a name looks like on a terminal.

/// Prefixes each line of one stream with a name and a tab.
#[derive(Debug)]
pub(crate) struct Tagger {
    prefix: Vec<u8>,
    within: bool,
    /// Whether a last line gets the newline that it has not.
    ends_lines: bool,
    /// Whether a carriage return ends a line too.
    returns_end: bool,
}

impl Tagger {
    /// Returns a tagger for lines that come from `name`.
    pub(crate) fn new(name: &[u8]) -> Self {
        Tagger {
            prefix: [name, b"\t"].concat(),
            within: false,
            ends_lines: true,
            returns_end: false,
        }
    }

    /// Leaves a last line without a newline as it is, and tags what follows a carriage return too, which a
    /// terminal shows in place of what was before.
    pub(crate) fn for_terminal_lines(self) -> Self {
        Tagger {
            ends_lines: false,
            returns_end: true,
            ..self
        }
    }

    /// Returns how many bytes each line gets.
    pub(crate) fn length(&self) -> usize {
        self.prefix.len()
    }

    /// Appends `bytes`, which may begin and end within a line, to `out`.
    pub(crate) fn tag(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let ends_line = |byte: &u8| *byte == b'\n' || *byte == b'\r' && self.returns_end;
        for line in bytes.split_inclusive(ends_line) {
            if !self.within {
                out.extend_from_slice(&self.prefix);
            }
            out.extend_from_slice(line);
            self.within = !line.last().is_some_and(ends_line);
        }
    }

    /// Ends a last line that has no newline, so that the next job's line begins on its own.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.within) && self.ends_lines {
            out.push(b'\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_tagged_once_wherever_blocks_end() {
        let (mut tagger, mut out) = (Tagger::new(b"a.gz"), Vec::new());
        for block in ["on", "e\n\ntw", "o"] {
            tagger.tag(block.as_bytes(), &mut out);
        }
        tagger.end(&mut out);
        assert_eq!(out, b"a.gz\tone\na.gz\t\na.gz\ttwo\n");
    }

    #[test]
    fn what_follows_a_carriage_return_is_tagged_where_it_ends_lines() {
        let (mut tagger, mut out) = (Tagger::new(b"a").for_terminal_lines(), Vec::new());
        for block in ["1%\r2", "%\r", "\r\nb\r"] {
            tagger.tag(block.as_bytes(), &mut out);
        }
        tagger.end(&mut out);
        assert_eq!(out, b"a\t1%\ra\t2%\ra\t\ra\t\na\tb\r");
    }
}
