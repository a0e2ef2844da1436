//! Runs fanfold in a temporary directory of its own and compares what comes out:
//!
//! ```text
//! fan("map --count").file("a.txt", "x\ny\nx\n").stdout("2\tx\n1\ty\n").ok();
//! ```
//!
//! What does not hold is shown with the command line, the directory and its files, the status and
//! both streams. Nothing here sleeps; a program that hangs is killed by its pid and named.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
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

/// After this, a program is taken to hang. No test passes by waiting for it.
const PATIENCE: Duration = Duration::from_secs(40);

/// fanfold with these words, in a new directory, with an empty standard input.
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

/// A number that the environment may set.
pub fn setting(name: &str, otherwise: u64) -> u64 {
    let typed = std::env::var(name).ok().and_then(|text| text.parse().ok());
    typed.unwrap_or(otherwise)
}

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether the program is installed. On CI it has to be.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{program} is not installed");
        let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
    }
    found
}

/// What another program prints for `script`, run by `sh` with these arguments in `dir`.
pub fn oracle(dir: &Path, script: &str, args: &[&OsStr]) -> Vec<u8> {
    let mut sh = Command::new("sh");
    sh.arg("-c").arg(script).arg("sh").args(args);
    let done = sh.env("LC_ALL", "C").current_dir(dir).output().expect("sh");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && said.is_empty(),
        "oracle {script}: {said}"
    );
    done.stdout
}

/// `bytes` as one gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    member.write_all(bytes).expect("memory");
    member.finish().expect("memory")
}

/// Whether the process is there and is no zombie that someone else is to reap.
pub fn lives(pid: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let dead = state
        .rsplit(") ")
        .next()
        .is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'));
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).expect("not 0");
    !dead && rustix::process::test_kill_process(pid).is_ok()
}

/// Makes a named pipe.
pub fn fifo(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a FIFO");
}

/// A command line, its surroundings, and what is expected of it.
pub struct Fan {
    dir: TempDir,
    cwd: Option<PathBuf>,
    under: Vec<OsString>,
    args: Vec<OsString>,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
    stdout: Option<Vec<u8>>,
    stderr: Option<String>,
    said: Vec<String>,
    from: Option<std::fs::File>,
    to: Option<std::fs::File>,
}

impl Fan {
    /// One more argument, exactly.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// A file in the directory, and the directories that it needs.
    pub fn file(self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.dir.path().join(name);
        let parent = path.parent().expect("it is in the directory");
        std::fs::create_dir_all(parent).expect("a directory");
        std::fs::write(&path, bytes).expect("a file");
        self
    }

    /// A file of one gzip member.
    pub fn gz(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.file(name, gzip(bytes.as_ref()))
    }

    /// A symbolic link.
    pub fn link(self, name: &str, to: &str) -> Self {
        std::os::unix::fs::symlink(to, self.path(name)).expect("a link");
        self
    }

    /// A named pipe.
    pub fn fifo(self, name: &str) -> Self {
        fifo(&self.path(name));
        self
    }

    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// A variable of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Is started by another program, to whose words its own are appended.
    pub fn under<A: AsRef<OsStr>>(mut self, words: &[A]) -> Self {
        self.under = words.iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// Is started by `sh`, after this.
    pub fn after(self, script: &str) -> Self {
        let script = format!("{script}; exec \"$@\"");
        self.under(&["sh", "-c", &script, "sh"])
    }

    /// Works in another directory than the temporary one.
    pub fn at(mut self, cwd: &Path) -> Self {
        self.cwd = Some(cwd.to_owned());
        self
    }

    /// Standard input comes from there.
    pub fn stdin_from(mut self, file: std::fs::File) -> Self {
        self.from = Some(file);
        self
    }

    /// Standard output goes there, and is not compared.
    pub fn stdout_to(mut self, file: std::fs::File) -> Self {
        self.to = Some(file);
        self
    }

    /// Standard output is to be exactly this.
    pub fn stdout(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdout = Some(bytes.as_ref().to_vec());
        self
    }

    /// Standard error is to be exactly this.
    pub fn stderr(mut self, text: &str) -> Self {
        self.stderr = Some(text.to_owned());
        self
    }

    /// Standard error is to have this in it.
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

    /// Runs it; it is to exit with 0, and to say nothing where nothing else is expected.
    pub fn ok(mut self) -> Done {
        if self.stderr.is_none() && self.said.is_empty() {
            self.stderr = Some(String::new());
        }
        self.code(0)
    }

    /// Runs it; it is to exit with this code.
    pub fn code(self, code: i32) -> Done {
        self.ends(|status| status.code() == Some(code), &format!("exit code {code}"))
    }

    fn ends(self, expected: impl Fn(ExitStatus) -> bool, what: &str) -> Done {
        let done = self.spawn().wait();
        done.expect(expected(done.status), what);
        done
    }

    /// Starts it, for tests that talk with it. Standard input stays open where it was not given.
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
        let mut child = command.spawn().expect("fanfold starts");
        let stderr = child.stderr.take().expect("it is piped");
        let heard = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let said = {
            let heard = Arc::clone(&heard);
            std::thread::spawn(move || hear(stderr, &heard))
        };
        Running {
            watch: watch(child.id(), format!("{:?}", self.args)),
            stdin: child.stdin.take(),
            stdout: child.stdout.take().map(BufReader::new),
            said,
            heard,
            read: Vec::new(),
            child,
            fan: self,
        }
    }
}

/// What was read so far, and the bell for who waits for more.
type Heard = (Mutex<Vec<u8>>, Condvar);

