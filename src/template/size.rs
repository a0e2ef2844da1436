//! The space that a command line takes, before its inputs are known.
//!
//! It does not know how much space the system gives.

use super::{Piece, Template};

/// The digits of the largest job number or slot.
const DIGITS: usize = 20;

/// The most bytes that the words of a template take, each with its NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The words that occur once.
    pub fixed: usize,
    /// The words that occur once for each input, without the input's name.
    pub each: usize,
    /// How often the name of an input occurs; a part of the name counts as all of it.
    pub times: usize,
    /// The longest name that makes no argument too long.
    pub longest: usize,
}

impl Template {
    /// Returns the size of command lines, when each argument takes `overhead` bytes (a pointer) in addition
    /// to its own, and an argument may have at most `longest`.
    pub fn size(&self, overhead: usize, longest: usize) -> Size {
        let mut size = Size {
            fixed: 0,
            each: 0,
            times: 0,
            longest: usize::MAX,
        };
        for (plain, holes) in self.lengths() {
            if holes == 0 {
                size.fixed += plain + 1 + overhead;
                continue;
            }
            // The `./` in front of a name that looks like an option, and the NUL.
            let plain = plain + 2 + 1;
            size.each += plain + overhead;
            size.times += holes;
            size.longest = size.longest.min(longest.saturating_sub(plain) / holes);
        }
        size
    }

    /// Returns the most bytes that each word takes without the names of inputs, and the number of its holes for
    /// them.
    pub fn lengths(&self) -> impl Iterator<Item = (usize, usize)> {
        self.words.iter().map(|word| {
            word.iter().fold((0, 0), |(plain, holes), piece| match piece {
                Piece::Literal(bytes) => (plain + bytes.len(), holes),
                Piece::Input(_) => (plain, holes + 1),
                Piece::Job | Piece::Slot => (plain + DIGITS, holes),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn no_command_line_is_larger_than_its_template_says() {
        let names = ["a", "-", "/", "./a.b.c", "-x/y.z", "a/.hid", "dir/"].map(OsStr::new);
        let words = [
            "{}",
            "x{/}y{//}",
            "{.}",
            "{/..}",
            "{#}-{%}",
            "{}{}{#}",
            "plain",
            "{{}",
        ];
        let args: Vec<OsString> = ["cmd"].into_iter().chain(words).map(OsString::from).collect();
        let template = Template::parse(&args).expect("a command");
        let size = template.size(8, 1000);
        let rendered = template.render(&names, u64::MAX, usize::MAX);
        let taken: usize = rendered.iter().map(|arg| arg.len() + 1 + 8).sum();
        let allowed: usize = names.iter().map(|n| size.each + size.times * n.len()).sum();
        assert!(taken <= size.fixed + allowed, "{taken} {size:?}");
    }

    #[test]
    fn the_argument_with_most_holes_limits_the_name() {
        let args = ["cmd", "{}", "x{}{}"].map(OsString::from);
        let size = Template::parse(&args).expect("a command").size(0, 103);
        assert_eq!((size.longest, size.times), (49, 3));
        let name = "n".repeat(49);
        let name = OsStr::from_bytes(name.as_bytes());
        let arguments = Template::parse(&args).expect("a command").render(&[name], 1, 1);
        assert!(arguments.iter().all(|arg| arg.len() < 103));
    }
}
