//! Runs fanfold in a temporary directory of its own and compares what comes out:
//!
//! ```text
//! fan("map --count").file("a.txt", "x\ny\nx\n").stdout("2\tx\n1\ty\n").ok();
//! ```

use super::fifo;
use super::running::{Done, Running};
use super::tools::gzip;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// Names that go wrong most often, each a name that a file can have. The first is taken for an option.
pub const HOSTILE: [&[u8]; 9] = [
    b"-rf",
    b"new\nline",
    b"'\"`",
    b"$(touch x)",
    b"\x1b[31mred",
    b"\xff\xfe",
    b" ",
    b"*",
    b"{}",
];

/// Prepares fanfold with these words, in a new directory, with an empty standard input.
pub fn fan(words: &str) -> Fan {
    Fan {
        dir: tempfile::tempdir().expect("a temporary directory"),
        cwd: None,
        under: Vec::new(),
        args: words.split_whitespace().map(OsString::from).collect(),
        env: Vec::new(),
        stdin: Vec::new(),
        stdout: None,
        stderr: None,
        said: Vec::new(),
        from: None,
        to: None,
    }
}

/// A command line, its surroundings, and what is expected of it.
pub struct Fan {
    pub(super) dir: TempDir,
    pub(super) cwd: Option<PathBuf>,
    pub(super) under: Vec<OsString>,
    pub(super) args: Vec<OsString>,
    env: Vec<(String, String)>,
    pub(super) stdin: Vec<u8>,
    pub(super) stdout: Option<Vec<u8>>,
    pub(super) stderr: Option<String>,
    pub(super) said: Vec<String>,
    from: Option<std::fs::File>,
    to: Option<std::fs::File>,
}

impl Fan {
    /// Adds an argument, exactly.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Writes a file in the directory, and makes the directories that it needs.
    pub fn file(self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.dir.path().join(name);
        let parent = path.parent().expect("it is in the directory");
        std::fs::create_dir_all(parent).expect("a directory");
        std::fs::write(&path, bytes).expect("a file");
        self
    }

    /// Writes a file of one gzip member.
    pub fn gz(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.file(name, gzip(bytes.as_ref()))
    }

    /// Makes a symbolic link.
    pub fn link(self, name: &str, to: &str) -> Self {
        std::os::unix::fs::symlink(to, self.path(name)).expect("a link");
        self
    }

    /// Makes a named pipe.
    pub fn fifo(self, name: &str) -> Self {
        fifo::make(&self.path(name));
        self
    }

    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Has another program start it: fanfold and its words are appended to these.
    pub fn under<A: AsRef<OsStr>>(mut self, words: &[A]) -> Self {
        self.under = words.iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// Has `sh` start it, after this script.
    pub fn after(self, script: &str) -> Self {
        let script = format!("{script}; exec \"$@\"");
        self.under(&["sh", "-c", &script, "sh"])
    }

    /// Runs it in another directory than the temporary one.
    pub fn at(mut self, cwd: &Path) -> Self {
        self.cwd = Some(cwd.to_owned());
        self
    }

    /// Connects its standard input to this.
    pub fn stdin_from(mut self, file: std::fs::File) -> Self {
        self.from = Some(file);
        self
    }

    /// Connects its standard output to this; it is not compared.
    pub fn stdout_to(mut self, file: std::fs::File) -> Self {
        self.to = Some(file);
        self
    }

    /// Expects exactly this on standard output.
    pub fn stdout(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdout = Some(bytes.as_ref().to_vec());
        self
    }

    /// Expects exactly this on standard error.
    pub fn stderr(mut self, text: &str) -> Self {
        self.stderr = Some(text.to_owned());
        self
    }

    /// Expects this somewhere on standard error.
    pub fn says(mut self, text: &str) -> Self {
        self.said.push(text.to_owned());
        self
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs it. Expects exit code 0, and no message unless one was named.
    pub fn ok(mut self) -> Done {
        if self.stderr.is_none() && self.said.is_empty() {
            self.stderr = Some(String::new());
        }
        self.code(0)
    }

    /// Runs it. Expects this exit code.
    pub fn code(self, code: i32) -> Done {
        self.ends(|status| status.code() == Some(code), &format!("exit code {code}"))
    }

    fn ends(self, expected: impl Fn(ExitStatus) -> bool, what: &str) -> Done {
        let done = self.spawn().wait();
        done.expect(expected(done.status), what);
        done
    }

    /// Starts it, for tests that talk with it. Its standard input stays open until it is waited for.
    pub fn spawn(mut self) -> Running {
        let mut words = self
            .under
            .iter()
            .cloned()
            .chain([env!("CARGO_BIN_EXE_fanfold").into()]);
        let mut command = Command::new(words.next().expect("one at least"));
        command.args(words);
        let cwd = self.cwd.clone().unwrap_or_else(|| self.dir.path().to_owned());
        command.args(&self.args).current_dir(cwd).env_remove("TMPDIR");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stderr(Stdio::piped());
        command.stdin(self.from.take().map_or_else(Stdio::piped, Stdio::from));
        command.stdout(self.to.take().map_or_else(Stdio::piped, Stdio::from));
        Running::new(command.spawn().expect("fanfold starts"), self)
    }
}
