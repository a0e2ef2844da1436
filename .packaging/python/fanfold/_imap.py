"""A pool in a Python program: `fanfold run --pool`, told names and read answers of by pipes."""

import base64
import json
import os
import pickle
import re
import selectors
import shutil
import subprocess
import sys
from collections import deque
from typing import (
    Any,
    Callable,
    Deque,
    Dict,
    Generic,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
    cast,
    overload,
)

from . import _remote
from ._errors import JobError, PoolError
from ._program import program

T = TypeVar("T")

Name = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

#: How many names are told for each job at once, before the first of them is answered.
_AHEAD = 16

_BLOCK = 64 * 1024

#: A program that gives another one this standard error. A shell can't: descriptors above 9 are too many for some.
_EXEC = "import os, sys; fd = int(sys.argv[1]); os.dup2(fd, 2); os.close(fd); os.execvp(sys.argv[2], sys.argv[2:])"

#: The end of a message about a try that is followed by another.
_TRY = re.compile(rb" \(try [0-9]+ of [0-9]+\)\Z")

#: A message about a job: its number, and the rest with its name in brackets.
_FAILURE = re.compile(rb"fanfold: job ([0-9]+) \((.*)\Z", re.DOTALL)


@overload
def imap(
    work: Callable[[str], T],
    names: Iterable[Name],
    jobs: Optional[int] = ...,
    *,
    errors: str = ...,
    retries: int = ...,
    timeout: Optional[float] = ...,
) -> "Pool[T]": ...
@overload
def imap(
    work: Sequence[str],
    names: Iterable[Name],
    jobs: Optional[int] = ...,
    *,
    errors: str = ...,
    retries: int = ...,
    timeout: Optional[float] = ...,
    reply: str = ...,
) -> "Pool[str]": ...
def imap(
    work: Union[Callable[[str], T], Sequence[str]],
    names: Iterable[Name],
    jobs: Optional[int] = None,
    *,
    errors: str = "raise",
    retries: int = 0,
    timeout: Optional[float] = None,
    reply: str = "line",
) -> "Pool[Any]":
    """Asks workers about each name, and yields pairs of the name and the answer, in the order of the names.

    `work` is a function at the top of a module, which is called in processes of its own and may return anything that can be
    pickled; or the words of a command that speaks the protocol of `fanfold run --pool`, whose replies are text.

    `jobs` is how many workers there are: one a core. A job that fails raises JobError in its place, after which the iterator
    goes on with the next one; with `errors="yield"` it is yielded in place of the answer. A job is tried `retries` more times,
    and a worker that takes longer than `timeout` seconds is killed.

    The names are taken as they are needed, a few for each worker ahead of the answers.
    """
    if isinstance(work, (str, bytes)):
        raise TypeError("a command is a list of words, as ['node', 'worker.js']")
    if errors not in ("raise", "yield"):
        raise ValueError(f"errors is 'raise' or 'yield', not {errors!r}")
    if reply not in ("line", "nul"):
        raise ValueError(f"reply is 'line' or 'nul', not {reply!r}")
    options = [f"--jobs={jobs}"] if jobs is not None else []
    if retries:
        options.append(f"--retries={retries}")
    if timeout is not None:
        options.append(f"--timeout={int(timeout * 1000)}ms")
    return Pool(work, names, options, (jobs or os.cpu_count() or 1) * _AHEAD, errors == "yield", reply)


