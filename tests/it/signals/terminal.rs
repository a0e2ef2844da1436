//! Under a terminal: Ctrl-C and Ctrl-Z reach the children, which are in groups of their own.

use crate::support::{Fan, Running, fan, fifo, has, state, until};

/// Starts its arguments on a new terminal; obeys the lines of its standard input, and answers on standard
/// output. What the terminal shows goes to standard error.
const DRIVER: &str = r#"
import os, pty, signal, sys, threading
pid, tty = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
def show():
    try:
        while block := os.read(tty, 4096):
            os.write(2, block)
    except OSError:
        pass
shown = threading.Thread(target=show)
shown.start()
for line in sys.stdin:
    match line.split():
        case ["key", key]:
            os.write(tty, bytes.fromhex(key))
        case ["continue"]:
            os.kill(pid, signal.SIGCONT)
        case ["wait"]:
            status = os.waitpid(pid, os.WUNTRACED)[1]
            if os.WIFSTOPPED(status):
                print("stopped", flush=True)
            elif os.WIFSIGNALED(status):
                print("signal", os.WTERMSIG(status), flush=True)
            else:
                print("exit", os.WEXITSTATUS(status), flush=True)
shown.join()
"#;

fn on_a_terminal(fan: Fan) -> Running {
    fan.under(&["python3", "-c", DRIVER]).spawn()
}

/// Starts a run whose child writes its number and blocks until the gate is opened.
fn blocked() -> (Running, u32) {
    let script = "echo $$ > pid; read line < gate; echo $line";
    let fan = fan("run a").file("a", "").args(["--", "sh", "-c", script, "sh"]);
    let running = on_a_terminal(fan.fifo("pid").fifo("gate"));
    let child = running.child_pid();
    (running, child)
}

fn wait_for(pid: u32, states: &[char]) {
    until(&format!("the state {states:?}"), || states.contains(&state(pid)));
}

#[test]
fn ctrl_c_ends_the_children_and_the_run_dies_by_it() {
    if !has("python3") {
        return;
    }
    let (mut running, child) = blocked();
    running.write("key 03\nwait\n");
    assert_eq!(running.line(), "signal 2");
    wait_for(child, &['X', 'Z']);
    running.wait();
}

#[test]
fn ctrl_z_stops_the_children_too_and_continuing_continues_them() {
    if !has("python3") {
        return;
    }
    let (mut running, child) = blocked();
    for _ in 0..2 {
        running.write("key 1a\nwait\n");
        assert_eq!(running.line(), "stopped");
        // Children are sent the signal before the run stops itself.
        wait_for(child, &['T']);
        running.write("continue\n");
        until("a child that goes on", || state(child) != 'T');
    }
    fifo::write(&running.path("gate"), "went on\n");
    running.write("wait\n");
    assert_eq!(running.line(), "exit 0");
    running.hears("went on");
    running.wait();
}

#[test]
fn a_command_that_reads_the_terminal_is_named() {
    if !has("python3") {
        return;
    }
    let fan = fan("run a")
        .file("a", "")
        .args(["--shell", "read line < /dev/tty"]);
    let mut running = on_a_terminal(fan);
    running.hears("job 1 (a): 'sh' was stopped by signal 21: it reads the terminal");
    running.write("key 03\nwait\n");
    assert_eq!(running.line(), "signal 2");
    running.wait();
}
