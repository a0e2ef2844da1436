//! Real children, which block on FIFOs or on `read` where an order matters, and never sleep.

mod backlog;

use super::*;
use crate::control::{Control, StopRequest, WorkerHandle};
use crate::job::{ChildOutcome, Input};
use crate::map::OutOfBand;
use crate::memory::Budget;
use crate::process::Capture;
use crate::sys::tests::until;
use crate::template::Template;
use std::ffi::OsString;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};

type OnOut<'a> = Box<dyn FnMut(&[u8]) -> ControlFlow<()> + Send + 'a>;

/// Keeps what a job emits, and does something when output comes.
struct Kept<'a> {
    worker: WorkerHandle,
    out: Vec<u8>,
    err: Vec<u8>,
    warnings: Vec<String>,
    on_out: OnOut<'a>,
}

impl Emit for Kept<'_> {
    fn out(&mut self, block: &[u8], _: Trust) -> ControlFlow<()> {
        self.out.extend_from_slice(block);
        (self.on_out)(&self.out)
    }
    fn err(&mut self, block: &[u8]) {
        self.err.extend_from_slice(block);
    }
    fn warn(&mut self, _: &OsStr, what: &str) {
        self.warnings.push(what.to_owned());
    }
    fn worker(&self) -> &WorkerHandle {
        &self.worker
    }
    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        Some(self)
    }
}

impl ChildEmit for Kept<'_> {
    fn take(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.out(block, trust)
    }
    fn out_of_band(&mut self, message: OutOfBand<'_>) {
        let notice = matches!(message, OutOfBand::Notice(_));
        assert!(notice, "a command has no life beside its jobs: {message:?}");
    }
    fn attempt(&self) -> u32 {
        4
    }
}

impl Kept<'_> {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("the children of these tests write ASCII")
    }
}

fn control() -> Control {
    Control::new(3).expect("a few descriptors can be had")
}

fn kept<'a>(control: &Control, on_out: impl FnMut(&[u8]) -> ControlFlow<()> + Send + 'a) -> Kept<'a> {
    Kept {
        worker: control.worker(2),
        out: Vec::new(),
        err: Vec::new(),
        warnings: Vec::new(),
        on_out: Box::new(on_out),
    }
}

fn plan(args: &[&str], feed: ChildStdin) -> CommandPlan {
    let args: Vec<OsString> = args.iter().map(Into::into).collect();
    let template = Template::parse(&args).expect("there is a program");
    CommandPlan::new(template, feed).expect("the program is installed")
}

fn script(text: &str) -> CommandPlan {
    let template = Template::shell(text.as_ref());
    CommandPlan::new(template, ChildStdin::Null).expect("sh is installed")
}

fn run_on(plan: CommandPlan, input: impl AsRef<OsStr>, emit: &mut Kept) -> Result<(), Failure> {
    let job = Job {
        seq: 6,
        number: 7,
        inputs: vec![Input::File(input.as_ref().to_os_string())],
    };
    Command::new(Arc::new(plan), Decoder::new(Budget::new(1 << 20), None)).run(&job, emit)
}

fn run(plan: CommandPlan, emit: &mut Kept) -> Result<(), Failure> {
    run_on(plan, "x", emit)
}

fn ending(result: Result<(), Failure>) -> ChildOutcome {
    match result {
        Err(Failure::Command { cause, .. }) => cause,
        other => panic!("not a command's failure: {other:?}"),
    }
}

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

/// The state of a process that is not dead: `S`, `T` …
fn state(pid: &str) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let state = stat.rsplit(')').next()?.split_whitespace().next()?.to_owned();
    (state != "Z" && state != "X").then_some(state)
}

/// Waits until no process of `pids` lives: a killed orphan takes a moment until init reaps it.
fn assert_gone(pids: &str) {
    for pid in pids.split_whitespace() {
        until("the end of a process", || state(pid).is_none());
    }
}

fn fifo(dir: &Path) -> PathBuf {
    let path = dir.join("fifo");
    let made = process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo is installed").success());
    path
}

/// Two processes of one group that ignore TERM and block for ever; their numbers come first.
fn stubborn() -> CommandPlan {
    let dir = tempfile::tempdir().expect("a temporary directory").keep();
    let fifo = fifo(&dir);
    let text = format!(
        "trap '' TERM INT; sh -c 'echo $$; read x <{0}' & sh -c \"echo $$; read x <{0}\"; exit 1",
        fifo.display()
    );
    let mut plan = script(&text);
    plan.kill_after = Duration::from_millis(50);
    plan
}

fn lines(out: &[u8]) -> usize {
    out.iter().filter(|&&b| b == b'\n').count()
}

