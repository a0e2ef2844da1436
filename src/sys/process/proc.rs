//! What /proc says about other processes.

/// Some fields of proc_pid_stat(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sys) struct Stat {
    /// One letter: `R`, `S`, `T`, `Z` …
    pub(in crate::sys) state: u8,
    /// The number of its parent.
    pub(in crate::sys) parent: i32,
    /// The number of its process group.
    pub(in crate::sys) group: i32,
}

impl Stat {
    /// Reads that of a process; None when there is no such process.
    pub(in crate::sys) fn from_pid(pid: i32) -> Option<Self> {
        Self::parse(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Parses the fields from the last `)` on, because the name in parentheses may hold anything.
    fn parse(stat: &[u8]) -> Option<Self> {
        let after = memchr::memrchr(b')', stat)? + 1;
        let mut fields = std::str::from_utf8(&stat[after..]).ok()?.split_whitespace();
        Some(Stat {
            state: *fields.next()?.as_bytes().first()?,
            parent: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }

    /// Returns whether the process is neither dead nor a zombie.
    pub(in crate::sys) fn lives(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// Returns the numbers of all processes; none when /proc is not mounted.
pub(in crate::sys) fn processes() -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_blanks_hides_nothing() {
        let stat = Stat::parse(b"7 (a) Z 1 2 (b) S 5 6 4 0 -1").expect("it is complete");
        assert_eq!((stat.state, stat.parent, stat.group), (b'S', 5, 6));
        assert!(stat.lives());
        assert_eq!(Stat::parse(b"7 (cut) S 5"), None);
    }
}
