"""The worker of a pool that a Python program started for a function. Its one argument is what `_remote.describe` made.

It is run as a script: what it imports, it imports as the program did.
"""

import base64
import json
import os
import pickle
import sys
from typing import Callable


def main() -> None:
    told = json.loads(sys.argv[1])
    sys.path[:] = told["path"]
    # What the worker prints is the program's own standard error, and not a message of fanfold.
    if told["stderr"] is not None:
        os.dup2(told["stderr"], 2)
        os.close(told["stderr"])
    from fanfold import _remote, _serve

    def encoded(name: str) -> bytes:
        answer = pickle.dumps(work(name), pickle.HIGHEST_PROTOCOL)
        return base64.b64encode(answer)

    # Before anything of the program is imported: that may print.
    source, replies = _serve.take_streams()
    sys.argv[:] = told["argv"]
    try:
        work: Callable[[str], object] = _remote.load(told)
    except BaseException as error:
        work = _failing(f"the worker can't load the function: {type(error).__name__}: {error}")
    mark = os.environ["FANFOLD_FAILURE"]
    for name in _serve.read_names(source, b"\0"):
        try:
            answer = encoded(name)
        except (Exception, SystemExit) as error:
            answer = _serve.failure_bytes(mark, error, b"\n")
        sys.stdout.flush()
        if not _serve.send(replies, answer + b"\n"):
            return


def _failing(what: str) -> Callable[[str], object]:
    def function(_: str) -> object:
        raise RuntimeError(what)

    return function


if __name__ == "__main__":
    main()