class Pool(Generic[T], Iterator[Tuple[str, Union[T, Any]]]):
    """The iterator that `imap` returns. It ends its workers when it is exhausted, closed or forgotten."""

    def __init__(
        self,
        work: Union[Callable[[str], T], Sequence[str]],
        names: Iterable[Name],
        options: List[str],
        ahead: int,
        yields: bool,
        reply: str,
    ) -> None:
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._names = iter(names)
        self._ahead = ahead
        self._yields = yields
        self._retries = any(option.startswith("--retries") for option in options)
        self._has_failed = False
        self._pickles = callable(work)
        self._end = b"\0" if reply == "nul" and not self._pickles else b"\n"
        self._name_end = b"\0" if self._pickles else b"\n"
        #: The names that were told and are not answered, with the number of the first.
        self._told: Deque[str] = deque()
        self._first = 1
        #: What waits to be written, and what was read in part.
        self._unsent = b""
        self._replies: Deque[bytes] = deque()
        self._reply_rest = b""
        self._causes: Dict[int, str] = {}
        self._message_rest = b""
        self._other: Deque[str] = deque(maxlen=20)
        self._start(work, options, reply)

    def _start(self, work: Union[Callable[[str], T], Sequence[str]], options: List[str], reply: str) -> None:
        # The workers write to our own standard error: on that pipe are fanfold's messages only.
        try:
            stderr: Optional[int] = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)
        except (OSError, ValueError):
            stderr = None
        self._program = sys.executable
        words = [program(), "run", "--quiet", "--allow-empty", "--pool", *options]
        if callable(work):
            told = json.dumps({**_remote.describe(work), "stderr": stderr})
            words += ["--null", "--", sys.executable, os.path.join(os.path.dirname(__file__), "_worker.py"), told]
        else:
            if shutil.which(work[0]) is None:
                raise FileNotFoundError(f"{work[0]!r} is not found")
            words += ["--reply", reply, "--"]
            if stderr is not None:
                words += [sys.executable, "-I", "-S", "-c", _EXEC, str(stderr)]
            words += work
            self._program = work[0]
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=() if stderr is None else (stderr,),
                bufsize=0,
            )
        finally:
            if stderr is not None:
                os.close(stderr)
        self._selector = selectors.DefaultSelector()
        self._in, self._out, self._err = (
            cast(Any, stream).fileno() for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
        self._open = [self._out, self._err]
        for descriptor in self._open:
            self._selector.register(descriptor, selectors.EVENT_READ)

    def __iter__(self) -> "Pool[T]":
        return self

    def __next__(self) -> Tuple[str, Union[T, Any]]:
        while True:
            self._tell()
            if not self._told:
                self._finish()
                raise StopIteration
            # A failure is printed before the answers of later jobs are, and read before them.
            cause = self._causes.pop(self._first, None)
            if cause is None and not self._replies:
                self._wait()
                continue
            name = self._told.popleft()
            self._first += 1
            if cause is None:
                return name, self._decode(name, self._replies.popleft())
            self._has_failed = True
            error = JobError(name, _without_name(cause, name))
            if self._yields:
                return name, error
            raise error

    def __enter__(self) -> "Pool[T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers, also those that are at work."""
        process, self._process = self._process, None
        if process is None:
            return
        self._told.clear()
        self._names = iter(())
        self._selector.close()
        if process.poll() is None:
            process.terminate()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass
        process.wait()

    def _finish(self) -> None:
        """Waits until all workers have exited."""
        process = self._process
        if process is None:
            return
        self._end_names()
        while self._open:
            self._wait()
        status = process.wait()
        self.close()
        if status != 0 and not self._has_failed:
            raise PoolError("; ".join(self._other) or f"fanfold ended with status {status}")

    def _tell(self) -> None:
        """Takes names while there are few, and writes what the pipe takes."""
        while self._process is not None and self._in != -1 and len(self._told) < self._ahead:
            name = next(self._names, None)
            if name is None:
                if not self._unsent:
                    self._end_names()
                break
            sent = os.fsencode(name)
            if self._name_end in sent:
                what = "a newline, which the command would take for the end of the name" if self._name_end == b"\n" else "a NUL"
                self.close()
                raise ValueError(f"the name {name!r} holds {what}")
            self._told.append(os.fsdecode(sent))
            self._unsent += sent + self._name_end
            self._send()
        if self._in != -1 and self._unsent:
            self._send()

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._in, self._unsent) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            # Why it reads no more is told by its messages and its exit.
            self._unsent = b""
            self._end_names()

    def _end_names(self) -> None:
        if self._in != -1 and self._process is not None and self._process.stdin is not None:
            self._in = -1
            self._process.stdin.close()

    def _wait(self) -> None:
        """Waits until something is read, or can be written."""
        is_writing = self._in != -1 and bool(self._unsent)
        if is_writing:
            self._selector.register(self._in, selectors.EVENT_WRITE)
        try:
            if self._open:
                self._selector.select()
        finally:
            if is_writing:
                self._selector.unregister(self._in)
        self._read_replies()
        # Read after the replies: a failure that was printed before one of them is there by now.
        self._read_messages()
        if self._told and not self._open and not self._replies and self._first not in self._causes:
            self._fail()

    def _read_replies(self) -> None:
        block, ended = _read(self._out)
        *whole, self._reply_rest = (self._reply_rest + block).split(self._end)
        self._replies.extend(whole)
        if ended:
            self._forget(self._out)

    def _read_messages(self) -> None:
        block, ended = _read(self._err)
        *whole, self._message_rest = (self._message_rest + block).split(b"\n")
        for line in whole:
            found = _FAILURE.match(line)
            text = line.decode("utf-8", "replace")
            if not found:
                self._other.append(text.replace("fanfold: ", "", 1))
            elif int(found[1]) >= self._first and not (self._retries and _TRY.search(line)):
                # What is said again at the end is known already.
                cause = found[2].decode("utf-8", "replace")
                self._causes.setdefault(int(found[1]), self._own_words(cause))
        if ended:
            self._forget(self._err)

    def _own_words(self, cause: str) -> str:
        """Names the command in place of what starts it, and nothing in place of Python."""
        if not self._pickles:
            return cause.replace(f"'{sys.executable}'", f"'{self._program}'", 1)
        return cause.replace(f"'{sys.executable}' ", "", 1).replace("failed: ", "", 1)

    def _forget(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            self._selector.unregister(descriptor)

    def _decode(self, name: str, reply: bytes) -> Any:
        if self._pickles:
            try:
                return pickle.loads(base64.b64decode(reply))
            except Exception as error:
                raise JobError(name, f"the answer can't be read: {error}") from error
        return reply.decode("utf-8", "surrogateescape")

    def _fail(self) -> None:
        process = cast("subprocess.Popen[bytes]", self._process)
        name, left = self._told[0], len(self._told)
        status = process.wait()
        said = "; ".join(self._other) or f"fanfold ended with status {status}"
        self.close()
        raise PoolError(f"{said} ({left} or more jobs are not done, the first is {name!r})")


def _read(descriptor: int) -> Tuple[bytes, bool]:
    """Reads all that is there. Returns it, and whether the other end is closed."""
    found = bytearray()
    while True:
        try:
            block = os.read(descriptor, _BLOCK)
        except BlockingIOError:
            return bytes(found), False
        if not block:
            return bytes(found), True
        found += block


def _without_name(cause: str, name: str) -> str:
    """Removes the name that a message begins with, as fanfold shows it, and the bracket behind it."""
    plain = f"{name}): "
    return cause[len(plain) :] if cause.startswith(plain) else cause.partition("): ")[2] or cause
