//! Replacement strings: a command line, or the name of an output file, with holes that the inputs of a job
//! fill.
//!
//! Names are bytes throughout. This room does not know jobs or processes.

mod foreign;
mod line;
mod shell_escape;
mod size;

pub use foreign::{foreign_replacement, pastes_into_script};
pub use line::{Hole, Holes, Line, LineJob, LineQuoting, Repeat, quote_value};
pub use shell_escape::shell_escape;

use crate::sys::arguments::Arguments;
use anyhow::ensure;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// A command line with holes. The first word, the name of the program, has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    words: Vec<Word>,
    /// What follows the words.
    line: Option<(Line, LineUse)>,
}

/// What is made of a [`Line`].
#[derive(Debug, Clone, PartialEq, Eq)]
enum LineUse {
    /// A script: the last argument of a shell. It runs in this directory, which is made, or in ours.
    Script(Option<Box<Line>>),
    /// A program and its arguments, as the shell would take them.
    Words,
}

type Word = Vec<Piece>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    Input(NamePart),
    Job,
    Slot,
}

/// The part of an input's name that fills a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamePart {
    /// All of a word, which need not be the name of a file: no `./` is put in front of it.
    Word,
    /// The directory.
    Directory,
    /// The name or the base name, without its last `cut` extensions.
    Name { base: bool, cut: usize },
}

/// A replacement string and what it stands for; `None` is a literal `{}`.
type Replacement<'a> = (&'a [u8], Option<Piece>);

static REPLACEMENTS: [Replacement<'static>; 10] = [
    (b"{{}", None),
    (b"{}", Some(name(false, 0))),
    (b"{/}", Some(name(true, 0))),
    (b"{//}", Some(Piece::Input(NamePart::Directory))),
    (b"{.}", Some(name(false, 1))),
    (b"{/.}", Some(name(true, 1))),
    (b"{..}", Some(name(false, 2))),
    (b"{/..}", Some(name(true, 2))),
    (b"{#}", Some(Piece::Job)),
    (b"{%}", Some(Piece::Slot)),
];

const fn name(base: bool, cut: usize) -> Piece {
    Piece::Input(NamePart::Name { base, cut })
}

impl Template {
    /// Parses a command line. The first word is the program and has no replacement strings.
    pub fn parse(args: &[OsString]) -> anyhow::Result<Self> {
        let template = Template::with_holes(args, &REPLACEMENTS);
        ensure!(!template.program().is_empty(), "the command's name is empty");
        Ok(template)
    }

    /// Parses a command line whose inputs need not be files: `{}` is the name as it is. Without a replacement string the
    /// name is appended.
    pub fn parse_for_names(args: &[OsString]) -> anyhow::Result<Self> {
        let mut template = Template::parse(args)?;
        for piece in template.words.iter_mut().flatten() {
            if *piece == name(false, 0) {
                *piece = Piece::Input(NamePart::Word);
            }
        }
        if !template.has_replacement() {
            template.words.push(vec![Piece::Input(NamePart::Word)]);
        }
        Ok(template)
    }

