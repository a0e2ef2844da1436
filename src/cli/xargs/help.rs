//! The texts of `fanfold xargs --help` and `--version`.

use crate::message;

/// Returns the help, under the name that the program goes by.
pub(super) fn text() -> String {
    let name = message::name();
    format!("Usage: {name} [OPTION]... [COMMAND [ARG]...]\n{TEXT}")
}

pub(super) fn version() -> String {
    format!("xargs (fanfold) {}\n", env!("CARGO_PKG_VERSION"))
}

const TEXT: &str = "\
Run COMMAND (by default echo) with its ARGs and the words of standard input, as xargs does.

Words are separated by blanks and newlines, and may be quoted by '...', \"...\" and \\.
An option may be shortened as long as it is unique; [VALUE] is attached or left out.

Input:
  -0, --null                    words end with NUL; nothing is quoted, and -E is ignored
  -d, --delimiter=CHARACTER     words end with CHARACTER, or an escape: \\n \\t \\0 \\x1f \\037
  -a, --arg-file=FILE           read FILE; commands then read our own standard input
  -E END                        a word END ends the input
  -e, --eof[=END]               the same; without END no word does
  -r, --no-run-if-empty         without words, run nothing (otherwise COMMAND once)

What goes into one command (the last of these counts):
  -n, --max-args=N              at most N words
  -L N                          the words of N lines that are not blank; one that ends with a
                                blank goes on in the next
  -l, --max-lines[=N]           the same; without N one line
  -I R                          a line as one word in the place of each R in the ARGs
  -i, --replace[=R]             the same; without R {}
  -s, --max-chars=N             command lines of at most N bytes
  -x, --exit                    end the run when -s leaves no room for as many words as -n says
      --show-limits             say how long command lines may be

Commands:
  -P, --max-procs=N             N at a time (0: as many as possible); SIGUSR1 and SIGUSR2 raise
                                and lower it
  -p, --interactive             ask on the terminal before each
  -t, --verbose                 show each on standard error
  -o, --open-tty                they read from the terminal, not from /dev/null
      --process-slot-var=VAR    in VAR, tell each which of the N at a time it is, from 0

Not in other xargs, and written whole:
      --group                   print each command's output whole, when it ends
      --keep-order              print each command's output whole, in the order of the input
      --tag                     print the command's first word and a tab before each line of output
      --timeout=DURATION        end a command that takes longer, as 30s or 5m
      --retries=N               try a command that fails N more times
      --state=FILE              remember in FILE which commands succeeded: they run again only when
                                their words, or the files that the words name, have changed

      --help                    show this
      --version                 show the version

Exit: 0 when all is well; 123 when a command exited with 1 to 254; 124 when one exited with 255, which
ends the run; 125 when a signal killed one; 126 when it can't be run; 127 when it is not found; 6 when
the state is in use; 1 otherwise.
";