#[test]
fn both_streams_arguments_and_environment_arrive() {
    let plan = script(r#"printf '<%s>' "$0" "$@"; echo $FANFOLD_JOB $FANFOLD_SLOT $FANFOLD_TRY >&2"#);
    let mut emit = kept(&control(), |_| GO_ON);
    let hostile = OsStr::from_bytes(b"-a \n'\"$(x)\x1b\xff");
    run_on(plan, hostile, &mut emit).expect("the script exits 0");
    assert_eq!(emit.out, b"<sh><./-a \n'\"$(x)\x1b\xff>");
    assert_eq!(emit.err, b"7 3 4\n");
    assert!(emit.warnings.is_empty());
}

#[test]
fn the_program_sees_its_name_as_typed() {
    let mut emit = kept(&control(), |_| GO_ON);
    run_on(
        plan(&["head", "-zn1"], ChildStdin::Null),
        "/proc/self/cmdline",
        &mut emit,
    )
    .expect("head");
    assert_eq!(emit.out, b"head\0");
}

#[test]
fn more_than_a_pipe_holds_arrives_on_both_streams() {
    let plan = script("head -c 3000000 /dev/zero | tee /dev/stderr");
    let mut emit = kept(&control(), |_| GO_ON);
    run(plan, &mut emit).expect("the script exits 0");
    assert_eq!((emit.out.len(), emit.err.len()), (3_000_000, 3_000_000));
}

#[test]
fn an_end_is_told_as_it_was() {
    let end = |text: &str| ending(run(script(text), &mut kept(&control(), |_| GO_ON)));
    assert!(matches!(end("exit 3"), ChildOutcome::Exit(3)));
    assert!(matches!(end("kill -9 $$"), ChildOutcome::Signal(9)));
    let mut plan = script("exit 3");
    plan.ok_exit = vec![0, 3];
    run(plan, &mut kept(&control(), |_| GO_ON)).expect("3 counts as success");
    let gone = || {
        let mut plan = script("");
        plan.program = "/nonexistent/program".into();
        plan
    };
    let mut emit = kept(&control(), |_| GO_ON);
    let end = run(gone(), &mut emit);
    assert!(
        matches!(end, Err(Failure::ProgramUnusable { cause, .. }) if cause.kind() == io::ErrorKind::NotFound)
    );
    emit.worker.note_start();
    let end = ending(run(gone(), &mut emit));
    assert!(matches!(end, ChildOutcome::NotStarted(e) if e.kind() == io::ErrorKind::NotFound));
}

#[test]
fn a_child_starts_with_clean_signals_in_a_group_of_its_own() {
    crate::sys::signals::block_in_this_thread();
    // Not through a shell: some shells clean their signals up.
    let grep = plan(&["grep", "-E", "^(SigBlk|SigIgn|NSpgid|Pid)"], ChildStdin::Null);
    let mut emit = kept(&control(), |_| GO_ON);
    run_on(grep, "/proc/self/status", &mut emit).expect("grep finds the lines");
    let field = |name: &str| {
        let line = emit.text().lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_whitespace().nth(1));
        value.unwrap_or_else(|| panic!("no {name} in {}", emit.text()))
    };
    let mask = |name: &str| u64::from_str_radix(field(name), 16).expect("a mask in hex");
    assert_eq!(mask("SigBlk"), 0);
    let sigpipe = 1 << (13 - 1);
    assert_eq!(mask("SigIgn") & sigpipe, 0);
    assert_eq!(field("Pid"), field("NSpgid"), "the child leads its group");
}

#[test]
fn a_timeout_kills_the_whole_group() {
    let mut plan = stubborn();
    plan.timeout = Some(Duration::from_millis(100));
    let mut emit = kept(&control(), |_| GO_ON);
    assert!(matches!(ending(run(plan, &mut emit)), ChildOutcome::TimedOut(_)));
    assert_gone(emit.text());
}

#[test]
fn a_wish_is_heard_at_once_and_reaches_the_whole_group() {
    for wish in [StopRequest::Terminate(2), StopRequest::Kill] {
        let control = control();
        let mut plan = stubborn();
        if wish == StopRequest::Kill {
            plan.kill_after = Duration::from_secs(600);
        }
        let mut emit = kept(&control, |out| {
            if lines(out) == 2 {
                control.request_stop(wish);
            }
            GO_ON
        });
        assert!(matches!(run(plan, &mut emit), Err(Failure::Stopped)));
        assert_gone(emit.text());
        let again = run(script("echo never"), &mut kept(&control, |_| panic!("it ran")));
        assert!(matches!(again, Err(Failure::Stopped)));
    }
}