fn hear(mut stderr: ChildStderr, (said, more): &Heard) {
    let mut block = [0; 4096];
    loop {
        let n = stderr.read(&mut block).expect("a pipe can be read");
        if n == 0 {
            return;
        }
        said.lock().expect("no panic").extend_from_slice(&block[..n]);
        more.notify_all();
    }
}

/// Kills the process, and fails loudly, unless the sender is dropped in time.
pub fn watch(pid: u32, args: String) -> Sender<()> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        if receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            send(pid, rustix::process::Signal::KILL);
            let _ = writeln!(std::io::stderr(), "hangs: fanfold {args}");
            std::process::exit(101);
        }
    });
    sender
}

/// Sends a signal to one process that this test started.
pub fn send(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a pid is not 0");
    let _ = rustix::process::kill_process(pid, signal);
}

/// A program that was started.
pub struct Running {
    fan: Fan,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
    said: JoinHandle<()>,
    heard: Arc<Heard>,
    read: Vec<u8>,
    watch: Sender<()>,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.fan.path(name)
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        send(self.pid(), signal);
    }

    /// Writes to its standard input, which stays open.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("not closed yet");
        stdin.write_all(bytes.as_ref()).expect("fanfold reads its input");
    }

    /// Its standard input, for a thread that writes much.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("not taken yet")
    }

    /// Waits for the next line of its output.
    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        let stdout = self.stdout.as_mut().expect("it is piped");
        stdout.read_until(b'\n', &mut line).expect("a pipe can be read");
        self.read.extend_from_slice(&line);
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// Waits until it has said this on its standard error.
    pub fn hears(&self, text: &str) {
        let (said, more) = &*self.heard;
        let said = said.lock().expect("no panic");
        let missing = |said: &mut Vec<u8>| memchr::memmem::find(said, text.as_bytes()).is_none();
        drop(more.wait_while(said, missing).expect("no panic"));
    }

    /// Whether it has said this so far.
    pub fn has_said(&self, text: &str) -> bool {
        let said = self.heard.0.lock().expect("no panic");
        memchr::memmem::find(&said, text.as_bytes()).is_some()
    }

    /// Closes this end of its output, as `head` does.
    pub fn hang_up(&mut self) {
        self.stdout = None;
    }

    /// Waits for its end while its standard input stays open.
    pub fn wait_open(mut self) -> Done {
        let held = self.stdin.take();
        let done = self.wait();
        drop(held);
        done
    }

    /// Gives the rest of its input, takes the rest of its output, and compares that.
    pub fn wait(mut self) -> Done {
        let bytes = std::mem::take(&mut self.fan.stdin);
        let stdin = self.stdin.take();
        let writer = std::thread::spawn(move || {
            // Who stops reading has its reasons; the test sees them in the status.
            stdin.map(|mut stdin| stdin.write_all(&bytes).is_ok())
        });
        let mut out = std::mem::take(&mut self.read);
        if let Some(mut stdout) = self.stdout.take() {
            stdout.read_to_end(&mut out).expect("a pipe can be read");
        }
        let status = self.child.wait().expect("it is our child");
        drop(self.watch);
        writer.join().expect("the writer does not panic");
        self.said.join().expect("the reader does not panic");
        let err = std::mem::take(&mut *self.heard.0.lock().expect("no panic"));
        let done = Done {
            status,
            out,
            err: String::from_utf8_lossy(&err).into_owned(),
            fan: self.fan,
        };
        done.compare();
        done
    }
}

/// What a program that has ended left behind.
pub struct Done {
    pub status: ExitStatus,
    pub out: Vec<u8>,
    pub err: String,
    pub fan: Fan,
}

impl Done {
    /// Fails the test, showing everything, where `holds` is false.
    #[track_caller]
    pub fn expect(&self, holds: bool, what: &str) {
        assert!(holds, "expected {what}\n{}", self.show());
    }

    #[track_caller]
    fn compare(&self) {
        if let Some(stdout) = &self.fan.stdout {
            let what = format!("standard output: {}", shown(stdout));
            self.expect(self.out == *stdout, &what);
        }
        if let Some(stderr) = &self.fan.stderr {
            self.expect(self.err == *stderr, &format!("standard error: {stderr:?}"));
        }
        for text in &self.fan.said {
            self.expect(self.err.contains(text), &format!("standard error with {text:?}"));
        }
    }

    fn show(&self) -> String {
        let mut text = format!("command: {:?} fanfold {:?}\n", self.fan.under, self.fan.args);
        let dir = self.fan.cwd.as_deref().unwrap_or(self.fan.dir.path());
        let _ = writeln!(text, "directory: {}", dir.display());
        for name in entries(self.fan.dir.path()) {
            let _ = writeln!(text, "  {name}");
        }
        let _ = writeln!(text, "status: {}", self.status);
        let _ = writeln!(text, "standard output: {}", shown(&self.out));
        let _ = writeln!(text, "standard error: {}", shown(self.err.as_bytes()));
        text
    }
}

fn entries(dir: &Path) -> Vec<String> {
    let found = std::fs::read_dir(dir).expect("the directory is the test's own");
    let entry = |entry: std::fs::DirEntry| {
        let size = entry.metadata().map_or(0, |found| found.len());
        format!("{:?}: {size} bytes", entry.file_name())
    };
    let mut names: Vec<_> = found.flatten().map(entry).collect();
    names.sort();
    names.truncate(40);
    names
}

fn shown(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(4000)];
    let cut = if head.len() < bytes.len() { "…" } else { "" };
    format!("{} bytes: {:?}{cut}", bytes.len(), OsStr::from_bytes(head))
}
