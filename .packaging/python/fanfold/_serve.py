"""The loop of a worker of `fanfold run --pool`: one name in, one reply out."""

import os
import sys
import sysconfig
import traceback
from typing import BinaryIO, Callable, Dict, Iterator, Tuple, Union

#: How many bytes of names are read at once.
_BLOCK = 64 * 1024

#: How the names of files begin that are no program's own.
_LIBRARIES = (
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
    *(sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<",
)

_ENDS: Dict[str, bytes] = {"line": b"\n", "nul": b"\0"}


def serve(function: Callable[[str], object], reply: str = "line", names: str = "line") -> None:
    """Calls the function with each name that comes in on standard input, and replies what it returns on standard output,
    at once. Returns when there are no more names.

    A reply is text or bytes; None is an empty one, and anything else is what str() makes of it. `reply="nul"` goes with
    `fanfold run --reply nul`, where it may hold newlines, and `names="nul"` with `-0`.

    An exception fails its job, with its message, and the others go on. What the function and what it starts write to
    standard output goes to standard error, and standard input is empty for them.
    """
    end = _end("reply", reply)
    source, replies = take_streams()
    mark = os.environ.get("FANFOLD_FAILURE")
    for name in read_names(source, _end("names", names)):
        try:
            answer = reply_bytes(function(name), end)
        except (Exception, SystemExit) as error:
            if not mark:
                # Without fanfold there is nobody to tell which job it was.
                raise
            answer = failure_bytes(mark, error, end)
        sys.stdout.flush()
        if not send(replies, answer + end):
            return


def take_streams() -> Tuple[int, BinaryIO]:
    """Returns the descriptor of the names and the file of the replies, which nobody else has from now on."""
    sys.stdout.flush()
    names = os.dup(0)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return names, replies


def read_names(source: int, end: bytes) -> Iterator[str]:
    """Yields the names as they come. A last one need not end."""
    rest = b""
    while True:
        block = os.read(source, _BLOCK)
        if not block:
            break
        *whole, rest = (rest + block).split(end)
        yield from map(os.fsdecode, whole)
    if rest:
        yield os.fsdecode(rest)


def reply_bytes(answer: object, end: bytes) -> bytes:
    """Returns an answer as it is sent."""
    given: Union[str, bytes]
    if answer is None:
        given = b""
    elif isinstance(answer, (bytes, bytearray, memoryview)):
        given = bytes(answer)
    else:
        given = str(answer)
    # Names that are no UTF-8 come back as they were.
    sent = given if isinstance(given, bytes) else given.encode("utf-8", "surrogateescape")
    if end in sent:
        what = {b"\n": "a newline: use reply='nul' and --reply nul", b"\0": "a NUL"}[end]
        raise ValueError(f"the reply holds {what}")
    return sent


def failure_bytes(mark: str, error: BaseException, end: bytes) -> bytes:
    """Returns the reply that says why a job failed: the exception, and where it was raised."""
    what = "".join(traceback.format_exception_only(type(error), error)).strip()
    # The last place that is no library's says most.
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_LIBRARIES)]
    if own:
        what += f" ({os.path.basename(own[-1].filename)}:{own[-1].lineno})"
    if end == b"\n":
        what = " ".join(what.splitlines())
    return f"{mark} {what}".encode("utf-8", "backslashreplace").replace(end, b" ")


def send(replies: BinaryIO, data: bytes) -> bool:
    """Writes all of it. Returns whether somebody reads."""
    view = memoryview(data)
    try:
        while view:
            view = view[replies.write(view) or 0 :]
    except BrokenPipeError:
        return False
    return True


def _end(option: str, kind: str) -> bytes:
    if kind not in _ENDS:
        raise ValueError(f"{option} is 'line' or 'nul', not {kind!r}")
    return _ENDS[kind]