#[test]
fn a_group_that_obeys_is_not_waited_for_beyond_its_end() {
    let control = control();
    let mut plan = script("sh -c 'echo $$; kill -STOP $$' & echo $$; kill -STOP $$");
    plan.kill_after = Duration::from_secs(600);
    let mut emit = kept(&control, |out| {
        if lines(out) == 2 {
            control.request_stop(StopRequest::Terminate(15));
        }
        GO_ON
    });
    let started = Instant::now();
    assert!(matches!(run(plan, &mut emit), Err(Failure::Stopped)));
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "stopped children get CONT"
    );
    assert_gone(emit.text());
}

#[test]
fn nobody_wanting_the_rest_stops_the_child_quietly() {
    let plan = script("echo $$; while :; do echo y; done");
    let mut emit = kept(&control(), |_| ControlFlow::Break(()));
    run(plan, &mut emit).expect("a stop that nobody minds is no failure");
    assert_gone(emit.text().lines().next().expect("the number came first"));
}

#[test]
fn a_grandchild_that_holds_the_pipes_is_reported_and_left() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let fifo = fifo(dir.path());
    let plan = script(&format!(
        "setsid sh -c 'echo $$; read x <{}' & read x <{0}.go",
        fifo.display()
    ));
    process::Command::new("mkfifo")
        .arg(dir.path().join("fifo.go"))
        .status()
        .expect("mkfifo");
    let mut emit = kept(&control(), |_| {
        fs::write(dir.path().join("fifo.go"), "\n").expect("the child reads it");
        GO_ON
    });
    run(plan, &mut emit).expect("the child exits 0");
    assert_eq!(emit.warnings.len(), 1);
    let pid = emit.text().trim().to_owned();
    assert!(state(&pid).is_some(), "it is left alone");
    fs::write(&fifo, "\n").expect("the grandchild reads it");
    assert_gone(&pid);
}

#[test]
fn a_grandchild_that_never_stops_writing_does_not_hide_the_exit() {
    let mut emit = kept(&control(), |_| GO_ON);
    run(script("while echo on; do :; done & exit 0"), &mut emit).expect("the child exits 0");
    assert_eq!(emit.warnings.len(), 1);
}

#[test]
fn feeding_gives_every_byte_to_a_child_that_writes_as_much() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let bytes: Vec<u8> = (0..5_000_000u32).map(|i| (i % 251) as u8).collect();
    fs::write(file.path(), &bytes).expect("room in the temporary directory");
    for feed in [ChildStdin::Raw, ChildStdin::Decompressed] {
        let mut emit = kept(&control(), |_| GO_ON);
        run_on(plan(&["cat"], feed), file.path(), &mut emit).expect("cat exits 0");
        assert!(emit.out == bytes, "{feed:?}");
        for early in ["exec <&-; echo", "head -c1 >/dev/null", "exit 0"] {
            let mut emit = kept(&control(), |_| GO_ON);
            run_on(plan(&["sh", "-c", early], feed), file.path(), &mut emit).expect(early);
        }
    }
}

#[test]
fn feeding_a_child_that_never_reads_still_hears_a_wish() {
    let control = control();
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), vec![0; 1_000_000]).expect("room in the temporary directory");
    let plan = plan(&["sh", "-c", "echo $$; kill -STOP $$"], ChildStdin::Raw);
    let mut emit = kept(&control, |_| {
        control.request_stop(StopRequest::Terminate(15));
        GO_ON
    });
    assert!(matches!(
        run_on(plan, file.path(), &mut emit),
        Err(Failure::Stopped)
    ));
    assert_gone(emit.text());
}

#[test]
fn an_input_that_cannot_be_read_starts_nothing() {
    let plan = plan(&["sh", "-c", "echo started"], ChildStdin::Raw);
    let mut emit = kept(&control(), |_| panic!("it was started"));
    let end = run_on(plan, "/nonexistent/input", &mut emit);
    assert!(matches!(end, Err(Failure::Unreadable { .. })));
}

#[test]
fn suspend_stops_the_child_and_its_time() {
    let control = control();
    let mut plan = script("echo $$; read x <\"$1\"");
    plan.timeout = Some(Duration::from_secs(600));
    let dir = tempfile::tempdir().expect("a temporary directory");
    let fifo = fifo(dir.path());
    let (told, pid) = crossbeam_channel::bounded(1);
    let mut emit = kept(&control, move |out| {
        let text = String::from_utf8_lossy(out).trim().to_owned();
        told.send(text).expect("the test waits for it");
        GO_ON
    });
    std::thread::scope(|scope| {
        let child = scope.spawn(|| run_on(plan, &fifo, &mut emit));
        let pid = pid.recv().expect("the child says its number");
        control.suspend(Duration::from_secs(60));
        until("a stopped child", || state(&pid).as_deref() == Some("T"));
        control.resume();
        fs::write(&fifo, "\n").expect("the child reads it");
        child.join().expect("no panic").expect("the child exits 0");
    });
}
