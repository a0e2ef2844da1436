"""How a function comes from a program to its workers: by the name of its module, and pickled."""

import base64
import os
import pickle
import runpy
import sys
import types
from typing import Any, Callable, Dict, cast

#: The name under which a worker imports the program's own script, as multiprocessing does.
_MAIN = "__mp_main__"

#: The most that one argument may hold, in bytes; Linux allows 128 KiB.
_MOST = 100_000


#: Whether this process is a worker that imports the program's script.
_importing = False


def describe(function: Callable[[str], object]) -> Dict[str, Any]:
    """Returns what a worker needs to know to load the function.

    Raises ValueError for a function that a worker can't have: a lambda, one inside another, one of an interactive session.
    """
    if _importing:
        raise RuntimeError("a worker imports this script: put the call under `if __name__ == '__main__':`")
    try:
        pickled = pickle.dumps(function)
    except Exception as error:
        what = f"{function!r} can't be sent to workers: {error}; use a function at the top of a module"
        raise ValueError(what) from error
    if len(pickled) > _MOST * 3 // 4:
        raise ValueError(f"{function!r} holds {len(pickled)} bytes, and may hold {_MOST * 3 // 4}: give workers a name instead")
    main = sys.modules["__main__"]
    # What workers send back may be of a class that they know by this name.
    sys.modules.setdefault(_MAIN, main)
    spec = getattr(main, "__spec__", None)
    file = getattr(main, "__file__", None)
    if b"__main__" in pickled and spec is None and (file is None or not os.path.isfile(file)):
        raise ValueError(f"{function!r} is of an interactive session: put it into a module")
    return {
        "function": base64.b64encode(pickled).decode("ascii"),
        "module": spec.name if spec is not None else None,
        "script": os.path.abspath(file) if spec is None and file is not None else None,
        "path": [os.path.abspath(entry or ".") for entry in sys.path],
        "argv": sys.argv,
    }


def load(told: Dict[str, Any]) -> Callable[[str], object]:
    """Returns the function that `describe` described."""
    pickled = base64.b64decode(told["function"])
    if b"__main__" in pickled:
        _import_main(told)
    return cast(Callable[[str], object], pickle.loads(pickled))


def _import_main(told: Dict[str, Any]) -> None:
    global _importing
    _importing = True
    # The script's own `if __name__ == "__main__":` does not hold in here.
    main = types.ModuleType(_MAIN)
    sys.modules["__main__"] = sys.modules[_MAIN] = main
    if told["module"] is not None:
        found = runpy.run_module(told["module"], run_name=_MAIN, alter_sys=True)
        sys.modules["__main__"] = sys.modules[_MAIN] = main
    else:
        found = runpy.run_path(told["script"], run_name=_MAIN)
    main.__dict__.update(found)
    _importing = False