    fn with_holes(args: &[OsString], replacements: &[Replacement<'_>]) -> Self {
        let word = |(at, word): (usize, &OsString)| match at {
            0 => literal(word),
            _ => pieces(word.as_bytes(), replacements),
        };
        Template {
            words: args.iter().enumerate().map(word).collect(),
            line: None,
        }
    }

    /// Parses a single word with replacement strings, such as the name of an output file.
    pub fn single(text: &OsStr) -> Self {
        Template {
            words: vec![pieces(text.as_bytes(), &REPLACEMENTS)],
            line: None,
        }
    }

    /// Returns the template of `sh -c script` with the inputs as `"$@"`: the script itself has no holes.
    pub fn shell(script: &OsStr) -> Self {
        let mut template = Template::script(script);
        template.append_input();
        template
    }

    /// Returns the template of `sh -c script` without inputs.
    pub fn script(script: &OsStr) -> Self {
        let fixed = ["sh".as_ref(), "-c".as_ref(), script, "sh".as_ref()];
        Template {
            words: fixed.map(literal).to_vec(),
            line: None,
        }
    }

    /// Returns the template of a command line in which each occurrence of `hole` is a hole for a word as it
    /// is, as xargs has it; without a `hole`, the words are appended. The program has no holes.
    pub fn from_words(command: &[OsString], hole: Option<&OsStr>) -> Self {
        let word = Piece::Input(NamePart::Word);
        match hole {
            Some(hole) => Template::with_holes(command, &[(hole.as_bytes(), Some(word))]),
            None => {
                let mut template = Template::with_holes(command, &[]);
                template.words.push(vec![word]);
                template
            }
        }
    }

    /// Returns the template of a shell that runs a line as a script, in a directory if one is given as a quoted word.
    pub fn script_line(shell: &OsStr, line: Line, directory: Option<Line>) -> Self {
        Template {
            words: [shell, OsStr::new("-c")].map(literal).to_vec(),
            line: Some((line, LineUse::Script(directory.map(Box::new)))),
        }
    }

    /// Returns the template of the command that a line is, without a shell; `program` is the first of its words.
    pub fn direct_line(program: &OsStr, line: Line) -> Self {
        Template {
            words: vec![literal(program)],
            line: Some((line, LineUse::Words)),
        }
    }

    /// Returns whether there is anything to replace.
    pub fn has_replacement(&self) -> bool {
        let mut pieces = self.words.iter().flatten();
        pieces.any(|piece| !matches!(piece, Piece::Literal(_)))
    }

    /// Returns whether it is rendered differently for each job.
    pub fn varies_by_job(&self) -> bool {
        let mut pieces = self.words.iter().flatten();
        pieces.any(|piece| matches!(piece, Piece::Input(_) | Piece::Job))
    }

    /// Returns whether it contains the job's number.
    pub fn has_number(&self) -> bool {
        self.words.iter().flatten().any(|piece| *piece == Piece::Job)
    }

    /// Returns whether it contains the worker's slot.
    pub fn has_slot(&self) -> bool {
        self.words.iter().flatten().any(|piece| *piece == Piece::Slot)
    }

    /// Returns whether the script of a shell has a hole for an input. A word with a hole becomes one argument
    /// for each input, but a shell runs only the first as its script: the other inputs would be lost.
    pub fn has_hole_in_script(&self) -> bool {
        const SHELLS: [&[u8]; 6] = [b"sh", b"bash", b"dash", b"zsh", b"ksh", b"ash"];
        let program = self.program().as_bytes();
        let is_c = |word: &Word| matches!(&word[..], [Piece::Literal(option)] if option == b"-c");
        let is_hole = |piece: &Piece| matches!(piece, Piece::Input(_));
        let script = self.words.iter().skip_while(|word| !is_c(word)).nth(1);
        SHELLS.contains(&&program[base_start(program)..])
            && script.is_some_and(|script| script.iter().any(is_hole))
    }

    /// Appends `{}` as the last argument.
    pub fn append_input(&mut self) {
        self.words.push(vec![name(false, 0)]);
    }

    /// Returns the first word as typed: the program of a command line.
    pub fn program(&self) -> &OsStr {
        match self.words.first().map(Vec::as_slice) {
            Some([Piece::Literal(program)]) => OsStr::from_bytes(program),
            _ => OsStr::new(""),
        }
    }

    /// Returns the command line of a job. The job's number and the worker's slot count from 1.
    ///
    /// A word with a hole for an input becomes one argument for each input. When an argument begins with the
    /// name of an input, and the name begins with `-`, the argument gets `./` in front.
    pub(crate) fn render(&self, inputs: &[&OsStr], job_number: u64, slot: usize) -> Arguments {
        let bytes = inputs.iter().map(|input| input.len()).sum();
        if let Some((line, LineUse::Words)) = &self.line {
            return with_job(inputs, job_number, slot, |job| line.words(job));
        }
        let mut args = Arguments::with_capacity(self.words.len() + inputs.len(), bytes);
        for word in &self.words {
            if word.iter().any(|piece| matches!(piece, Piece::Input(_))) {
                for input in inputs {
                    args.add(|arg| fill(word, input, job_number, slot, arg));
                }
            } else {
                args.add(|arg| fill(word, OsStr::new(""), job_number, slot, arg));
            }
        }
        if let Some((line, LineUse::Script(directory))) = &self.line {
            with_job(inputs, job_number, slot, |job| {
                args.add(|arg| {
                    if let Some(directory) = directory.as_ref().map(|directory| directory.fill(job)) {
                        let enter: [&[u8]; 5] = [
                            b"mkdir -p -- ",
                            &directory,
                            b" && cd -- ",
                            &directory,
                            b" || exit 255; ",
                        ];
                        arg.extend(enter.concat());
                    }
                    arg.extend(line.fill(job));
                });
            });
        }
        args
    }

    /// Returns the command line of a job as people type it: a script as it is, other words quoted.
    pub fn show(&self, inputs: &[&OsStr], job_number: u64, slot: usize) -> Vec<u8> {
        match &self.line {
            Some((line, _)) => with_job(inputs, job_number, slot, |job| line.fill(job)),
            None => shell_quote(self.render(inputs, job_number, slot).iter()),
        }
    }

    /// Returns the first word alone, for the first input: the counterpart of [`Template::single`].
    pub fn render_single(&self, inputs: &[&OsStr], job_number: u64, slot: usize) -> OsString {
        let input = inputs.first().copied().unwrap_or_default();
        let word = self.words.first().map_or(&[][..], Vec::as_slice);
        let mut filled = Vec::new();
        fill(word, input, job_number, slot, &mut filled);
        OsString::from_vec(filled)
    }
}

/// Calls `make` with what fills a line.
pub(crate) fn with_job<T>(
    inputs: &[&OsStr],
    number: u64,
    slot: usize,
    make: impl FnOnce(&LineJob<'_>) -> T,
) -> T {
    let values: Vec<_> = inputs.iter().map(|input| input.as_bytes()).collect();
    make(&LineJob {
        values: &values,
        number,
        slot,
    })
}

/// Returns `args` as one line that a shell parses into the same words. A NUL, which no argument can hold, is
/// kept.
pub fn shell_quote<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Vec<u8> {
    let args: Vec<S> = args.into_iter().collect();
    let quoter = shlex::bytes::Quoter::new().allow_nul(true);
    let line = quoter.join(args.iter().map(|arg| arg.as_ref().as_bytes()));
    line.expect("only NUL can't be quoted, and it is allowed")
}

fn literal(word: impl AsRef<OsStr>) -> Word {
    vec![Piece::Literal(word.as_ref().as_bytes().to_vec())]
}

/// Splits a word at its replacement strings.
fn pieces(mut text: &[u8], replacements: &[Replacement<'_>]) -> Word {
    let mut word = Word::new();
    let mut plain = Vec::new();
    while let Some(&first) = text.first() {
        let found = |(string, _): &&Replacement<'_>| !string.is_empty() && text.starts_with(string);
        match replacements.iter().find(found) {
            Some((string, None)) => {
                plain.extend_from_slice(b"{}");
                text = &text[string.len()..];
            }
            Some((string, Some(piece))) => {
                if !plain.is_empty() {
                    word.push(Piece::Literal(std::mem::take(&mut plain)));
                }
                word.push(piece.clone());
                text = &text[string.len()..];
            }
            None => {
                plain.push(first);
                text = &text[1..];
            }
        }
    }
    if !plain.is_empty() || word.is_empty() {
        word.push(Piece::Literal(plain));
    }
    word
}

/// Appends the word to `arg`, its holes filled.
fn fill(word: &[Piece], input: &OsStr, job_number: u64, slot: usize, arg: &mut Vec<u8>) {
    for (i, piece) in word.iter().enumerate() {
        match piece {
            Piece::Literal(bytes) => arg.extend_from_slice(bytes),
            Piece::Job => arg.extend_from_slice(job_number.to_string().as_bytes()),
            Piece::Slot => arg.extend_from_slice(slot.to_string().as_bytes()),
            Piece::Input(part) => {
                let text = part.select(input.as_bytes());
                // Only at the beginning of an argument could it be taken for an option.
                if i == 0 && text.starts_with(b"-") && *part != NamePart::Word {
                    arg.extend_from_slice(b"./");
                }
                arg.extend_from_slice(text);
                if *part == NamePart::Word
                    && let Some(nul) = memchr::memchr(0, text)
                {
                    // A word may hold a NUL, but an argument ends there.
                    arg.truncate(arg.len() - text.len() + nul);
                    break;
                }
            }
        }
    }
}

impl NamePart {
    /// Returns this part of `name`.
    fn select(self, name: &[u8]) -> &[u8] {
        match self {
            NamePart::Word => name,
            NamePart::Directory => directory(name),
            NamePart::Name { base, cut } => {
                let from = if base { base_start(name) } else { 0 };
                let cut_name = (0..cut).fold(name, |name, _| without_extension(name));
                if base && cut == 0 {
                    &trim_slashes(name)[from..]
                } else {
                    &cut_name[from..]
                }
            }
        }
    }
}

/// Returns `name` without the slashes at its end; a name of slashes alone keeps one.
fn trim_slashes(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|&b| b != b'/').map_or(1, |i| i + 1);
    &name[..end.min(name.len())]
}

/// Returns where the base name begins; 0 for the root directory.
fn base_start(name: &[u8]) -> usize {
    let name = trim_slashes(name);
    if name == b"/" {
        return 0;
    }
    memchr::memrchr(b'/', name).map_or(0, |slash| slash + 1)
}

/// Returns the directory as dirname(1) does: `.` if the name has none.
fn directory(name: &[u8]) -> &[u8] {
    match base_start(name) {
        0 if name.starts_with(b"/") => b"/",
        0 => b".",
        start => trim_slashes(&name[..start]),
    }
}

/// Returns `name` without the extension of its base name. The dots at the beginning of a base name make it
/// hidden and do not begin an extension.
fn without_extension(name: &[u8]) -> &[u8] {
    let start = base_start(name);
    let base = &name[start..];
    let hidden = base.iter().take_while(|&&b| b == b'.').count();
    match memchr::memrchr(b'.', &base[hidden..]) {
        Some(dot) if dot > 0 => &name[..start + hidden + dot],
        _ => name,
    }
}

#[cfg(test)]
mod tests;
