//! How results are printed.

/// In which order the results of jobs are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In input order, as a serial loop prints them.
    Input,
    /// In input order, each job's result as a whole when its turn has come: its standard output, then its standard
    /// error.
    InputWhole,
    /// Each job's result as a whole, as soon as the job has finished: its standard output, then its standard error.
    Finish,
    /// Whole lines, as soon as a job prints them.
    Lines,
}

/// Whether printed lines carry the name of their input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Lines are printed as they are.
    Off,
    /// Each line begins with the name of its input and a tab. A last line without a newline gets one.
    Input,
    /// The same, but a last line without a newline stays so, and a carriage return ends a line too.
    InputAsIs,
}

/// What happens to the output of a file that turns out to be corrupt. The file is an error either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// Output that the corruption may have affected does not count.
    Discard,
    /// Complete lines count.
    Keep,
}

/// How many rows are printed, and where a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstRows {
    /// The number of rows.
    pub rows: u64,
    /// Where a row ends.
    pub end: RowEnd,
}

/// Where a printed row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEnd {
    /// At a newline.
    Newline,
    /// At a newline outside of the quotes of RFC 4180. The byte separates the values of a row.
    Csv(u8),
}
